package staff_test

import (
	"errors"
	"testing"
	"time"

	"github.com/bohoja/bohoja/consent"
	"github.com/bohoja/bohoja/consent/staff"
)

const another = "a donkey without a battery"

// proof is what somebody types who is signed in and wants to change how they sign in.
func (o *office) proof(secret string) staff.Renewal {
	o.Helper()
	o.must(o.kit.Store.Advance(o.Context(), time.Minute))
	return staff.Renewal{Password: password, Code: o.code(secret), Device: device}
}

// refused checks an error that tells the page one thing and the log another.
func (o *office) refused(err error, cause staff.Cause, person string) {
	o.Helper()
	r, ok := errors.AsType[*staff.Refusal](err)
	if !ok || r.Cause != cause || r.Person != person {
		o.Errorf("%v is %+v, want %s of %q", err, r, cause, person)
	}
}

// TestSetPassword: the old password and the code of now give a new one; every other session ends, and who asked has a new one.
func TestSetPassword(t *testing.T) {
	o := open(t)
	_, secret := o.join("minji", staff.Support)
	mine, other := o.enter("minji", secret), o.enter("minji", secret)
	p, err := o.Visit(t.Context(), mine)
	o.must(err)
	e, err := o.SetPassword(t.Context(), p, o.proof(secret), another)
	o.must(err)
	o.out(mine)
	o.out(other)
	who, err := o.Visit(t.Context(), e.Token)
	if err != nil || who.ID != p.ID || who.Role != staff.Support {
		t.Fatalf("who asked: %+v, %v", who, err)
	}
	old := o.proof(secret)
	_, err = o.Enter(t.Context(), "minji", old.Password, old.Code, device)
	o.refused(err, staff.CausePassword, p.ID)
	if _, err = o.Enter(t.Context(), "minji", another, old.Code, device); err != nil {
		t.Error(err)
	}
	changes, err := o.Store.Changes(t.Context(), 1)
	if err != nil || changes[0].What != staff.ChangedPassword || changes[0].By != p.ID {
		t.Errorf("%+v, %v", changes, err)
	}
}

// TestSetPasswordRefuses: nothing changes without the old password, a fresh code and a password that may be one; and the tries
// are those of the sign-in, so that who found a desk open guesses no more than who stands before the door.
func TestSetPasswordRefuses(t *testing.T) {
	o := open(t)
	o.House = func() []string { return []string{"haneul"} }
	_, secret := o.join("minji", staff.Support)
	spent := o.proof(secret) // the half minute of this code may be over at once, and the next one is fresh
	e, err := o.Enter(t.Context(), "minji", password, spent.Code, device)
	o.must(err)
	cookie := e.Token
	p, err := o.Visit(t.Context(), cookie)
	o.must(err)
	_, err = o.SetPassword(t.Context(), p, spent, another)
	o.refused(err, staff.CauseReplayed, p.ID)
	for weak, want := range map[string]error{"short": staff.ErrPassword, "i am minji myself": staff.ErrPassword, "qwertyqwerty": staff.ErrCommon, "haneul haneul 12": staff.ErrCommon} {
		if _, err := o.SetPassword(t.Context(), p, o.proof(secret), weak); !errors.Is(err, want) {
			t.Errorf("%q: %v", weak, err)
		}
	}
	wrong := o.proof(secret)
	wrong.Code = o.miss(secret, "000000")
	_, err = o.SetPassword(t.Context(), p, wrong, another)
	o.refused(err, staff.CauseFactor, p.ID)
	wrong.Password = "another password"
	for range staff.TriesMost - 2 {
		_, err = o.SetPassword(t.Context(), p, wrong, another)
		o.refused(err, staff.CausePassword, p.ID)
	}
	_, err = o.SetPassword(t.Context(), p, o.proof(secret), another)
	o.refused(err, staff.CauseLocked, p.ID)
	if consent.KindOf(err) != consent.KindTooMany {
		t.Error(err)
	}
	_, err = o.EndSeats(t.Context(), p, cookie, password, func(staff.Seat) bool { return true })
	o.refused(err, staff.CauseLocked, p.ID)
	if _, err := o.Visit(t.Context(), cookie); err != nil {
		t.Errorf("the session ended: %v", err)
	}
}

// TestSetPasswordAgainstSignOut: who was signed out everywhere while the form was open changes nothing.
func TestSetPasswordAgainstSignOut(t *testing.T) {
	o := open(t)
	_, secret := o.join("minji", staff.Support)
	p, err := o.Visit(t.Context(), o.enter("minji", secret))
	o.must(err)
	o.must(o.SignOut(t.Context(), "cli:0", "minji"))
	if _, err := o.SetPassword(t.Context(), p, o.proof(secret), another); !errors.Is(err, consent.ErrStale) {
		t.Error(err)
	}
	seats, err := o.Store.Sessions(t.Context(), p.ID)
	if err != nil || len(seats) != 1 {
		t.Errorf("%d sessions, %v", len(seats), err)
	}
}

// TestSetFactor: a new second factor works from then on and the old one never again; both are proved first.
func TestSetFactor(t *testing.T) {
	o := open(t)
	_, secret := o.join("minji", staff.Support)
	cookie := o.enter("minji", secret)
	p, err := o.Visit(t.Context(), cookie)
	o.must(err)
	f, err := o.Another(t.Context(), p, nil)
	o.must(err)
	same, err := o.Another(t.Context(), p, f.Sealed)
	if err != nil || same.Secret.Reveal() != f.Secret.Reveal() {
		t.Errorf("the factor changes while it is set up: %v", err)
	}
	other, theirs := o.join("jun", staff.Viewer)
	foreign, err := o.Another(t.Context(), other, nil)
	o.must(err)
	by := o.proof(secret)
	for name, c := range map[string]struct {
		sealed consent.Sealed
		code   string
	}{
		"another's": {foreign.Sealed, o.code(foreign.Secret.Reveal())}, "none": {nil, by.Code}, "wrong code": {f.Sealed, o.miss(f.Secret.Reveal(), "000000")}, "the old one's code": {f.Sealed, o.miss(f.Secret.Reveal(), o.code(theirs))},
	} {
		if _, err := o.SetFactor(t.Context(), p, by, c.sealed, c.code); !errors.Is(err, staff.ErrCode) {
			t.Errorf("%s: %v", name, err)
		}
	}
	e, err := o.SetFactor(t.Context(), p, by, f.Sealed, o.code(f.Secret.Reveal()))
	o.must(err)
	o.out(cookie)
	if _, err := o.Visit(t.Context(), e.Token); err != nil {
		t.Error(err)
	}
	_, err = o.Enter(t.Context(), "minji", password, o.miss(f.Secret.Reveal(), o.proof(secret).Code), device)
	o.refused(err, staff.CauseFactor, p.ID)
	o.enter("minji", f.Secret.Reveal())
}

// TestSeats: somebody sees their own living sessions and ends single ones or all others, never the one that asks, and with the
// password alone.
func TestSeats(t *testing.T) {
	o := open(t)
	_, theirs := o.join("jun", staff.Viewer)
	_, secret := o.join("minji", staff.Support)
	idle := o.enter("minji", secret)
	o.must(o.kit.Store.Advance(t.Context(), staff.IdleFor))
	foreign := o.enter("jun", theirs)
	first, second, here := o.enter("minji", secret), o.enter("minji", secret), o.enter("minji", secret)
	p, err := o.Visit(t.Context(), here)
	o.must(err)
	seats, err := o.Seats(t.Context(), p, here)
	o.must(err)
	if len(seats) != 3 || !seats[0].Here || seats[1].Here || seats[0].Device != device || !seats[1].Began.Before(seats[0].Began) || seats[0].Seen.IsZero() {
		t.Fatalf("%+v", seats)
	}
	only := func(id string) func(staff.Seat) bool { return func(s staff.Seat) bool { return s.ID == id } }
	_, err = o.EndSeats(t.Context(), p, here, "wrong password", only(seats[2].ID))
	o.refused(err, staff.CausePassword, p.ID)
	if n, err := o.EndSeats(t.Context(), p, here, password, only(seats[2].ID)); n != 1 || err != nil {
		t.Errorf("%d, %v", n, err)
	}
	o.out(first)
	if _, err := o.Visit(t.Context(), second); err != nil {
		t.Errorf("another one ended: %v", err)
	}
	if n, err := o.EndSeats(t.Context(), p, here, password, func(staff.Seat) bool { return true }); n != 1 || err != nil {
		t.Errorf("%d, %v", n, err)
	}
	o.out(second)
	o.out(idle)
	for _, cookie := range []string{here, foreign} {
		if _, err := o.Visit(t.Context(), cookie); err != nil {
			t.Errorf("the one that asks, or a colleague's, ended: %v", err)
		}
	}
	o.must(o.Leave(t.Context(), here))
	if seats, err := o.Store.Sessions(t.Context(), p.ID); err != nil || len(seats) > 1 { // the idle one, which nobody visits, ends by itself
		t.Errorf("%+v, %v", seats, err)
	}
}

func TestDeviceOf(t *testing.T) {
	t.Parallel()
	for agent, want := range map[string]string{
		"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36":                         "chrome windows",
		"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36 Edg/140.0.0.0":           "edge windows",
		"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/138.0.0.0 Whale/4.33.0.0 Safari/537.36":          "whale windows",
		"Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) SamsungBrowser/28.0 Chrome/130.0.0.0 Mobile Safari/537.36":     "samsung android",
		"Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.6 Mobile/15E148 Safari/604.1": "safari iphone",
		"Mozilla/5.0 (Macintosh; Intel Mac OS X 10.15; rv:142.0) Gecko/20100101 Firefox/142.0":                                                    "firefox mac",
		"Mozilla/5.0 (X11; Linux x86_64; rv:142.0) Gecko/20100101 Firefox/142.0":                                                                  "firefox linux",
		"curl/8.14.1": "other other", "": "other other", "minji@example.com 0101234": "other other",
	} {
		if got := staff.DeviceOf(agent); got != want {
			t.Errorf("%q is %q, want %q", agent, got, want)
		}
	}
}
