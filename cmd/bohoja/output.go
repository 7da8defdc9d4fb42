package main

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
)

// counted counts what was written.
type counted struct {
	io.Writer
	n int
}

// Write implements io.Writer.
func (c *counted) Write(b []byte) (int, error) {
	n, err := c.Writer.Write(b)
	c.n += n
	return n, err
}

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

// pairs writes names with their values, leaving out the empty ones.
func (w *world) pairs(pairs [][2]string) error {
	t := tabwriter.NewWriter(w.out, 0, 4, 2, ' ', 0)
	for _, p := range pairs {
		if p[1] != "" {
			_, _ = fmt.Fprintln(t, p[0]+"\t"+p[1])
		}
	}
	return t.Flush()
}
