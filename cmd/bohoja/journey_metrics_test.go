package main

import (
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"
)

// wordMoves waits until each of these metrics is more than 0; labels are written as they are printed, and may be cut off at
// the end. "moves all but NAME…" asks that every metric of the program was named in the story, or is named now as one that
// stays 0 while all is well.
func (s *story) wordMoves(ts *testscript.TestScript, _ bool, args []string) {
	if len(args) > 2 && args[0] == "all" && args[1] == "but" {
		s.allMoved(ts, args[2:])
		return
	}
	for _, series := range args {
		wait(ts, func() bool { return above(s.metrics(ts), series) }, "%s to move", series)
		s.moved = append(s.moved, regexp.MustCompile(`(_bucket|_sum|_count)?(\{.*)?$`).ReplaceAllString(series, ""))
	}
}

// above reports whether a series that begins so is more than 0.
func above(text, series string) bool {
	for line := range strings.Lines(text) {
		rest, ok := strings.CutPrefix(strings.TrimSpace(line), series)
		if !ok || !strings.Contains(series, "{") && !strings.HasPrefix(rest, "{") && !strings.HasPrefix(rest, " ") { // another that begins so
			continue
		}
		n, err := strconv.ParseFloat(rest[strings.LastIndexByte(rest, ' ')+1:], 64)
		if err == nil && n > 0 {
			return true
		}
	}
	return false
}

func (s *story) allMoved(ts *testscript.TestScript, still []string) {
	all := regexp.MustCompile(`(?m)^# TYPE (bohoja_\S+) `).FindAllStringSubmatch(s.metrics(ts), -1)
	if len(all) < 25 {
		ts.Fatalf("only %d metrics", len(all))
	}
	for _, name := range still {
		if !slices.ContainsFunc(all, func(m []string) bool { return m[1] == name }) {
			ts.Fatalf("there is no metric %s that could stay", name)
		}
	}
	for _, m := range all {
		if !slices.Contains(s.moved, m[1]) && !slices.Contains(still, m[1]) {
			ts.Fatalf("nobody has seen %s move", m[1])
		}
	}
}
