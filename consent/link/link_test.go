package link

import (
	"crypto/ed25519"
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"errors"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/bohoja/bohoja/consent"
)

var now = time.Date(2026, 11, 23, 15, 20, 0, 0, time.UTC)

const issuer = "bohoja"

func options() Options {
	return Options{Issuer: issuer, Clock: func() time.Time { return now }}
}

func open(t testing.TB, dir string) *Links {
	t.Helper()
	l, err := Open(dir, options())
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func claims() consent.Claims {
	return consent.Claims{
		Audience: consent.LinkDecide, App: "shop", ID: consent.NewID(consent.PrefixRequest, now), Gen: 2, Guardian: 1, Expires: now.Add(time.Hour),
	}
}

func mint(t testing.TB, l *Links, c consent.Claims) string {
	t.Helper()
	token, err := l.Mint(c)
	if err != nil {
		t.Fatal(err)
	}
	return token
}

func redeems(t testing.TB, l *Links, token string, want consent.Claims) {
	t.Helper()
	if got, err := l.Redeem(want.Audience, token, now); err != nil || got != want {
		t.Errorf("redeemed %+v, %v; want %+v", got, err, want)
	}
}

func TestRoundTrip(t *testing.T) {
	dir := t.TempDir()
	l := open(t, dir)
	for _, aud := range []consent.Audience{consent.LinkDecide, consent.LinkWithdraw, consent.LinkChild} {
		c := claims()
		c.Audience = aud
		redeems(t, l, mint(t, l, c), c)
		redeems(t, open(t, dir), mint(t, l, c), c) // another process
		c.Guardian = 0
		redeems(t, l, mint(t, l, c), c)
	}
	child := claims()
	child.Audience, child.Gen = consent.LinkChild, 0
	redeems(t, l, mint(t, l, child), child)
}

func TestSameClaimsSameToken(t *testing.T) {
	dir := t.TempDir()
	c := claims()
	first := mint(t, open(t, dir), c)
	for range 10 {
		if again := mint(t, open(t, dir), c); again != first {
			t.Fatalf("%s and %s", first, again)
		}
	}
}

// A URL of 265 characters was measured to arrive in one piece. That leaves 34 for the address before the first guardian's token.
func TestTokenIsShortAndSaysNothingMore(t *testing.T) {
	l := open(t, t.TempDir())
	first := claims()
	first.Guardian = 0
	if n := len(mint(t, l, first)); n > 231 {
		t.Errorf("a token of %d characters", n)
	}
	token := mint(t, l, claims())
	parts := strings.Split(token, ".")
	header, body := decoded(t, parts[0]), decoded(t, parts[1])
	if !only(header, "alg", "kid") || !only(body, "iss", "aud", "sub", "app", "gen", "g", "exp") {
		t.Errorf("header %v, claims %v", header, body)
	}
}

func decoded(t *testing.T, part string) map[string]any {
	t.Helper()
	b, err := base64.RawURLEncoding.DecodeString(part)
	if err != nil {
		t.Fatal(err)
	}
	var m map[string]any
	if err := json.Unmarshal(b, &m); err != nil {
		t.Fatal(err)
	}
	return m
}

func only(m map[string]any, names ...string) bool {
	for _, name := range names {
		delete(m, name)
	}
	return len(m) == 0
}

// forge signs any header and claims as told; the defaults are those of a good link.
type forge struct {
	header map[string]any
	claims map[string]any
	method jwt.SigningMethod
	key    any
}

func (f forge) token(t testing.TB) string {
	t.Helper()
	s, err := (&jwt.Token{Header: f.header, Claims: jwt.MapClaims(f.claims), Method: f.method}).SignedString(f.key)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func genuine(l *Links, c consent.Claims) forge {
	k := l.row.Keys()[0]
	return forge{
		header: map[string]any{"alg": "HS256", "kid": k.ID},
		claims: map[string]any{"iss": issuer, "aud": "decide", "sub": c.ID, "app": c.App, "gen": c.Gen, "g": c.Guardian, "exp": c.Expires.Unix()},
		method: jwt.SigningMethodHS256,
		key:    k.Secret,
	}
}

// One token for each check, genuine in all else: signed with the true key unless the key is what is wrong.
func TestEachCheckRefuses(t *testing.T) {
	l := open(t, t.TempDir())
	c := claims()
	set := func(name string, v any) func(*forge) { return func(f *forge) { f.claims[name] = v } }
	drop := func(name string) func(*forge) { return func(f *forge) { delete(f.claims, name) } }
	method := func(m jwt.SigningMethod) func(*forge) {
		return func(f *forge) { f.method = m; f.header["alg"] = m.Alg() }
	}
	for what, change := range map[string]func(*forge){
		"HS384": method(jwt.SigningMethodHS384), "HS512": method(jwt.SigningMethodHS512),
		"none":           func(f *forge) { method(jwt.SigningMethodNone)(f); f.key = jwt.UnsafeAllowNoneSignatureType },
		"no alg":         func(f *forge) { delete(f.header, "alg") },
		"lower-case alg": func(f *forge) { f.header["alg"] = "hs256" },
		"alg of a list":  func(f *forge) { f.header["alg"] = []string{"HS256"} },
		"another's key":  func(f *forge) { f.key = make([]byte, 32) },
		"empty key":      func(f *forge) { f.key = []byte{} },
		"unknown kid":    func(f *forge) { f.header["kid"] = "ffffffff" },
		"no kid":         func(f *forge) { delete(f.header, "kid") },
		"kid of a path":  func(f *forge) { f.header["kid"] = "../long/link-1" },
		"kid of a name":  func(f *forge) { f.header["kid"] = "link-1" },
		"kid of a list":  func(f *forge) { f.header["kid"] = []string{f.header["kid"].(string)} },
		"issuer":         set("iss", "bohoja2"), "no issuer": drop("iss"), "issuer of a list": set("iss", []string{issuer}),
		"audience": set("aud", "withdraw"), "no audience": drop("aud"), "audiences": set("aud", []string{"decide", "withdraw"}),
		"sub": set("sub", "cr_short"), "no sub": drop("sub"), "another kind of id": set("sub", "evt_"+c.ID[3:]),
		"id of a key name": set("sub", "cr_{shop}:"+c.ID[10:]),
		"no app":           drop("app"), "empty app": set("app", ""),
		"no gen": drop("gen"), "gen 0": set("gen", 0), "gen below 0": set("gen", -1), "gen of text": set("gen", "2"), "gen of a fraction": set("gen", 1.5),
		"guardian below 0": set("g", -1),
		"no exp":           drop("exp"), "exp 0": set("exp", 0), "exp below 0": set("exp", -1), "exp of text": set("exp", "9999999999"),
		"exp too large": set("exp", 1e300),
	} {
		f := genuine(l, c)
		change(&f)
		if got, err := l.Redeem(consent.LinkDecide, f.token(t), now); !errors.Is(err, consent.ErrNotFound) || got != (consent.Claims{}) {
			t.Errorf("%s: %+v, %v", what, got, err)
		}
	}
	redeems(t, l, genuine(l, c).token(t), c) // the unchanged one is good, so each refusal has its own reason
}

func TestAsymmetricAlgorithmsAreRefused(t *testing.T) {
	dir := t.TempDir()
	l := open(t, dir)
	c := claims()
	rsaKey, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range []jwt.SigningMethod{jwt.SigningMethodRS256, jwt.SigningMethodPS256} {
		f := genuine(l, c)
		f.method, f.key, f.header["alg"] = m, rsaKey, m.Alg()
		refusesLink(t, l, f.token(t), m.Alg())
	}
	f := genuine(l, c) // EdDSA by a key whose seed is the link's own secret, under the link's own id
	f.method, f.key, f.header["alg"] = jwt.SigningMethodEdDSA, ed25519.NewKeyFromSeed(f.key.([]byte)), "EdDSA"
	refusesLink(t, l, f.token(t), "EdDSA")
}

func refusesLink(t *testing.T, l *Links, token, what string) {
	t.Helper()
	if got, err := l.Redeem(consent.LinkDecide, token, now); !errors.Is(err, consent.ErrNotFound) || got != (consent.Claims{}) {
		t.Errorf("%s: %+v, %v", what, got, err)
	}
}

func TestLinkIsForOneAudience(t *testing.T) {
	l := open(t, t.TempDir())
	all := []consent.Audience{consent.LinkDecide, consent.LinkWithdraw, consent.LinkChild}
	for _, is := range all {
		c := claims()
		c.Audience = is
		token := mint(t, l, c)
		for _, asked := range append(all, "", "my", "decide ") {
			if _, err := l.Redeem(asked, token, now); (err == nil) != (asked == is) || err != nil && !errors.Is(err, consent.ErrNotFound) {
				t.Errorf("a link to %s asked as %q: %v", is, asked, err)
			}
		}
	}
}

// Expired is told apart from forged, and the claims come with it, so that the page can say what became of the request.
func TestExpired(t *testing.T) {
	l := open(t, t.TempDir())
	c := claims()
	token := mint(t, l, c)
	for _, at := range []time.Time{c.Expires, c.Expires.Add(time.Hour), c.Expires.AddDate(50, 0, 0)} {
		if got, err := l.Redeem(c.Audience, token, at); !errors.Is(err, consent.ErrLinkExpired) || got != c {
			t.Errorf("at %v: %+v, %v", at, got, err)
		}
	}
	for _, at := range []time.Time{c.Expires.Add(-time.Nanosecond), {}, time.Unix(0, 0)} {
		if _, err := l.Redeem(c.Audience, token, at); err != nil {
			t.Errorf("at %v: %v", at, err)
		}
	}
	// Past its time and wrong in something else: not found, whatever the time.
	for what, change := range map[string]func(*forge){
		"signature": func(f *forge) { f.key = make([]byte, 32) }, "issuer": func(f *forge) { f.claims["iss"] = "x" },
		"audience": func(f *forge) { f.claims["aud"] = "child" }, "id": func(f *forge) { f.claims["sub"] = "x" },
	} {
		f := genuine(l, c)
		change(&f)
		if got, err := l.Redeem(c.Audience, f.token(t), c.Expires.Add(time.Hour)); !errors.Is(err, consent.ErrNotFound) || got != (consent.Claims{}) {
			t.Errorf("expired with a wrong %s: %+v, %v", what, got, err)
		}
	}
}

func TestTornLinks(t *testing.T) {
	l := open(t, t.TempDir())
	c := claims()
	token := mint(t, l, c)
	for _, tail := range []string{".", ")", ">", ",", ").", ">.", "),", "...", ">)>."} {
		redeems(t, l, token+tail, c)
	}
	for _, bad := range []string{
		token + "A", token + "=", token + " ", token + "\n", token + "%3E", token + ";", "." + token, "<" + token, " " + token,
		token[:len(token)-1], token[1:], token + ".e30", strings.ReplaceAll(token, ".", ".."),
	} {
		refusesLink(t, l, bad, bad)
	}
}

// Each request has one string: line breaks, which decoders skip, and loose last bits do not make another.
func TestNoSecondSpelling(t *testing.T) {
	l := open(t, t.TempDir())
	token := mint(t, l, claims())
	for i := range len(token) {
		for _, extra := range []string{"\n", "\r", "\x00", "+", "/", "é"} {
			refusesLink(t, l, token[:i]+extra+token[i:], "an extra byte")
		}
	}
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	for i := range len(token) {
		for _, b := range []byte(alphabet) {
			if b != token[i] {
				refusesLink(t, l, token[:i]+string(b)+token[i+1:], "a changed byte")
			}
		}
	}
	refusesLink(t, l, strings.Repeat("A", maxLength+1), "a long token")
	refusesLink(t, l, "", "nothing")
}

func TestMintRefusesWhatRedeemWould(t *testing.T) {
	l := open(t, t.TempDir())
	for what, change := range map[string]func(*consent.Claims){
		"audience": func(c *consent.Claims) { c.Audience = "my" }, "no audience": func(c *consent.Claims) { c.Audience = "" },
		"id": func(c *consent.Claims) { c.ID = "x" }, "app": func(c *consent.Claims) { c.App = "" },
		"long app": func(c *consent.Claims) { c.App = strings.Repeat("x", maxLength) },
		"gen":      func(c *consent.Claims) { c.Gen = 0 }, "guardian": func(c *consent.Claims) { c.Guardian = -1 },
		"expiry": func(c *consent.Claims) { c.Expires = time.Time{} }, "1970": func(c *consent.Claims) { c.Expires = time.Unix(0, 0) },
	} {
		c := claims()
		change(&c)
		if token, err := l.Mint(c); err == nil || token != "" {
			t.Errorf("%s: %q", what, token)
		}
	}
}

func TestRotation(t *testing.T) {
	dir := t.TempDir()
	a, b := open(t, dir), open(t, dir)
	c := claims()
	old := mint(t, a, c)
	if err := a.Rotate(); err != nil {
		t.Fatal(err)
	}
	fresh := mint(t, a, c)
	if fresh == old {
		t.Fatal("the new key does not mint")
	}
	for _, l := range []*Links{a, b, open(t, dir)} { // b has not heard of the new key
		redeems(t, l, old, c)
		redeems(t, l, fresh, c)
	}
	if err := os.Remove(filepath.Join(dir, "long", "link-1")); err != nil {
		t.Fatal(err)
	}
	if err := b.Refresh(); err != nil {
		t.Fatal(err)
	}
	refusesLink(t, b, old, "a link under a destroyed key")
	redeems(t, b, fresh, c)
}

// Live and test spaces, and two installations, have different keys and ids.
func TestSpacesAreApart(t *testing.T) {
	live, test := open(t, t.TempDir()), open(t, t.TempDir())
	if live.row.Keys()[0].ID == test.row.Keys()[0].ID {
		t.Error("two folders have one key id")
	}
	refusesLink(t, live, mint(t, test, claims()), "a link of the other space")
	f := genuine(test, claims()) // even with the id of a key that is known here
	f.header = maps.Clone(genuine(live, claims()).header)
	refusesLink(t, live, f.token(t), "another's key under a known id")
}

func TestOpenSaysWhatIsWrong(t *testing.T) {
	if _, err := Open(t.TempDir(), Options{}); err == nil {
		t.Error("it opens without an issuer")
	}
	file := filepath.Join(t.TempDir(), "keys")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, openAny := range []func() error{
		func() error { _, err := Open(file, options()); return err },
		func() error { _, err := OpenReceipts(file, options()); return err },
	} {
		if err := openAny(); err == nil || !strings.Contains(err.Error(), file) {
			t.Errorf("the error does not name the folder: %v", err)
		}
	}
}

func TestKeyFileIsTheOwnersAlone(t *testing.T) {
	dir := t.TempDir()
	open(t, dir)
	openReceipts(t, dir)
	for _, name := range []string{"link-1", "receipt-1"} {
		info, err := os.Stat(filepath.Join(dir, "long", name))
		if err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v, %v", name, info, err)
		}
	}
}
