package ops

import (
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/bohoja/bohoja/consent"
	"github.com/bohoja/bohoja/consent/staff"
)

// agreed is a request whose guardian said yes.
func (b *bureau) agreed(subject string) consent.Record {
	b.Helper()
	rec := b.ask(subject)
	letter, _ := b.kit.Letters.Last(consent.LetterInvite)
	_, token, _ := strings.Cut(letter.Link, "/c/")
	v, err := b.kit.Service.Open(b.Context(), token)
	b.must(err)
	b.must(b.kit.Store.Advance(b.Context(), 3*time.Second)) // reading takes its time
	c, err := b.kit.Service.Check(b.Context(), token, v.Proof, consent.Answers{
		Decision: consent.DecideGrant, Purposes: map[string]string{"account": "yes", "delivery": "no"}, Name: parentName,
		Year: "1985", Month: "3", Day: "4", Relation: "mother", Declares: true,
	})
	b.must(err)
	b.must(b.kit.Store.Advance(b.Context(), 3*time.Second))
	v, err = b.kit.Service.Decide(b.Context(), token, c.Proof, "yes", false)
	b.must(err)
	b.kit.Work()
	if v.Record.ID != rec.ID || v.Record.Status != consent.Granted {
		b.Fatal(v.Record.ID, v.Record.Status)
	}
	return v.Record
}

// What reached staff by telephone or by a proxy is entered, listed by when it is due, and answered (KR-14, KR-15, KR-19).
func TestRightsEnteredAndAnswered(t *testing.T) {
	b := newBureau(t)
	rec := b.agreed("user-1")
	w := b.as(staff.Support)
	w.get("/ops/rights?app=shop").want(200, "The list is empty")
	w.post(path(rec)+"/ask", "channel", "proxy").want(422, "what is asked for", "made sure of who asks", "statutory form")
	w.post(path(rec)+"/ask", "kind", "access", "channel", "proxy", "identity", "letter", "seen_by", "jun").want(422, "Tick the box when you have seen it")
	if all, err := b.kit.Store.Rights(t.Context(), rec.App, rec.ID); err != nil || len(all) != 0 {
		t.Fatal(all, err)
	}
	w.post(path(rec)+"/ask", "kind", "access", "channel", "proxy", "identity", "letter", "form_seen", "yes", "seen_by", "jun", "text", "what I asked").leads(path(rec) + "?done=ask")
	all, err := b.kit.Store.Rights(t.Context(), rec.App, rec.ID)
	if err != nil || len(all) != 1 || all[0].Channel != "proxy" || all[0].Request != rec.ID {
		t.Fatal(all, err)
	}
	at := path(rec) + "/right/" + all[0].ID
	w.get("/ops?app=shop").want(200, "Rights requests due", "1")
	w.get("/ops/rights?app=shop").want(200, all[0].ID, "To see the data", "a proxy")
	w.get(path(rec)+"?done=ask").want(200, "due in ten days", "To see the data", "Receipt of a rights request")
	if r := w.get(at).want(200, "The law gives ten days"); strings.Contains(r.body, "what I asked") {
		t.Error("the words are shown without a reason")
	}
	w.post(at+"/reveal", "reason", "rights", "ticket", "").want(422, "Check the ticket")
	w.post(at+"/reveal", "reason", "rights", "ticket", "T-1").want(200, "what I asked", "60 seconds")
	b.as(staff.Viewer).post(at, "outcome", "done").want(403)
	w.post(at).want(422, "done or refused")
	w.post(at, "outcome", "refused").want(422, "needs its reason", "the way to object")
	w.post(at, "outcome", "refused", "reason", "not held", "objection", "privacy@example.com").leads(path(rec) + "?done=answer")
	w.get(at).want(200, "refused", "Answered")
	w.post(at, "outcome", "done").want(409)
	w.get("/ops/rights?app=shop").want(200, "The list is empty")
}

// A rights request of one consent is not reached through the page of another.
func TestRightOfAnotherRequest(t *testing.T) {
	b := newBureau(t)
	one, other := b.agreed("user-1"), b.agreed("user-2")
	r, err := b.kit.Service.Enter(t.Context(), b.kit.App, consent.Actor{Kind: consent.ActorStaff, Ref: "x"}, one.ID, consent.RightAsked{
		Kind: consent.RightDeletion, Channel: consent.ChannelPhone, Identity: "called back", Text: consent.Secret("what I asked"),
	})
	b.must(err)
	w := b.as(staff.Support)
	at := path(other) + "/right/" + r.ID
	w.get(at).want(404)
	w.post(at, "outcome", "done").want(404)
	if got := w.post(at+"/reveal", "reason", "rights", "ticket", "T-1"); got.status != 404 || strings.Contains(got.body, "what I asked") {
		t.Error(got.status, got.text())
	}
	// Deletion that is done withdraws.
	w.post(path(one)+"/right/"+r.ID, "outcome", "done").leads(path(one) + "?done=answer")
	if rec, err := b.kit.Store.Get(t.Context(), one.App, one.ID); err != nil || rec.Status != consent.Withdrawn {
		t.Error(rec.Status, err)
	}
}

// The calls of webhooks on a request's page are those about it.
func TestCallsOfARequest(t *testing.T) {
	b := newBureau(t)
	one, other := b.ask("user-1"), b.ask("user-2")
	for i, rec := range []consent.Record{one, other} {
		b.must(b.kit.Store.NoteAttempt(t.Context(), "https://shop.example/", consent.Attempt{
			At: time.Now(), App: rec.App, About: rec.ID, Event: "evt_x", Type: consent.EventGranted, Host: []string{"mine.example:443", "yours.example:443"}[i], Code: 500, Stage: "answer",
		}, consent.SwitchNone))
	}
	if r := b.as(staff.Viewer).get(path(one)).want(200, "Webhooks about this request", "mine.example:443"); strings.Contains(r.body, "yours.example") {
		t.Error("the calls of another request")
	}
	// A page reads some calls and leads on to older ones, wherever those of this request lie.
	for range 500 {
		b.must(b.kit.Store.NoteAttempt(t.Context(), "https://shop.example/", consent.Attempt{
			At: time.Now(), App: other.App, About: other.ID, Event: "evt_x", Type: consent.EventGranted, Host: "yours.example:443", Code: 500, Stage: "answer",
		}, consent.SwitchNone))
	}
	w := b.as(staff.Viewer)
	r := w.get(path(one)).want(200, "None of them tells of this request", "Look among older calls")
	for _, to := range r.links() {
		if strings.Contains(to, "?calls=") {
			w.get(to).want(200, "Those among 500 older calls", "mine.example:443")
		}
	}
	w.get(path(one) + "?calls=x").want(422)
}

// The list of letters says what became of each (KR-16).
func TestLettersOfATrail(t *testing.T) {
	got := letters([]consent.Entry{
		{Step: consent.StepSignup, By: consent.ActorApp}, {Step: consent.StepInvite, By: consent.ActorMail, Note: "550"}, {Step: consent.ActView},
		{Step: consent.StepInvite, By: consent.ActorMail, Note: "quiet"}, {Step: consent.StepInvite, By: consent.ActorMail}, {Step: consent.StepGrant, By: consent.ActorGuardian},
	})
	want := []string{"granted queued 0", "invite sent 0", "invite not_sent 0", "invite bounced 550", "invite queued 0"}
	for i, l := range got {
		if line := l.Kind + " " + l.State + " " + strconv.Itoa(l.Code); line != want[i] {
			t.Errorf("%d: %s, want %s", i, line, want[i])
		}
	}
	if len(got) != len(want) {
		t.Errorf("%d letters", len(got))
	}
}
