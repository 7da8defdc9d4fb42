package audit

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"time"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"github.com/bohoja/bohoja/consent"
)

// Kinds of faults.
const (
	FaultGap       = "gap"       // numbers are missing
	FaultEdit      = "edit"      // a line is not what was signed
	FaultCut       = "cut"       // the end is missing
	FaultSignature = "signature" // a checkpoint that no known key signed
	FaultForm      = "form"      // a file or line that cannot be read
)

// Fault is one thing that is not as it was written.
type Fault struct {
	Kind   string `json:"kind"`
	Detail string `json:"detail"`
}

// Range is what a log holds of one app.
type Range struct {
	First   int64 `json:"first"`
	Last    int64 `json:"last"`
	Entries int64 `json:"entries"`
}

// Verdict is what Verify found.
type Verdict struct {
	Entries     int64            `json:"entries"`
	Apps        map[string]Range `json:"apps"`
	Checkpoints int              `json:"checkpoints"`
	Covered     int64            `json:"covered"` // entries under the last good checkpoint; younger ones only have numbers
	Signed      time.Time        `json:"signed_at,omitzero"`
	Compared    int64            `json:"compared"` // entries that the store's stream holds too
	Notices     []string         `json:"notices"`  // worth knowing, and no fault
	Faults      []Fault          `json:"faults"`
}

// Sound reports whether nothing is amiss.
func (v *Verdict) Sound() bool { return len(v.Faults) == 0 }

// Stream is the store's side of the log, for a comparison.
type Stream interface {
	Entries(ctx context.Context, app string, after int64, limit int) ([]consent.Entry, error)
	Head(ctx context.Context, app string) (int64, error)
}

// Verify reads a whole folder: each line's number, each checkpoint's signature, and whether the lines give its root. With a
// stream it also compares line by line what the store still holds. It needs no secret and changes nothing.
// Errors: a folder that cannot be read; the store's.
func Verify(ctx context.Context, dir string, keys note.Verifiers, s Stream) (*Verdict, error) {
	v := &verification{
		files: Files{dir}, heads: map[string]int64{}, verdict: &Verdict{Apps: map[string]Range{}, Notices: []string{}, Faults: []Fault{}},
		streams: map[string]*pager{}, stream: s,
	}
	all, faults, err := v.files.checkpoints(keys)
	if err != nil {
		return nil, err
	}
	for _, f := range faults {
		v.fault(FaultSignature, "%s, %s", checkpointsName, f)
	}
	v.order(all)
	v.left, v.verdict.Checkpoints = all, len(all)
	if err := v.lines(ctx); err != nil {
		return nil, err
	}
	v.end(all)
	if err := v.behind(ctx); err != nil {
		return nil, err
	}
	return v.verdict, nil
}

// verification is a walk through a folder.
type verification struct {
	files   Files
	verdict *Verdict
	tree    frontier
	broken  bool // the tree says nothing any more
	good    Checkpoint
	left    []Checkpoint // whose size was not reached yet
	heads   map[string]int64
	stream  Stream
	streams map[string]*pager
}

func (v *verification) fault(kind, format string, args ...any) {
	const enough = 100 // a log that is not a log need not be told line by line
	if len(v.verdict.Faults) < enough {
		v.verdict.Faults = append(v.verdict.Faults, Fault{kind, fmt.Sprintf(format, args...)})
	}
}

// order checks that checkpoints follow each other.
func (v *verification) order(all []Checkpoint) {
	for i := 1; i < len(all); i++ {
		if all[i].Size < all[i-1].Size {
			v.fault(FaultEdit, "checkpoint %d knows fewer entries than the one before", i+1)
		}
	}
}

// lines walks through all segments.
func (v *verification) lines(ctx context.Context) error {
	names, err := v.files.segments()
	if err != nil {
		return err
	}
	for i, name := range names {
		n, err := v.begin(name, i == 0)
		if err != nil {
			v.fault(FaultForm, "%v", err)
			continue
		}
		_, err = v.files.read(name, func(line []byte) error { n++; return v.line(ctx, name, n, line) })
		switch {
		case errors.Is(err, errTorn) && i == len(names)-1:
			v.notice("%v: it is written again when serve runs", err)
		case errors.Is(err, errTorn):
			v.fault(FaultCut, "%v", err)
		case err != nil:
			return err
		}
	}
	return nil
}

func (v *verification) notice(format string, args ...any) {
	v.verdict.Notices = append(v.verdict.Notices, fmt.Sprintf(format, args...))
}

// begin looks at a segment's head. Of the first one it takes what was before, since older segments go when their time is over.
func (v *verification) begin(name string, first bool) (int64, error) {
	h, err := v.files.read(name, func([]byte) error { return errStop })
	if err != nil && !errors.Is(err, errStop) && !errors.Is(err, errTorn) {
		return 0, err
	}
	switch {
	case first && h.From > 0:
		v.notice("the log begins with entry %d; what was before was removed", h.From+1)
		v.heads = maps.Clone(h.Heads)
		v.broken = v.seed(h.From) != nil
	case h.From != v.tree.n:
		v.fault(FaultCut, "%s begins with entry %d, and there are %d before it", name, h.From+1, v.tree.n)
		v.broken = true
	case !maps.Equal(h.Heads, v.heads):
		v.fault(FaultEdit, "%s: its head does not say what stands before it", name)
	}
	v.check()
	return h.From, nil
}

// seed takes the tree of what was removed from the stored hashes; a checkpoint proves them.
func (v *verification) seed(n int64) error {
	f, err := os.Open(filepath.Join(v.files.Dir, hashesName))
	if err != nil {
		v.tree.n = n
		return err
	}
	defer func() { _ = f.Close() }()
	err = v.tree.seed(n, hashes{f})
	v.left = slices.DeleteFunc(v.left, func(c Checkpoint) bool { return c.Size < n })
	return err
}

// line checks one entry: its number, and what it does to the tree.
func (v *verification) line(ctx context.Context, name string, n int64, line []byte) error {
	v.tree.add(tlog.RecordHash(line))
	v.verdict.Entries++
	var e consent.Entry
	if err := json.Unmarshal(line, &e); err != nil {
		v.fault(FaultForm, "%s: entry %d cannot be read", name, n)
	} else if err := v.number(ctx, name, e); err != nil {
		return err
	}
	v.check()
	return nil
}

// number checks that an app's entries are all there, and are those of the stream.
func (v *verification) number(ctx context.Context, name string, e consent.Entry) error {
	last, known := v.heads[e.App]
	r := v.verdict.Apps[e.App]
	switch {
	case !known && e.Seq != 1:
		v.notice("app %s begins with number %d: the folder was made later than the app", e.App, e.Seq)
	case known && e.Seq > last+1 && e.Step == consent.ActRestore:
		v.notice("app %s: numbers %d to %d were lost when a backup was restored (%s)", e.App, last+1, e.Seq-1, e.At.Format(time.RFC3339))
	case known && e.Seq > last+1:
		v.fault(FaultGap, "%s: app %s: numbers %d to %d are missing", name, e.App, last+1, e.Seq-1)
	case known && e.Seq <= last:
		v.fault(FaultEdit, "%s: app %s: number %d stands behind %d", name, e.App, e.Seq, last)
	}
	if r.Entries == 0 {
		r.First = e.Seq
	}
	r.Entries, r.Last = r.Entries+1, e.Seq
	v.verdict.Apps[e.App], v.heads[e.App] = r, e.Seq
	return v.compare(ctx, e)
}

// check holds the tree against the checkpoints of its size.
func (v *verification) check() {
	for len(v.left) > 0 && v.left[0].Size <= v.tree.n {
		c := v.left[0]
		v.left = v.left[1:]
		if v.broken || c.Size < v.tree.n {
			continue
		}
		if c.Size == 0 || v.tree.root() == c.Root {
			v.good = c
			v.verdict.Covered, v.verdict.Signed = c.Size, c.Time
			continue
		}
		v.broken = true
		v.fault(FaultEdit, "%s", v.edited(c))
	}
}

// edited tells where the first change lies: between two checkpoints, or, when the stored hashes are those that were signed,
// to the entry.
func (v *verification) edited(c Checkpoint) string {
	where := fmt.Sprintf("an entry between %d and %d, written before %s, is not what was signed", v.good.Size+1, c.Size, c.Time.Format(time.RFC3339))
	f, err := os.Open(filepath.Join(v.files.Dir, hashesName))
	if err != nil {
		return where
	}
	defer func() { _ = f.Close() }()
	h := hashes{f}
	if root, err := tlog.TreeHash(c.Size, h); err != nil || root != c.Root {
		return where
	}
	n := int64(0)
	found := ""
	names, _ := v.files.segments()
	for _, name := range names {
		if from, err := v.files.from(name); err == nil {
			n = from
		}
		_, _ = v.files.read(name, func(line []byte) error {
			n++
			if want, err := h.leaf(n - 1); found == "" && err == nil && want != tlog.RecordHash(line) {
				found = fmt.Sprintf("entry %d (line %d of %s) is not what was signed at %s", n, n-v.fromOf(name)+1, name, c.Time.Format(time.RFC3339))
				return errStop
			}
			return nil
		})
		if found != "" {
			return found
		}
	}
	return where
}

func (v *verification) fromOf(name string) int64 {
	n, _ := v.files.from(name) // it was read a moment ago
	return n
}

// end looks for what is missing behind the last line.
func (v *verification) end(all []Checkpoint) {
	if n := len(v.left); n > 0 {
		c := v.left[n-1]
		v.fault(FaultCut, "%d entries at the end are missing: there were %d at %s", c.Size-v.tree.n, c.Size, c.Time.Format(time.RFC3339))
	}
	if len(all) == 0 && v.verdict.Entries > 0 {
		v.notice("nothing is signed yet")
	}
}

// pager reads an app's stream beside the walk.
type pager struct {
	some []consent.Entry
	from int64 // the first number that the stream holds; 0: it holds none
}

// compare holds an entry against the stream's.
func (v *verification) compare(ctx context.Context, e consent.Entry) error {
	if v.stream == nil {
		return nil
	}
	p := v.streams[e.App]
	if p == nil {
		p = &pager{}
		v.streams[e.App] = p
		some, err := v.stream.Entries(ctx, e.App, 0, page)
		if err != nil {
			return err
		}
		if len(some) > 0 {
			p.some, p.from = some, some[0].Seq
		}
	}
	for len(p.some) > 0 && p.some[0].Seq < e.Seq {
		if err := v.next(ctx, p, e.App); err != nil {
			return err
		}
	}
	if len(p.some) == 0 || p.some[0].Seq != e.Seq {
		return nil
	}
	v.verdict.Compared++
	ours, err1 := encode(e)
	theirs, err2 := encode(p.some[0])
	if err := errors.Join(err1, err2); err != nil {
		return err
	}
	if string(ours) != string(theirs) {
		v.fault(FaultEdit, "app %s: number %d is another entry in the store", e.App, e.Seq)
	}
	return v.next(ctx, p, e.App)
}

func (v *verification) next(ctx context.Context, p *pager, app string) (err error) {
	last := p.some[0].Seq
	if p.some = p.some[1:]; len(p.some) == 0 {
		p.some, err = v.stream.Entries(ctx, app, last, page)
	}
	return err
}

// lagAllowed is how many entries may be on their way from the store to the files.
const lagAllowed = 10 * page

// behind tells of a store that knows less than the files, or much more.
func (v *verification) behind(ctx context.Context) error {
	if v.stream == nil {
		return nil
	}
	for app, last := range v.heads {
		end, err := v.stream.Head(ctx, app)
		switch {
		case err != nil:
			return err
		case end < last:
			v.fault(FaultCut, "app %s: the store's log ends at %d, the files at %d: a backup was restored; see bohoja doctor --restored", app, end, last)
		case end > last+lagAllowed:
			v.fault(FaultCut, "app %s: the files end at %d, the store is at %d: is serve running, and can it write?", app, last, end)
		}
	}
	return nil
}
