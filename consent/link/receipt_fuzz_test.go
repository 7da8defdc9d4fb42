package link

import (
	"strings"
	"testing"
)

// FuzzReceipt: nothing verifies but the one receipt that was made, neither here nor offline with the key set.
func FuzzReceipt(f *testing.F) {
	r := openReceipts(f, f.TempDir())
	good := mintReceipt(f, r, receipt())
	set, err := r.JWKS()
	if err != nil {
		f.Fatal(err)
	}
	want, err := r.Verify(good)
	if err != nil {
		f.Fatal(err)
	}
	parts := strings.Split(good, ".")
	for _, seed := range []string{good, good + "=", good[:len(good)-1], "", "..", parts[0] + "." + parts[1] + ".", "eyJhbGciOiJub25lIn0." + parts[1] + ".", "e30.e30.e30"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, token string) {
		here, err := r.Verify(token)
		there, errThere := VerifyReceipt(set, token)
		if (err == nil) != (errThere == nil) {
			t.Fatalf("%q is %v here and %v offline", token, err, errThere)
		}
		if err == nil && (here.ID != want.ID || here.App != want.App || there.ID != want.ID || string(here.Facts) != string(want.Facts)) {
			t.Fatalf("%q says %+v", token, here)
		}
	})
}

// FuzzKeySet: whatever is published as a key set, it is refused or leads to no receipt that it did not sign.
func FuzzKeySet(f *testing.F) {
	r := openReceipts(f, f.TempDir())
	good := mintReceipt(f, r, receipt())
	set, err := r.JWKS()
	if err != nil {
		f.Fatal(err)
	}
	want, err := r.Verify(good)
	if err != nil {
		f.Fatal(err)
	}
	for _, seed := range []string{string(set), `{"keys":[]}`, `{"keys":null}`, `{"keys":[{"kty":"OKP","crv":"Ed25519","kid":"a","x":"AA"}]}`, `[]`, ``} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, jwks []byte) {
		got, err := VerifyReceipt(jwks, good)
		if err == nil && got.ID != want.ID {
			t.Fatalf("%q leads to %+v", jwks, got)
		}
	})
}
