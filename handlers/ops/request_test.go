package ops

import (
	"encoding/csv"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"

	"github.com/bohoja/bohoja/consent"
	"github.com/bohoja/bohoja/consent/consenttest"
	"github.com/bohoja/bohoja/consent/staff"
)

// canaries are what no staff page may show unless it was asked for by a reveal.
const (
	kidName    = "김하늘"
	parentName = "이보람"
	parentMail = "canary.parent@example.com"
	nickname   = "하늘별카나리아"
)

func (b *bureau) ask(subject string) consent.Record {
	b.Helper()
	return b.askIn("shop", subject)
}

// game is the app of the kit that takes paper too.
const game = "game"

func (b *bureau) askIn(app, subject string) consent.Record {
	b.Helper()
	book := consenttest.Book()
	ticket, err := b.kit.Service.Signup(b.Context(), book.Apps[app], consent.Actor{Kind: consent.ActorApp, Ref: "k1"}, consent.Signup{
		Subject: subject, Notice: "n1", UnderAge: new(true),
		Child:    consent.Child{BirthDate: consent.Secret(consenttest.Born()), Name: consent.Secret(kidName), Email: consent.Secret("kid.canary@example.com"), Locale: "ko"},
		Guardian: consent.Guardian{Name: consent.Secret(parentName), Email: consent.Secret(parentMail), Phone: consent.Secret("+821087654321"), Locale: "ko"},
		Data:     map[string]json.RawMessage{"nickname": json.RawMessage(`"` + nickname + `"`), "birth_date": json.RawMessage(`"` + consenttest.Born() + `"`)},
	})
	b.must(err)
	b.kit.Work()
	_, err = consent.Folder{Service: b.kit.Service}.RunOnce(b.Context())
	b.must(err)
	return ticket.Record
}

func path(rec consent.Record) string { return "/ops/request/" + rec.App + "/" + rec.ID }

// secrets are everything of this request that staff must never see: links, codes, data; and what they see masked only.
func (b *bureau) secrets(rec consent.Record) []string {
	b.Helper()
	letter, ok := b.kit.Letters.Last(consent.LetterInvite)
	if !ok {
		b.Fatal("no letter")
	}
	_, token, _ := strings.Cut(letter.Link, "/c/")
	return []string{
		token, letter.Code, strings.ReplaceAll(letter.Code, "-", ""), b.kit.Service.PairingCode(rec), kidName, parentName, parentMail, "kid.canary", "+821087654321", nickname, consenttest.Born(),
	}
}

// No staff page shows a link, a code, an item or a name in clear: every GET route, and every page that a form leads to.
func TestNoCanaryOnAnyPage(t *testing.T) {
	b := newBureau(t)
	rec := b.ask("user-1")
	secrets := b.secrets(rec)
	w, admin := b.as(staff.Privacy), b.as(staff.Admin)
	seen := 0
	look := func(name string, r reply) {
		t.Helper()
		seen++
		for _, s := range secrets {
			if strings.Contains(r.body, s) || strings.Contains(r.header.Get("Location"), s) {
				t.Errorf("%s shows %q", name, s)
			}
		}
	}
	for _, r := range b.desk.routes() {
		if r.method != http.MethodGet {
			continue
		}
		at := strings.NewReplacer(":app", rec.App, ":id", rec.ID, ":token", "x").Replace(r.path)
		look(r.path, w.get(at))
		look(r.path, admin.get(at))
	}
	for _, list := range consent.Works {
		look(string(list), w.get("/ops/list?app=shop&list="+string(list)))
		look(string(list), w.get("/ops/list.csv?app=shop&list="+string(list)))
	}
	letter, _ := b.kit.Letters.Last(consent.LetterInvite)
	for _, text := range []string{parentMail, rec.ID, letter.Code, "user-1"} {
		look("search", w.post("/ops/search", "text", text).want(200, "1 found", rec.ID))
	}
	for _, act := range []string{"resend", "reopen", "cancel", "destroy"} {
		look(act, w.post(path(rec)+"/"+act, "x", "y"))
		look(act, w.get(path(rec)+"?done="+act))
	}
	look("wrong address", w.post(path(rec)+"/correct", "name", "", "email", "x"))
	if seen < 40 {
		t.Errorf("only %d pages were seen", seen)
	}
	if strings.Contains(b.log.String(), parentMail) || strings.Contains(b.log.String(), rec.ID) {
		t.Error("the log knows too much")
	}
}

// Threat 20: whatever staff send to whatever route, no request comes to be granted by one of them alone, nor by two on any other
// route than grantsByTwo: what somebody has entered of a paper or a call, confirmed by somebody else (TestOnPaper).
const grantsByTwo = "/ops/request/:app/:id/grant"

func TestNoRouteGrants(t *testing.T) {
	b := newBureau(t)
	w := b.as(staff.Privacy)
	second := b.as(staff.Admin)
	known := false
	for i, r := range b.desk.routes() {
		if r.method != http.MethodPost || !strings.Contains(r.path, ":app") {
			continue
		}
		known = known || r.path == grantsByTwo
		rec := b.askIn(game, "user-"+string(rune('a'+i/26))+string(rune('a'+i%26)))
		at := strings.NewReplacer(":app", rec.App, ":id", rec.ID)
		w.sendPaper(at.Replace(filePath), paper, "method", "paper", "guardian_name", "박보호", "birth_year", "1985", "birth_month", "3", "birth_day", "4", "relation", "mother",
			"declares", "yes", "ref", "box-7", "rev", "1", "purpose.account", "yes").leads(path(rec) + "?done=file")
		form := url.Values{}
		for name, value := range map[string]string{
			"sure": "yes", "typed": rec.ID, "name": "박보호", "email": "other@example.com", "decision": "grant", "confirm": "yes", "guardian_name": parentName,
			"purpose.account": "yes", "declares": "yes", "relation": "mother", "status": "granted", "method": "paper", "no": "1", "rev": "1", "guardian": "0", "proof": "register", "ref": "T-1", "ticket": "T-1", "scan_ticket": "T-1",
		} {
			form.Set(name, value)
		}
		w.send("POST", at.Replace(r.path), form)
		if r.path != grantsByTwo {
			second.send("POST", at.Replace(r.path), form)
		}
		after, err := b.kit.Store.Get(t.Context(), rec.App, rec.ID)
		if err != nil || after.Status == consent.Granted || !after.ExpiresAt.Equal(rec.ExpiresAt) {
			t.Errorf("%s: %s, deadline moved %v, %v", r.path, after.Status, !after.ExpiresAt.Equal(rec.ExpiresAt), err)
		}
	}
	if !known {
		t.Error("the one way by two persons is not among the routes")
	}
}

func TestBoardAndLists(t *testing.T) {
	b := newBureau(t)
	var recs []consent.Record
	for _, s := range []string{"user-1", "user-2", "user-3"} {
		recs = append(recs, b.ask(s))
	}
	w := b.as(staff.Viewer)
	r := w.get("/ops?app=shop").want(200, "3 Pending", "Time left until the deadline", "Seven days")
	// Every number leads to its list, and the list is there.
	for _, to := range r.links() {
		if strings.HasPrefix(to, "/ops/") {
			w.get(to).want(200)
		}
	}
	for _, list := range []string{"stage_asked", "stage_accepted", "stage_asked&day=" + b.today(), "pending&from=1&until=99999999999999"} {
		w.get("/ops/list?app=shop&list="+list).want(200, recs[0].ID, recs[1].ID, recs[2].ID)
	}
	for _, list := range []string{"stage_decided", "stage_asked&day=2001-02-03", "pending&until=1"} {
		if r := w.get("/ops/list?app=shop&list="+list).want(200, "The list is empty"); strings.Contains(r.body, "cr_") {
			t.Errorf("%s lists somebody", list)
		}
	}
	for _, list := range []string{"stage_", "stage_other", "stage_asked&day=x", "pending&from=x", "pending&until=-1"} {
		w.get("/ops/list?app=shop&list=" + list).want(404)
	}
	w.get("/ops/list?app=shop&list=stage_asked&after=x").want(422)
	w.get("/ops/list?app=shop&list=pending").want(200, recs[0].ID, recs[2].ID, "user-2")
	w.get("/ops/list?app=shop&list=bounced").want(200, "The list is empty")
	w.get("/ops/list?app=shop&list=other").want(404)
	w.get("/ops/list?app=nobody&list=pending").want(404)
	w.get("/ops/list?app=shop&list=pending&after=x").want(422)
	w.get("/ops?app=game").want(200, "0 Pending")
	if strings.Contains(w.get("/ops/list?app=shop&list=pending").body, "list.csv") {
		t.Error("a viewer is offered the file")
	}
}

// today is the day of the funnel.
func (b *bureau) today() string {
	return b.kit.Store.Clock().In(b.kit.Service.Book().Profile.Zone).Format(time.DateOnly)
}

// links are the hrefs of a page.
func (r reply) links() []string {
	root, err := html.Parse(strings.NewReader(r.body))
	if err != nil {
		r.Fatal(err)
	}
	var out []string
	for n := range root.Descendants() {
		for _, a := range n.Attr {
			if n.Data == "a" && a.Key == "href" {
				out = append(out, a.Val)
			}
		}
	}
	return out
}

// A list goes over pages without losing or repeating a request.
func TestListPages(t *testing.T) {
	b := newBureau(t)
	want := map[string]bool{}
	for i := range listSize + 7 {
		want[b.ask("user-"+string(rune('a'+i/26))+string(rune('a'+i%26))).ID] = true
	}
	w, seen, pages := b.as(staff.Viewer), map[string]bool{}, 0
	for at := "/ops/list?app=shop&list=pending"; at != ""; pages++ {
		r, next := w.get(at).want(200), ""
		for _, to := range r.links() {
			id, ok := strings.CutPrefix(to, "/ops/request/shop/")
			if ok && seen[id] {
				t.Errorf("%s twice", id)
			}
			if ok {
				seen[id] = true
			}
			if strings.Contains(to, "after=") {
				next = to
			}
		}
		at = next
	}
	if len(seen) != len(want) || pages != 2 {
		t.Errorf("%d of %d on %d pages", len(seen), len(want), pages)
	}
}

// The file holds nobody, and no cell that a spreadsheet runs.
func TestExport(t *testing.T) {
	b := newBureau(t)
	b.ask("-user")
	b.ask("user-2")
	w := b.as(staff.Privacy)
	r := w.get("/ops/list.csv?app=shop&list=pending").want(200)
	if h := r.header; h.Get("Content-Type") != "text/csv; charset=utf-8" || !strings.HasPrefix(h.Get("Content-Disposition"), "attachment") {
		t.Errorf("%v", h)
	}
	rows, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(r.body, "\ufeff"))).ReadAll()
	if err != nil || len(rows) != 3 || len(rows[0]) != 7 {
		t.Fatalf("%v, %v", rows, err)
	}
	var subjects []string
	for _, row := range rows[1:] {
		subjects = append(subjects, row[2])
		for _, cell := range row {
			if cell != "" && strings.ContainsAny(cell[:1], "=+-@|%\t") {
				t.Errorf("a formula: %q", cell)
			}
		}
	}
	if slices.Sort(subjects); !slices.Equal(subjects, []string{"'-user", "user-2"}) {
		t.Errorf("%v", subjects)
	}
	entries, err := b.kit.Store.Entries(t.Context(), "shop", 0, 100)
	if last := entries[len(entries)-1]; err != nil || last.Step != consent.ActExport || last.Note != "pending" {
		t.Errorf("not noted: %+v, %v", last, err)
	}
	for in, out := range map[string]string{"=1+1": "'=1+1", "+1": "'+1", "-1": "'-1", "@a": "'@a", "\ta": "'\ta", "\ra": "'\ra", "|a": "'|a", "a=1": "a=1", "": ""} {
		if plainCell(in) != out {
			t.Errorf("%q: %q", in, plainCell(in))
		}
	}
}

func TestRequestPage(t *testing.T) {
	b := newBureau(t)
	rec := b.ask("user-1")
	w := b.as(staff.Support)
	w.get(path(rec)).want(200, "pending", consent.MaskName(kidName), consent.MaskName(parentName), consent.MaskEmail(parentMail), "For the caller",
		"Haneul Shop is waiting for your answer", "the app asked for consent", "Send the letter again", "The deadline stays as it is")
	if r := w.get(path(rec)); strings.Contains(r.text(), "Type the id") || strings.Contains(r.text(), "Withdraw on") {
		t.Error("acts that this role or state does not have")
	}
	r := b.as(staff.Viewer).get(path(rec)).want(200)
	if forms := strings.Count(r.body, "<form"); forms != strings.Count(r.body, `<form class="bye" method="post" action="/ops/leave"`) {
		t.Errorf("a viewer is offered a form besides the one that signs out: %d", forms)
	}
	w.get("/ops/request/shop/cr_x").want(404)
	w.get("/ops/request/game/" + rec.ID).want(404)
}

// What became of a letter is told in plain words.
func TestLetterInPlainWords(t *testing.T) {
	b := newBureau(t)
	b.kit.Letters.Fail = func(consent.Letter) error {
		return &consent.DeliveryError{Class: consent.Never, Code: 550, Stage: "rcpt"}
	}
	rec := b.ask("user-1")
	w := b.as(staff.Support)
	w.get(path(rec)+"?lang=ko").want(200, "되돌아옴", "주소가 없습니다", "메일이 되돌아왔습니다")
	w.get("/ops?app=shop&lang=ko").want(200, "1 메일 실패")
}

func TestActsOnARequest(t *testing.T) {
	b := newBureau(t)
	rec := b.ask("user-1")
	w := b.as(staff.Support)
	state := func() consent.Record {
		t.Helper()
		r, err := b.kit.Store.Get(t.Context(), rec.App, rec.ID)
		b.must(err)
		return r
	}
	for range 5 {
		_, err := b.kit.Store.Try(t.Context(), consent.Mutation{App: rec.App, ID: rec.ID}, consent.Trial{Gen: 1, Limit: 5, Lock: time.Hour})
		b.must(err)
	}
	w.get(path(rec)).want(200, "agreeing is closed for an hour", "Reopen a closed link")
	w.post(path(rec) + "/reopen").leads(path(rec) + "?done=reopen")
	if !state().LockedUntil.IsZero() {
		t.Error("still locked")
	}
	w.post(path(rec) + "/resend").leads(path(rec) + "?done=resend")
	w.get(path(rec)+"?done=resend").want(200, "The letter goes out again", "sent again", "support")
	if r := w.get(path(rec) + "?done=%3Cscript%3E").want(200); strings.Contains(r.body, "script") {
		t.Error("the page says what it is told to")
	}
	w.post(path(rec)+"/correct", "name", "엄마", "email", "x").want(422, "real name", "Check the mail address")
	w.post(path(rec)+"/correct", "name", "박보호", "email", "new@example.com").leads(path(rec) + "?done=correct")
	if r := state(); r.Gen != 2 || !r.ExpiresAt.Equal(rec.ExpiresAt) {
		t.Errorf("gen %d, deadline %v", r.Gen, r.ExpiresAt)
	}
	w.post(path(rec)+"/withdraw", "sure", "yes").want(409)
	w.post(path(rec)+"/cancel", "sure", "").want(422, "Tick the box")
	w.post(path(rec)+"/destroy", "typed", rec.ID).want(403)
	if state().Status != consent.Pending {
		t.Fatal("it ended too early")
	}
	privacy := b.as(staff.Privacy)
	privacy.post(path(rec)+"/destroy", "typed", "cr_slip").want(422, "not the id")
	privacy.post(path(rec)+"/destroy", "typed", " "+rec.ID+" ").leads(path(rec) + "?done=destroy")
	if r := state(); r.Status != consent.Cancelled || r.Custody != consent.Destroyed {
		t.Errorf("%s, %s", r.Status, r.Custody)
	}
	other := b.ask("user-2")
	w.post(path(other)+"/cancel", "sure", "yes").leads(path(other) + "?done=cancel")
	trail, err := b.kit.Store.Trail(t.Context(), rec.App, other.ID)
	if last := trail[len(trail)-1]; err != nil || last.By != consent.ActorStaff || last.Ref != b.hire(staff.Support).ID {
		t.Errorf("%+v, %v", last, err)
	}
}

// A field is shown once it is noted why, for a minute, so often an hour.
func TestReveal(t *testing.T) {
	b := newBureau(t)
	rec := b.ask("user-1")
	w := b.as(staff.Support)
	w.post(path(rec)+"/reveal", "field", "", "reason", "", "ticket", "she said").want(422, "Choose which field", "Choose why", "Check the ticket")
	r := w.post(path(rec)+"/reveal", "field", "guardian_email", "reason", "caller", "ticket", "T-17").want(200, parentMail, "60 seconds")
	if got := r.header.Get("Refresh"); got != "60; url="+path(rec) {
		t.Errorf("Refresh: %q", got)
	}
	if strings.Contains(r.body, parentName) || strings.Contains(r.body, kidName) {
		t.Error("another field is shown too")
	}
	w.get(path(rec)).want(200, "a field was shown in clear", "Guardian’s address · To make sure of a caller · T-17")
	for range revealMost {
		r = w.post(path(rec)+"/reveal", "field", "guardian_name", "reason", "caller", "ticket", "T-17")
	}
	r.want(429, "past the limit")
	if strings.Contains(r.body, parentName) {
		t.Error("shown past the quota")
	}
	b.as(staff.Viewer).post(path(rec)+"/reveal", "field", "guardian_email", "reason", "caller", "ticket", "T-17").want(403)
	w.get(path(rec) + "/reveal").want(405)
}
