package audit

import (
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/bohoja/bohoja/consent"
)

// way appends a request that was asked for, and what came of it after a while.
func (b *bench) way(app string, after time.Duration, ends ...consent.Entry) string {
	id := consent.NewID(consent.PrefixRequest, b.now)
	b.act(app, consent.Entry{Step: consent.StepSignup, ID: id, By: consent.ActorApp, Status: consent.Pending, Custody: consent.Held, Method: consent.MethodEmailLink, Terms: "t_1"})
	for _, e := range ends {
		b.now = b.now.Add(after)
		e.ID = id
		b.act(app, e)
	}
	return id
}

func moved(step consent.Step, to consent.Status, c consent.Custody, reason string) consent.Entry {
	return consent.Entry{Step: step, Status: to, Custody: c, Reason: reason, Method: consent.MethodEmailLink, Terms: "t_1", By: consent.ActorGuardian}
}

// figures are a report's values by section and name.
func figures(r *Report) map[string]string {
	out := map[string]string{}
	for _, row := range r.Rows {
		out[row.Section+"/"+row.Name] = row.Value
	}
	return out
}

const (
	unconfirmed = "destruction/refused or unconfirmed: longest from collection to destruction (KR-12 allows 120h)"
	late        = "destruction/refused or unconfirmed: destroyed later than KR-12 allows"
	grantedRow  = "destruction/granted: longest from the grant to the destruction of the held copy"
)

// The report of a time has exactly what happened in it; a request that was asked for before counts when it ended in it.
func TestReport(t *testing.T) {
	b := open(t)
	early := b.way("shop", 118*time.Hour, moved(consent.StepExpire, consent.Expired, consent.Destroyed, consent.ReasonDeadline))
	from := b.now // that end is in, its signup is not
	b.way("shop", time.Hour, moved(consent.StepDecline, consent.Declined, consent.Destroyed, consent.ReasonRefused))
	b.way("shop", time.Hour, moved(consent.StepGrant, consent.Granted, consent.Held, ""),
		consent.Entry{Step: consent.StepAcknowledge, Status: consent.Granted, Custody: consent.Destroyed, By: consent.ActorApp},
		moved(consent.StepWithdraw, consent.Withdrawn, consent.Destroyed, consent.ReasonGuardian),
		consent.Entry{Step: consent.StepErase, Status: consent.Withdrawn, Custody: consent.Destroyed, By: consent.ActorApp})
	b.act("shop", consent.Entry{Step: consent.ActReveal, ID: early, By: consent.ActorStaff, Ref: "s1", Note: "T-1"})
	b.act(consent.StaffLedger, consent.Entry{Step: consent.ActStaff, By: consent.ActorStaff, Ref: "s1", Note: "s2"})
	to := b.now.Add(time.Second)
	b.now = to
	b.way("shop", 121*time.Hour, moved(consent.StepExpire, consent.Expired, consent.Destroyed, consent.ReasonDeadline))
	b.way("other", time.Hour, moved(consent.StepGrant, consent.Granted, consent.Held, ""))
	b.pass()

	r, err := Files{b.dir}.Report(from, to, "shop")
	b.must(err)
	got := figures(r)
	for name, want := range map[string]string{
		"states/pending": "2", "states/expired": "1", "states/expired, deadline": "1", "states/declined, refused": "1", "states/granted": "1", "states/withdrawn": "1",
		"methods/email_link (Enforcement Decree 17-2(1) no. 7)": "1", "texts/shop t_1": "1",
		unconfirmed: "118h0m0s", late: "0", grantedRow: "1h0m0s", "erasure/longest from the end of a consent to the app's own erasure": "1h0m0s",
		"staff/reveal by s1": "1", "staff/staff": "1", "acts/signup": "2", "acts/reveal": "1",
	} {
		if got[name] != want {
			t.Errorf("%s: %q, want %q", name, got[name], want)
		}
	}
	whole, err := Files{b.dir}.Report(time.Time{}, time.Time{}, "")
	b.must(err)
	if got := figures(whole); got[unconfirmed] != "121h0m0s" || got[late] != "1" || got["texts/other t_1"] != "1" || got["states/granted"] != "2" {
		t.Errorf("%v", got)
	}
	b.proven(r)
	b.proven(whole)
}

// proven checks each count against what its own filter chooses.
func (b *bench) proven(r *Report) {
	b.Helper()
	for _, row := range r.Rows {
		args, counted := strings.CutPrefix(row.Proof, "bohoja audit export --count")
		if !counted || row.Value == "none" {
			continue
		}
		f, n := filterOf(b.T, args), 0
		b.must(Files{b.dir}.Walk(func(e consent.Entry) error {
			if f.Match(e) {
				n++
			}
			return nil
		}))
		if strconv.Itoa(n) != row.Value {
			b.Errorf("%s %s: %s, and %s gives %d", row.Section, row.Name, row.Value, row.Proof, n)
		}
	}
}

// filterOf reads what Args wrote.
func filterOf(t *testing.T, args string) Filter {
	t.Helper()
	var f Filter
	texts := map[string]*string{
		"--app": &f.App, "--id": &f.ID, "--step": &f.Step, "--by": &f.By, "--ref": &f.Ref, "--status": &f.Status, "--reason": &f.Reason,
		"--method": &f.Method, "--terms": &f.Terms,
	}
	words := strings.Fields(args)
	for i := 0; i+1 < len(words); i += 2 {
		if to, ok := texts[words[i]]; ok {
			*to = words[i+1]
			continue
		}
		at, err := time.Parse(time.RFC3339, words[i+1])
		if err != nil {
			t.Fatal(err)
		}
		*map[string]*time.Time{"--from": &f.From, "--to": &f.To}[words[i]] = at
	}
	return f
}
