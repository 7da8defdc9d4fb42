package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/bohoja/bohoja/consent"
	"github.com/bohoja/bohoja/consent/gate"
	"github.com/bohoja/bohoja/consent/gate/rows"
	"github.com/bohoja/bohoja/handlers/api/client"
)

// filterFlags are how a list is to be filtered.
type filterFlags struct {
	sending
	in, out, rejected        string
	column, as, format, code string
	header                   bool
	snapshot                 string
	confirm, recheck         bool
}

// filtered is what `gate filter --json` prints.
type filtered struct {
	rows.Counts
	AsOf      time.Time `json:"as_of,omitzero"` // of the snapshot
	Confirmed bool      `json:"confirmed"`      // the server said so of each blocked row
	Recheck   bool      `json:"recheck"`        // the snapshot was too old: check again before sending
}

func gateFilter(w *world) *cobra.Command {
	var f filterFlags
	cmd := &cobra.Command{
		Use:   "filter --in FILE --out FILE --column COLUMN",
		Short: "Take the rows of flagged people out of a list: CSV or NDJSON of any length",
		Long: "Writes the rows that may be mailed, byte for byte as they came: order, quoting, separator, line ends and encoding stay.\n" +
			"The output is written whole or not at all. Blocked rows are a count and are written nowhere; rows in doubt go to\n" +
			"--rejected. Exit code 0: all rows were read, 3: some were not and are left out, 1 and 2: nothing was written.\n\n" +
			"With --snapshot no server is asked: every row that may be blocked is left out, some one in 256 of them without need,\n" +
			"unless --confirm asks the server about these. A snapshot older than 15 minutes does not know the newest flags.",
		RunE: act(func(cmd *cobra.Command, _ []string) error {
			if err := f.check(); err != nil {
				return err
			}
			judge, told, err := w.judge(cmd.Context(), &f)
			if err != nil {
				return err
			}
			if told.Counts, err = w.filterFile(cmd.Context(), &f, judge); err != nil {
				return listFault(err)
			}
			return w.showFiltered(told)
		}),
	}
	f.flags(cmd)
	return cmd
}

func (f *filterFlags) flags(cmd *cobra.Command) {
	f.sending.flags(cmd)
	s := cmd.Flags()
	s.StringVar(&f.in, "in", "", "the list; - is standard input")
	s.StringVar(&f.out, "out", "", "where the rows go that may be mailed")
	s.StringVar(&f.rejected, "rejected", "", "where the rows go that cannot be read")
	s.StringVar(&f.column, "column", "", "the column's name, or its number from 1 in a list without header")
	s.BoolVar(&f.header, "header", false, "with a number: the first row is a header")
	s.StringVar(&f.as, "as", asEmail, "what the column holds: email, phone or subject")
	s.StringVar(&f.format, "format", "", "csv or ndjson (default by the file's name, else csv)")
	s.StringVar(&f.code, "encoding", "", "utf-8, cp949, utf-16le or utf-16be (default by what it looks like)")
	s.StringVar(&f.snapshot, "snapshot", "", "a file of `gate snapshot` to judge by, in place of the server")
	s.BoolVar(&f.confirm, "confirm", false, "with --snapshot: ask the server about those whom it does not surely clear")
	s.BoolVar(&f.recheck, "i-will-recheck-before-sending", false, "take a snapshot that is older than 15 minutes")
}

func (f *filterFlags) check() error {
	switch {
	case f.in == "" || f.out == "" || f.column == "":
		return usage(errors.New("--in, --out and --column are needed"))
	case !slices.Contains([]string{asEmail, asPhone, asSubject}, f.as):
		return usage(errors.New("--as: email, phone or subject"))
	case !slices.Contains([]string{"", "csv", "ndjson"}, f.format):
		return usage(errors.New("--format: csv or ndjson"))
	case f.snapshot == "" && (f.confirm || f.recheck):
		return usage(errors.New("--confirm and --i-will-recheck-before-sending belong to --snapshot"))
	case sameFile(f.in, f.out) || sameFile(f.in, f.rejected) || sameFile(f.out, f.rejected):
		return usage(errors.New("--in, --out and --rejected must be different files"))
	}
	return f.sending.check()
}

// sameFile compares names, and what is there under them.
func sameFile(a, b string) bool {
	if a == "" || b == "" {
		return false
	}
	one, err1 := os.Stat(a)
	two, err2 := os.Stat(b)
	return samePath(a, b, runtime.GOOS == "windows" || runtime.GOOS == "darwin") || err1 == nil && err2 == nil && os.SameFile(one, two)
}

// samePath compares the names of files that need not be there yet; fold: where case makes no difference.
func samePath(a, b string, fold bool) bool {
	one, err1 := filepath.Abs(a)
	two, err2 := filepath.Abs(b)
	if err1 != nil || err2 != nil {
		one, two = filepath.Clean(a), filepath.Clean(b)
	}
	return one == two || fold && strings.EqualFold(one, two)
}

// options of the run.
func (f *filterFlags) options(judge rows.Judge) rows.Options {
	o := rows.Options{Judge: judge, Column: f.column, Header: f.header, Encoding: f.code, Batch: asked}
	ext := strings.ToLower(filepath.Ext(f.in))
	if f.format == "ndjson" || f.format == "" && (ext == ".ndjson" || ext == ".jsonl") {
		o.Format = rows.NDJSON
		return o
	}
	if n, err := strconv.Atoi(f.column); err == nil && n > 0 {
		o.Column, o.Number = "", n
	}
	return o
}

// judge is who answers: the server, or a snapshot.
func (w *world) judge(ctx context.Context, f *filterFlags) (rows.Judge, filtered, error) {
	var online rows.Judge
	if f.snapshot == "" || f.confirm {
		c, err := w.caller()
		if err != nil {
			return nil, filtered{}, err
		}
		if err := mayAsk(ctx, c, f.sending); err != nil {
			return nil, filtered{}, err
		}
		online = f.sending.judge(c.CheckBatch, f.as)
	}
	if f.snapshot == "" {
		return online, filtered{Confirmed: true}, nil
	}
	local, err := readSnapshot(f.snapshot)
	if err != nil {
		return nil, filtered{}, err
	}
	told := filtered{AsOf: time.UnixMilli(local.Since).UTC(), Confirmed: f.confirm}
	age := time.Since(told.AsOf)
	told.Recheck = age > client.LongestMaxAge || age < -time.Minute // nor is one of a clock that is ahead to be believed
	if told.Recheck && !f.recheck {
		return nil, told, usage(fmt.Errorf("the snapshot is as of %s, more than 15 minutes from now: fetch another (bohoja gate snapshot), "+
			"or promise --i-will-recheck-before-sending", told.AsOf.Format(time.RFC3339)))
	}
	return offline(local, f.as, online), told, nil
}

// maxSnapshot is the longest snapshot in bytes, as the client has it.
const maxSnapshot = 128 << 20

func readSnapshot(name string) (*gate.Offline, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	b, err := io.ReadAll(io.LimitReader(f, maxSnapshot))
	if err != nil {
		return nil, err
	}
	local, err := gate.Decode(b)
	if err != nil {
		return nil, usage(fmt.Errorf("%s: %w", name, err))
	}
	return local, nil
}

// offline judges by a snapshot. Who is not surely clear is asked of confirm; without one they are blocked.
func offline(local *gate.Offline, as string, confirm rows.Judge) rows.Judge {
	return func(ctx context.Context, cells []string) ([]rows.Verdict, error) {
		out := make([]rows.Verdict, len(cells))
		var open []int
		var ask []string
		for i, cell := range cells {
			perhaps, readable := perhapsIn(local, as, cell)
			switch {
			case !readable:
			case perhaps:
				out[i], open, ask = rows.Blocked, append(open, i), append(ask, cell)
			default:
				out[i] = rows.Allowed
			}
		}
		if confirm == nil || len(ask) == 0 {
			return out, nil
		}
		got, err := confirm(ctx, ask)
		if err != nil {
			return nil, err
		}
		for i, v := range got {
			out[open[i]] = v
		}
		return out, nil
	}
}

func perhapsIn(local *gate.Offline, as, cell string) (perhaps, readable bool) {
	if as == asEmail {
		return local.PerhapsEmail(cell)
	}
	one := identityOf(as, cell)
	return local.Perhaps(consent.Identity{Phone: consent.Secret(one.Phone), Subject: one.Subject})
}

// filterFile runs the list through the judge, into new files that get their names when all of it is there.
func (w *world) filterFile(ctx context.Context, f *filterFlags, judge rows.Judge) (counts rows.Counts, err error) {
	in, size, err := w.openList(f.in)
	if err != nil {
		return counts, err
	}
	defer func() { _ = in.Close() }()
	out, err := newWhole(f.out)
	if err != nil {
		return counts, err
	}
	defer out.discard()
	files := []*whole{out}
	o := f.options(judge)
	if f.rejected != "" {
		left, err := newWhole(f.rejected)
		if err != nil {
			return counts, err
		}
		defer left.discard()
		o.Rejected, files = left, []*whole{left, out} // the list itself last: when it is there, all is
	}
	p := newProgress(w.err, w.asJSON, size)
	o.Progress = p.tell
	if counts, err = rows.Filter(ctx, out, p.reading(in), o); err != nil {
		p.end(counts, false)
		return counts, err
	}
	p.end(counts, true)
	return counts, keep(files...)
}

// openList opens a list; size is 0 when nobody knows it.
func (w *world) openList(name string) (list io.ReadCloser, size int64, err error) {
	if name == "-" {
		return io.NopCloser(w.stdin), 0, nil
	}
	f, err := os.Open(name)
	if err != nil {
		return nil, 0, err
	}
	if info, err := f.Stat(); err == nil && info.Mode().IsRegular() {
		size = info.Size()
	}
	return f, size, nil
}

// listFault tells what is wrong with the command line from what is wrong elsewhere.
func listFault(err error) error {
	for _, one := range []error{rows.ErrColumn, rows.ErrTwice, rows.ErrHeader, rows.ErrEncoding} {
		if errors.Is(err, one) {
			return usage(err)
		}
	}
	return fmt.Errorf("nothing was written: %w", err)
}

func (w *world) showFiltered(told filtered) error {
	if w.asJSON {
		if err := w.print(told); err != nil {
			return err
		}
	} else {
		c := told.Counts
		w.say("%d rows: %d kept, %d blocked, %d unreadable", c.Rows, c.Kept, c.Blocked, c.Unreadable)
		if !told.AsOf.IsZero() {
			w.say("as of %s", told.AsOf.Format(time.RFC3339))
		}
		if told.Recheck {
			w.say("CHECK AGAIN before sending: whoever was flagged later is still in the list")
		}
	}
	if told.Unreadable > 0 {
		return amiss()
	}
	return nil
}
