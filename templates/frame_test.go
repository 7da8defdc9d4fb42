package templates

import (
	"bytes"
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/bohoja/bohoja/consent"
	"github.com/chromedp/chromedp"
)

// faultCodes reads the values of the constants FaultXxx from the source, so that none is forgotten here.
func faultCodes(t *testing.T) []string {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), "frame.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	var codes []string
	for n := range ast.Preorder(file) {
		spec, ok := n.(*ast.ValueSpec)
		if !ok || len(spec.Values) != 1 || !strings.HasPrefix(strings.ToLower(spec.Names[0].Name), "fault") {
			continue
		}
		if lit, ok := spec.Values[0].(*ast.BasicLit); ok {
			code, err := strconv.Unquote(lit.Value)
			if err != nil {
				t.Fatal(err)
			}
			codes = append(codes, code)
		}
	}
	return codes
}

func TestEveryFaultHasWords(t *testing.T) {
	codes := faultCodes(t)
	if len(codes) < 20 {
		t.Fatalf("only %d codes were found", len(codes))
	}
	for _, code := range codes {
		if !Words(Fallback).Has("fault." + code) {
			t.Errorf("no words for %s", code)
		}
	}
	for _, key := range Words(Fallback).Keys() {
		if code, ok := strings.CutPrefix(key, "fault."); ok && !slices.Contains(codes, code) {
			t.Errorf("words for %s, which is no code", code)
		}
	}
}

func TestUnknownFaultIsToldInGeneral(t *testing.T) {
	f := newFixture("en").faulty("relation", "something_new")
	if got, err := f.FaultOf("relation"); err != nil || got != "Check this answer." {
		t.Errorf("%q, %v", got, err)
	}
	if got, err := f.FaultOf("decision"); err != nil || got != "" {
		t.Errorf("another field has the fault %q, %v", got, err)
	}
}

func TestFaultLinesAreToldOnce(t *testing.T) {
	f := newFixture("en").faulty("birth_year", FaultBirth, "birth_year", FaultBirth, "purpose.a", FaultPurpose)
	lines, err := f.FaultLines()
	if err != nil || len(lines) != 2 || lines[1].ID != "f-purpose-a" {
		t.Errorf("%v, %v", lines, err)
	}
}

func TestBaseStandsBeforeEveryPath(t *testing.T) {
	x := newFixture("ko")
	f := NewFrame(x.book, nil, "ko", "/consent")
	raw, err := Render(GuardianDead{Frame: f, Why: DeadForged})
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`href="/consent/static/bohoja.`, `href="/consent/static/icon.`, `href="/consent/code"`} {
		if !bytes.Contains(raw, []byte(want)) {
			t.Errorf("no %s", want)
		}
	}
}

func TestNewFrame(t *testing.T) {
	x := newFixture("ko")
	x.app.Languages = []string{"en"}
	f := NewFrame(x.book, x.app, "ko", "")
	if f.Lang != "en" || f.AppName != "Haneul Shop" || f.Operator.Name != "Haneul Shop Inc." {
		t.Errorf("an app that speaks English alone is shown in %s as %q of %q", f.Lang, f.AppName, f.Operator.Name)
	}
	if tongues, err := f.Tongues(); err != nil || len(tongues) != 0 {
		t.Errorf("it offers %v, %v", tongues, err)
	}
	if f := NewFrame(x.book, nil, "xx", ""); f.Lang != Fallback || f.Brand() != "하늘상점(주)" {
		t.Errorf("without an app: %s, %q", f.Lang, f.Brand())
	}
}

// Whatever is declared or typed is text, never HTML.
func TestEverythingIsEscaped(t *testing.T) {
	const evil = `"><script>alert(1)</script>{{.Proof}}{{define "x"}}`
	x := newFixture("ko")
	p := x.open()
	p.AppName, p.Child, p.Operator.Name, p.Operator.Phone, p.Proof = evil, evil, evil, evil, evil
	p.Purposes[0].Why, p.Purposes[0].Keep, p.Purposes[0].Answer = evil, evil, evil
	p.Answers = Answers{Name: evil, PairingCode: evil, BirthYear: evil}
	raw, err := Render(p)
	if err != nil || bytes.Contains(raw, []byte("<script")) {
		t.Errorf("%v: a script came through", err)
	}
	if bytes.Count(raw, []byte("{{.Proof}}{{define")) < 8 {
		t.Error("a text was read as a template")
	}
	if got := (Operator{Phone: `javascript:alert(+82 2)`}).Tel(); got != "tel:+822" {
		t.Errorf("a number as a link: %q", got)
	}
}

type brokenWriter struct{ wrote bool }

func (w *brokenWriter) Write([]byte) (int, error) { w.wrote = true; return 0, errors.New("closed") }

func TestRenderFailsWhole(t *testing.T) {
	p := newFixture("ko").check("perhaps") // there are no words for such a decision
	if raw, err := Render(p); err == nil || raw != nil {
		t.Errorf("%d bytes, %v", len(raw), err)
	}
	w := &brokenWriter{}
	if err := Write(w, p); err == nil || w.wrote {
		t.Error("half a page was written")
	}
	if err := Write(w, newFixture("ko").check("grant")); err == nil || !w.wrote {
		t.Error("a failed write is not told")
	}
}

func TestPurposesOf(t *testing.T) {
	x := newFixture("en")
	got := PurposesOf(x.app, []string{"snacks", "account", "unknown"}, "en")
	if len(got) != 2 || got[0].ID != "account" || got[1].ID != "snacks" {
		t.Fatalf("%+v", got)
	}
	if got[0].Items[0] != "Nickname" || !got[0].Required || got[0].Sensitive != "" {
		t.Errorf("%+v", got[0])
	}
	if !strings.Contains(got[1].Sensitive, "제23조") {
		t.Errorf("the law is missing in %q", got[1].Sensitive)
	}
	answered := Answered(got, map[string]string{"account": "yes"})
	if answered[0].Answer != "yes" || answered[1].Answer != "" || got[0].Answer != "" {
		t.Error("answers are not filled into a copy")
	}
}

func TestRoundingUp(t *testing.T) {
	for _, c := range []struct {
		due  time.Duration
		days int
	}{{72 * time.Hour, 3}, {73 * time.Hour, 4}, {time.Hour, 1}} {
		if got := (GuardianWithdraw{EraseBy: c.due}).Days(); got != c.days {
			t.Errorf("%v is %d days", c.due, got)
		}
	}
	for retry, minutes := range map[time.Duration]int{time.Second: 1, time.Minute: 1, 61 * time.Second: 2} {
		if got := (Problem{Retry: retry}).Minutes(); got != minutes {
			t.Errorf("%v is %d minutes", retry, got)
		}
	}
}

// The order of the guardian's page is the order in which the questions come: who, which child, what for, which data, who
// else, what on no, rights, until when, is it real, the answer.
func TestOrderOfTheGuardiansPage(t *testing.T) {
	raw := string(find(t, "guardian/open", "ko").raw)
	last := -1
	for _, key := range []string{
		"who.title", "child.title", "what.title", "table.title", "handed.title", "no.title", "rights.title", "deadline.title", "form.title",
	} {
		title, err := Words("ko").Say("guardian.open." + key)
		if err != nil {
			t.Fatal(err)
		}
		at := strings.Index(raw, ">"+title+"</h2>")
		if at <= last {
			t.Errorf("%s stands in the wrong place", title)
		}
		last = at
	}
}

// A dead link and a result hold nothing of anybody (the app's and the operator's names aside).
func TestResultsNameNobody(t *testing.T) {
	for _, s := range consent.Statuses {
		if s == consent.Pending {
			continue
		}
		if raw := find(t, "guardian/result "+string(s), "ko").raw; bytes.Contains(raw, []byte("김*늘")) {
			t.Errorf("%s names the child", s)
		}
	}
}

// Whoever has chosen not to agree sees only the first part: it is all that is needed.
func TestDecliningNeedsOneAnswer(t *testing.T) {
	server, ctx := site(t), browser(t)
	const script = `[...document.querySelectorAll('.for-grant')].map(e => getComputedStyle(e).display)`
	for n, s := range States() {
		want := "block"
		switch s.Name {
		case "guardian/open":
		case "guardian/open decline chosen":
			want = "none"
		default:
			continue
		}
		got, err := look(ctx, server.URL+"/state/"+strconv.Itoa(n), 390, "light", chromedp.Evaluate[[]string](script))
		if err != nil || !slices.Equal(got, []string{want, want}) {
			t.Errorf("%s: %v, %v", s.Name, got, err)
		}
	}
}

// Enter in a text field presses the real button: were it the decoy, people would be taken for scanners.
func TestEnterPressesTheRealButton(t *testing.T) {
	server, ctx := site(t), browser(t)
	const script = `new Promise(done => {
  const field = document.querySelector('input[name=guardian_name]');
  field.form.addEventListener('submit', e => { e.preventDefault(); done(e.submitter ? e.submitter.name : ''); });
  field.focus();
})`
	url := server.URL + "/state/0" // guardian/open
	if _, err := look(ctx, url, 390, "light", chromedp.Evaluate[chromedp.Void](`window.pressed = `+script)); err != nil {
		t.Fatal(err)
	}
	if err := chromedp.Do(ctx, chromedp.KeyEvent("\r")); err != nil {
		t.Fatal(err)
	}
	if got, err := chromedp.Run(ctx, chromedp.Evaluate[string](`window.pressed`, chromedp.EvalAwaitPromise)); err != nil || got != "" {
		t.Errorf("Enter pressed %q, %v", got, err)
	}
}

// The birth date is never kept, so the check page that is shown again leaves it out.
func TestCheckPageShownAgainHasNoBirthDate(t *testing.T) {
	legend, err := Words("en").Say("guardian.open.birth.legend")
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]bool{"guardian/check grant": true, "guardian/check unconfirmed": false} {
		if got := bytes.Contains(find(t, name, "en").raw, []byte(strings.ReplaceAll(legend, "'", "&#39;"))); got != want {
			t.Errorf("%s: birth date shown: %v", name, got)
		}
	}
}

// TestBonds: neither a weekday nor a minute is left alone on the next line of a page.
func TestBonds(t *testing.T) {
	t.Parallel()
	f := Frame{Lang: "ko"}
	at := time.Date(2026, 11, 29, 0, 3, 0, 0, time.UTC)
	if got, err := f.Moment(at); err != nil || got != "2026년\u00a011월\u00a029일\u2060(일) 0시\u00a003분" {
		t.Errorf("%+q, %v", got, err)
	}
}

// TestEveryFaultHasAState: a fault that stands on no page of the list would be looked at by no test.
func TestEveryFaultHasAState(t *testing.T) {
	shown := map[string]bool{}
	for _, s := range allPages() {
		faults, ok := reflect.Indirect(reflect.ValueOf(s.Page)).FieldByName("Faults").Interface().([]Fault)
		if !ok {
			t.Fatalf("%s has no faults", s.Name)
		}
		for _, f := range faults {
			shown[f.Code] = true
		}
	}
	for _, code := range faultCodes(t) {
		if !shown[code] {
			t.Errorf("no state shows the fault %s", code)
		}
	}
}

// TestEveryLetterHasAState, in every language.
func TestEveryLetterHasAState(t *testing.T) {
	shown := map[consent.LetterKind]int{}
	for _, s := range allLetters() {
		if !strings.Contains(strings.TrimPrefix(s.Name, "letter/"), " ") {
			shown[s.Letter.Kind]++
		}
	}
	for kind := range letterPlans {
		if shown[kind] != len(Languages()) {
			t.Errorf("%s is shown %d times", kind, shown[kind])
		}
	}
}
