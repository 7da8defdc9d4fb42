package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/mattn/go-isatty"

	"github.com/bohoja/bohoja/consent/gate/rows"
)

// progress tells how far a list has come: as a bar on a terminal, else as a line of JSON a second.
type progress struct {
	to    io.Writer
	bar   bool
	size  int64 // of the list in bytes; 0: not known
	read  int64
	last  time.Time
	clock func() time.Time
}

// progressLine is a line of it. Rejected rows and blocked ones are counts.
type progressLine struct {
	Percent *int `json:"percent,omitempty"`
	rows.Counts
	Done bool `json:"done"`
}

func newProgress(to io.Writer, asJSON bool, size int64) *progress {
	f, ok := to.(*os.File)
	return &progress{to: to, bar: ok && !asJSON && isatty.IsTerminal(f.Fd()), size: size, clock: time.Now}
}

// reading counts what is read of the list.
func (p *progress) reading(r io.Reader) io.Reader {
	return io.TeeReader(r, counting{&p.read})
}

// counting counts what is written to it.
type counting struct{ n *int64 }

// Write implements io.Writer.
func (c counting) Write(b []byte) (int, error) {
	*c.n += int64(len(b))
	return len(b), nil
}

// How often it is told.
const (
	barEvery  = 100 * time.Millisecond
	lineEvery = time.Second
)

// tell is called after each batch.
func (p *progress) tell(c rows.Counts) {
	every := lineEvery
	if p.bar {
		every = barEvery
	}
	if now := p.clock(); now.Sub(p.last) >= every {
		p.last = now
		p.show(c, false)
	}
}

// end tells the last state.
func (p *progress) end(c rows.Counts, done bool) {
	p.show(c, done)
	if p.bar {
		_, _ = fmt.Fprintln(p.to)
	}
}

func (p *progress) show(c rows.Counts, done bool) {
	line := progressLine{Counts: c, Done: done}
	if p.size > 0 {
		line.Percent = new(int(min(p.read, p.size) * 100 / p.size))
	}
	if p.bar {
		_, _ = fmt.Fprint(p.to, "\r", barOf(line.Percent), c.Rows, " rows, ", c.Blocked, " blocked, ", c.Unreadable, " unreadable ")
		return
	}
	_ = json.NewEncoder(p.to).Encode(line) // a reader that went away is no error of ours
}

// barOf draws a bar of thirty places; without a length there is none.
func barOf(percent *int) string {
	if percent == nil {
		return ""
	}
	full := *percent * 30 / 100
	return fmt.Sprintf("[%s%s] %3d %%  ", strings.Repeat("#", full), strings.Repeat(".", 30-full), *percent)
}
