package main

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/bohoja/bohoja/consent"
)

// ids lists the ids of a page.
func (p requestPage) ids() []string {
	out := make([]string, len(p.Data))
	for i, r := range p.Data {
		out[i] = r.ID
	}
	return out
}

// TestRequestsList: by app, status and subject, page by page, and every request exactly once.
func TestRequestsList(t *testing.T) {
	t.Parallel()
	b := newBureau(t)
	var made []string
	for _, subject := range []string{"user-1", "user-2", "user-3"} {
		made = append(made, b.ask(b.live, "shop", subject).ID)
	}
	granted := b.grant(b.live, "shop", "user-4")
	other := b.ask(b.live, "game", "user-1")
	b.call("requests", "cancel", made[1]).want(t, exitFine)

	list := func(args ...string) requestPage {
		t.Helper()
		o := b.call(append([]string{"requests", "list", "--app", "shop", "--json"}, args...)...)
		o.want(t, exitFine)
		return read[requestPage](t, o)
	}
	if got := list().ids(); len(got) != 4 || slices.Contains(got, other.ID) {
		t.Errorf("all of shop are %v", got)
	}
	for status, want := range map[string][]string{
		"pending": {made[0], made[2]}, "cancelled": {made[1]}, "granted": {granted.ID}, "declined": {},
	} {
		page := list("--status", status)
		if got := page.ids(); !slices.Equal(got, want) || page.Data == nil {
			t.Errorf("%s are %v, want %v", status, got, want)
		}
	}
	if got := list("--subject", "user-1").ids(); !slices.Equal(got, made[:1]) {
		t.Errorf("user-1 has %v", got)
	}
	if got := list("--subject", "nobody").ids(); len(got) != 0 {
		t.Errorf("nobody has %v", got)
	}
	var paged []string
	after := ""
	for range 5 {
		page := list("--limit", "1", "--after", after)
		paged = append(paged, page.ids()...)
		if after = page.Next; after == "" {
			break
		}
	}
	if whole := list().ids(); !slices.Equal(paged, whole) {
		t.Errorf("page by page %v, at once %v", paged, whole)
	}
}

// TestRequestsListTable: columns for people; the way on is told beside them, not among them.
func TestRequestsListTable(t *testing.T) {
	t.Parallel()
	b := newBureau(t)
	first, second := b.ask(b.live, "shop", "user-1"), b.ask(b.live, "shop", "user-2")
	o := b.call("requests", "list", "--app", "shop", "--limit", "1")
	o.want(t, exitFine, "ID ", "SUBJECT", "DEADLINE OR END", first.ID, "user-1", "pending", "held", "queued", moment(first.ExpiresAt))
	if strings.Contains(o.out, "--after") || !strings.Contains(o.err, "there are more: --after ") || strings.Contains(o.out, second.ID) {
		t.Errorf("the page is\n%s%s", o.out, o.err)
	}
	_, after, _ := strings.Cut(strings.TrimSpace(o.err), "--after ")
	o = b.call("requests", "list", "--app", "shop", "--limit", "1", "--after", after)
	o.want(t, exitFine, second.ID)
	if o.err != "" || strings.Contains(o.out, first.ID) {
		t.Errorf("the last page is\n%s%s", o.out, o.err)
	}
	if o := b.call("requests", "list", "--app", "game"); strings.Count(o.out, "\n") != 1 || o.code != exitFine {
		t.Errorf("an empty list is\n%s", o.out)
	}
}

// TestRequestsShow: the record's states and times, whichever app it is of; the spaces are kept apart.
func TestRequestsShow(t *testing.T) {
	t.Parallel()
	b := newBureau(t)
	granted := b.grant(b.live, "game", "user-7")
	row := read[requestRow](t, b.call("requests", "show", granted.ID, "--json"))
	if row.App != "game" || row.ID != granted.ID || row.Subject != "user-7" || row.Status != consent.Granted || row.Custody != consent.Held ||
		!slices.Equal(row.Purposes, []string{"account"}) || !slices.Equal(row.Asked, []string{"account", "delivery"}) || !slices.Equal(row.Refused, []string{"delivery"}) {
		t.Errorf("got %+v", row)
	}
	if !row.DecidedAt.Equal(granted.DecidedAt) || !row.ReleaseBy.Equal(granted.ReleaseBy) || !row.CreatedAt.Equal(granted.CreatedAt) ||
		!row.ExpiresAt.Equal(granted.ExpiresAt) || row.Mail.State != consent.MailSent || row.Method != consent.MethodEmailLink || row.Guardians != 1 {
		t.Errorf("got %+v", row)
	}
	o := b.call("requests", "show", granted.ID)
	o.want(t, exitFine, "status", "granted", "decided", moment(granted.DecidedAt), "in force", "account", "child's notice", "n1")
	for _, line := range strings.Split(strings.TrimRight(o.out, "\n"), "\n") {
		if name, value, _ := strings.Cut(line, "  "); name == "" || strings.TrimSpace(value) == "" {
			t.Errorf("a line without a value: %q", line)
		}
	}
	b.call("requests", "show", granted.ID, "--test").want(t, exitFailed, "in the test space; without --test")
	trial := b.ask(b.trial, "shop", "user-7")
	b.call("requests", "show", trial.ID).want(t, exitFailed, "in the live space; --test looks into")
	b.call("requests", "show", trial.ID, "--test").want(t, exitFine, "pending")
}

// TestRequestsShowLate: a request past its deadline is shown as what it is, though nobody has swept yet.
func TestRequestsShowLate(t *testing.T) {
	t.Parallel()
	b := newBureau(t)
	rec := b.ask(b.trial, "shop", "user-1")
	b.must(b.trial.store.Advance(t.Context(), consent.DefaultPending+time.Hour))
	row := read[requestRow](t, b.call("requests", "show", rec.ID, "--test", "--json"))
	if row.Status != consent.Expired || row.Reason != consent.ReasonDeadline || row.Custody != consent.Held {
		t.Errorf("got %s (%s), custody %s: what is held is said to be held", row.Status, row.Reason, row.Custody)
	}
	o := b.call("requests", "list", "--app", "shop", "--test")
	o.want(t, exitFine, rec.ID, "expired (deadline)")
}

// TestRequestsResend: another letter waits, the deadline stays, the day's limit holds for staff as well.
func TestRequestsResend(t *testing.T) {
	t.Parallel()
	b := newBureau(t)
	rec := b.ask(b.live, "shop", "user-1")
	before := b.letterJobs(b.live, rec, consent.LetterInvite)
	o := b.call("requests", "resend", rec.ID)
	o.want(t, exitFine, rec.ID, "in the outbox again", moment(rec.ExpiresAt))
	if after := b.letterJobs(b.live, rec, consent.LetterInvite); after != before+1 {
		t.Errorf("%d invitations wait, %d did", after, before)
	}
	b.acted(b.live, "shop", consent.StepResend)
	if now := b.record(b.live, rec); !now.ExpiresAt.Equal(rec.ExpiresAt) || now.Gen != rec.Gen {
		t.Errorf("deadline %v, generation %d", now.ExpiresAt, now.Gen)
	}
	b.call("requests", "resend", rec.ID).want(t, exitFailed, "as often as a day allows; again in")
	granted := b.grant(b.live, "shop", "user-2")
	b.call("requests", "resend", granted.ID).want(t, exitFailed, granted.ID+" is granted", "no letter to send")
	other := b.ask(b.live, "game", "user-3")
	if row := read[requestRow](t, b.call("requests", "resend", other.ID, "--json")); row.ID != other.ID || row.App != "game" || row.Status != consent.Pending {
		t.Errorf("got %+v", row)
	}
}

// TestRequestsCancel: the new state is printed, nothing is asked, everything held is gone, and it is known who did it.
func TestRequestsCancel(t *testing.T) {
	t.Parallel()
	b := newBureau(t)
	rec := b.ask(b.live, "shop", "user-1")
	b.call("requests", "cancel", rec.ID).want(t, exitFine, rec.ID+" is cancelled (staff); custody: destroyed")
	b.bare(b.live, rec, true)
	b.acted(b.live, "shop", consent.StepCancel)
	if now := b.record(b.live, rec); now.Status != consent.Cancelled || now.Reason != consent.ReasonStaff {
		t.Errorf("it is %s (%s)", now.Status, now.Reason)
	}
	events, err := b.live.service.Events(t.Context(), b.house.book.Load().Apps["shop"], "", 100)
	b.must(err)
	if last := events[len(events)-1]; last.Type != consent.EventCancelled || last.Data.ID != rec.ID || last.Data.Reason != consent.ReasonStaff {
		t.Errorf("the app is told %+v", last)
	}
	row := read[requestRow](t, b.call("requests", "cancel", rec.ID, "--json")) // again: the same answer
	if row.Status != consent.Cancelled || row.EndedAt.IsZero() {
		t.Errorf("got %+v", row)
	}
	again, err := b.live.service.Events(t.Context(), b.house.book.Load().Apps["shop"], "", 100)
	b.must(err)
	if len(again) != len(events) {
		t.Error("a second cancelling is told a second time")
	}
}

// TestRequestsCancelGranted: a consent is not ended by a word that does not say so.
func TestRequestsCancelGranted(t *testing.T) {
	t.Parallel()
	b := newBureau(t)
	granted := b.grant(b.live, "shop", "user-1")
	b.call("requests", "cancel", granted.ID).want(t, exitFailed, granted.ID+" is granted", "only a pending request", "requests destroy")
	if now := b.record(b.live, granted); now.Status != consent.Granted || len(now.Data) == 0 {
		t.Errorf("it is %s with %d bytes", now.Status, len(now.Data))
	}
}

// TestRequestsDestroyAsks: without the id typed again nothing happens; with it a pending request is cancelled.
func TestRequestsDestroyAsks(t *testing.T) {
	t.Parallel()
	b := newBureau(t)
	rec := b.ask(b.live, "shop", "user-1")
	for _, typed := range []string{"", "\n", "yes\n", rec.ID[:len(rec.ID)-1] + "\n"} {
		o := b.typing(typed, "requests", "destroy", rec.ID)
		o.want(t, exitFailed, "is pending. It is cancelled", "Type "+rec.ID+" again", "nothing was changed")
		if o.out != "" {
			t.Errorf("the question is on standard output: %s", o.out)
		}
	}
	if now := b.record(b.live, rec); now.Status != consent.Pending || len(now.Data) == 0 || len(now.People) == 0 {
		t.Fatalf("it is %s with %d bytes", now.Status, len(now.Data))
	}
	b.typing(rec.ID+"\n", "requests", "destroy", rec.ID).want(t, exitFine, rec.ID+" was pending and is cancelled")
	b.bare(b.live, rec, true)
	b.acted(b.live, "shop", consent.StepCancel)
}

// TestRequestsDestroyGranted: the consent ends as if it were withdrawn: letter to the guardian, time for the app to erase.
func TestRequestsDestroyGranted(t *testing.T) {
	t.Parallel()
	b := newBureau(t)
	granted := b.grant(b.live, "shop", "user-1")
	b.typing("no\n", "requests", "destroy", granted.ID).want(t, exitFailed, "is granted. The consent is withdrawn", "guardians are told by letter")
	o := b.call("requests", "destroy", granted.ID, "--yes", "--json")
	o.want(t, exitFine)
	got := read[destroyed](t, o)
	if got.Done != didWithdraw || got.Request.Status != consent.Withdrawn || got.Request.Reason != consent.ReasonStaff || got.Request.EraseBy.IsZero() ||
		len(got.Request.Purposes) != 0 {
		t.Errorf("got %+v", got)
	}
	if o.err != "" {
		t.Errorf("--yes is not silent: %s", o.err)
	}
	b.bare(b.live, granted, false)
	b.acted(b.live, "shop", consent.StepWithdraw)
	if n := b.letterJobs(b.live, granted, consent.LetterWithdrawn); n != 1 {
		t.Errorf("%d letters tell the guardian", n)
	}
	if now := b.record(b.live, granted); len(now.Evidence) == 0 {
		t.Error("the evidence is gone")
	}
	other := b.grant(b.live, "game", "user-2")
	b.typing(other.ID+"\n", "requests", "destroy", other.ID).
		want(t, exitFine, "was granted and is withdrawn", "the app game must erase what it collected, and say so, until "+moment(b.record(b.live, other).EraseBy))
}

// TestRequestsDestroyLate: a deadline that nobody carried out is carried out, even when no serve runs.
func TestRequestsDestroyLate(t *testing.T) {
	t.Parallel()
	b := newBureau(t)
	rec, fresh := b.ask(b.trial, "shop", "user-1"), b.ask(b.live, "shop", "user-1")
	b.must(b.trial.store.Advance(t.Context(), consent.DefaultPending+time.Hour))
	if now := b.record(b.trial, rec); now.Status != consent.Pending || len(now.Data) == 0 {
		t.Fatalf("it is %s already", now.Status)
	}
	got := read[destroyed](t, b.call("requests", "destroy", rec.ID, "--yes", "--test", "--json"))
	if got.Done != didExpire || got.Request.Status != consent.Expired {
		t.Errorf("got %+v", got)
	}
	b.bare(b.trial, rec, true)
	if now := b.record(b.live, fresh); now.Status != consent.Pending {
		t.Errorf("the live space is touched: %s", now.Status)
	}
	second := b.ask(b.trial, "game", "user-2")
	b.must(b.trial.store.Advance(t.Context(), consent.DefaultPending+time.Hour))
	b.typing(second.ID, "requests", "destroy", second.ID, "--test").want(t, exitFine, "had passed its deadline and is expired")
}

// TestRequestsDestroyAgain: what has ended is said to have ended; nothing is asked and nothing changes.
func TestRequestsDestroyAgain(t *testing.T) {
	t.Parallel()
	b := newBureau(t)
	rec := b.ask(b.live, "shop", "user-1")
	b.call("requests", "destroy", rec.ID, "--yes").want(t, exitFine)
	before := b.record(b.live, rec)
	o := b.call("requests", "destroy", rec.ID)
	o.want(t, exitFine, rec.ID+" is cancelled since "+moment(before.EndedAt), "nothing to destroy")
	if strings.Contains(o.err, "Type") {
		t.Error("it asks")
	}
	if got := read[destroyed](t, b.call("requests", "destroy", rec.ID, "--json")); got.Done != didNothing || got.Request.Status != consent.Cancelled {
		t.Errorf("got %+v", got)
	}
	if after := b.record(b.live, rec); after.EndedAt != before.EndedAt {
		t.Error("the end has moved")
	}
}

// TestRequestsNeedNoKeys: staff on a host without the key folder look after requests, and leave none behind.
func TestRequestsNeedNoKeys(t *testing.T) {
	t.Parallel()
	b := newBureau(t)
	pending, late, granted := b.ask(b.live, "shop", "user-1"), b.ask(b.trial, "shop", "user-2"), b.grant(b.live, "shop", "user-3")
	b.must(b.trial.store.Advance(t.Context(), consent.DefaultPending+time.Hour))
	nowhere := filepath.Join(t.TempDir(), "keys")
	far := b.with(t, "BOHOJA_KEYS__DIR="+nowhere)
	for _, line := range []string{
		"list --app shop", "show " + granted.ID, "resend " + pending.ID, "cancel " + pending.ID, "destroy --yes " + granted.ID, "destroy --yes --test " + late.ID,
	} {
		far.call(append([]string{"requests"}, strings.Fields(line)...)...).want(t, exitFine)
	}
	far.call("outbox", "list").want(t, exitFine)
	if _, err := os.Stat(nowhere); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a key folder was made: %v", err)
	}
}

// TestRequestOf: nothing of a record's sealed values, digests or revisions has a place in what staff see.
func TestRequestOf(t *testing.T) {
	t.Parallel()
	row := requestOf(consent.Record{
		ID: "cr_1", Status: consent.Pending, People: consent.Sealed("canary"), Data: consent.Sealed("canary"), Evidence: consent.Sealed("canary"), Locale: "canary",
		Look: consent.LookUps{Guardians: []consent.Digest{{1}}}, Asked: nil,
	})
	var out strings.Builder
	w := &world{out: &out}
	if err := w.print(row); err != nil {
		t.Fatal(err)
	}
	for _, bad := range []string{"canary", "sealed", "null", "look"} {
		if strings.Contains(strings.ToLower(out.String()), bad) {
			t.Errorf("%q is in\n%s", bad, out.String())
		}
	}
}
