package ops

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/pquerna/otp/totp"
	"golang.org/x/net/html"

	"github.com/bohoja/bohoja/consent"
	"github.com/bohoja/bohoja/consent/audit"
	"github.com/bohoja/bohoja/consent/consenttest"
	"github.com/bohoja/bohoja/consent/outbox"
	"github.com/bohoja/bohoja/consent/staff"
	"github.com/bohoja/bohoja/handlers/web"
)

const password = "correct horse battery"

// bureau is the staff pages on a kit, behind TLS, with the people of every role.
type bureau struct {
	*testing.T
	kit    *consenttest.Kit
	team   *staff.Service
	desk   *Desk
	server *httptest.Server
	log    *loud
	secret map[staff.Role]string
	folder string // of the audit log
}

func newBureau(t *testing.T) *bureau {
	t.Helper()
	return newBureauOn(t, consenttest.New(t))
}

// newBureauOn is one on a kit of the caller's.
func newBureauOn(t *testing.T, k *consenttest.Kit) *bureau {
	t.Helper()
	b := &bureau{T: t, kit: k, team: staff.New(k.Store.People(), k.Vault, k.Store.Clock, "Haneul"), log: &loud{}, secret: map[staff.Role]string{}, folder: t.TempDir()}
	log := slog.New(slog.NewTextHandler(b.log, nil))
	problems := &web.Problems{Log: log, Book: consenttest.Book}
	var err error
	b.desk, err = NewDesk(b.options(problems))
	b.must(err)
	e := web.NewEngine(web.Options{Log: log, Problems: problems, Bodies: Bodies()})
	b.desk.Routes(e)
	b.server = httptest.NewTLSServer(e)
	t.Cleanup(b.server.Close)
	return b
}

func (b *bureau) options(problems *web.Problems) DeskOptions {
	return DeskOptions{
		Problems: problems, Book: consenttest.Book, Clock: b.kit.Store.Clock, Test: true, Door: b.team, Account: b.team, People: b.kit.Store.People(),
		Log: audit.Files{Dir: b.folder}, Reviews: b.team,
		Requests: b.kit.Service, Lists: b.kit.Service, Attempts: b.kit.Store.Attempts, Charge: b.kit.Store.People().Charge,
		Dead: func(ctx context.Context, app, after string) ([]DeadJob, string, error) {
			jobs, next, err := b.kit.Queue.List(ctx, app, outbox.Find{Dead: true, After: after})
			out := make([]DeadJob, len(jobs))
			for i, j := range jobs {
				out[i] = DeadJob{ID: j.ID, Kind: string(j.Kind), Code: j.Last, At: j.At}
			}
			return out, next, err
		},
		Queue: func(ctx context.Context, app string) (Queue, error) {
			n, err := b.kit.Queue.Dead(ctx, app)
			return Queue{n}, err
		},
	}
}

func (b *bureau) must(err error) {
	b.Helper()
	if err != nil {
		b.Fatal(err)
	}
}

// browser is somebody's browser: it keeps cookies and follows no redirect.
type browser struct {
	*bureau
	client *http.Client
}

func (b *bureau) browser() *browser {
	b.Helper()
	jar, err := cookiejar.New(nil)
	b.must(err)
	c := *b.server.Client()
	c.Jar = jar
	c.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &browser{b, &c}
}

// reply is an answer that was read.
type reply struct {
	*testing.T
	status int
	header http.Header
	body   string
}

func (w *browser) send(method, path string, form url.Values, mend ...func(*http.Request)) reply {
	w.Helper()
	var body io.Reader
	if form != nil {
		body = strings.NewReader(form.Encode())
	}
	r, err := http.NewRequestWithContext(w.Context(), method, w.server.URL+path, body)
	w.must(err)
	r.Header.Set("Accept-Language", "en")
	r.Header.Set("Accept", "text/html")
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Sec-Fetch-Site", "same-origin")
	}
	for _, m := range mend {
		m(r)
	}
	res, err := w.client.Do(r)
	w.must(err)
	defer res.Body.Close()
	raw, err := io.ReadAll(res.Body)
	w.must(err)
	return reply{w.T, res.StatusCode, res.Header, string(raw)}
}

func (w *browser) get(path string) reply { w.Helper(); return w.send("GET", path, nil) }

func (w *browser) post(path string, pairs ...string) reply {
	w.Helper()
	form := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		form.Set(pairs[i], pairs[i+1])
	}
	return w.send("POST", path, form)
}

func (r reply) want(status int, words ...string) reply {
	r.Helper()
	if r.status != status {
		r.Fatalf("%d, want %d: %.400s", r.status, status, r.text())
	}
	for _, w := range words {
		if !strings.Contains(r.text(), w) {
			r.Errorf("no %q in\n%s", w, r.text())
		}
	}
	return r
}

func (r reply) leads(to string) reply {
	r.Helper()
	if r.status != http.StatusSeeOther || r.header.Get("Location") != to {
		r.Fatalf("%d to %q, want %q: %.300s", r.status, r.header.Get("Location"), to, r.text())
	}
	return r
}

// text is what a reader sees.
func (r reply) text() string {
	root, err := html.Parse(strings.NewReader(r.body))
	if err != nil {
		return r.body
	}
	var b strings.Builder
	for n := range root.Descendants() {
		if n.Type == html.TextNode {
			b.WriteString(strings.Join(strings.Fields(n.Data), " ") + " ")
		}
	}
	return strings.Join(strings.Fields(b.String()), " ")
}

// field is the value of a form's field.
func (r reply) field(name string) string {
	root, err := html.Parse(strings.NewReader(r.body))
	if err != nil {
		r.Fatal(err)
	}
	for n := range root.Descendants() {
		if n.Data != "input" {
			continue
		}
		got := map[string]string{}
		for _, a := range n.Attr {
			got[a.Key] = a.Val
		}
		if got["name"] == name {
			return got["value"]
		}
	}
	return ""
}

func (b *bureau) code(secret string) string { b.Helper(); return b.codeAt(secret, b.kit.Store.Clock()) }

func (b *bureau) codeAt(secret string, at time.Time) string {
	b.Helper()
	c, err := totp.GenerateCode(secret, at)
	b.must(err)
	return c
}

// hire makes somebody of a role who can sign in, once a role. Their name is the role's.
func (b *bureau) hire(role staff.Role) staff.Person {
	b.Helper()
	if b.secret[role] == "" {
		p, token, err := b.team.Invite(b.Context(), "cli:0", string(role), role)
		b.must(err)
		_, f, err := b.team.Welcome(b.Context(), p.ID, token, nil)
		b.must(err)
		b.must(b.team.Join(b.Context(), p.ID, token, password, b.code(f.Secret.Reveal()), f.Sealed))
		b.secret[role] = f.Secret.Reveal()
	}
	p, err := b.kit.Store.People().Named(b.Context(), string(role))
	b.must(err)
	return p
}

// as is a browser in which somebody of the role is signed in.
func (b *bureau) as(role staff.Role) *browser {
	b.Helper()
	b.hire(role)
	b.must(b.kit.Store.Advance(b.Context(), time.Minute)) // a code is good for one session
	w := b.browser()
	w.post("/ops/enter", "name", string(role), "password", password, "code", b.code(b.secret[role])).leads("/ops/enter?kept=1")
	return w
}

func TestSignIn(t *testing.T) {
	b := newBureau(t)
	b.hire(staff.Viewer)
	b.must(b.kit.Store.Advance(t.Context(), time.Minute))
	w := b.browser()
	w.get("/ops/me").leads("/ops/enter")
	w.get("/ops/enter").want(200, "Sign in", "Password")
	w.post("/ops/enter", "name", "viewer", "password", "wrong", "code", "123456").want(422, "Name, password or code is wrong")
	r := w.post("/ops/enter", "name", " Viewer ", "password", password, "code", b.code(b.secret[staff.Viewer]))
	r.leads("/ops/enter?kept=1")
	set := r.header.Get("Set-Cookie")
	for _, part := range []string{"__Host-bohoja=", "Path=/", "Secure", "HttpOnly", "SameSite=Strict"} {
		if !strings.Contains(set, part) {
			t.Errorf("the cookie lacks %s", part)
		}
	}
	if strings.Contains(set, "Domain") {
		t.Error("the cookie names a domain")
	}
	w.get("/ops/enter?kept=1").want(303)
	w.get("/ops/me").want(200, "viewer", "Sign out everywhere")
	r = w.post("/ops/leave")
	r.leads("/ops/enter")
	if gone := r.header.Get("Set-Cookie"); !strings.Contains(gone, "__Host-bohoja=;") || !strings.Contains(gone, "Max-Age=0") || r.header.Get("Clear-Site-Data") != `"cache"` {
		t.Errorf("the browser keeps something: %v", r.header)
	}
	w.get("/ops/me").leads("/ops/enter")
	b.browser().get("/ops/enter?kept=1").want(200, "did not keep the sign-in")
	if strings.Contains(b.log.String(), password) || strings.Contains(b.log.String(), "Viewer") {
		t.Error("the log knows too much")
	}
}

// Who signs in again has one session in this browser, under a new name: the old one is over, and one that somebody planted is not taken up.
func TestSignInAnew(t *testing.T) {
	b := newBureau(t)
	w := b.as(staff.Viewer)
	session := func(r reply) string {
		value, _, _ := strings.Cut(strings.TrimPrefix(r.header.Get("Set-Cookie"), sessionCookie+"="), ";")
		return value
	}
	enter := func(w *browser, mend ...func(*http.Request)) string {
		b.must(b.kit.Store.Advance(t.Context(), time.Minute))
		r := w.send("POST", "/ops/enter", url.Values{"name": {"viewer"}, "password": {password}, "code": {b.code(b.secret[staff.Viewer])}}, mend...)
		r.leads("/ops/enter?kept=1")
		return session(r)
	}
	with := func(cookie string) func(*http.Request) {
		return func(r *http.Request) { r.Header.Set("Cookie", sessionCookie+"="+cookie) }
	}
	first := enter(w)
	second := enter(w)
	planted := strings.Repeat("A", len(second))
	third := enter(b.browser(), with(planted))
	if first == "" || first == second || third == planted {
		t.Error("a session keeps its name")
	}
	for cookie, lives := range map[string]bool{first: false, second: true, planted: false, third: true} {
		if r := b.browser().send("GET", "/ops/me", nil, with(cookie)); (r.status == http.StatusOK) != lives {
			t.Errorf("a session that should live: %v, is answered %d", lives, r.status)
		}
	}
}

func TestSignInHasLimits(t *testing.T) {
	b := newBureau(t)
	w := b.browser()
	for range staff.TriesMost {
		w.post("/ops/enter", "name", "minji", "password", "wrong", "code", "123456").want(422, "is wrong")
	}
	w.post("/ops/enter", "name", "minji", "password", "wrong", "code", "123456").want(422, "too many tries")
	w.post("/ops/enter", "name", "other", "password", "wrong", "code", "123456").want(422, "is wrong")
}

// The whole way of an invitation in a browser.
func TestJoin(t *testing.T) {
	b := newBureau(t)
	p, token, err := b.team.Invite(t.Context(), "cli:0", "minji", staff.Support)
	b.must(err)
	w, path := b.browser(), "/ops/join/"+p.ID+"/"+token
	r := w.get(path).want(200, "minji, you are invited as support")
	factor := r.field("factor")
	_, after, _ := strings.Cut(r.text(), "type these letters:")
	secret := strings.Join(strings.Fields(after)[:8], "")
	if !strings.Contains(r.body, `class="qr-dots" d="M`) {
		t.Error("no picture")
	}
	code := func() string { return b.code(secret) }
	w.post(path, "factor", factor, "code", code(), "password", password, "again", password+"x").want(422, "The two passwords differ", "type these letters: "+strings.Fields(after)[0])
	w.post(path, "factor", factor, "code", code(), "password", "short", "again", "short").want(422, "at least 12 characters")
	w.post(path, "factor", factor, "code", b.miss(secret, "000000"), "password", password, "again", password).want(422, "not the code that the app shows")
	w.post(path, "factor", "AAAA", "code", code(), "password", password, "again", password).want(422, "not the code")
	w.post(path, "factor", factor, "code", code(), "password", password, "again", password).leads("/ops/enter?joined=1")
	w.get("/ops/enter?joined=1").want(200, "Your account is ready")
	w.get(path).want(410, "This invitation cannot be used")
	b.must(b.kit.Store.Advance(t.Context(), time.Minute))
	w.post("/ops/enter", "name", "minji", "password", password, "code", code()).leads("/ops/enter?kept=1")
	if strings.Contains(b.log.String(), token) || strings.Contains(b.log.String(), secret) {
		t.Error("the log holds the link or the factor")
	}
}

// Each staff route with each role: what the table of permissions gives is let in, everything else is refused, and nobody
// gets in without a session. A route that is not in the table does not exist.
func TestRoutesAndRoles(t *testing.T) {
	b := newBureau(t)
	e := gin.New()
	b.desk.Routes(e)
	table := map[string]staff.Permission{}
	for _, r := range b.desk.routes() {
		table[r.method+" "+r.path] = r.may
		if r.method == http.MethodGet {
			table["HEAD "+r.path] = r.may
		}
	}
	for _, r := range e.Routes() {
		if _, ok := table[r.Method+" "+r.Path]; !ok {
			t.Errorf("%s %s is not in the table", r.Method, r.Path)
		}
	}
	if len(e.Routes()) != len(table) {
		t.Errorf("%d routes, %d in the table", len(e.Routes()), len(table))
	}
	open := map[string]bool{"/ops/enter": true, "/ops/join/:id/:token": true}
	for _, r := range b.desk.routes() {
		if (r.may == "") != open[r.path] {
			t.Errorf("%s asks for %q", r.path, r.may)
		}
	}
	stranger := b.browser()
	for _, role := range staff.Roles {
		for _, r := range b.desk.routes() {
			if r.may == "" {
				continue
			}
			w := b.as(role) // some routes end the session
			got := w.visit(r)
			if allowed := got.status != http.StatusForbidden; allowed != role.May(r.may) {
				t.Errorf("%s %s as %s: %d", r.method, r.path, role, got.status)
			}
			if got.status >= 500 {
				t.Errorf("%s %s as %s: %d %s", r.method, r.path, role, got.status, got.text())
			}
			out := stranger.visit(r)
			if r.method == http.MethodGet && out.header.Get("Location") != "/ops/enter" || r.method == http.MethodPost && out.status != http.StatusUnauthorized {
				t.Errorf("%s %s without a session: %d", r.method, r.path, out.status)
			}
		}
	}
}

// visit asks for a route with ids that lead nowhere.
func (w *browser) visit(r route) reply {
	w.Helper()
	path := strings.NewReplacer(":name", "nobody", ":app", "shop", ":month", "2026-01", ":id", consent.NewID(consent.PrefixRequest, time.Now())).Replace(r.path)
	if r.method == http.MethodGet {
		return w.get(path)
	}
	return w.post(path, "none", "none")
}

// Threat 19: a form from elsewhere does nothing, whoever is signed in.
func TestCrossOrigin(t *testing.T) {
	b := newBureau(t)
	w := b.as(staff.Viewer)
	for name, mend := range map[string]func(*http.Request){
		"cross-site": func(r *http.Request) { r.Header.Set("Sec-Fetch-Site", "cross-site") },
		"same-site":  func(r *http.Request) { r.Header.Set("Sec-Fetch-Site", "same-site") },
		"old browser": func(r *http.Request) {
			r.Header.Del("Sec-Fetch-Site")
			r.Header.Set("Origin", "https://evil.example")
		},
		"null": func(r *http.Request) { r.Header.Del("Sec-Fetch-Site"); r.Header.Set("Origin", "null") },
	} {
		w.send("POST", "/ops/leave/all", url.Values{"a": {"b"}}, mend).want(403)
		if r := w.get("/ops/me"); r.status != 200 {
			t.Fatalf("%s: signed out", name)
		}
	}
	w.send("POST", "/ops/leave", url.Values{"a": {"b", "c"}}).want(400)
	w.send("POST", "/ops/leave", url.Values{"a": {"b"}}, func(r *http.Request) { r.Header.Set("Content-Type", "text/plain") }).want(415)
}

func TestStaffHeaders(t *testing.T) {
	b := newBureau(t)
	w := b.as(staff.Admin)
	const csp = "default-src 'none'; style-src 'self'; img-src 'self' data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
	for _, r := range []reply{
		w.get("/ops/me"), w.get("/ops/enter"), w.get("/ops/people"), w.get("/ops/join/x/y"), w.get("/ops"), w.post("/ops/enter"), b.browser().get("/ops/me"),
	} {
		for name, want := range map[string]string{
			"Cache-Control": "no-store", "Referrer-Policy": "same-origin", "X-Content-Type-Options": "nosniff", "Content-Security-Policy": csp,
		} {
			if got := r.header.Get(name); got != want {
				t.Errorf("%d: %s is %q", r.status, name, got)
			}
		}
		if kind := r.header.Get("Content-Type"); r.status != http.StatusSeeOther && kind != "text/html; charset=utf-8" {
			t.Errorf("%d: Content-Type %q", r.status, kind)
		}
	}
}

func TestPeoplePage(t *testing.T) {
	b := newBureau(t)
	b.hire(staff.Support)
	admin := b.as(staff.Admin)
	support := b.as(staff.Support)
	admin.get("/ops/people").want(200, "support", "active", "Disable support", "joined")
	if strings.Contains(admin.get("/ops/people").text(), "Disable admin") {
		t.Error("one may disable oneself")
	}
	admin.post("/ops/people/support/disable").leads("/ops/people")
	support.get("/ops/me").leads("/ops/enter?over=1")
	admin.get("/ops/people").want(200, "disabled")
	admin.post("/ops/people/admin/disable").want(409, "cannot disable yourself")
}

// The language stays as it was chosen.
func TestStaffLanguage(t *testing.T) {
	b := newBureau(t)
	w := b.as(staff.Viewer)
	w.get("/ops/me").want(200, "My account")
	w.get("/ops/me?lang=ko").want(200, "내 계정")
	w.get("/ops/me").want(200, "내 계정")
	w.get("/ops/me?lang=xx").want(200, "내 계정")
}

// loud is a log that may be read while it is written.
type loud struct {
	mu   sync.Mutex
	text strings.Builder
}

// Write implements io.Writer.
func (l *loud) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

// String returns what was written so far.
func (l *loud) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}
