package main

import (
	"encoding/json"
	"fmt"
	"strings"
	"text/tabwriter"
)

// say writes a line to standard output. A reader that went away is no error of ours.
func (w *world) say(format string, args ...any) { _, _ = fmt.Fprintf(w.out, format+"\n", args...) }

// fail writes a line to standard error.
func (w *world) fail(format string, args ...any) { _, _ = fmt.Fprintf(w.err, format+"\n", args...) }

// print writes v as indented JSON.
func (w *world) print(v any) error {
	e := json.NewEncoder(w.out)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(v)
}

// table writes rows in columns.
func (w *world) table(head []string, rows [][]string) error {
	t := tabwriter.NewWriter(w.out, 0, 4, 2, ' ', 0)
	for _, row := range append([][]string{head}, rows...) {
		_, _ = fmt.Fprintln(t, strings.TrimRight(strings.Join(row, "\t"), "\t"))
	}
	return t.Flush()
}
