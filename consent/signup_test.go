package consent_test

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"

	"github.com/bohoja/bohoja/consent"
	"github.com/bohoja/bohoja/consent/consenttest"
)

// noMail is a consent.Domains for which one domain takes no mail.
type noMail string

func (d noMail) Deliverable(_ context.Context, domain string) bool { return domain != string(d) }

const (
	resident = "140302-3123456" // has the form of a resident registration number
	wide     = "１４０３０２－３１２３４５６"
)

// born is a birth date so many years and days before today in Seoul.
func born(k *consenttest.Kit, years, days int) consent.Private {
	now := k.Service.Clock().In(k.Service.Book().Profile.Zone)
	return consent.Secret(now.AddDate(-years, 0, -days).Format(time.DateOnly))
}

var refusals = []struct {
	name   string
	change func(*consent.Signup)
	faults []string
	code   string // of the whole answer
}{
	{"no subject", func(s *consent.Signup) { s.Subject = "" }, []string{"/subject required"}, "invalid"},
	{"subject with a space", func(s *consent.Signup) { s.Subject = "a b" }, []string{"/subject invalid"}, "invalid"},
	{"subject too long", func(s *consent.Signup) { s.Subject = strings.Repeat("a", 65) }, []string{"/subject invalid"}, "invalid"},
	{"subject is an address", func(s *consent.Signup) { s.Subject = "kid@example.com" }, []string{"/subject subject_is_personal"}, "subject_is_personal"},
	{"subject is a number", func(s *consent.Signup) { s.Subject = "010-1234-5678" }, []string{"/subject subject_is_personal"}, "subject_is_personal"},
	{"no notice", func(s *consent.Signup) { s.Notice = "" }, []string{"/child_notice/version notice_missing"}, "notice_missing"},
	{"no age at all", func(s *consent.Signup) { s.UnderAge, s.Child.BirthDate = nil, consent.Private{} }, []string{"/child not_under_age"}, "not_under_age"},
	{"under_age false", func(s *consent.Signup) { s.UnderAge, s.Child.BirthDate = new(false), consent.Private{} }, []string{"/child not_under_age"}, "not_under_age"},
	{"adult birth date", func(s *consent.Signup) { s.Child.BirthDate = consent.Secret("1990-01-01") }, []string{"/child not_under_age"}, "not_under_age"},
	{"age 14", func(s *consent.Signup) { s.Child.BirthDate, s.AgeGiven = consent.Private{}, new(14) }, []string{"/child not_under_age"}, "not_under_age"},
	{"negative age", func(s *consent.Signup) { s.AgeGiven = new(-1) }, []string{"/child/age invalid"}, "invalid"},
	{"birth date ahead", func(s *consent.Signup) { s.Child.BirthDate = consent.Secret("2199-01-01") }, []string{"/child/birth_date invalid"}, "invalid"},
	{"no such day", func(s *consent.Signup) { s.Child.BirthDate = consent.Secret("2014-02-30") }, []string{"/child/birth_date invalid"}, "invalid"},
	{"no child's name", func(s *consent.Signup) { s.Child.Name = consent.Private{} }, []string{"/child/name required"}, "invalid"},
	{"link for a name", func(s *consent.Signup) { s.Child.Name = consent.Secret("go.naver.com") }, []string{"/child/name not_a_name"}, "invalid"},
	{"no guardian's name", func(s *consent.Signup) { s.Guardian.Name = consent.Private{} }, []string{"/guardian/name required"}, "invalid"},
	{"엄마", func(s *consent.Signup) { s.Guardian.Name = consent.Secret("우리 엄마") }, []string{"/guardian/name guardian_name_generic"}, "guardian_name_generic"},
	{"mom", func(s *consent.Signup) { s.Guardian.Name = consent.Secret("Mom") }, []string{"/guardian/name guardian_name_generic"}, "guardian_name_generic"},
	{"no address", func(s *consent.Signup) { s.Guardian.Email = consent.Private{} }, []string{"/guardian/email required"}, "invalid"},
	{"two addresses", func(s *consent.Signup) { s.Guardian.Email = consent.Secret("a@b.example,c@d.example") }, []string{"/guardian/email invalid"}, "invalid"},
	{"the child's own mailbox", func(s *consent.Signup) { s.Guardian.Email = consent.Secret("kid@example.com") }, []string{"/guardian/email guardian_is_child"}, "guardian_is_child"},
	{"the child's own by tag and case", func(s *consent.Signup) { s.Guardian.Email = consent.Secret("KID+mum@Example.com") }, []string{"/guardian/email guardian_is_child"}, "guardian_is_child"},
	{"the child's own by dots", func(s *consent.Signup) {
		s.Child.Email, s.Guardian.Email = consent.Secret("k.i.d@gmail.com"), consent.Secret("kid@googlemail.com")
	}, []string{"/guardian/email guardian_is_child"}, "guardian_is_child"},
	{"no mail there", func(s *consent.Signup) { s.Guardian.Email = consent.Secret("p@nowhere.example") }, []string{"/guardian/email undeliverable_domain"}, "undeliverable_domain"},
	{"guardian's phone", func(s *consent.Signup) { s.Guardian.Phone = consent.Secret("12") }, []string{"/guardian/phone invalid"}, "invalid"},
	{"child's phone", func(s *consent.Signup) { s.Child.Phone = consent.Secret("12") }, []string{"/child/phone invalid"}, "invalid"},
	{"child's address", func(s *consent.Signup) { s.Child.Email = consent.Secret("nowhere") }, []string{"/child/email invalid"}, "invalid"},
	{"method not taken", func(s *consent.Signup) { s.Method = consent.MethodPaper }, []string{"/method method_not_accepted"}, "invalid"},
	{"unknown purpose", func(s *consent.Signup) { s.Purposes = []string{"account", "ads"}; s.Data = nil }, []string{"/purposes/1 unknown_purpose"}, "invalid"},
	{"purpose named twice", func(s *consent.Signup) { s.Purposes = []string{"account", "account"}; s.Data = nil }, []string{"/purposes/1 unknown_purpose"}, "invalid"},
	{"required purpose left out", func(s *consent.Signup) { s.Purposes = []string{"delivery"}; s.Data = nil }, []string{"/purposes required_purpose"}, "invalid"},
	{"item of no purpose", func(s *consent.Signup) { s.Data["sch/o~ol"] = json.RawMessage(`"x"`) }, []string{"/data/sch~1o~0ol undeclared_item"}, "undeclared_item"},
	{"item of a purpose not chosen", func(s *consent.Signup) { s.Purposes = []string{"account"} }, []string{"/data/address undeclared_item"}, "undeclared_item"},
	{"return to a stranger", func(s *consent.Signup) { s.ReturnURL = "https://shop.example/welcome/" }, []string{"/return_url return_url_not_listed"}, "invalid"},
}

func TestSignupRefuses(t *testing.T) {
	t.Parallel()
	k := consenttest.New(t)
	k.Service.Domains = noMail("nowhere.example")
	for _, one := range refusals {
		t.Run(one.name, func(t *testing.T) {
			in := ask("user-1")
			one.change(&in)
			_, err := k.Service.Signup(t.Context(), k.App, app, in)
			same(t, "faults", faults(err), one.faults...)
			if consent.KindOf(err) != consent.KindInvalid || consent.CodeOf(err) != one.code {
				t.Errorf("error %v, want %s", err, one.code)
			}
		})
	}
	if recs, err := k.Store.Subject(t.Context(), "shop", "user-1"); err != nil || len(recs) != 0 {
		t.Errorf("%d records of refused signups, %v", len(recs), err)
	}
}

// A resident registration number is refused wherever a text is free (KR-24).
func TestSignupRefusesResidentNumbers(t *testing.T) {
	t.Parallel()
	k := consenttest.New(t)
	for pointer, change := range map[string]func(*consent.Signup){
		"/subject":              func(s *consent.Signup) { s.Subject = resident },
		"/child_notice/version": func(s *consent.Signup) { s.Notice = resident },
		"/child/name":           func(s *consent.Signup) { s.Child.Name = consent.Secret("하늘 " + wide) },
		"/guardian/name":        func(s *consent.Signup) { s.Guardian.Name = consent.Secret("보호 " + resident) },
		"/child/email":          func(s *consent.Signup) { s.Child.Email = consent.Secret(resident + "@example.com") },
		"/guardian/email":       func(s *consent.Signup) { s.Guardian.Email = consent.Secret(resident + "@example.com") },
		"/child/phone":          func(s *consent.Signup) { s.Child.Phone = consent.Secret(resident) },
		"/guardian/phone":       func(s *consent.Signup) { s.Guardian.Phone = consent.Secret(resident) },
		"/child/birth_date":     func(s *consent.Signup) { s.Child.BirthDate = consent.Secret(resident) },
		"/return_url":           func(s *consent.Signup) { s.ReturnURL = "https://shop.example/" + resident },
		"/data/nickname":        func(s *consent.Signup) { s.Data["nickname"] = json.RawMessage(`{"deep":["x","` + wide + `"]}`) },
		"/data/address":         func(s *consent.Signup) { s.Data["address"] = json.RawMessage(`{"1403023123456":1}`) },
		"/data/birth_date":      func(s *consent.Signup) { s.Data["birth_date"] = json.RawMessage(`1403023123456`) },
	} {
		in := ask("user-1")
		change(&in)
		_, err := k.Service.Signup(t.Context(), k.App, app, in)
		if !slices.Contains(faults(err), pointer+" resident_number") {
			t.Errorf("at %s: %v, faults %q", pointer, err, faults(err))
		}
		if err != nil && strings.Contains(err.Error(), "3123456") {
			t.Errorf("the error at %s repeats the number", pointer)
		}
	}
}

// Thirteen digits are also a telephone number, once somebody writes +82 before them: they are looked at as they were typed.
func TestResidentNumberAsATelephone(t *testing.T) {
	t.Parallel()
	k := consenttest.New(t)
	for _, text := range []string{"1403023123456", "140302 3123456", wide} {
		in := ask("user-1")
		in.Child.Phone, in.Guardian.Phone = consent.Secret(text), consent.Secret(text)
		_, err := k.Service.Signup(t.Context(), k.App, app, in)
		same(t, "faults of "+text, faults(err), "/child/phone resident_number", "/guardian/phone resident_number")
		_, err = k.Service.AgeCheck(t.Context(), k.App, consent.AgeCheck{
			Claim: consent.AgeClaim{Age: new(11)}, Phone: consent.Secret(text),
		})
		same(t, "faults of an age check with "+text, faults(err), "/phone resident_number")
		_, err = k.Service.Flag(t.Context(), k.App, app, consent.Minor{
			Who: consent.Identity{Phone: consent.Secret(text)}, Claim: consent.AgeClaim{Age: new(11)},
		})
		same(t, "faults of a flag for "+text, faults(err), "/phone resident_number")
	}
}

func TestSignupTellsEveryFaultAtOnce(t *testing.T) {
	t.Parallel()
	k := consenttest.New(t)
	in := ask("user-1")
	in.Subject, in.Notice, in.ReturnURL = "a b", "", "https://evil.example"
	in.Guardian.Name, in.Guardian.Email = consent.Secret("아빠"), consent.Secret("kid@example.com")
	in.Data["school"] = json.RawMessage(`"x"`)
	_, err := k.Service.Signup(t.Context(), k.App, app, in)
	same(t, "faults", faults(err), "/subject invalid", "/child_notice/version notice_missing", "/return_url return_url_not_listed",
		"/guardian/name guardian_name_generic", "/guardian/email guardian_is_child", "/data/school undeclared_item")
	if code := consent.CodeOf(err); code != "notice_missing" {
		t.Errorf("code %s, want that of the first fault with a code of its own", code)
	}
}

// KR-29: under age until the day of the 14th birthday, by Seoul's date.
func TestSignupOnTheBirthday(t *testing.T) {
	t.Parallel()
	k := consenttest.New(t)
	clockAt(t, k, 1) // still yesterday in UTC
	in := ask("user-1")
	in.UnderAge, in.Child.BirthDate = nil, born(k, 14, 0)
	_, err := k.Service.Signup(t.Context(), k.App, app, in)
	same(t, "14 today", faults(err), "/child not_under_age")
	in.Child.BirthDate = born(k, 14, -1)
	signup(t, k, in)
}

func TestSignupChildsDateWins(t *testing.T) {
	t.Parallel()
	k := consenttest.New(t)
	in := ask("user-1")
	in.UnderAge = new(false)
	signup(t, k, in)
}

func TestSignupDefaults(t *testing.T) {
	t.Parallel()
	k := consenttest.New(t)
	in := ask("user-1")
	in.Child.Locale, in.Guardian.Locale = "", "fr"
	ticket := signup(t, k, in)
	rec := ticket.Record
	if rec.Method != consent.MethodEmailLink || rec.Locale != "ko" || rec.Mail != consent.MailQueued {
		t.Errorf("method %s, locale %s, mail %s", rec.Method, rec.Locale, rec.Mail)
	}
	if !slices.Equal(rec.Asked, []string{"account", "delivery"}) || rec.Terms != k.App.Terms() || rec.Notice != "n1" {
		t.Errorf("asked %q, terms %s, notice %s", rec.Asked, rec.Terms, rec.Notice)
	}
	if rec.Status != consent.Pending || rec.Custody != consent.Held || !rec.ExpiresAt.Equal(rec.CreatedAt.Add(119*time.Hour)) {
		t.Errorf("%s, %s, for %s", rec.Status, rec.Custody, rec.ExpiresAt.Sub(rec.CreatedAt))
	}
	if len(ticket.PairingCode) != 6 || !strings.HasPrefix(ticket.ChildPage, "https://consent.example/k/") || ticket.Replayed {
		t.Errorf("ticket %+v", ticket)
	}
	told(t, k, rec.ID, "pending")
}

func TestSignupWithoutData(t *testing.T) {
	t.Parallel()
	k := consenttest.New(t)
	in := ask("user-1")
	in.Data = nil
	signup(t, k, in)
	rec := decide(t, k, invited(t, k), yes()).Record
	h, err := k.Service.Release(t.Context(), k.App, app, rec.ID)
	if err != nil || len(h.Data) != 0 {
		t.Errorf("released %d items, %v", len(h.Data), err)
	}
}

func TestSignupOnPaper(t *testing.T) {
	t.Parallel()
	k := consenttest.New(t)
	k.App = k.Service.Book().Apps["game"]
	in := ask("user-1")
	in.Method, in.Guardian.Email = consent.MethodPaper, consent.Private{}
	delete(in.Data, "address")
	ticket := signup(t, k, in)
	k.Work()
	if ticket.Record.Mail != consent.MailNotSent || len(k.Letters.All()) != 0 {
		t.Errorf("mail %s, %d letters", ticket.Record.Mail, len(k.Letters.All()))
	}
	w, err := k.Service.Wait(t.Context(), token(t, ticket.ChildPage, "/k/"))
	if err != nil || w.Guardian != "" || w.PairingCode != ticket.PairingCode {
		t.Errorf("the child's page shows %q, %v", w.Guardian, err)
	}
	_, err = k.Service.Resend(t.Context(), k.App, app, ticket.Record.ID)
	wants(t, "resend", err, consent.ErrNoLetter)
	for _, g := range []consent.Guardian{person("박보호", ""), person("박보호", "paper@example.com"), person("최보호", "")} {
		rec, err := k.Service.Correct(t.Context(), k.App, app, ticket.Record.ID, g)
		if err != nil || rec.Mail != consent.MailNotSent || rec.Gen != 1 {
			t.Errorf("corrected: mail %s, generation %d, %v", rec.Mail, rec.Gen, err)
		}
	}
	if w, err = k.Service.Wait(t.Context(), token(t, ticket.ChildPage, "/k/")); err != nil || w.Guardian != "pa***@example.com" {
		t.Errorf("a correction of the name lost the address: %q, %v", w.Guardian, err)
	}
}

func TestSignupWarnsOfATypo(t *testing.T) {
	t.Parallel()
	k := consenttest.New(t)
	in := ask("user-1")
	in.Guardian.Email = consent.Secret("parent@gmial.com")
	ticket := signup(t, k, in)
	want := []consent.Warning{{Code: "maybe_typo", Pointer: "/guardian/email", Suggestion: "gmail.com"}}
	if !slices.Equal(ticket.Warnings, want) {
		t.Errorf("warnings %+v", ticket.Warnings)
	}
}

func TestSignupNotAccepting(t *testing.T) {
	t.Parallel()
	k := consenttest.New(t)
	_, tok := start(t, k, "user-1")
	k.Service.Settings.Accepting = false
	_, err := k.Service.Signup(t.Context(), k.App, app, ask("user-2"))
	wants(t, "signup", err, consent.ErrBusy)
	if e, ok := errors.AsType[*consent.Error](err); !ok || e.RetryAfter <= 0 {
		t.Error("it does not say when to come back")
	}
	if v := decide(t, k, tok, yes()); v.Record.Status != consent.Granted {
		t.Errorf("decisions do not go on: %s", v.Record.Status)
	}
}

func keyed(subject, key, body string) consent.Signup {
	in := ask(subject)
	in.Key, in.Body = key, []byte(body)
	return in
}

func TestSignupIdempotency(t *testing.T) {
	t.Parallel()
	redis, dir := miniredis.RunT(t), t.TempDir()
	k := consenttest.NewOn(t, "redis://"+redis.Addr(), dir)
	first := signup(t, k, keyed("user-1", "key-1", "body"))
	k.Work()
	for name, process := range map[string]*consenttest.Kit{"same": k, "restarted": consenttest.NewOn(t, "redis://"+redis.Addr(), dir)} {
		again := signup(t, process, keyed("user-1", "key-1", "body"))
		if !again.Replayed || again.Record.ID != first.Record.ID || again.PairingCode != first.PairingCode || again.ChildPage != first.ChildPage {
			t.Errorf("%s process answers %+v", name, again)
		}
		process.Work()
	}
	if n := letters(k, consent.LetterInvite); n != 1 {
		t.Errorf("%d invitations", n)
	}
	told(t, k, first.Record.ID, "pending", "invited")
	_, err := k.Service.Signup(t.Context(), k.App, app, keyed("user-1", "key-1", "another body"))
	wants(t, "another body", err, consent.ErrMismatch)
	if second := signup(t, k, keyed("user-2", "key-2", "body")); second.Replayed {
		t.Error("another key was taken for a repetition")
	}
}

func TestSignupAlreadyPending(t *testing.T) {
	t.Parallel()
	k := consenttest.New(t)
	rec, tok := start(t, k, "user-1")
	_, err := k.Service.Signup(t.Context(), k.App, app, ask("user-1"))
	e, ok := errors.AsType[*consent.Error](err)
	if !ok || e.Code != "already_pending" || e.Kind != consent.KindConflict || e.ID != rec.ID {
		t.Fatalf("error %+v", err)
	}
	decide(t, k, tok, yes())
	signup(t, k, ask("user-1"))
}

func TestSignupRecentlyRefused(t *testing.T) {
	t.Parallel()
	for _, d := range []consent.Decision{consent.DecideDecline, consent.DecideNotMine} {
		k := consenttest.New(t)
		_, tok := start(t, k, "user-1")
		decide(t, k, tok, no(d))
		_, err := k.Service.Signup(t.Context(), k.App, app, ask("user-1"))
		e, ok := errors.AsType[*consent.Error](err)
		if !ok || e.Code != "recently_refused" || e.RetryAfter > 168*time.Hour || e.RetryAfter < 167*time.Hour {
			t.Fatalf("after %s: %+v", d, err)
		}
		signup(t, k, ask("user-2"))
		pass(t, k, 168*time.Hour)
		signup(t, k, ask("user-1"))
	}
}

// blocked has a guardian ask for no more letters, in the kit's app.
func blocked(t *testing.T, k *consenttest.Kit) {
	t.Helper()
	_, tok := start(t, k, "stranger")
	c := checked(t, k, tok, no(consent.DecideNotMine))
	if _, err := k.Service.Decide(t.Context(), tok, c.Proof, "yes", true); err != nil {
		t.Fatal(err)
	}
}

func TestSignupQuietGuardian(t *testing.T) {
	t.Parallel()
	k := consenttest.New(t)
	blocked(t, k)
	before := len(k.Letters.All())
	for _, id := range []string{"shop", "game"} {
		in := ask("user-1")
		in.Guardian.Email = consent.Secret("PARENT+x@example.com")
		delete(in.Data, "address")
		ticket, err := k.Service.Signup(t.Context(), k.Service.Book().Apps[id], app, in)
		if err != nil {
			t.Fatal(err)
		}
		if rec := ticket.Record; rec.Mail != consent.MailNotSent || rec.MailHint != consent.HintAnotherWay {
			t.Errorf("%s: mail %s, hint %s", id, rec.Mail, rec.MailHint)
		}
	}
	k.Advance(48 * time.Hour)
	if n := len(k.Letters.All()); n != before {
		t.Errorf("%d letters to one who asked for none", n-before)
	}
}

func TestSignupWritesFlags(t *testing.T) {
	t.Parallel()
	k := consenttest.New(t)
	in := ask("user-1")
	in.Child.Phone, in.Child.BirthDate = consent.Secret("+821012345678"), born(k, 10, 0)
	rec := signup(t, k, in).Record
	if _, err := k.Service.Cancel(t.Context(), k.App, app, rec.ID); err != nil {
		t.Fatal(err)
	}
	years := time.Duration(365*24) * time.Hour
	for _, one := range []struct {
		name string
		q    consent.AgeCheck
		hit  bool
	}{
		{"address", consent.AgeCheck{Email: consent.Secret("Kid+games@example.com")}, true},
		{"phone", consent.AgeCheck{Phone: consent.Secret("+821012345678")}, true},
		{"subject", consent.AgeCheck{Subject: "user-1"}, true},
		{"the guardian's address", consent.AgeCheck{Email: consent.Secret(parent)}, false},
		{"another subject", consent.AgeCheck{Subject: "user-2"}, false},
	} {
		one.q.Claim = consent.AgeClaim{UnderAge: new(false)}
		a, err := k.Service.AgeCheck(t.Context(), k.App, one.q)
		if err != nil || a.Contradicts != one.hit || a.UnderAge {
			t.Errorf("%s: %+v, %v", one.name, a, err)
		}
	}
	pass(t, k, 5*years)
	a, err := k.Service.AgeCheck(t.Context(), k.App, consent.AgeCheck{Claim: consent.AgeClaim{UnderAge: new(false)}, Subject: "user-1"})
	if err != nil || a.Contradicts {
		t.Errorf("the flag outlives its end: %+v, %v", a, err)
	}
}

// What the store says when it is not there reaches the caller, and nothing was accepted.
func TestSignupWithoutRedis(t *testing.T) {
	t.Parallel()
	redis := miniredis.RunT(t)
	k := consenttest.NewOn(t, "redis://"+redis.Addr(), t.TempDir())
	signup(t, k, ask("user-0"))
	redis.SetError("LOADING Redis is loading the dataset in memory")
	_, err := k.Service.Signup(t.Context(), k.App, app, ask("user-1"))
	wants(t, "signup", err, consent.ErrUnavailable)
	redis.SetError("")
	signup(t, k, ask("user-1"))
}
