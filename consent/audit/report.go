package audit

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/bohoja/bohoja/consent"
)

// CollectedLimit is how soon after its collection the data of an unconfirmed or refused request must be destroyed (KR-12).
const CollectedLimit = 5 * 24 * time.Hour

// Filter chooses entries. Zero fields choose all.
type Filter struct {
	From, To time.Time // From is in, To is out
	App      string
	ID       string
	Step     string
	By       string // one of the consent.ActorXxx
	Ref      string
	Status   string // of entries that changed the status: to this one
	Reason   string
	Method   string // of entries that changed the status
	Terms    string // likewise
}

// Match reports whether an entry is chosen.
func (f Filter) Match(e consent.Entry) bool {
	return f.within(e) && like(f.App, e.App) && like(f.ID, e.ID) && like(f.Step, string(e.Step)) && like(f.By, e.By) && like(f.Ref, e.Ref) &&
		like(f.Reason, e.Reason) && like(f.Method, string(e.Method)) && like(f.Terms, e.Terms) &&
		(f.Status == "" || Moved(e) && f.Status == string(e.Status))
}

func (f Filter) within(e consent.Entry) bool {
	return (f.From.IsZero() || !e.At.Before(f.From)) && (f.To.IsZero() || e.At.Before(f.To))
}

func like(want, got string) bool { return want == "" || want == got }

// Moved reports whether an entry changed its record's status: those alone name method and text.
func Moved(e consent.Entry) bool { return e.Method != "" || e.Terms != "" }

// Args writes the filter as flags of `bohoja audit export`.
func (f Filter) Args() string {
	var b strings.Builder
	for _, flag := range []struct{ name, value string }{
		{"from", instant(f.From)}, {"to", instant(f.To)}, {"app", f.App}, {"id", f.ID}, {"step", f.Step}, {"by", f.By}, {"ref", f.Ref},
		{"status", f.Status}, {"reason", f.Reason}, {"method", f.Method}, {"terms", f.Terms},
	} {
		if flag.value != "" {
			b.WriteString(" --" + flag.name + " " + flag.value)
		}
	}
	return b.String()
}

func instant(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}

// Sections of a report, in its order.
const (
	SectionStates  = "states"
	SectionMethods = "methods"
	SectionTexts   = "texts"
	SectionDelays  = "destruction"
	SectionErasure = "erasure"
	SectionRights  = "rights"
	SectionStaff   = "staff"
	SectionActs    = "acts"
)

// Report and Row are the domain's: what reads the log and what shows it need not know each other.
type (
	Report = consent.Account
	Row    = consent.AccountRow
)

// rightsSteps are those of guardians' requests to see, correct or delete.
var rightsSteps = []consent.Step{consent.StepAsk, consent.StepAnswer, consent.StepNudge, consent.StepLate}

// Report makes the report of a time, of one app or of all. Errors: files that cannot be read.
func (f Files) Report(from, to time.Time, app string) (*Report, error) {
	t := &teller{
		chosen: Filter{From: from, To: to, App: app}, counts: map[count]int{}, asked: map[string]time.Time{}, agreed: map[string]time.Time{},
	}
	if err := f.Walk(func(e consent.Entry) error { t.entry(e); return nil }); err != nil {
		return nil, err
	}
	return &Report{From: from, To: to, App: app, Rows: t.rows()}, nil
}

// count is a figure by section, name and the filter that gives it.
type count struct {
	section, name  string
	f              Filter
	kind, word, of string
}

// delay is the longest time of its kind.
type delay struct {
	longest time.Duration
	id      string
	late    int
	n       int
}

// teller reads the log once. Of a request that is open it keeps when it was asked for, and agreed to.
type teller struct {
	chosen        Filter
	counts        map[count]int
	asked, agreed map[string]time.Time
	unconfirmed   delay // from the collection to the destruction, where nobody agreed
	collected     delay // from the grant to the destruction of the held copy
	erased        delay // from the end of a consent to the app's own erasure
	ended         map[string]time.Time
}

func (t *teller) entry(e consent.Entry) {
	if t.chosen.App != "" && e.App != t.chosen.App && e.App != consent.StaffLedger {
		return
	}
	in := t.chosen.within(e)
	if in {
		t.tally(e)
	}
	t.delays(e, in)
}

func (t *teller) add(c count) {
	c.f.From, c.f.To = t.chosen.From, t.chosen.To
	c.f.App = cmp.Or(c.f.App, t.chosen.App)
	t.counts[c]++
}

// tally counts one entry of the time.
func (t *teller) tally(e consent.Entry) {
	step := string(e.Step)
	if e.App == consent.StaffLedger {
		t.add(count{SectionStaff, step, Filter{App: e.App, Step: step}, consent.RowStep, step, ""})
		return
	}
	t.add(count{SectionActs, step, Filter{Step: step}, consent.RowStep, step, ""})
	if Moved(e) {
		t.move(e)
	}
	if slices.Contains(rightsSteps, e.Step) {
		t.add(count{SectionRights, step, Filter{Step: step}, consent.RowStep, step, ""})
	}
	if e.By == consent.ActorStaff {
		t.add(count{SectionStaff, step + " by " + e.Ref, Filter{Step: step, By: e.By, Ref: e.Ref}, consent.RowStep, step, e.Ref})
	}
}

// move counts an entry that changed a status; a grant by its method and text too.
func (t *teller) move(e consent.Entry) {
	status := string(e.Status)
	t.add(count{SectionStates, status, Filter{Status: status}, consent.RowStatus, status, ""})
	if e.Reason != "" {
		t.add(count{SectionStates, status + ", " + e.Reason, Filter{Status: status, Reason: e.Reason}, consent.RowStatus, status, e.Reason})
	}
	if e.Status != consent.Granted {
		return
	}
	method, clause := string(e.Method), consent.Clauses[e.Method]
	name := fmt.Sprintf("%s (Enforcement Decree 17-2(1) no. %s)", method, clause)
	t.add(count{SectionMethods, name, Filter{Status: status, Method: method}, consent.RowMethod, method, clause})
	text := e.App + " " + e.Terms
	t.add(count{SectionTexts, text, Filter{App: e.App, Status: status, Terms: e.Terms}, consent.RowText, text, ""})
}

// delays follows each request from its collection to its destruction. One that was asked for before the time counts when it
// ended in it.
func (t *teller) delays(e consent.Entry, in bool) {
	switch {
	case e.Step == consent.StepSignup:
		t.asked[e.ID] = e.At
	case Moved(e) && e.Status == consent.Granted:
		delete(t.asked, e.ID)
		t.agreed[e.ID] = e.At
	case Moved(e) && e.Status.Ended() && has(t.asked, e.ID):
		t.unconfirmed.note(in, e, t.asked[e.ID], CollectedLimit)
		delete(t.asked, e.ID)
	}
	if e.Custody == consent.Destroyed && has(t.agreed, e.ID) {
		t.collected.note(in, e, t.agreed[e.ID], 0)
		delete(t.agreed, e.ID)
	}
	t.erasure(e, in)
}

func (t *teller) erasure(e consent.Entry, in bool) {
	if t.ended == nil {
		t.ended = map[string]time.Time{}
	}
	switch {
	case Moved(e) && (e.Status == consent.Withdrawn || e.Status == consent.AgedOut):
		t.ended[e.ID] = e.At
	case e.Step == consent.StepErase && has(t.ended, e.ID):
		t.erased.note(in, e, t.ended[e.ID], 0)
		delete(t.ended, e.ID)
	}
}

func has(m map[string]time.Time, id string) bool { _, ok := m[id]; return ok }

func (d *delay) note(in bool, e consent.Entry, since time.Time, limit time.Duration) {
	if !in {
		return
	}
	d.n++
	took := e.At.Sub(since)
	if took >= d.longest {
		d.longest, d.id = took, e.ID
	}
	if limit > 0 && took > limit {
		d.late++
	}
}

// rows writes the figures, in the order of the sections.
func (t *teller) rows() []Row {
	keys := slices.Collect(maps.Keys(t.counts))
	slices.SortFunc(keys, func(a, b count) int { return cmp.Or(cmp.Compare(a.section, b.section), cmp.Compare(a.name, b.name)) })
	by := map[string][]Row{}
	for _, k := range keys {
		by[k.section] = append(by[k.section], Row{
			Section: k.section, Name: k.name, Value: strconv.Itoa(t.counts[k]), Proof: "bohoja audit export --count" + k.f.Args(),
			Kind: k.kind, Word: k.word, Of: k.of,
		})
	}
	by[SectionDelays] = slices.Concat(
		t.unconfirmed.rows(SectionDelays, "unconfirmed", "refused or unconfirmed: longest from collection to destruction (KR-12 allows 120h)"),
		t.unconfirmed.over(), t.collected.rows(SectionDelays, "granted", "granted: longest from the grant to the destruction of the held copy"))
	by[SectionErasure] = t.erased.rows(SectionErasure, "erased", "longest from the end of a consent to the app's own erasure")
	var out []Row
	for _, s := range []string{SectionStates, SectionMethods, SectionTexts, SectionDelays, SectionErasure, SectionRights, SectionStaff, SectionActs} {
		out = append(out, by[s]...)
	}
	return out
}

func (d *delay) rows(section, word, name string) []Row {
	r := Row{Section: section, Name: name, Value: "none", Proof: "bohoja audit export --count --step " + string(consent.StepSignup), Kind: consent.RowDelay, Word: word}
	if d.n > 0 {
		r.Value, r.Proof, r.Took = d.longest.Round(time.Second).String(), "bohoja audit export --id "+d.id, d.longest
	}
	return []Row{r}
}

func (d *delay) over() []Row {
	const name = "refused or unconfirmed: destroyed later than KR-12 allows"
	return []Row{{Section: SectionDelays, Name: name, Value: strconv.Itoa(d.late), Proof: "bohoja audit report --json", Kind: consent.RowDelay, Word: "late"}}
}
