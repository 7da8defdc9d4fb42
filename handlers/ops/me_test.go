package ops

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"

	"github.com/bohoja/bohoja/consent/consenttest"
	"github.com/bohoja/bohoja/consent/staff"
	"github.com/bohoja/bohoja/handlers/web"
)

const another = "a donkey without a battery"

// next is the code that the person's telephone shows a minute later.
func (b *bureau) next(role staff.Role) string {
	b.Helper()
	b.must(b.kit.Store.Advance(b.Context(), time.Minute))
	return b.code(b.secret[role])
}

// miss is a code that the telephone with the secret does not show: this one, or the next.
func (b *bureau) miss(secret, code string) string {
	b.Helper()
	return consenttest.WrongCode(code, b.kit.Store.Clock(), func(at time.Time) string { return b.codeAt(secret, at) })
}

// TestChangePassword: what is wrong is told beside its field; then the new password works, and every other session is over.
func TestChangePassword(t *testing.T) {
	b := newBureau(t)
	other, w := b.as(staff.Support), b.as(staff.Support)
	const at = "/ops/me/password"
	w.get("/ops/me").want(200, "How you sign in", "Change the password")
	form := func(mend ...string) reply {
		pairs := map[string]string{"current": password, "code": b.next(staff.Support), "password": another, "again": another}
		for i := 0; i < len(mend); i += 2 {
			pairs[mend[i]] = mend[i+1]
		}
		return w.post(at, "current", pairs["current"], "code", pairs["code"], "password", pairs["password"], "again", pairs["again"])
	}
	form("again", "something else").want(422, "The two passwords differ")
	form("password", "short", "again", "short").want(422, "at least 12 characters")
	form("password", "qwertyqwerty", "again", "qwertyqwerty").want(422, "many people use")
	form("current", "not it").want(422, "Password or code is wrong")
	form("code", b.miss(b.secret[staff.Support], "000000")).want(422, "Password or code is wrong")
	other.get("/ops/me").want(200)
	form().leads("/ops/me?done=password")
	w.get("/ops/me?done=password").want(200, "The password is changed", "You are signed in nowhere else")
	other.get("/ops/me").leads("/ops/enter?over=1")
	other.post("/ops/enter", "name", "support", "password", password, "code", b.next(staff.Support)).want(422)
	other.post("/ops/enter", "name", "support", "password", another, "code", b.next(staff.Support)).leads("/ops/enter?kept=1")
	for range staff.TriesMost {
		form("current", "not it").want(422)
	}
	form("current", another).want(422, "too many tries")
}

// TestChangeFactor: the new app is shown, proved, and the only one that counts from then on.
func TestChangeFactor(t *testing.T) {
	b := newBureau(t)
	w := b.as(staff.Viewer)
	const at = "/ops/me/factor"
	page := w.get(at).want(200, "Connect a new app")
	factor := page.field("factor")
	_, after, _ := strings.Cut(page.body, `<span class="code">`)
	shown, _, _ := strings.Cut(after, "</span>")
	fresh := strings.ReplaceAll(shown, " ", "")
	send := func(current, code, new string) reply {
		return w.post(at, "current", current, "code", code, "factor", factor, "fresh", new)
	}
	again := send(password, b.next(staff.Viewer), b.miss(fresh, "000000")).want(422, "not the code that the app shows")
	if again.field("factor") != factor {
		t.Error("the factor changes while it is set up")
	}
	code := b.next(staff.Viewer)
	send("not it", code, b.code(fresh)).want(422, "Password or code is wrong")
	send(password, b.next(staff.Viewer), b.code(fresh)).leads("/ops/me?done=factor")
	w.get("/ops/me?done=factor").want(200, "The authenticator app is changed")
	w.post("/ops/enter", "name", "viewer", "password", password, "code", b.miss(fresh, b.next(staff.Viewer))).want(422)
	b.secret[staff.Viewer] = fresh
	w.post("/ops/enter", "name", "viewer", "password", password, "code", b.next(staff.Viewer)).leads("/ops/enter?kept=1")
	if strings.Contains(b.log.String(), fresh) {
		t.Error("the log holds the factor")
	}
}

// TestOwnSessions: where somebody is signed in, and how they end that elsewhere; a colleague's session is out of reach.
func TestOwnSessions(t *testing.T) {
	b := newBureau(t)
	colleague := b.as(staff.Viewer)
	theirs := b.seatOf(staff.Viewer)
	telephone, second, w := b.as(staff.Support), b.as(staff.Support), b.as(staff.Support)
	page := w.get("/ops/me").want(200, "Where you are signed in", "this one", "Other places", "All other places", "Unknown browser")
	if n := strings.Count(page.body, `name="seat"`); n != 3 {
		t.Fatalf("%d choices", n)
	}
	w.post("/ops/me/sessions", "password", password).want(422, "Choose where to sign out")
	w.post("/ops/me/sessions", "seat", "others", "password", "not it").want(422, "The password is wrong")
	w.post("/ops/me/sessions", "seat", theirs, "password", password).leads("/ops/me?done=seats")
	colleague.get("/ops/me").want(200)
	first := b.seatOf(staff.Support)
	w.post("/ops/me/sessions", "seat", first, "password", password).leads("/ops/me?done=seats")
	telephone.get("/ops/me").leads("/ops/enter?over=1")
	second.get("/ops/me").want(200)
	w.post("/ops/me/sessions", "seat", "others", "password", password).leads("/ops/me?done=seats")
	second.get("/ops/me").leads("/ops/enter?over=1")
	w.get("/ops/me?done=seats").want(200, "Signed out there", "You are signed in nowhere else")
	w.get("/ops/me?lang=ko").want(200, "로그인한 곳", "지금 이곳", "다른 곳에는 로그인되어 있지 않습니다")
}

// seatOf is the oldest session of the person of a role.
func (b *bureau) seatOf(role staff.Role) string {
	b.Helper()
	seats, err := b.team.Seats(b.Context(), b.hire(role), "")
	b.must(err)
	return seats[len(seats)-1].ID
}

// TestAdministratorSignsOut: an administrator ends the sessions of a colleague, who may sign in again.
func TestAdministratorSignsOut(t *testing.T) {
	b := newBureau(t)
	admin, support := b.as(staff.Admin), b.as(staff.Support)
	admin.get("/ops/people").want(200, "Sign out support")
	admin.post("/ops/people/support/leave").leads("/ops/people?done=leave")
	admin.get("/ops/people?done=leave").want(200, "signed out on every device", "signed out everywhere")
	support.get("/ops/me").leads("/ops/enter?over=1")
	b.as(staff.Support).get("/ops/me").want(200)
	admin.post("/ops/people/nobody/leave").want(404)
}

// TestWayOutOnEveryPage: each page that asks for a session shows the way out, and it works (ASVS 7.4.4).
func TestWayOutOnEveryPage(t *testing.T) {
	b := newBureau(t)
	rec := b.ask("user-1")
	for role, paths := range map[staff.Role][]string{
		staff.Privacy: {"/ops?app=shop", "/ops/search", "/ops/gate", "/ops/blocked", "/ops/access", "/ops/report", path(rec), path(rec) + "/file"},
		staff.Admin:   {"/ops/people", "/ops/me", "/ops/me/password", "/ops/me/factor", "/ops/gate"},
	} {
		w := b.as(role)
		for _, at := range paths {
			got := w.get(at)
			if !strings.Contains(got.body, `<form class="bye" method="post" action="/ops/leave">`) {
				t.Errorf("%s (%d): no way out", at, got.status)
			}
		}
		w.post("/ops/leave").leads("/ops/enter")
		w.get("/ops/me").leads("/ops/enter")
	}
}

// TestPasswordFields: browsers hide what is typed into them, know what belongs there, and neither page nor policy keeps anybody
// from pasting or from a password manager (ASVS 6.2.6, 6.2.7).
func TestPasswordFields(t *testing.T) {
	b := newBureau(t)
	p, token, err := b.team.Invite(t.Context(), "cli:0", "late", staff.Viewer)
	b.must(err)
	b.as(staff.Viewer) // a second session, so that the account asks for the password too
	w := b.as(staff.Viewer)
	for _, c := range []struct {
		at   string
		who  *browser
		want map[string]string
	}{
		{"/ops/enter", b.browser(), map[string]string{"name": "username", "password": "current-password", "code": "one-time-code"}},
		{"/ops/join/" + p.ID + "/" + token, b.browser(), map[string]string{"password": "new-password", "again": "new-password", "code": "one-time-code"}},
		{"/ops/me", w, map[string]string{"password": "current-password"}},
		{"/ops/me/password", w, map[string]string{"name": "username", "current": "current-password", "password": "new-password", "again": "new-password", "code": "one-time-code"}},
		{"/ops/me/factor", w, map[string]string{"name": "username", "current": "current-password", "code": "one-time-code", "fresh": "one-time-code"}},
	} {
		got := c.who.get(c.at).want(200)
		root, err := html.Parse(strings.NewReader(got.body))
		b.must(err)
		seen := map[string]string{}
		for n := range root.Descendants() {
			attrs := map[string]string{}
			for _, a := range n.Attr {
				attrs[a.Key] = a.Val
				if n.Type == html.ElementNode && (strings.HasPrefix(a.Key, "on") || a.Key == "maxlength" && attrs["type"] == "password") {
					t.Errorf("%s: <%s %s>", c.at, n.Data, a.Key)
				}
			}
			if n.Data == "script" {
				t.Errorf("%s has a script", c.at)
			}
			if n.Data != "input" || attrs["autocomplete"] == "" {
				continue
			}
			seen[attrs["name"]] = attrs["autocomplete"]
			if secret := strings.HasSuffix(attrs["autocomplete"], "password"); secret != (attrs["type"] == "password") || secret && attrs["value"] != "" {
				t.Errorf("%s: %v", c.at, attrs)
			}
		}
		for name, want := range c.want {
			if seen[name] != want {
				t.Errorf("%s: %s is %q, want %q", c.at, name, seen[name], want)
			}
		}
	}
}

// TestSecurityEvents: each thing that a security event stands for writes one, with who it was by their id and nothing else of them.
func TestSecurityEvents(t *testing.T) {
	b := newBureau(t)
	viewer := b.hire(staff.Viewer)
	b.must(b.kit.Store.Advance(t.Context(), time.Minute))
	spent := b.code(b.secret[staff.Viewer])
	w := b.browser()
	enter := func(name, pass, code string) { w.post("/ops/enter", "name", name, "password", pass, "code", code) }
	once := func(event web.Security, person string, act func()) {
		t.Helper()
		from := len(b.log.String())
		act()
		lines := strings.Split(strings.TrimSpace(b.log.String()[from:]), "\n")
		var found []string
		for _, line := range lines {
			if strings.Contains(line, "security event") {
				found = append(found, line)
			}
		}
		if len(found) != 1 || !strings.Contains(found[0], " event="+string(event)+" ") || person != "" && !strings.Contains(found[0], " person="+person) || !strings.Contains(found[0], " request=") {
			t.Errorf("%s: %q", event, found)
		}
	}
	once(web.SignInFailed, `""`, func() { enter("nobody-of-us", password, spent) })
	once(web.SignInFailed, viewer.ID, func() { enter("viewer", "not it at all", spent) })
	once(web.FactorFailed, viewer.ID, func() { enter("viewer", password, b.miss(b.secret[staff.Viewer], "000000")) })
	once(web.SignedIn, viewer.ID, func() { enter("viewer", password, spent) })
	once(web.CodeReplayed, viewer.ID, func() { b.browser().post("/ops/enter", "name", "viewer", "password", password, "code", spent) })
	once(web.PermissionDenied, viewer.ID, func() { w.get("/ops/people").want(403) })
	once(web.CrossOrigin, "", func() {
		w.send("POST", "/ops/leave/all", url.Values{"a": {"b"}}, func(r *http.Request) { r.Header.Set("Sec-Fetch-Site", "cross-site") }).want(403)
	})
	once(web.SecretChanged, viewer.ID, func() {
		w.post("/ops/me/password", "current", password, "code", b.next(staff.Viewer), "password", another, "again", another).leads("/ops/me?done=password")
	})
	once(web.SessionsEnded, viewer.ID, func() { w.post("/ops/me/sessions", "seat", "others", "password", another).leads("/ops/me?done=seats") })
	for range staff.TriesMost {
		enter("viewer", "not it at all", "000000")
	}
	once(web.SignInLocked, viewer.ID, func() { enter("viewer", another, b.next(staff.Viewer)) })
	for _, canary := range []string{"nobody-of-us", "not it at all", password, another, `\b` + spent + `\b`, b.secret[staff.Viewer]} { // an id may hold six digits of its own
		if regexp.MustCompile(canary).MatchString(b.log.String()) {
			t.Errorf("the log holds %q", canary)
		}
	}
}
