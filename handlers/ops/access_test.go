package ops

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/bohoja/bohoja/consent"
	"github.com/bohoja/bohoja/consent/audit"
	"github.com/bohoja/bohoja/consent/consenttest"
	"github.com/bohoja/bohoja/consent/staff"
)

// keep brings the audit log into its files, as serve does every two seconds.
func (b *bureau) keep() {
	b.Helper()
	for id, app := range consenttest.Book().Apps { // as serve does at its start
		terms, err := app.TermsText()
		b.must(err)
		b.must(b.kit.Store.Prime(b.Context(), id, app.Terms(), terms))
	}
	signer, text, err := audit.NewSigner(bytes.Repeat([]byte{7}, 32))
	b.must(err)
	k := audit.NewKeeper(audit.Options{
		Dir: b.folder, Source: b.kit.Store, Signer: signer, Verifier: text, Clock: b.kit.Store.Clock, Keep: audit.KeepFloor, Log: slog.New(slog.DiscardHandler),
	})
	b.must(k.RunOnce(b.Context()))
	b.must(k.Close())
}

// nextMonth moves the clock to the first days of the month after, and tells which month is over.
func (b *bureau) nextMonth() staff.Month {
	b.Helper()
	zone := b.desk.zone()
	this := staff.MonthOf(b.kit.Store.Clock(), zone)
	_, to, _ := this.Bounds(zone)
	b.must(b.kit.Store.Advance(b.Context(), to.Add(30*time.Hour).Sub(b.kit.Store.Clock())))
	return this
}

// The whole of a month: what staff did is counted by person, the privacy officer signs it once, and the log has the signature.
func TestAccessIsReviewed(t *testing.T) {
	b := newBureau(t)
	rec := b.ask("user-1")
	helper := b.as(staff.Support)
	helper.get(path(rec)).want(200)
	helper.post("/ops/search", "text", parentMail).want(200)
	helper.post(path(rec)+"/reveal", "field", "guardian_email", "reason", "caller", "ticket", "#4711").want(200, parentMail)
	helper.post("/ops/leave").leads("/ops/enter")
	b.keep()
	month := b.nextMonth()
	officer := b.as(staff.Privacy)
	b.keep()
	at := "/ops/access?month=" + string(month)
	page := officer.get("/ops/access").want(200, "Who did what in "+monthWords(t, string(month)), "Saw a field in clear", "Guardian’s address · To make sure of a caller · #4711", rec.ID, "To be signed by")
	if row := page.row("support"); row != "support 1 1 1 1 0 2 0" { // signed in, searched, looked, revealed, no file; joined and signed out; nothing at night
		t.Errorf("support did %q", row)
	}
	for _, secret := range b.secrets(rec) {
		if strings.Contains(page.body, secret) {
			t.Errorf("the review shows %q", secret)
		}
	}
	officer.post("/ops/access/"+string(month)).want(422, "Choose whether nothing is amiss")
	officer.post("/ops/access/"+string(month), "outcome", "found").want(422, "Write the number of the case")
	officer.post("/ops/access/"+string(month), "outcome", "found", "ticket", "INC-7").leads(at + "&done=sign")
	officer.get(at+"&done=sign").want(200, "Signed. The audit log has it.", "Signed by privacy", "INC-7", "looked into")
	officer.post("/ops/access/"+string(month), "outcome", "fine").want(409, "This month was signed off before")
	entries, err := b.kit.Store.Entries(t.Context(), consent.StaffLedger, 0, 100)
	b.must(err)
	last := entries[len(entries)-1]
	if f := strings.Fields(last.Note); last.Step != consent.ActReview || last.Ref != b.hire(staff.Privacy).ID || len(f) != 4 || f[0] != string(month) || f[2] != "found" || f[3] != "INC-7" {
		t.Errorf("%+v", last)
	}
	for _, wrong := range []string{"2020-01", "x", "2026-13"} {
		officer.get("/ops/access?month=" + wrong).want(404)
		officer.post("/ops/access/"+wrong, "outcome", "fine").want(404)
	}
	running := staff.MonthOf(b.kit.Store.Clock(), b.desk.zone())
	officer.get("/ops/access?month="+string(running)).want(200, "This month is not over")
	officer.post("/ops/access/"+string(running), "outcome", "fine").want(404)
}

// row is the text of the table's row whose heading is name.
func (r reply) row(name string) string {
	_, after, _ := strings.Cut(r.body, `<th scope="row">`+name+`</th>`)
	line, _, _ := strings.Cut(after, "</tr>")
	return name + " " + (reply{T: r.T, body: "<table><tr>" + line + "</tr></table>"}).text()
}

// A month that nobody signs in time is told on the overview to who may sign it.
func TestAccessReviewIsOverdue(t *testing.T) {
	b := newBureau(t)
	b.as(staff.Privacy)
	b.nextMonth()
	b.as(staff.Privacy).get("/ops?app=shop").want(200)
	if body := b.as(staff.Privacy).get("/ops?app=shop").text(); strings.Contains(body, "not been reviewed") {
		t.Error("told too early")
	}
	b.must(b.kit.Store.Advance(t.Context(), staff.ReviewWithin))
	b.as(staff.Privacy).get("/ops?app=shop").want(200, "has not been reviewed in time")
	if body := b.as(staff.Viewer).get("/ops?app=shop").text(); strings.Contains(body, "not been reviewed") {
		t.Error("told to a viewer")
	}
}

// The report counts what the command line counts, in the reader's words, and names the command for each figure.
func TestReportPage(t *testing.T) {
	b := newBureau(t)
	rec := b.ask("user-1")
	b.as(staff.Support).post(path(rec)+"/cancel", "sure", "yes").leads(path(rec) + "?done=cancel")
	b.keep()
	month := b.nextMonth()
	officer := b.as(staff.Privacy)
	from, to, _ := month.Bounds(b.desk.zone())
	r := officer.get("/ops/report").want(200, "Report for an authority", "cancelled", "ended by staff", "All apps", "Refused or unanswered: longest from collection to destruction",
		"bohoja audit export --count --from "+from.UTC().Format(time.RFC3339)+" --to "+to.UTC().Format(time.RFC3339)+" --status cancelled", "signed in", "support")
	for _, secret := range b.secrets(rec) {
		if strings.Contains(r.body, secret) {
			t.Errorf("the report shows %q", secret)
		}
	}
	officer.get("/ops/report?from=2020-01-01&to=2020-01-31").want(200, "none")
	officer.get("/ops/report?from=x&to=2020-01-31").want(422, "Write a day such as")
	officer.get("/ops/report?from=2020-02-01&to=2020-01-31").want(422, "Write a day such as")
	officer.post("/ops/report", "from", "2020-01-01", "to", "2020-01-31", "app", "shop").leads("/ops/report?app=shop&from=2020-01-01&to=2020-01-31")
	officer.get("/ops/report?app=nobody&from=2020-01-01&to=2020-01-31").want(404)
	officer.get("/ops/report?lang=ko").want(200, "감독 기관에 내는 보고서", "취소함", "직원이 끝냄")
}

// monthWords is a month as the page tells it.
func monthWords(t *testing.T, month string) string {
	t.Helper()
	at, err := time.Parse("2006-01", month)
	if err != nil {
		t.Fatal(err)
	}
	return at.Format("January 2006")
}
