package link

import (
	"crypto/ed25519"
	"encoding/base64"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/bohoja/bohoja/consent"
)

func openReceipts(t testing.TB, dir string) *Receipts {
	t.Helper()
	r, err := OpenReceipts(dir, options())
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func receipt() Receipt {
	return Receipt{
		ID: consent.NewID(consent.PrefixRequest, now), App: "shop", Issued: now, Facts: json.RawMessage(`{"method":"email_link","terms":"t_0011"}`),
	}
}

func mintReceipt(t testing.TB, r *Receipts, rec Receipt) string {
	t.Helper()
	token, err := r.Mint(rec)
	if err != nil {
		t.Fatal(err)
	}
	return token
}

func verifies(t *testing.T, r *Receipts, token string, want Receipt) {
	t.Helper()
	got, err := r.Verify(token)
	if err != nil || got.ID != want.ID || got.App != want.App || !got.Issued.Equal(want.Issued) || string(got.Facts) != string(want.Facts) {
		t.Errorf("verified %+v, %v", got, err)
	}
}

func refusesReceipt(t *testing.T, r *Receipts, token, what string) {
	t.Helper()
	if got, err := r.Verify(token); !errors.Is(err, consent.ErrNotFound) || got.ID != "" {
		t.Errorf("%s: %+v, %v", what, got, err)
	}
}

func TestReceiptRoundTrip(t *testing.T) {
	dir := t.TempDir()
	r, rec := openReceipts(t, dir), receipt()
	token := mintReceipt(t, r, rec)
	verifies(t, r, token, rec)
	verifies(t, openReceipts(t, dir), token, rec)
	if mintReceipt(t, r, rec) != token {
		t.Error("the same receipt gives another token")
	}
}

// Who has nothing but the published key set can check a receipt, without any code of ours.
func TestReceiptIsCheckedOfflineWithTheKeySet(t *testing.T) {
	r, rec := openReceipts(t, t.TempDir()), receipt()
	token := mintReceipt(t, r, rec)
	set, err := r.JWKS()
	if err != nil {
		t.Fatal(err)
	}
	keys := publicKeys(t, set)
	var said struct {
		jwt.RegisteredClaims
		App     string         `json:"app"`
		Consent map[string]any `json:"consent"`
	}
	_, err = jwt.ParseWithClaims(token, &said, func(tok *jwt.Token) (any, error) { return keys[tok.Header["kid"].(string)], nil },
		jwt.WithValidMethods([]string{"EdDSA"}), jwt.WithIssuer(issuer))
	if err != nil || said.Subject != rec.ID || said.App != "shop" || said.Consent["method"] != "email_link" || !said.IssuedAt.Equal(now) {
		t.Errorf("it reads %+v, %v", said, err)
	}
}

func publicKeys(t *testing.T, set []byte) map[string]ed25519.PublicKey {
	t.Helper()
	var s struct {
		Keys []map[string]string `json:"keys"`
	}
	if err := json.Unmarshal(set, &s); err != nil {
		t.Fatal(err)
	}
	keys := map[string]ed25519.PublicKey{}
	for _, k := range s.Keys {
		if len(k) != 6 || k["kty"] != "OKP" || k["crv"] != "Ed25519" || k["alg"] != "EdDSA" || k["use"] != "sig" {
			t.Errorf("a published key says %v", k)
		}
		x, err := base64.RawURLEncoding.DecodeString(k["x"])
		if err != nil || len(x) != ed25519.PublicKeySize {
			t.Fatalf("x of %d bytes, %v", len(x), err)
		}
		keys[k["kid"]] = x
	}
	return keys
}

func TestKeySetHoldsNoSecret(t *testing.T) {
	r := openReceipts(t, t.TempDir())
	set, err := r.JWKS()
	if err != nil {
		t.Fatal(err)
	}
	secret := r.row.Keys()[0].Secret
	for _, text := range []string{base64.RawURLEncoding.EncodeToString(secret), base64.StdEncoding.EncodeToString(secret), `"d"`} {
		if strings.Contains(string(set), text) {
			t.Errorf("the key set shows %q", text)
		}
	}
}

func genuineReceipt(r *Receipts, rec Receipt) forge {
	k := r.row.Keys()[0]
	return forge{
		header: map[string]any{"alg": "EdDSA", "kid": k.ID, "typ": receiptType},
		claims: map[string]any{"iss": issuer, "sub": rec.ID, "app": rec.App, "iat": rec.Issued.Unix(), "consent": rec.Facts},
		method: jwt.SigningMethodEdDSA,
		key:    ed25519.NewKeyFromSeed(k.Secret),
	}
}

func TestEachCheckOfAReceiptRefuses(t *testing.T) {
	r, rec := openReceipts(t, t.TempDir()), receipt()
	public := r.signer(r.row.Keys()[0]).Public().(ed25519.PublicKey)
	other := ed25519.NewKeyFromSeed(make([]byte, 32))
	set := func(name string, v any) func(*forge) { return func(f *forge) { f.claims[name] = v } }
	for what, change := range map[string]func(*forge){
		// The classic confusion: the published key, taken as the secret of an HMAC.
		"HS256 by the public key": func(f *forge) { f.method, f.key, f.header["alg"] = jwt.SigningMethodHS256, []byte(public), "HS256" },
		"HS256 by the seed": func(f *forge) {
			f.method, f.key, f.header["alg"] = jwt.SigningMethodHS256, r.row.Keys()[0].Secret, "HS256"
		},
		"none": func(f *forge) {
			f.method, f.key, f.header["alg"] = jwt.SigningMethodNone, jwt.UnsafeAllowNoneSignatureType, "none"
		},
		"another's key": func(f *forge) { f.key = other },
		"unknown kid":   func(f *forge) { f.header["kid"] = "ffffffff" }, "no kid": func(f *forge) { delete(f.header, "kid") },
		"typ": func(f *forge) { f.header["typ"] = "JWT" }, "no typ": func(f *forge) { delete(f.header, "typ") },
		"issuer": set("iss", "x"), "sub": set("sub", "x"), "app": set("app", ""), "iat": set("iat", 0),
		"facts of a list": set("consent", []int{1}), "facts of null": set("consent", nil), "facts of text": set("consent", "{}"),
	} {
		f := genuineReceipt(r, rec)
		change(&f)
		refusesReceipt(t, r, f.token(t), what)
	}
	verifies(t, r, genuineReceipt(r, rec).token(t), rec)
	refusesReceipt(t, r, strings.Repeat("A", maxReceipt+1), "a long receipt")
}

// A link is no receipt and a receipt no link, though both folders and both secrets were the same.
func TestKindsOfTokensAreApart(t *testing.T) {
	dir := t.TempDir()
	l, r := open(t, dir), openReceipts(t, dir)
	refusesReceipt(t, r, mint(t, l, claims()), "a link")
	refusesLink(t, l, mintReceipt(t, r, receipt()), "a receipt")
	f := genuine(l, claims()) // the claims of a link, signed as a receipt is, under a receipt's key
	f.method, f.key, f.header["alg"] = jwt.SigningMethodEdDSA, r.signer(r.row.Keys()[0]), "EdDSA"
	f.header["kid"] = r.row.Keys()[0].ID
	refusesLink(t, l, f.token(t), "a link by the receipts' key")
	refusesReceipt(t, r, f.token(t), "a link by the receipts' key")
}

func TestMintReceiptRefusesWhatVerifyWould(t *testing.T) {
	r := openReceipts(t, t.TempDir())
	for what, change := range map[string]func(*Receipt){
		"id": func(r *Receipt) { r.ID = "x" }, "app": func(r *Receipt) { r.App = "" }, "time": func(r *Receipt) { r.Issued = time.Time{} },
		"no facts": func(r *Receipt) { r.Facts = nil }, "broken facts": func(r *Receipt) { r.Facts = json.RawMessage(`{"a":`) },
		"list":       func(r *Receipt) { r.Facts = json.RawMessage(`[]`) },
		"long facts": func(r *Receipt) { r.Facts = json.RawMessage(`{"a":"` + strings.Repeat("x", maxReceipt) + `"}`) },
	} {
		rec := receipt()
		change(&rec)
		if token, err := r.Mint(rec); err == nil || token != "" {
			t.Errorf("%s: a token of %d bytes", what, len(token))
		}
	}
}

// A new key is published a day before it signs, so nobody meets a receipt whose key is not in the set they fetched that day.
func TestReceiptRotation(t *testing.T) {
	dir, at := t.TempDir(), now
	opt := Options{Issuer: issuer, Clock: func() time.Time { return at }}
	a, err := OpenReceipts(dir, opt)
	if err != nil {
		t.Fatal(err)
	}
	b := openReceipts(t, dir)
	rec := receipt()
	old := mintReceipt(t, a, rec)
	if err := a.Rotate(); err != nil {
		t.Fatal(err)
	}
	if mintReceipt(t, a, rec) != old {
		t.Error("the new key signs at once")
	}
	set, err := a.JWKS()
	if err != nil || len(publicKeys(t, set)) != 2 {
		t.Errorf("published: %s, %v", set, err)
	}
	at = now.Add(receiptSettle)
	fresh := mintReceipt(t, a, rec)
	if fresh == old {
		t.Error("a day later the new key does not sign")
	}
	verifies(t, b, fresh, rec) // b finds the key on meeting it
	verifies(t, b, old, rec)
	if err := b.Refresh(); err != nil {
		t.Fatal(err)
	}
}
