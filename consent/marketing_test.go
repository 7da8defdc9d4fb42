package consent_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	forms "golang.org/x/text/unicode/norm"

	"github.com/bohoja/bohoja/consent"
	"github.com/bohoja/bohoja/consent/consenttest"
)

// may asks the gate about one identity, with reasons.
func may(t *testing.T, k *consenttest.Kit, a *consent.App, who consent.Identity, kind, basis string) consent.GateAnswer {
	t.Helper()
	got, err := k.Service.Gate(t.Context(), a, consent.GateQuery{Kind: kind, Basis: basis, Who: []consent.Identity{who}, Reasons: true})
	if err != nil || len(got) != 1 || got[0].Allowed != (got[0].Reason == consent.GateNone) {
		t.Fatalf("%+v, %v", got, err)
	}
	return got[0]
}

func email(s string) consent.Identity { return consent.Identity{Email: consent.Secret(s)} }
func phone(s string) consent.Identity { return consent.Identity{Phone: consent.Secret(s)} }

// reason is the answer about an advertisement by mail.
func reason(t *testing.T, k *consenttest.Kit, who consent.Identity) string {
	t.Helper()
	return may(t, k, k.App, who, consent.SendAdMail, "").Reason
}

func flagged(t *testing.T, k *consenttest.Kit, a *consent.App, who consent.Identity, c consent.AgeClaim) consent.FlagSet {
	t.Helper()
	set, err := k.Service.Flag(t.Context(), a, app, consent.Minor{Who: who, Claim: c})
	if err != nil {
		t.Fatal(err)
	}
	return set
}

// However a request ends, its child stays blocked, and the reason tells how it stands.
func TestBlockedWhateverTheGuardianSays(t *testing.T) {
	t.Parallel()
	k := consenttest.New(t)
	child := consent.Identity{Subject: "user-1"}
	if got := reason(t, k, child); got != consent.GateNone {
		t.Fatalf("before the request: %s", got)
	}
	rec, tok := start(t, k, "user-1")
	if got := reason(t, k, child); got != consent.FlagPending {
		t.Errorf("pending: %s", got)
	}
	decide(t, k, tok, yes())
	if got := reason(t, k, child); got != consent.FlagPolicy {
		t.Errorf("granted: %s", got)
	}
	if _, err := k.Service.Withdraw(t.Context(), k.App, app, rec.ID, nil); err != nil {
		t.Fatal(err)
	}
	if got := reason(t, k, child); got != consent.FlagWithdrawn {
		t.Errorf("withdrawn: %s", got)
	}
	rec, _ = start(t, k, "user-2")
	if _, err := k.Service.Cancel(t.Context(), k.App, app, rec.ID); err != nil {
		t.Fatal(err)
	}
	start(t, k, "user-3")
	k.Advance(120 * time.Hour)
	for _, subject := range []string{"user-2", "user-3"} {
		if got := reason(t, k, consent.Identity{Subject: subject}); got != consent.FlagPolicy {
			t.Errorf("%s: %s", subject, got)
		}
	}
	k.Advance(consent.RecordKept + time.Hour) // the record of the cancelled one is gone, its flag is not
	if got := reason(t, k, consent.Identity{Subject: "user-2"}); got != consent.FlagPolicy {
		t.Errorf("after the record: %s", got)
	}
}

// Every spelling of an identity is the same person.
func TestSpellings(t *testing.T) {
	t.Parallel()
	k := consenttest.New(t)
	flagged(t, k, k.App, consent.Identity{Email: consent.Secret("Kid.One+x@GoogleMail.com"), Phone: consent.Secret("010-1234-5678")}, consent.AgeClaim{})
	flagged(t, k, k.App, email("kid@한글.example"), consent.AgeClaim{})
	for _, s := range []string{"kidone@gmail.com", "KID.ONE@gmail.com", " k.i.d.one+games+more@googlemail.com\t", "kid@한글.EXAMPLE", "KID+1@xn--bj0bj06e.example", "kid@" + forms.NFC.String("한글") + ".example"} {
		if got := reason(t, k, email(s)); got != consent.FlagPolicy {
			t.Errorf("%s: %s", s, got)
		}
	}
	for _, s := range []string{"+821012345678", "010 1234 5678", "+82 (0)10-1234-5678", "０１０１２３４５６７８"} {
		if got := reason(t, k, phone(s)); got != consent.FlagPolicy {
			t.Errorf("%s: %s", s, got)
		}
	}
	for _, s := range []string{"kid.one@example.com", "kidone@naver.com", "kid@example"} {
		if got := reason(t, k, email(s)); got == consent.FlagPolicy {
			t.Errorf("%s: %s", s, got)
		}
	}
}

func TestDoubtIsNo(t *testing.T) {
	t.Parallel()
	k := consenttest.New(t)
	for _, who := range []consent.Identity{
		{}, email("nobody"), email("a@b@c.d"), email(`"a b"@example.com`), phone("12"), {Subject: "a b"}, {Email: consent.Secret("a@example.com"), Phone: consent.Secret("x")},
		email(forms.NFD.String("kid@한글.example")),
	} {
		if got := may(t, k, k.App, who, consent.SendServiceNotice, consent.BasisOwnOptIn); got != (consent.GateAnswer{Reason: consent.GateUnreadable}) {
			t.Errorf("%+v", got)
		}
	}
	for _, q := range []consent.GateQuery{{}, {Kind: "mail"}, {Kind: consent.SendGame, Basis: "trust me"}, {Kind: consent.SendGame, Who: make([]consent.Identity, 10_001)}} {
		if _, err := k.Service.Gate(t.Context(), k.App, q); consent.KindOf(err) != consent.KindInvalid {
			t.Errorf("%v", err)
		}
	}
}

// A guardian's address is known for asking a consent only, as long as a request of theirs lives.
func TestGuardianOnly(t *testing.T) {
	t.Parallel()
	k := consenttest.New(t)
	who := email("PARENT+tag@example.com")
	first, tok := start(t, k, "user-1")
	second, _ := start(t, k, "user-2")
	for _, kind := range consent.SendKinds {
		if got := may(t, k, k.App, who, kind, ""); got.Reason != consent.GuardianOnly {
			t.Errorf("%s: %+v", kind, got)
		}
		if got := may(t, k, k.App, who, kind, consent.BasisOwnOptIn); !got.Allowed {
			t.Errorf("%s with an opt-in: %+v", kind, got)
		}
	}
	if _, err := k.Service.Cancel(t.Context(), k.App, app, second.ID); err != nil {
		t.Fatal(err)
	}
	if got := reason(t, k, who); got != consent.GuardianOnly {
		t.Errorf("with one of two: %s", got)
	}
	decide(t, k, tok, yes())
	if got := reason(t, k, who); got != consent.GuardianOnly {
		t.Errorf("with a consent: %s", got)
	}
	if _, err := k.Service.Join(t.Context(), k.App, app, first.ID, person("박지킴", "second@example.com")); err != nil {
		t.Fatal(err)
	}
	if got := reason(t, k, email("second@example.com")); got != consent.GuardianOnly {
		t.Errorf("who joined: %s", got)
	}
	if _, err := k.Service.Withdraw(t.Context(), k.App, app, first.ID, nil); err != nil {
		t.Fatal(err)
	}
	for _, s := range []string{parent, "second@example.com"} {
		if got := reason(t, k, email(s)); got != consent.GateNone {
			t.Errorf("%s after the end: %s", s, got)
		}
	}
	rec, _ := start(t, k, "user-4")
	if _, err := k.Service.Correct(t.Context(), k.App, app, rec.ID, person(guardianName, "new@example.com")); err != nil {
		t.Fatal(err)
	}
	if a, b := reason(t, k, who), reason(t, k, email("new@example.com")); a != consent.GateNone || b != consent.GuardianOnly {
		t.Errorf("corrected: %s, %s", a, b)
	}
	flagged(t, k, k.App, email("new@example.com"), consent.AgeClaim{})
	if got := may(t, k, k.App, email("new@example.com"), consent.SendAdMail, consent.BasisOwnOptIn); got.Reason != consent.FlagPolicy {
		t.Errorf("a child's address that is a guardian's too: %+v", got)
	}
}

func TestKindsAndScopes(t *testing.T) {
	t.Parallel()
	k := consenttest.New(t)
	game := k.Service.Book().Apps["game"]
	flagged(t, k, k.App, consent.Identity{Email: consent.Secret("kid@example.com"), Subject: "user-1"}, consent.AgeClaim{})
	for _, kind := range consent.SendKinds {
		if got := may(t, k, k.App, email("kid@example.com"), kind, consent.BasisOwnOptIn); got.Allowed != (kind == consent.SendServiceNotice) {
			t.Errorf("%s: %+v", kind, got)
		}
	}
	if got := may(t, k, game, email("kid@example.com"), consent.SendPrize, ""); got.Allowed {
		t.Error("another app of the operator may")
	}
	if got := may(t, k, game, consent.Identity{Subject: "user-1"}, consent.SendPrize, ""); !got.Allowed {
		t.Error("a subject means another person in another app")
	}
	book := *k.Service.Book()
	book.Gate.Scope = consent.GateApp
	k.Service.Book = func() *consent.Book { return &book }
	if got := may(t, k, game, email("kid@example.com"), consent.SendPrize, ""); !got.Allowed {
		t.Error("with the scope app, another app is blocked")
	}
	got, err := k.Service.Gate(t.Context(), k.App, consent.GateQuery{Kind: consent.SendGame, Who: []consent.Identity{email("kid@example.com"), {}}})
	if err != nil || got[0].Reason != consent.GateBlocked || got[1].Reason != consent.GateUnreadable {
		t.Errorf("without the scope for reasons: %+v, %v", got, err)
	}
}

// Of several reports the latest end wins, and taking one back leaves the others.
func TestSeveralReports(t *testing.T) {
	t.Parallel()
	k := consenttest.New(t)
	kid := email("kid@example.com")
	young, old := 5, 13
	long := flagged(t, k, k.App, kid, consent.AgeClaim{Age: &young})
	short := flagged(t, k, k.App, kid, consent.AgeClaim{Age: &old})
	if !short.Ends.Before(long.Ends) {
		t.Fatalf("%v, %v", short, long)
	}
	if err := k.Service.Unflag(t.Context(), k.App, app, short.ID, "a mistake"); err != nil {
		t.Fatal(err)
	}
	k.Advance(400 * 24 * time.Hour)
	if got := reason(t, k, kid); got != consent.FlagPolicy {
		t.Errorf("the longer one is gone: %s", got)
	}
	if err := k.Service.Unflag(t.Context(), k.App, app, long.ID, "a mistake"); err != nil {
		t.Fatal(err)
	}
	if got := reason(t, k, kid); got != consent.GateNone {
		t.Errorf("taken back: %s", got)
	}
	start(t, k, "user-1")
	mine := flagged(t, k, k.App, consent.Identity{Subject: "user-1"}, consent.AgeClaim{})
	if err := k.Service.Unflag(t.Context(), k.App, app, mine.ID, "a mistake"); err != nil {
		t.Fatal(err)
	}
	if got := reason(t, k, consent.Identity{Subject: "user-1"}); got != consent.FlagPending {
		t.Errorf("what the request reported: %s", got)
	}
}

func TestUnflag(t *testing.T) {
	t.Parallel()
	k := consenttest.New(t)
	ctx := t.Context()
	game := k.Service.Book().Apps["game"]
	set := flagged(t, k, k.App, email("kid@example.com"), consent.AgeClaim{})
	rec, _ := start(t, k, "user-1")
	wants(t, "another app's", k.Service.Unflag(ctx, game, app, set.ID, "x"), consent.ErrNotFound)
	wants(t, "a request's", k.Service.Unflag(ctx, k.App, app, rec.ID, "x"), consent.ErrNotFound)
	for _, bad := range []string{"", " ", strings.Repeat("x", 201), "kid@example.com is 15", "010-1234-5678"} {
		if err := k.Service.Unflag(ctx, k.App, app, set.ID, bad); consent.KindOf(err) != consent.KindInvalid {
			t.Errorf("%q: %v", bad, err)
		}
	}
	if err := k.Service.Unflag(ctx, k.App, app, set.ID, "she is fifteen"); err != nil {
		t.Fatal(err)
	}
	wants(t, "again", k.Service.Unflag(ctx, k.App, app, set.ID, "x"), consent.ErrNotFound)
	entries, err := k.Clients.Read.XRevRangeN(ctx, "bt:{shop}:audit", "+", "-", 1).Result()
	if err != nil || entries[0].Values["step"] != "unflag" || entries[0].Values["note"] != "she is fifteen" || entries[0].Values["id"] != set.ID {
		t.Errorf("%v, %v", entries, err)
	}
	all, err := k.Service.Events(ctx, k.App, "", 100)
	var types []consent.EventType
	for _, e := range all {
		if e.Data.ID == set.ID {
			types = append(types, e.Type)
		}
	}
	if err != nil || fmt.Sprint(types) != "[suppression.added suppression.removed]" {
		t.Errorf("events %v, %v", types, err)
	}
}

func TestFlagRefuses(t *testing.T) {
	t.Parallel()
	k := consenttest.New(t)
	adult := 14
	for _, c := range []struct {
		in   consent.Minor
		want string
	}{
		{consent.Minor{}, " required"},
		{consent.Minor{Who: email("x")}, "/email invalid"},
		{consent.Minor{Who: phone("x")}, "/phone invalid"},
		{consent.Minor{Who: consent.Identity{Subject: "a@b"}}, "/subject subject_is_personal"},
		{consent.Minor{Who: email("a@example.com"), Claim: consent.AgeClaim{Age: &adult}}, " not_under_age"},
	} {
		_, err := k.Service.Flag(t.Context(), k.App, app, c.in)
		same(t, c.want, faults(err), c.want)
	}
	for i := range 17 {
		_, err := k.Service.Flag(t.Context(), k.App, app, consent.Minor{Who: email("kid@example.com")})
		if (i == 16) != (consent.CodeOf(err) == "flag_limit") {
			t.Errorf("%d: %v", i, err)
		}
	}
}

// Flags end with the month in which the child can turn 14, and what has ended is removed.
func TestLift(t *testing.T) {
	t.Parallel()
	k := consenttest.New(t)
	ctx := t.Context()
	old, young := 13, 3
	set := flagged(t, k, k.App, consent.Identity{Email: consent.Secret("kid@example.com"), Phone: consent.Secret("01012345678")}, consent.AgeClaim{Age: &old})
	flagged(t, k, k.App, phone("01012345678"), consent.AgeClaim{Age: &young})
	last := time.Date(set.Ends.Year, set.Ends.Month, set.Ends.Day, 23, 59, 0, 0, k.Service.Book().Profile.Zone)
	k.Advance(last.Sub(k.Service.Clock()))
	if got := reason(t, k, email("kid@example.com")); got != consent.FlagPolicy {
		t.Errorf("on the last day: %s", got)
	}
	k.Advance(2 * time.Minute)
	if got := reason(t, k, email("kid@example.com")); got != consent.GateNone {
		t.Errorf("on the day after: %s", got)
	}
	if got := reason(t, k, phone("01012345678")); got != consent.FlagPolicy {
		t.Errorf("what lasts longer: %s", got)
	}
	if n := k.Clients.Read.HLen(ctx, "bt:{shop}:flags").Val(); n != 1 {
		t.Errorf("%d entries are left", n)
	}
	wants(t, "what has ended", k.Service.Unflag(ctx, k.App, app, set.ID, "x"), consent.ErrNotFound)
	all, _ := k.Service.Events(ctx, k.App, "", 100)
	if e := all[len(all)-1]; e.Type != consent.EventUnsuppressed || e.Data.ID != set.ID {
		t.Errorf("%+v", e)
	}
	if n := k.Clients.Read.XLen(ctx, "bt:{shop}:events").Val(); n != 3 {
		t.Errorf("%d events", n)
	}
	if err := k.Service.Lift(ctx); err != nil {
		t.Error(err)
	}
}

// Without the store there is no answer, and none means no.
func TestGateWithoutStore(t *testing.T) {
	t.Parallel()
	server := consenttest.Redis(t, "appendonly", "no")
	keys := t.TempDir()
	k := consenttest.NewOn(t, server.URL(), keys)
	flagged(t, k, k.App, email("kid@example.com"), consent.AgeClaim{})
	sifted := consenttest.NewOn(t, server.URL(), keys) // as another process, which has a sieve
	must(t, sifted.Service.Sift(t.Context()))
	server.Kill()
	for name, s := range map[string]*consent.Service{"store": k.Service, "sieve": sifted.Service} {
		got, err := s.Gate(t.Context(), k.App, consent.GateQuery{Kind: consent.SendAdMail, Who: []consent.Identity{email("a@example.com")}})
		if !errors.Is(err, consent.ErrUnavailable) || got != nil {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
}

// spelling is one of the ways to write the i-th child's address.
func spelling(r *rand.Rand, i int) string {
	local := fmt.Sprintf("kid%d", i)
	var b strings.Builder
	for _, c := range local {
		s := string(c)
		if r.IntN(2) == 0 {
			s = strings.ToUpper(s)
		}
		if b.Len() > 0 && r.IntN(3) == 0 {
			b.WriteByte('.')
		}
		b.WriteString(s)
	}
	return b.String() + []string{"", "+a", "+A.b+c"}[r.IntN(3)] + "@" + []string{"gmail.com", "GMail.com", "googlemail.COM"}[r.IntN(3)]
}

// Nothing that was flagged before a question is allowed by its answer: in any spelling, while others flag, and while the store is
// killed and comes back; with the store alone, and by a sieve.
func TestNoFalseAllowed(t *testing.T) {
	for name, sift := range map[string]bool{"store": false, "sieve": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := consenttest.Redis(t)
			w := &watch{T: t, Kit: consenttest.NewOn(t, server.URL(), t.TempDir())}
			w.around(sift, func() {
				for range watchKills {
					w.grows("flagged", &w.known, 100)
					server.Kill()
					w.grows("questions without an answer", &w.away, 3)
					server.Restart()
					w.grows("answers", &w.asked, 200)
				}
			})
			t.Logf("%d flagged, %d asked, 0 allowed; the store was killed %d times, and away for %d questions", w.known.Load(), w.asked.Load(), watchKills, w.away.Load())
		})
	}
}

// watchKills is how often the store goes away in TestNoFalseAllowed.
const watchKills = 3

// watch flags children, and asks about those who surely are.
type watch struct {
	*testing.T
	*consenttest.Kit
	known, asked, away atomic.Int64 // children 0 … known-1 are surely flagged; how many were asked about and denied; questions without an answer
}

// around lets one flag, two ask and one sift while something is done.
func (w *watch) around(sift bool, do func()) {
	ctx, stop := context.WithCancel(w.T.Context())
	var all sync.WaitGroup
	defer func() { stop(); all.Wait() }()
	all.Go(func() { w.flag(ctx) })
	for seed := range uint64(2) {
		all.Go(func() { w.ask(ctx, rand.New(rand.NewPCG(2, seed))) })
	}
	if sift {
		all.Go(func() {
			for ctx.Err() == nil {
				_ = w.Service.Sift(ctx) // the store is away now and then
				time.Sleep(time.Millisecond)
			}
		})
	}
	do()
}

func (w *watch) flag(ctx context.Context) {
	r := rand.New(rand.NewPCG(1, 1))
	for i := 0; ctx.Err() == nil && i < 50_000; {
		if _, err := w.Service.Flag(ctx, w.App, app, consent.Minor{Who: email(spelling(r, i))}); err != nil {
			time.Sleep(time.Millisecond)
			continue
		}
		i++
		w.known.Store(int64(i))
	}
}

func (w *watch) ask(ctx context.Context, r *rand.Rand) {
	for ctx.Err() == nil {
		before := int(w.known.Load())
		q := consent.GateQuery{Kind: consent.SendOffer}
		for range min(before, 200) {
			q.Who = append(q.Who, email(spelling(r, r.IntN(before))))
		}
		got, err := w.Service.Gate(w.T.Context(), w.App, q)
		if err != nil {
			w.away.Add(1)
			time.Sleep(time.Millisecond)
			continue
		}
		for _, a := range got {
			if a.Allowed {
				w.Errorf("a flagged child was allowed, with %d flagged", before)
				return
			}
		}
		w.asked.Add(int64(len(got)))
	}
}

// grows waits until there are so many more of something than there were.
func (w *watch) grows(what string, n *atomic.Int64, by int64) {
	w.Helper()
	from := n.Load()
	for late := time.Now().Add(time.Minute); n.Load() < from+by; time.Sleep(time.Millisecond) {
		if w.Failed() || time.Now().After(late) {
			w.Fatalf("%s: %d, and once %d", what, n.Load(), from)
		}
	}
}

// The fast canonical form is the slow one.
func FuzzAppendCanonical(f *testing.F) {
	for _, s := range []string{"a@b.c", "A.b+C@GMAIL.com", ".a@b.c", "a.@b.c", "a..b@b.c", "+a@b.c", "a@b--c.d", "a@-b.c", "a@b.1", "a@1.b", "a@b", "한@b.c", "a@한.kr", " a@hanmail.net ", "a+@gmail.com", "a@xn--bj0bj06e.kr", "a@b.c.", "@b.c", ".+@gmail.com", "+a+b@b.c", "+a+b@gmail.com", "a-@b-.c", "a@b.-c",
		"a@b。kr", "a@b．kr", "a@b｡kr", "a@ｂ.kr", "ａ@b.kr", "a＠b.kr", "a@한글。kr", "kid@XN--BJ0BJ06E.example", "a@xn--.kr", "a@ß.de", "a@faß.de", "a@STRASSE.de", "a@\u1112\u1161\u11ab.kr",
		"a@K.kr", "a@İ.tr", "a\u200b@b.kr", "a@b\u00ad.kr", "a@b.kr\x00", "a\x00@b.kr", "\ufeffa@b.kr", "a@b.kr\u3000", "A.+.b@gmail.com", "a.@gmail.com", "...@gmail.com", "a@gmail.com.", "a@[1.2.3.4]", "a@\u202eb.kr",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		box, ok := consent.ParseMailbox(s)
		got, fast := consent.AppendCanonical([]byte("x"), s)
		if ok != fast || ok && string(got) != "x"+box.Canonical.Reveal() {
			t.Errorf("%q: %q, %v; the slow way %q, %v", s, got, fast, box.Canonical.Reveal(), ok)
		}
	})
}
