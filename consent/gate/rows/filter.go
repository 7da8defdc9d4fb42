package rows

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"
)

// Verdict is what a judge says about one cell. The zero value allows nothing.
type Verdict uint8

// The verdicts.
const (
	Unreadable Verdict = iota // the cell is no identity, or none that is known how to compare
	Blocked                   // it must get no advertising
	Allowed
)

// Judge tells for each cell whether its row may stay: as many verdicts as cells, in their order. The cells are decoded,
// unquoted and trimmed of white space. An error ends the filter; what was written before it was judged.
type Judge func(ctx context.Context, cells []string) ([]Verdict, error)

// Format is the form of a list.
type Format uint8

// The formats.
const (
	CSV    Format = iota // RFC 4180, with , ; tab or | between fields, found by the first line
	NDJSON               // one JSON object a line
)

// Counts say what became of the rows. The header and empty lines are none.
type Counts struct {
	Rows       int64 `json:"rows"`
	Kept       int64 `json:"kept"`
	Blocked    int64 `json:"blocked"`
	Unreadable int64 `json:"unreadable"`
}

// Options of a run. Judge is required, and one of Column and Number.
type Options struct {
	Format Format
	Judge  Judge

	Column string // name of the column in the header, or of the member; compared without case, outer space and Unicode form
	Number int    // CSV only: the column by its place from 1; the first row is then judged as every other unless Header is set
	Header bool   // with Number: the first row is a header; one that holds a blocked identity is refused (ErrHeader)

	Encoding string       // "" finds out; else utf-8, cp949 (euc-kr), utf-16le or utf-16be
	Batch    int          // most cells of one call of Judge; 0: 2,000
	Rejected io.Writer    // takes the header and the unreadable rows as they came; nil: nobody. Blocked rows go nowhere
	Progress func(Counts) // called after each batch; nil: nobody
}

// Errors of a list that cannot be filtered. Those about one row come with its number, counted from 1 with the header.
var (
	ErrColumn   = errors.New("the list has no such column")
	ErrTwice    = errors.New("the list has this column twice")
	ErrHeader   = errors.New("the first row is no header: it holds an identity that is blocked")
	ErrTooLong  = errors.New("a row is longer than 1 MiB; a quotation mark may be open")
	ErrEncoding = errors.New("this encoding is not known: utf-8, cp949, utf-16le or utf-16be")
	errJudge    = errors.New("the judge gave more or fewer verdicts than it was given cells")
)

// MaxRow is the longest row in bytes.
const MaxRow = 1 << 20

const (
	defaultBatch = 2000
	firstWindow  = 256 << 10
	patience     = time.Second // how long rows that have arrived may wait for more to be judged with
)

// Filter copies src to dst without the rows that the judge does not allow, and counts. After an error dst holds a
// beginning of the list, each row of which was judged; whoever must have all or nothing writes to a temporary file.
//
// Errors: those of this package, of the judge, of ctx, of src and of dst.
func Filter(ctx context.Context, dst io.Writer, src io.Reader, o Options) (Counts, error) {
	if o.Batch <= 0 {
		o.Batch = defaultBatch
	}
	f := &filter{o: o}
	if err := f.open(dst, src); err != nil {
		return f.counts, err
	}
	err := f.run(ctx)
	if err == nil {
		err = f.close()
	}
	return f.counts, err
}

// row is one row of the batch. Its bytes lie in the window.
type row struct {
	raw  []byte
	cell string
	n    int64 // its number
	bad  bool
	free bool // an empty line: nothing to judge
}

type filter struct {
	o        Options
	in       window
	out      io.WriteCloser
	rejected io.WriteCloser
	form     form
	letters  letters
	batch    []row
	cells    []string
	asked    []string // scratch of ask: the cells, and other ways to read them
	whose    []int    // of each other way, its cell
	begun    bool     // the first row may be cut
	number   int64
	counts   Counts
}

// form cuts rows of one format.
type form interface {
	// start reads what stands before the first row and returns its length; it is not ready when more is needed to tell.
	start(ctx context.Context, f *filter, b []byte, end bool) (n int, ready bool, err error)
	// cut reads one row at the beginning of b; size is 0 when more is needed.
	cut(b []byte, end bool) (r row, size int)
}

func (f *filter) run(ctx context.Context) error {
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := f.in.fill(); err != nil {
			return err
		}
		if err := f.advance(ctx); err != nil {
			return err
		}
		if f.in.end {
			return nil
		}
		if f.in.full() {
			return fmt.Errorf("row %d: %w", f.number+1, ErrTooLong)
		}
	}
}

// advance works off what the window holds.
func (f *filter) advance(ctx context.Context) error {
	f.letters.learn(f.in.bytes(), f.in.end)
	if !f.begun {
		n, ready, err := f.form.start(ctx, f, f.in.bytes(), f.in.end)
		if err != nil || !ready {
			return err
		}
		f.begun = true
		f.in.drop(n)
	}
	return f.rows(ctx)
}

// rows judges and writes every whole row of the window.
func (f *filter) rows(ctx context.Context) error {
	used := 0
	for b := f.in.bytes(); used < len(b); {
		r, size := f.form.cut(b[used:], f.in.end)
		if size == 0 {
			break
		}
		f.number++
		r.raw, r.n, r.bad = b[used:used+size], f.number, r.bad || overmarked(r.cell)
		used += size
		f.batch = append(f.batch, r)
		if len(f.batch) < f.o.Batch {
			continue
		}
		if err := f.judge(ctx); err != nil {
			return err
		}
	}
	err := f.judge(ctx)
	f.in.drop(used)
	return err
}

// judge asks about the batch, and writes what may stay.
func (f *filter) judge(ctx context.Context) error {
	if len(f.batch) == 0 {
		return nil
	}
	f.cells = f.cells[:0]
	for _, r := range f.batch {
		if !r.bad && !r.free {
			f.cells = append(f.cells, r.cell)
		}
	}
	verdicts, err := f.ask(ctx, f.cells)
	if err != nil {
		return err
	}
	if err := f.sort(verdicts); err != nil {
		return err
	}
	clear(f.batch)
	clear(f.cells)
	f.batch = f.batch[:0]
	if f.o.Progress != nil {
		f.o.Progress(f.counts)
	}
	return nil
}

// sort writes each row where it belongs: neighbours that stay go out in one piece.
func (f *filter) sort(verdicts []Verdict) error {
	var run []byte
	for _, r := range f.batch {
		stays := r.free
		if !r.free {
			v := Unreadable
			if !r.bad {
				v, verdicts = verdicts[0], verdicts[1:]
			}
			if err := f.count(v, r); err != nil {
				return err
			}
			stays = v == Allowed
		}
		switch {
		case stays && len(run) > 0:
			run = run[:len(run)+len(r.raw)] // the next bytes of the window
		case stays:
			run = r.raw
		default:
			if err := put(f.out, run); err != nil {
				return err
			}
			run = nil
		}
	}
	return put(f.out, run)
}

func (f *filter) count(v Verdict, r row) error {
	f.counts.Rows++
	switch v {
	case Allowed:
		f.counts.Kept++
	case Blocked:
		f.counts.Blocked++
	default:
		f.counts.Unreadable++
		return put(f.rejected, r.raw)
	}
	return nil
}

func put(w io.Writer, b []byte) error {
	if len(b) == 0 {
		return nil
	}
	_, err := w.Write(b)
	return err
}

func (f *filter) close() error { return errors.Join(f.out.Close(), f.rejected.Close()) }

// window is the part of the list that is in memory.
type window struct {
	src  io.Reader
	buf  []byte
	from int
	to   int
	end  bool
}

func (w *window) bytes() []byte { return w.buf[w.from:w.to] }
func (w *window) drop(n int)    { w.from += n }
func (w *window) full() bool    { return w.to-w.from >= MaxRow }

// fill reads until there is enough to make a batch worth its while, but lets nothing wait longer than patience for what
// comes slowly.
func (w *window) fill() error {
	w.to = copy(w.buf, w.buf[w.from:w.to])
	w.from = 0
	if w.to == len(w.buf) { // a row longer than the window
		w.buf = append(w.buf, make([]byte, len(w.buf))...)
	}
	began := time.Now()
	for w.to < len(w.buf) && !w.end && (w.to == 0 || time.Since(began) < patience) {
		n, err := w.src.Read(w.buf[w.to:])
		w.to += n
		if errors.Is(err, io.EOF) {
			w.end = true
		} else if err != nil {
			return err
		}
	}
	return nil
}

// tidy is how cells reach the judge.
func tidy(cell string) string { return strings.TrimSpace(cell) }
