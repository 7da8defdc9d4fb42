package ops

import (
	"context"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	cdpbrowser "github.com/chromedp/cdproto/browser"
	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/bohoja/bohoja/consent"
	"github.com/bohoja/bohoja/consent/staff"
	"github.com/bohoja/bohoja/handlers/web"
	"github.com/bohoja/bohoja/templates/browsertest"
)

// plain serves the staff pages without TLS, as on loopback.
func (b *bureau) plain() string {
	b.Helper()
	e := web.NewEngine(web.Options{Log: b.desk.opt.Problems.Log, Problems: b.desk.opt.Problems, Bodies: Bodies()})
	b.desk.Routes(e)
	web.Static(e)
	server := httptest.NewServer(e)
	b.Cleanup(server.Close)
	return server.URL
}

// seat is somebody at a real browser without JavaScript, who presses keys and nothing else. What they are given lies in folder.
type seat struct {
	*bureau
	ctx    context.Context
	url    string
	folder string
}

func (b *bureau) seat(url string) *seat {
	b.Helper()
	s := &seat{b, browsertest.Start(b.T), url, b.TempDir()}
	s.scripts(false)
	s.do(chromedp.Func(func(ctx context.Context, target *chromedp.Target) error {
		_, err := cdp.Call(ctx, target, cdpbrowser.SetDownloadBehavior, cdpbrowser.SetDownloadBehaviorParams{
			Behavior: cdpbrowser.SetDownloadBehaviorBehaviorAllow, DownloadPath: s.folder,
		})
		return err
	}))
	return s
}

// scripts lets pages have JavaScript, or not.
func (s *seat) scripts(on bool) {
	s.Helper()
	s.do(chromedp.Func(func(ctx context.Context, target *chromedp.Target) error {
		_, err := cdp.Call(ctx, target, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: !on})
		return err
	}))
}

func (s *seat) do(steps ...chromedp.Action[chromedp.Void]) {
	s.Helper()
	ctx, cancel := context.WithTimeout(s.ctx, browsertest.Patience)
	defer cancel()
	s.must(chromedp.Do(ctx, steps...))
}

func (s *seat) open(path string) { s.Helper(); s.do(chromedp.Navigate(s.url + path)) }

// ask evaluates an expression, as a debugger does.
func ask[T any](s *seat, script string) T {
	s.Helper()
	for end := time.Now().Add(browsertest.Patience); ; time.Sleep(50 * time.Millisecond) {
		got, err := chromedp.Run(s.ctx, chromedp.Evaluate[T](script))
		if err == nil {
			return got
		}
		if time.Now().After(end) { // between two pages there is nobody to ask
			s.Fatal(err)
		}
	}
}

// until waits for a page on which an expression is true.
func (s *seat) until(script string) {
	s.Helper()
	for end := time.Now().Add(browsertest.Patience); !ask[bool](s, script); time.Sleep(50 * time.Millisecond) {
		if time.Now().After(end) {
			s.Fatalf("%s is never true of\n%s", script, ask[string](s, "document.body.innerText"))
		}
	}
}

// fault waits for the page to say this of the file, where a screen reader says it too.
func (s *seat) fault(text string) {
	s.Helper()
	s.until(`(() => { const f = document.querySelector("[name=file][aria-invalid=true]");
		return !!f && f.getAttribute("aria-describedby").split(" ").some(id => document.getElementById(id).innerText.includes("` + text + `")); })()`)
}

// tab presses Tab until what is looked for has the focus.
func (s *seat) tab(want string) {
	s.Helper()
	for range 80 {
		if ask[bool](s, `!!document.activeElement && document.activeElement.matches("`+want+`")`) {
			return
		}
		s.do(chromedp.KeyEvent(kb.Tab))
	}
	s.Fatalf("Tab does not lead to %s", want)
}

func (s *seat) types(name, text string) {
	s.Helper()
	s.tab("[name=" + name + "]")
	s.do(chromedp.KeyEvent(text))
}

// pick takes the one of a group of radio buttons that stands so many below the first, or below the chosen one.
func (s *seat) pick(name string, below int) {
	s.Helper()
	s.types(name, " ")
	for range below {
		s.do(chromedp.KeyEvent(kb.ArrowDown))
	}
}

// chooses puts a file into the form. The window in which files are chosen is the desktop's own: that Tab leads to its button is what can be
// seen from here.
func (s *seat) chooses(name, text string) {
	s.Helper()
	s.tab("[name=file]")
	path := filepath.Join(s.TempDir(), name)
	s.must(os.WriteFile(path, []byte(text), 0o600))
	s.do(chromedp.SetUploadFiles(chromedp.CSS("[name=file]"), []string{path}))
}

func (s *seat) sends() { s.Helper(); s.tab("form.listing button"); s.do(chromedp.KeyEvent(kb.Enter)) }

// given waits for a file that the browser has stored, and reads it.
func (s *seat) given(name string) string {
	s.Helper()
	for end := time.Now().Add(browsertest.Patience); time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
		if text, err := os.ReadFile(filepath.Join(s.folder, name)); err == nil {
			return string(text)
		}
	}
	all, _ := filepath.Glob(filepath.Join(s.folder, "*"))
	s.Fatalf("the browser stored %q, and no %s", all, name)
	return ""
}

// enter signs in by keys.
func (s *seat) enter(role staff.Role) {
	s.Helper()
	s.hire(role)
	s.must(s.kit.Store.Advance(s.Context(), time.Minute))
	s.open("/ops/enter")
	s.types("name", string(role))
	s.types("password", password)
	s.types("code", s.code(s.secret[role])+kb.Enter)
	s.until(`location.pathname === "/ops/gate"`)
}

// slow is a gate that answers when it is let.
type slow struct {
	*consent.Service
	free chan struct{}
}

func (g slow) Gate(ctx context.Context, app *consent.App, q consent.GateQuery) ([]consent.GateAnswer, error) {
	<-g.free
	return g.Service.Gate(ctx, app, q)
}

// wrongFiles fills the form in, and sends what is no list and what is too long a one. Everything else that was chosen stays.
func (s *seat) wrongFiles() {
	s.Helper()
	s.pick("app", 1)
	s.pick("kind", 2)
	s.types("column", "email")
	s.chooses("list.xlsx", "PK\x03\x04 a workbook")
	s.sends()
	s.fault("spreadsheet")
	if kept := ask[string](s, `document.querySelector("[name=column]").value + document.querySelector("[name=kind]:checked").value`); kept != "emailgame" {
		s.Errorf("of what was chosen %q is kept", kept)
	}
	s.chooses("large.csv", "email\n"+strings.Repeat("a@example.com\n", 350_000))
	s.sends()
	s.fault("4 GB")
}

// A list is cleaned by keys alone, without JavaScript: a wrong file and one that is too large are told beside the field, while the right one is
// on its way it is seen to run, and then it lies in the browser's folder and its counts on the page.
func TestBrowserCleansAList(t *testing.T) {
	b := newBureau(t)
	b.flagged("kid@example.com")
	b.desk.most = 4 << 20
	s := b.seat(b.plain())
	s.enter(staff.Marketing)
	if ask[bool](s, `document.scripts.length > 0`) {
		t.Error("a staff page has scripts")
	}
	s.wrongFiles()

	slowly := slow{b.kit.Service, make(chan struct{})}
	free := sync.OnceFunc(func() { close(slowly.free) })
	t.Cleanup(free)
	b.desk.opt.Lists = slowly
	s.chooses("spring.csv", "email,n\r\nkid@example.com,1\r\n\"a@example.com\",2\r\n?,3\r\n")
	s.sends()
	other := b.as(staff.Marketing)
	for end := time.Now().Add(browsertest.Patience); !strings.Contains(other.get("/ops/gate").text(), "under way"); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("nobody sees that the list is on its way")
		}
	}
	free()
	if got := s.given("spring-clean.csv"); got != "email,n\r\n\"a@example.com\",2\r\n" {
		t.Errorf("the browser was given %q", got)
	}
	s.tab("#runs-h ~ p a")
	s.do(chromedp.KeyEvent(kb.Enter))
	s.until(`[...document.querySelectorAll("table.rows tbody tr:first-child td.num")].map(e => e.innerText.trim()).join(" ") === "1 1 1"`)
	if body := ask[string](s, "document.body.innerText"); strings.Contains(body, "kid@") || strings.Contains(body, "spring") {
		t.Error("the page knows the list")
	}
}
