//go:build proof

package proof

import (
	"errors"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/bohoja/bohoja/consent"
	"github.com/bohoja/bohoja/consent/consenttest"
)

// long reports whether the long forms are wanted.
func long() bool { return os.Getenv("BOHOJA_PROOF") == "long" }

// amount is n, or many in the long form.
func amount(n, many int) int {
	if long() {
		return many
	}
	return n
}

// tale is what the ledger knows of one request.
type tale struct {
	subject, id string
	acked       []string
	after       []string // doubted since the last acknowledgement
	granted     bool     // acknowledged or doubted
}

// where a request stands after a step.
var after = map[string]string{
	"signup": "pending held", "grant": "granted held", "decline": "declined destroyed", "cancel": "cancelled destroyed",
	"release": "granted released", "acknowledge": "granted destroyed", "withdraw": "withdrawn destroyed",
}

// wanted is the letter that tells of a status; it is in the outbox or went out.
var wanted = map[consent.Status]consent.LetterKind{
	consent.Pending: consent.LetterInvite, consent.Granted: consent.LetterGranted,
	consent.Declined: consent.LetterDeclined, consent.Withdrawn: consent.LetterWithdrawn,
}

// audit holds ledgers against what is there.
type audit struct {
	t         *testing.T
	kit       *consenttest.Kit
	figures   consenttest.Figures
	tales     map[string]*tale // by subject
	letters   map[string]int   // by Message-ID, how often it went out
	told      map[string]map[string]bool
	surprises []string
	lossy     bool // loss is expected, and counted only
}

// newAudit reads the ledgers. Nothing of the service may run any more.
func newAudit(t *testing.T, suite, url, dir string, ledgers ...[]line) *audit {
	t.Helper()
	a := &audit{
		t: t, kit: kitOn(t, url, dir), figures: consenttest.Figures{Suite: suite},
		tales: map[string]*tale{}, letters: map[string]int{}, told: map[string]map[string]bool{},
	}
	for _, all := range ledgers {
		for _, l := range all {
			a.read(l)
		}
	}
	return a
}

func (a *audit) read(l line) {
	switch l.verb {
	case letter:
		a.wrote(l.subject, l.id, l.op)
		return
	case surprise:
		a.surprises = append(a.surprises, l.op+" "+l.subject)
		return
	}
	s := a.tales[l.subject]
	if s == nil {
		s = &tale{subject: l.subject}
		a.tales[l.subject] = s
	}
	if l.op == "grant" {
		s.granted = true
	}
	if l.verb == doubted {
		s.after = append(s.after, l.op)
		a.figures.Raw++
		return
	}
	if l.op == "release" && !s.granted {
		a.figures.Ungranted++
	}
	s.id, s.after = l.id, nil
	s.acked = append(s.acked, l.op)
	a.figures.Acknowledged++
}

// wrote notes a letter that went out.
func (a *audit) wrote(message, request, kind string) {
	if a.letters[message]++; a.letters[message] > 1 {
		a.figures.Raw++
		return
	}
	if a.told[request] == nil {
		a.told[request] = map[string]bool{}
	}
	if a.told[request][kind] {
		a.figures.Duplicates++
		a.t.Logf("%s was told %s by two letters", request, kind)
	}
	a.told[request][kind] = true
}

// all looks at everything: records, letters, events, and whether anything is half done.
func (a *audit) all() consenttest.Figures {
	a.t.Helper()
	a.records()
	a.figures.Lost += len(a.surprises)
	if a.lossy {
		return a.figures
	}
	a.post()
	a.events()
	a.whole()
	return a.figures
}

// records looks every request up, many at a time.
func (a *audit) records() {
	var mu sync.Mutex
	var all sync.WaitGroup
	todo := make(chan *tale, len(a.tales))
	for _, s := range a.tales {
		todo <- s
	}
	close(todo)
	for range 16 {
		all.Go(func() {
			for s := range todo {
				f := a.record(s)
				mu.Lock()
				a.figures.Lost += f.Lost
				a.figures.Duplicates += f.Duplicates
				a.figures.Ungranted += f.Ungranted
				mu.Unlock()
			}
		})
	}
	all.Wait()
}

// record looks one request up.
func (a *audit) record(s *tale) (f consenttest.Figures) {
	found, err := a.kit.Store.Subject(a.t.Context(), "shop", s.subject)
	if err != nil {
		a.t.Error(err)
		return f
	}
	if len(found) > 1 {
		f.Duplicates = len(found) - 1
		a.t.Logf("%s was signed up %d times", s.subject, len(found))
	}
	if len(s.acked) == 0 { // doubted from the first: there or not
		return f
	}
	if len(found) == 0 || found[0].ID != s.id {
		f.Lost = len(s.acked)
		a.blame("%s: %v was acknowledged, and there is nothing", s.subject, s.acked)
		return f
	}
	if !s.allows(found[0]) {
		f.Lost = 1
		a.blame("%s: %v was acknowledged, then %v doubted, and it is %s, %s", s.subject, s.acked, s.after, found[0].Status, found[0].Custody)
		return f
	}
	if !s.granted && a.hands(s.id) {
		f.Ungranted = 1
	}
	return f
}

// blame says what was lost where nothing may be.
func (a *audit) blame(format string, args ...any) {
	if !a.lossy {
		a.t.Logf(format, args...)
	}
}

// allows reports whether the record stands where the last acknowledged step left it, or a doubted one since.
func (s *tale) allows(rec consent.Record) bool {
	is := string(rec.Status) + " " + string(rec.Custody)
	ok := is == after[s.acked[len(s.acked)-1]]
	for _, op := range s.after {
		ok = ok || is == after[op]
	}
	return ok
}

// hands reports whether data of this request, which nobody granted, is handed out.
func (a *audit) hands(id string) bool {
	_, err := a.kit.Service.Release(a.t.Context(), a.kit.App, byApp, id)
	return err == nil
}

// post lets the outbox go on to its end, and sees that every request has the letter of its status.
func (a *audit) post() {
	a.kit.Letters.Fail = func(l consent.Letter) error {
		a.wrote(l.ID, l.Case, string(l.Kind))
		return nil
	}
	a.kit.Work()
	if err := a.kit.Store.Advance(a.t.Context(), time.Hour); err != nil { // the leases of lost claims end
		a.t.Fatal(err)
	}
	a.kit.Work()
	for _, s := range a.tales {
		if len(s.acked) == 0 {
			continue
		}
		rec, err := a.kit.Store.Get(a.t.Context(), "shop", s.id)
		if errors.Is(err, consent.ErrNotFound) {
			continue // counted as lost
		}
		if err != nil {
			a.t.Fatal(err)
		}
		if kind := wanted[rec.Status]; kind != "" && !a.told[s.id][string(kind)] {
			a.figures.Mails++
		}
	}
}

// events sees that nothing was told twice under two ids.
func (a *audit) events() {
	type told struct{ id, kind string }
	once := map[told]string{}
	for at := ""; ; {
		page, err := a.kit.Store.Events(a.t.Context(), "shop", at, 500)
		if err != nil {
			a.t.Fatal(err)
		}
		for _, e := range page {
			key := told{e.Data.ID, string(e.Type)}
			if first, ok := once[key]; ok && first != e.ID {
				a.figures.Duplicates++
				a.t.Logf("%s was told of %s by two events", key.id, key.kind)
			}
			once[key] = e.ID
			at = e.ID
		}
		if len(page) < 500 {
			return
		}
	}
}

// whole walks through every record for what does not fit together.
func (a *audit) whole() {
	faults, err := a.kit.Store.Check(a.t.Context(), "shop")
	if err != nil {
		a.t.Fatal(err)
	}
	if len(faults) > 0 {
		a.t.Errorf("%d things do not fit together: %s", len(faults), strings.Join(faults[:min(len(faults), 5)], "; "))
	}
}

// surprised fails the test at answers that nobody should get.
func (a *audit) surprised() {
	a.t.Helper()
	if n := len(a.surprises); n > 0 {
		a.t.Errorf("%d answers that nobody should get: %q", n, a.surprises[:min(n, 5)])
	}
}

// recovered is the longest time from one of these moments to the first acknowledgement since.
func (a *audit) recovered(back []time.Time, ledgers ...[]line) {
	for _, at := range back {
		first := time.Duration(-1)
		for _, all := range ledgers {
			for _, l := range all {
				if d := l.at.Sub(at); l.verb == acked && d > 0 && (first < 0 || d < first) {
					first = d
				}
			}
		}
		if first < 0 {
			a.t.Error("it came back, and nothing was acknowledged any more")
		}
		a.figures.Recovery = max(a.figures.Recovery, first)
	}
	if a.figures.Recovery > 5*time.Second {
		a.t.Errorf("it took %s until the first was acknowledged again", a.figures.Recovery)
	}
}
