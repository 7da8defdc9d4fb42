package rows

import (
	"context"
	"slices"
	"strings"
	"unicode/utf8"
)

// apostrophes begin a cell that a spreadsheet takes for text, also as a word processor or an input method for Korean writes them. The
// sign is no part of the cell, and goes with the next program that reads the list; but the plain one may begin an address, too.
const apostrophes = "'\u2018\u2019\u201b\u02bc\uff07"

// mostApostrophes is how many may stand in front of a cell; with more it is unreadable.
const mostApostrophes = 3

// unmarked takes one apostrophe off a cell; ok is false when it has none in front.
func unmarked(cell string) (rest string, ok bool) {
	if cell == "" || cell[0] != '\'' && cell[0] < utf8.RuneSelf {
		return "", false
	}
	r, size := utf8.DecodeRuneInString(cell)
	return tidy(cell[size:]), strings.ContainsRune(apostrophes, r)
}

// overmarked reports whether more apostrophes stand in front of a cell than anybody means.
func overmarked(cell string) bool {
	for range mostApostrophes {
		rest, ok := unmarked(cell)
		if !ok {
			return false
		}
		cell = rest
	}
	_, more := unmarked(cell)
	return more
}

// ask asks about cells in every way in which each may be meant, and gives each the answer that allows least: as long as anybody may
// read it as somebody who is blocked, it is blocked.
func (f *filter) ask(ctx context.Context, cells []string) ([]Verdict, error) {
	f.asked, f.whose = append(f.asked[:0], cells...), f.whose[:0]
	defer func() { clear(f.asked) }()
	for i, cell := range cells {
		for rest, ok := unmarked(cell); ok; rest, ok = unmarked(rest) {
			f.asked, f.whose = append(f.asked, rest), append(f.whose, i)
		}
	}
	verdicts := make([]Verdict, 0, len(f.asked))
	for some := range slices.Chunk(f.asked, f.o.Batch) {
		got, err := f.o.Judge(ctx, some)
		if err == nil && len(got) != len(some) {
			err = errJudge
		}
		if err != nil {
			return nil, err
		}
		verdicts = append(verdicts, got...)
	}
	for i, whose := range f.whose {
		verdicts[whose] = least(verdicts[whose], verdicts[len(cells)+i])
	}
	return verdicts[:len(cells)], nil
}

// least is what both ways of reading a cell allow.
func least(a, b Verdict) Verdict {
	switch {
	case a == Blocked || b == Blocked:
		return Blocked
	case a == Allowed && b == Allowed:
		return Allowed
	}
	return Unreadable
}
