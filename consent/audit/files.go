package audit

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/bohoja/bohoja/consent"
)

// Names in the folder.
const (
	segmentEnd      = ".jsonl"
	checkpointsName = "checkpoints"
	hashesName      = "hashes"
	verifierName    = "verifier"
	lockName        = "lock"
)

const day = "2006-01-02"

// maxLine bounds a line of a segment, in bytes; entries are a few hundred.
const maxLine = 1 << 20

// head is the first line of a segment. It is no entry and no leaf of the tree: the lines before it say the same.
type head struct {
	Segment string           `json:"segment"` // the day, UTC
	From    int64            `json:"from"`    // how many entries lie in segments before it
	Heads   map[string]int64 `json:"heads"`   // by app, the last number before it
}

// Files reads a folder of the log.
type Files struct{ Dir string }

// segments lists the names of the segments, the oldest first. A folder that is not there has none.
func (f Files) segments() ([]string, error) {
	entries, err := os.ReadDir(f.Dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	var names []string
	for _, e := range entries {
		if _, err := time.Parse(day+segmentEnd, e.Name()); err == nil {
			names = append(names, e.Name())
		}
	}
	return names, nil // os.ReadDir sorts, and days sort as texts
}

// errTorn is a segment whose last line has no end: the writer was cut off in it.
var errTorn = errors.New("the last line has no end")

// read gives a segment's head and then each whole line to each, without its end. Errors: errTorn after the last whole line.
func (f Files) read(name string, each func(line []byte) error) (head, error) {
	var h head
	file, err := os.Open(filepath.Join(f.Dir, name))
	if err != nil {
		return h, err
	}
	defer func() { _ = file.Close() }()
	r := bufio.NewReaderSize(file, maxLine)
	first, err := r.ReadSlice('\n')
	if err != nil || json.Unmarshal(first, &h) != nil || h.Segment+segmentEnd != name {
		return h, fmt.Errorf("%s: its first line is no head of a segment", name)
	}
	return h, lines(r, name, each)
}

func lines(r *bufio.Reader, name string, each func(line []byte) error) error {
	for {
		line, err := r.ReadSlice('\n')
		switch {
		case errors.Is(err, io.EOF) && len(line) == 0:
			return nil
		case errors.Is(err, io.EOF):
			return fmt.Errorf("%s: %w", name, errTorn)
		case err != nil:
			return fmt.Errorf("%s: %w", name, err)
		}
		if err := each(bytes.TrimSuffix(line, []byte{'\n'})); err != nil {
			return err
		}
	}
}

// errStop ends a reading early.
var errStop = errors.New("enough")

// from is the number of entries before a segment.
func (f Files) from(name string) (int64, error) {
	h, err := f.read(name, func([]byte) error { return errStop })
	if errors.Is(err, errStop) || errors.Is(err, errTorn) {
		err = nil
	}
	return h.From, err
}

// Walk gives every entry of the folder, in the order in which they were written; a torn last line is left out, since its
// entry is written again. Errors: what each returns, and a line that is no entry.
func (f Files) Walk(each func(consent.Entry) error) error {
	names, err := f.segments()
	if err != nil {
		return err
	}
	for i, name := range names {
		_, err := f.read(name, func(line []byte) error {
			var e consent.Entry
			if err := json.Unmarshal(line, &e); err != nil {
				return fmt.Errorf("%s: a line is no entry", name)
			}
			return each(e)
		})
		if err != nil && (!errors.Is(err, errTorn) || i < len(names)-1) {
			return err
		}
	}
	return nil
}

// Since tells what became of an app's requests after the entry with number seq, by id, and when the last entry was made.
func (f Files) Since(app string, seq int64) (fates map[string]*consent.Fate, last time.Time, err error) {
	fates = map[string]*consent.Fate{}
	err = f.Walk(func(e consent.Entry) error {
		if e.App != app || e.Seq <= seq {
			return nil
		}
		last = e.At
		if e.ID != "" {
			if fates[e.ID] == nil {
				fates[e.ID] = &consent.Fate{}
			}
			fates[e.ID].Follow(e)
		}
		return nil
	})
	return fates, last, err
}

// Heads are the last numbers by app.
func (f Files) Heads() (map[string]int64, error) {
	heads := map[string]int64{}
	names, err := f.segments()
	if err != nil || len(names) == 0 {
		return heads, err
	}
	h, err := f.read(names[len(names)-1], func(line []byte) error {
		var e consent.Entry
		if err := json.Unmarshal(line, &e); err != nil {
			return err
		}
		heads[e.App] = e.Seq
		return nil
	})
	if err != nil && !errors.Is(err, errTorn) {
		return nil, err
	}
	for app, n := range h.Heads {
		heads[app] = max(heads[app], n)
	}
	return heads, nil
}

// Trail walks back through the entries about one record from the one with number seq, and gives them oldest first. It ends
// where the files begin.
func (f Files) Trail(app string, seq int64) ([]consent.Entry, error) {
	names, err := f.segments()
	if err != nil {
		return nil, err
	}
	var found []consent.Entry
	for _, name := range slices.Backward(names) {
		if seq == 0 {
			break
		}
		some, err := f.backward(name, app, seq)
		if err != nil {
			return nil, err
		}
		if len(some) > 0 {
			found, seq = append(some, found...), some[0].Prev
		}
	}
	return found, nil
}

// backward follows a trail through one segment.
func (f Files) backward(name, app string, seq int64) ([]consent.Entry, error) {
	mine := map[int64]consent.Entry{}
	tag := []byte(`"app":` + quoted(app) + `,`)
	_, err := f.read(name, func(line []byte) error {
		if !bytes.Contains(line, tag) {
			return nil
		}
		var e consent.Entry
		if err := json.Unmarshal(line, &e); err != nil {
			return err
		}
		mine[e.Seq] = e
		return nil
	})
	if err != nil && !errors.Is(err, errTorn) {
		return nil, err
	}
	var some []consent.Entry
	for e, ok := mine[seq]; ok; e, ok = mine[e.Prev] {
		some = append([]consent.Entry{e}, some...)
	}
	return some, nil
}

func quoted(s string) string {
	b, _ := json.Marshal(s) // a string always can be
	return string(b)
}

// encode writes an entry as its line. The bytes are what the tree is made of, so they must not depend on who writes them:
// times are UTC and the fields have one order.
func encode(e consent.Entry) ([]byte, error) {
	e.At = e.At.UTC()
	line, err := json.Marshal(e)
	if err == nil && (len(line) >= maxLine || strings.ContainsRune(string(line), '\n')) {
		return nil, errors.New("an entry is too long")
	}
	return line, err
}
