package ops

import (
	"strings"
	"testing"
	"time"

	"github.com/bohoja/bohoja/consent"
	"github.com/bohoja/bohoja/consent/consenttest"
	"github.com/bohoja/bohoja/consent/staff"
)

// amendForm is a correction of the guardian as it is filled in by who has seen the proof.
func amendForm(change ...string) []string {
	form := []string{
		"rev", "2", "guardian", "0", "name", "이새로", "email", "new@example.com", "proof", "id_document", "ref", "T-1",
	}
	for i := 0; i+1 < len(form); i += 2 {
		for j := 0; j+1 < len(change); j += 2 {
			if form[i] == change[j] {
				form[i+1] = change[j+1]
			}
		}
	}
	return form
}

// Two persons, what each of them saw, and in words what it does: a guardian's correction on the request's page.
func TestAmend(t *testing.T) {
	b := newBureau(t)
	rec := b.agreed("user-1")
	w, other := b.as(staff.Support), b.as(staff.Privacy)
	at := path(rec)
	w.get(at).want(200, "Correct the name or address of the guardian who agreed")
	w.get(at+"/amend").want(200, "A colleague has to confirm it", "48 hours", "Until then nothing is sent there", "The consent stays as it is")
	w.post(at+"/endorse", "sure", "yes", "no", "1", "rev", "2").want(409)
	w.post(at+"/amend", amendForm("name", "엄마", "email", "x", "proof", "", "ref", "a b", "guardian", "")...).
		want(422, "Choose whose details", "Choose what you have seen", "Write the ticket")
	w.post(at+"/amend", amendForm("name", "엄마", "email", "x")...).want(422)
	w.post(at+"/amend", amendForm("name", "", "email", "")...).want(422, "differs from the present one")
	w.post(at+"/amend", amendForm("rev", "1")...).want(409)
	w.post(at+"/amend", amendForm("rev", "")...).want(409)
	w.post(at+"/amend", amendForm()...).leads(at + "?done=amend")
	page := w.get(at).want(200, "waits for a colleague", "You entered this", consent.MaskName("이새로"), consent.MaskEmail("new@example.com"), "T-1", "An identity document")
	if strings.Contains(page.body, "이새로") || strings.Contains(page.body, "new@example.com") {
		t.Error("the page names the guardian")
	}
	w.post(at+"/endorse", "sure", "yes", "no", "1", "rev", "2").want(403, "A colleague has to confirm it")
	other.post(at+"/endorse", "no", "1", "rev", "2").want(422, "Tick the box")
	for _, wrong := range [][2]string{{"2", "2"}, {"1", "1"}, {"", "2"}, {"1", ""}} {
		other.post(at+"/endorse", "sure", "yes", "no", wrong[0], "rev", wrong[1]).want(409)
	}
	other.post(at+"/endorse", "sure", "yes", "no", "1", "rev", "2").leads(at + "?done=endorse")
	w.get(at).want(200, "details will change", "has not gone out yet, so nothing changes")
	b.kit.Work()
	page = w.get(at).want(200, "details will change", "The present address was written to", "it can be stopped by the link")
	if strings.Contains(page.body, "/a/") {
		t.Error("the page holds the link of the letter")
	}
	b.must(b.kit.Store.Advance(t.Context(), 48*time.Hour))
	b.kit.Sweep()
	if got, err := b.kit.Store.Get(t.Context(), rec.App, rec.ID); err != nil || len(got.Amended) != 1 || got.Status != consent.Granted {
		t.Errorf("%+v, %v", got.Amended, err)
	}
	b.as(staff.Viewer).get(at).want(200, consent.MaskName("이새로"), "guardian corrected")
}

// Whoever may enter one may take it back, and a request without a consent has no such form.
func TestRetract(t *testing.T) {
	b := newBureau(t)
	rec := b.agreed("user-1")
	w, other := b.as(staff.Support), b.as(staff.Privacy)
	at := path(rec)
	w.post(at+"/amend", amendForm()...).leads(at + "?done=amend")
	other.post(at+"/retract", "no", "").want(409)
	other.post(at+"/retract", "no", "1").leads(at + "?done=retract")
	if got, err := b.kit.Store.Get(t.Context(), rec.App, rec.ID); err != nil || got.Amend.No != 0 {
		t.Errorf("%+v, %v", got.Amend, err)
	}
	pending := path(b.ask("user-2"))
	w.get(pending + "/amend").want(409)
	w.post(pending+"/amend", amendForm()...).want(409)
	w.post(pending+"/retract", "no", "1").want(409)
}

// A guardian without an address cannot be told: there is no form, and what is posted all the same is refused with the reason.
func TestAmendOfOneWhoCannotBeTold(t *testing.T) {
	b := newBureau(t)
	ticket, err := b.kit.Service.Signup(t.Context(), consenttest.Book().Apps[game], consent.Actor{Kind: consent.ActorApp, Ref: "k1"}, consent.Signup{
		Subject: "user-1", Notice: "n1", UnderAge: new(true), Method: consent.MethodPaper,
		Child:    consent.Child{BirthDate: consent.Secret(consenttest.Born()), Name: consent.Secret(kidName), Locale: "ko"},
		Guardian: consent.Guardian{Name: consent.Secret(parentName), Locale: "ko"},
	})
	b.must(err)
	rec := ticket.Record
	w, other := b.as(staff.Support), b.as(staff.Privacy)
	at := path(rec)
	w.sendPaper(at+"/file", paper, paperForm()...).leads(at + "?done=file")
	other.post(at+"/grant", "sure", "yes", "no", "1").leads(at + "?done=grant")
	if strings.Contains(w.get(at).want(200).body, at+"/amend") {
		t.Error("the page leads to the form")
	}
	w.get(at + "/amend").want(409)
	w.post(at+"/amend", amendForm()...).want(409)
	if got, err := b.kit.Store.Get(t.Context(), rec.App, rec.ID); err != nil || got.Status != consent.Granted || got.Amends != 0 {
		t.Errorf("%s, %+v, %v", got.Status, got.Amend, err)
	}
}
