package staff_test

import (
	"errors"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"

	"github.com/bohoja/bohoja/consent"
	"github.com/bohoja/bohoja/consent/consenttest"
	"github.com/bohoja/bohoja/consent/staff"
)

const (
	password = "correct horse battery"
	device   = "firefox linux"
)

// office is a staff.Service on a kit, with what a test does at its door.
type office struct {
	*testing.T
	*staff.Service
	kit *consenttest.Kit
}

func open(t *testing.T) *office {
	t.Helper()
	k := consenttest.New(t)
	return &office{t, staff.New(k.Store.People(), k.Vault, k.Store.Clock, "Haneul"), k}
}

func (o *office) must(err error) {
	o.Helper()
	if err != nil {
		o.Fatal(err)
	}
}

// code is what the person's telephone shows.
func (o *office) code(secret string) string { o.Helper(); return o.codeAt(secret, o.kit.Store.Clock()) }

func (o *office) codeAt(secret string, at time.Time) string {
	o.Helper()
	c, err := totp.GenerateCode(secret, at)
	o.must(err)
	return c
}

// miss is a code that the telephone with the secret does not show: this one, or the next.
func (o *office) miss(secret, code string) string {
	o.Helper()
	return consenttest.WrongCode(code, o.kit.Store.Clock(), func(at time.Time) string { return o.codeAt(secret, at) })
}

// join invites a person, lets them join, and returns the secret of their second factor.
func (o *office) join(name string, role staff.Role) (staff.Person, string) {
	o.Helper()
	p, token, err := o.Invite(o.Context(), "cli:0", name, role)
	o.must(err)
	_, f, err := o.Welcome(o.Context(), p.ID, token, nil)
	o.must(err)
	o.must(o.Join(o.Context(), p.ID, token, password, o.code(f.Secret.Reveal()), f.Sealed))
	p, err = o.Store.Named(o.Context(), name)
	o.must(err)
	return p, f.Secret.Reveal()
}

// enter signs in with the next code, since a code is good for one session.
func (o *office) enter(name, secret string) string {
	o.Helper()
	o.must(o.kit.Store.Advance(o.Context(), time.Minute))
	e, err := o.Enter(o.Context(), name, password, o.code(secret), device)
	o.must(err)
	return e.Token
}

func (o *office) out(cookie string) {
	o.Helper()
	if _, err := o.Visit(o.Context(), cookie); !errors.Is(err, staff.ErrNoSession) {
		o.Errorf("the session goes on: %v", err)
	}
}

func TestFromInviteToSession(t *testing.T) {
	o := open(t)
	p, secret := o.join("minji", staff.Support)
	if p.State != staff.Active || p.Role != staff.Support || strings.Contains(p.Password, password) {
		t.Errorf("%+v", p)
	}
	cookie := o.enter("minji", secret)
	who, err := o.Visit(t.Context(), cookie)
	if err != nil || who.ID != p.ID || who.Role != staff.Support {
		t.Errorf("%+v, %v", who, err)
	}
	o.must(o.Leave(t.Context(), cookie))
	o.out(cookie)
	for _, bad := range []string{"", "x", cookie + "x", strings.Repeat("A", len(cookie))} {
		o.out(bad)
	}
}

// The link works once, for its person, and for a day.
func TestInviteWorksOnce(t *testing.T) {
	o := open(t)
	p, token, err := o.Invite(t.Context(), "cli:0", "minji", staff.Viewer)
	o.must(err)
	other, _, err := o.Invite(t.Context(), "cli:0", "jun", staff.Viewer)
	o.must(err)
	for _, bad := range [][2]string{{other.ID, token}, {p.ID, token + "x"}, {p.ID, ""}, {"st_", token}, {"", ""}} {
		if _, _, err := o.Welcome(t.Context(), bad[0], bad[1], nil); !errors.Is(err, staff.ErrInvite) {
			t.Errorf("%q: %v", bad, err)
		}
	}
	_, f, err := o.Welcome(t.Context(), p.ID, token, nil)
	o.must(err)
	_, again, err := o.Welcome(t.Context(), p.ID, token, f.Sealed)
	if err != nil || again.Secret.Reveal() != f.Secret.Reveal() {
		t.Errorf("the factor changes while it is set up: %v", err)
	}
	code := o.code(f.Secret.Reveal())
	o.must(o.Join(t.Context(), p.ID, token, password, code, f.Sealed))
	if err := o.Join(t.Context(), p.ID, token, password, code, f.Sealed); !errors.Is(err, staff.ErrInvite) {
		t.Errorf("used again: %v", err)
	}
	late, token, err := o.Invite(t.Context(), "cli:0", "sora", staff.Viewer)
	o.must(err)
	o.must(o.kit.Store.Advance(t.Context(), staff.InviteFor))
	if _, _, err := o.Welcome(t.Context(), late.ID, token, nil); !errors.Is(err, staff.ErrInvite) {
		t.Errorf("late: %v", err)
	}
}

func TestJoinRefuses(t *testing.T) {
	o := open(t)
	p, token, err := o.Invite(t.Context(), "cli:0", "minji", staff.Viewer)
	o.must(err)
	_, f, err := o.Welcome(t.Context(), p.ID, token, nil)
	o.must(err)
	other, theirs, err := o.Invite(t.Context(), "cli:0", "jun", staff.Viewer)
	o.must(err)
	_, foreign, err := o.Welcome(t.Context(), other.ID, theirs, nil)
	o.must(err)
	code := o.code(f.Secret.Reveal())
	for name, c := range map[string]struct {
		password, code string
		factor         consent.Sealed
		want           error
	}{
		"short":             {"elevenchars", code, f.Sealed, staff.ErrPassword},
		"holds the name":    {"i am MinJi and nobody else", code, f.Sealed, staff.ErrPassword},
		"one letter":        {"aaaaaaaaaaaaaaaa", code, f.Sealed, staff.ErrPassword},
		"too long":          {strings.Repeat("abcdef", 30), code, f.Sealed, staff.ErrPassword},
		"wrong code":        {password, o.miss(f.Secret.Reveal(), "000000"), f.Sealed, staff.ErrCode},
		"no factor":         {password, code, nil, staff.ErrCode},
		"another's factor":  {password, o.code(foreign.Secret.Reveal()), foreign.Sealed, staff.ErrCode},
		"a made-up factor":  {password, code, consent.Sealed("JBSWY3DPEHPK3PXP"), staff.ErrCode},
		"yesterday's code":  {password, o.miss(f.Secret.Reveal(), o.codeAt(f.Secret.Reveal(), o.kit.Store.Clock().Add(-24*time.Hour))), f.Sealed, staff.ErrCode},
		"a code of the far": {password, o.miss(f.Secret.Reveal(), o.codeAt(f.Secret.Reveal(), o.kit.Store.Clock().Add(90*time.Second))), f.Sealed, staff.ErrCode},
	} {
		if err := o.Join(t.Context(), p.ID, token, c.password, c.code, c.factor); !errors.Is(err, c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if u, err := url.Parse(f.URL.Reveal()); err != nil || u.Scheme != "otpauth" || u.Query().Get("secret") != f.Secret.Reveal() || u.Query().Get("issuer") != "Haneul" {
		t.Errorf("the picture's text: %v", err)
	}
}

// Whatever is wrong, the answer is one and the same.
func TestEnterTellsNothing(t *testing.T) {
	o := open(t)
	_, secret := o.join("minji", staff.Viewer)
	_, _, err := o.Invite(t.Context(), "cli:0", "late", staff.Viewer)
	o.must(err)
	o.must(o.kit.Store.Advance(t.Context(), time.Minute))
	var texts []string
	for _, c := range [][3]string{
		{"nobody", password, o.code(secret)}, {"minji", "wrong password", o.code(secret)}, {"minji", password, o.miss(secret, "123456")},
		{"late", password, o.code(secret)}, {"late", "", ""}, {"minji", strings.Repeat("x", 4000), o.code(secret)},
	} {
		e, err := o.Enter(t.Context(), c[0], c[1], c[2], device)
		if !errors.Is(err, staff.ErrRefused) || e.Token != "" {
			t.Errorf("%q: %v", c[0], err)
			continue
		}
		texts = append(texts, err.Error())
	}
	for _, text := range texts {
		if text != texts[0] {
			t.Errorf("%q and %q", text, texts[0])
		}
	}
}

// A code opens one session: who looks over a shoulder comes too late.
func TestACodeIsGoodOnce(t *testing.T) {
	o := open(t)
	_, secret := o.join("minji", staff.Viewer)
	o.must(o.kit.Store.Advance(t.Context(), time.Minute))
	code := o.code(secret)
	_, err := o.Enter(t.Context(), "minji", password, code, device)
	o.must(err)
	if _, err := o.Enter(t.Context(), "minji", password, code, device); !errors.Is(err, staff.ErrRefused) {
		t.Errorf("used twice: %v", err)
	}
}

// A hundred guesses at once get exactly five answers.
func TestTriesAreChargedFirst(t *testing.T) {
	o := open(t)
	_, secret := o.join("minji", staff.Viewer)
	var mu sync.Mutex
	var refused, locked int
	var all sync.WaitGroup
	for range 40 {
		all.Go(func() {
			_, err := o.Enter(t.Context(), "minji", "wrong password", "000000", device)
			mu.Lock()
			defer mu.Unlock()
			switch consent.KindOf(err) {
			case consent.KindUnauthorized:
				refused++
			case consent.KindTooMany:
				locked++
			default:
				t.Error(err)
			}
		})
	}
	all.Wait()
	if refused != staff.TriesMost || locked != 40-staff.TriesMost {
		t.Errorf("%d refused, %d locked", refused, locked)
	}
	o.must(o.kit.Store.Advance(t.Context(), time.Minute))
	_, err := o.Enter(t.Context(), "minji", password, o.code(secret), device)
	if e, ok := errors.AsType[*consent.Error](err); !ok || e.Kind != consent.KindTooMany || e.RetryAfter <= 0 || e.RetryAfter > staff.TriesIn {
		t.Errorf("the right one while locked: %v", err)
	}
	o.must(o.kit.Store.Advance(t.Context(), staff.TriesIn))
	o.enter("minji", secret)
	for range staff.TriesMost - 1 { // what was right clears the count
		_, _ = o.Enter(t.Context(), "minji", "wrong password", "000000", device)
	}
	o.enter("minji", secret)
}

func TestSessionsEnd(t *testing.T) {
	o := open(t)
	p, secret := o.join("minji", staff.Support)
	idle := o.enter("minji", secret)
	o.must(o.kit.Store.Advance(t.Context(), staff.IdleFor-time.Second))
	if _, err := o.Visit(t.Context(), idle); err != nil {
		t.Errorf("used in time: %v", err)
	}
	o.must(o.kit.Store.Advance(t.Context(), staff.IdleFor))
	o.out(idle)

	whole := o.enter("minji", secret)
	for range int(staff.WholeFor/(20*time.Minute)) - 1 {
		o.must(o.kit.Store.Advance(t.Context(), 20*time.Minute))
		_, err := o.Visit(t.Context(), whole)
		o.must(err)
	}
	o.must(o.kit.Store.Advance(t.Context(), 20*time.Minute))
	o.out(whole)

	one, two := o.enter("minji", secret), o.enter("minji", secret)
	p, err := o.Visit(t.Context(), one)
	o.must(err)
	o.must(o.LeaveAll(t.Context(), p.ID, p))
	o.out(one)
	o.out(two)
}

// A role that is taken away is gone at once, on every device.
func TestRoleAndDisable(t *testing.T) {
	o := open(t)
	_, secret := o.join("minji", staff.Privacy)
	cookie := o.enter("minji", secret)
	p, err := o.SetRole(t.Context(), "cli:0", "minji", staff.Viewer)
	if err != nil || p.Role != staff.Viewer {
		t.Fatal(p, err)
	}
	o.out(cookie)
	cookie = o.enter("minji", secret)
	_, err = o.Disable(t.Context(), "cli:0", "minji")
	o.must(err)
	o.out(cookie)
	o.must(o.kit.Store.Advance(t.Context(), time.Minute))
	if _, err := o.Enter(t.Context(), "minji", password, o.code(secret), device); !errors.Is(err, staff.ErrRefused) {
		t.Errorf("disabled: %v", err)
	}
	if _, err := o.Disable(t.Context(), "cli:0", "nobody"); !errors.Is(err, staff.ErrNobody) {
		t.Error(err)
	}
	if _, err := o.SetRole(t.Context(), "cli:0", "minji", "god"); consent.KindOf(err) != consent.KindInvalid {
		t.Error(err)
	}
	changes, err := o.Store.Changes(t.Context(), 10)
	o.must(err)
	var what []string
	for _, c := range changes {
		what = append(what, c.What+" "+string(c.Role)+" "+string(c.State))
		if c.Name != "minji" || c.At.IsZero() || c.By == "" {
			t.Errorf("%+v", c)
		}
	}
	want := "disabled viewer disabled, role viewer active, joined privacy active, invited privacy invited"
	if got := strings.Join(what, ", "); got != want {
		t.Errorf("changes are %s", got)
	}
}

// Invited anew, the old password, factor and sessions are worth nothing; the person stays the same one.
func TestInviteAnew(t *testing.T) {
	o := open(t)
	p, secret := o.join("minji", staff.Support)
	cookie := o.enter("minji", secret)
	again, _, err := o.Invite(t.Context(), "cli:0", "minji", "")
	if err != nil || again.ID != p.ID || again.Role != staff.Support {
		t.Fatalf("%+v, %v", again, err)
	}
	o.out(cookie)
	o.must(o.kit.Store.Advance(t.Context(), time.Minute))
	if _, err := o.Enter(t.Context(), "minji", password, o.code(secret), device); !errors.Is(err, staff.ErrRefused) {
		t.Errorf("the old password: %v", err)
	}
	for _, bad := range []string{"", "a", "Minji", "min ji", "=cmd", "1a", "a\nb", strings.Repeat("a", 33)} {
		if _, _, err := o.Invite(t.Context(), "cli:0", bad, staff.Viewer); consent.KindOf(err) != consent.KindInvalid {
			t.Errorf("name %q: %v", bad, err)
		}
	}
	if _, _, err := o.Invite(t.Context(), "cli:0", "jun", "god"); consent.KindOf(err) != consent.KindInvalid {
		t.Errorf("role: %v", err)
	}
}

// Two changes at once: one wins, the other is told.
func TestSaveComparesRevisions(t *testing.T) {
	o := open(t)
	p, _ := o.join("minji", staff.Viewer)
	p.Rev++
	o.must(o.Store.Save(t.Context(), p, staff.Change{}))
	if err := o.Store.Save(t.Context(), p, staff.Change{}); !errors.Is(err, consent.ErrStale) {
		t.Errorf("an old revision: %v", err)
	}
	thief := staff.Person{ID: consent.NewID(staff.PrefixPerson, o.kit.Store.Clock()), Name: "minji", Rev: 1}
	if err := o.Store.Save(t.Context(), thief, staff.Change{}); !errors.Is(err, consent.ErrStale) {
		t.Errorf("a name that is taken: %v", err)
	}
	all, err := o.Store.People(t.Context())
	if err != nil || len(all) != 1 {
		t.Errorf("%d people, %v", len(all), err)
	}
}

// Whoever reads Redis learns neither a password nor a factor, a cookie or an invitation (threat 11).
func TestNothingInClear(t *testing.T) {
	o := open(t)
	p, secret := o.join("minji", staff.Viewer)
	cookie := o.enter("minji", secret)
	_, token, err := o.Invite(t.Context(), "cli:0", "jun", staff.Viewer)
	o.must(err)
	keys, err := o.kit.Clients.Read.Keys(t.Context(), "*").Result()
	o.must(err)
	text := p.Password + string(p.Factor) + strings.Join(keys, "\n")
	for _, key := range keys {
		text += o.kit.Clients.Read.Dump(t.Context(), key).Val()
	}
	if !strings.Contains(text, p.ID) {
		t.Error("the person is not found in it: this test is blind")
	}
	for _, canary := range []string{password, secret, cookie, token} {
		if strings.Contains(text, canary) {
			t.Error("a secret is kept in clear")
		}
	}
}

// The table of permissions, as a reader would write it down. Marketing sees the gate and nothing else; nobody but those
// who answer for the data may reveal or record.
func TestPermissions(t *testing.T) {
	want := map[staff.Permission]string{
		staff.MaySelf: "viewer support marketing privacy admin", staff.MayLook: "viewer support privacy admin",
		staff.MayExport: "privacy", staff.MayReveal: "support privacy", staff.MayHelp: "support privacy",
		staff.MayEnd: "support privacy", staff.MayDestroy: "privacy", staff.MayRecord: "support privacy",
		staff.MayRights: "support privacy", staff.MayGate: "marketing privacy", staff.MayPeople: "admin", staff.MayAccount: "privacy", "": "", "other": "",
	}
	for p, roles := range want {
		var got []string
		for _, r := range staff.Roles {
			if r.May(p) {
				got = append(got, string(r))
			}
		}
		if strings.Join(got, " ") != roles {
			t.Errorf("%s: %v, want %s", p, got, roles)
		}
	}
	if staff.Role("god").May(staff.MayLook) || staff.Role("").May(staff.MaySelf) {
		t.Error("an unknown role may something")
	}
}
