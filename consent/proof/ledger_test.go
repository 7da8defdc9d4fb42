//go:build proof

package proof

import (
	"bufio"
	"fmt"
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// A line of the ledger: what the client knows, and when. Nothing counts before it is synced.
type line struct {
	verb    string // one of the verbs below
	op      string // the step; of a letter its kind; of a surprise the step and the code
	subject string // of a letter its Message-ID
	id      string // of the request; "-" when it is not known
	at      time.Time
}

// Verbs of lines.
const (
	acked    = "acknowledged"
	doubted  = "doubted" // sent and not answered
	surprise = "surprise"
	letter   = "letter" // went out
)

// ledger writes lines in groups, each group with one sync.
type ledger struct {
	file *os.File
	in   chan line
	all  sync.WaitGroup
	err  error
}

func newLedger(t *testing.T, name string) *ledger {
	t.Helper()
	file, err := os.OpenFile(name, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	l := &ledger{file: file, in: make(chan line, 4096)}
	l.all.Go(l.write)
	return l
}

func (l *ledger) note(verb, op, subject, id string) {
	l.in <- line{verb, op, subject, id, time.Now()}
}

func (l *ledger) write() {
	w := bufio.NewWriterSize(l.file, 1<<20)
	for e := range l.in {
		l.put(w, e)
		for n := len(l.in); n > 0; n-- {
			l.put(w, <-l.in)
		}
		if err := w.Flush(); err != nil {
			l.err = err
		}
		if err := l.file.Sync(); err != nil {
			l.err = err
		}
	}
}

func (l *ledger) put(w *bufio.Writer, e line) {
	fmt.Fprintln(w, e.verb, e.op, e.subject, e.id, e.at.UnixNano())
}

// close writes what is left.
func (l *ledger) close() error {
	close(l.in)
	l.all.Wait()
	_ = l.file.Close()
	return l.err
}

// readLedger reads what is written; a last line that is not whole does not count.
func readLedger(t *testing.T, name string) []line {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	var all []line
	for one := range strings.Lines(string(text)) {
		f := strings.Fields(one)
		if len(f) != 5 || !strings.HasSuffix(one, "\n") {
			continue
		}
		nanos, err := strconv.ParseInt(f[4], 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, line{f[0], f[1], f[2], f[3], time.Unix(0, nanos)})
	}
	return all
}
