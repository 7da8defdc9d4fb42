package link

import (
	"errors"
	"strings"
	"testing"

	"github.com/golang-jwt/jwt/v5"

	"github.com/bohoja/bohoja/consent"
)

// Whoever saved the key set checks a receipt without this service, and is not taken in by another one's.
func TestVerifyReceiptByKeySet(t *testing.T) {
	r, rec := openReceipts(t, t.TempDir()), receipt()
	token := mintReceipt(t, r, rec)
	set, err := r.JWKS()
	if err != nil {
		t.Fatal(err)
	}
	got, err := VerifyReceipt(set, token)
	if err != nil || got.ID != rec.ID || got.App != "shop" || !got.Issued.Equal(rec.Issued) || string(got.Facts) != string(rec.Facts) {
		t.Errorf("%+v, %v", got, err)
	}
	head, rest, _ := strings.Cut(token, ".")
	unsigned := jwt.NewWithClaims(jwt.SigningMethodNone, jwt.MapClaims{"sub": rec.ID})
	none, err := unsigned.SignedString(jwt.UnsafeAllowNoneSignatureType)
	if err != nil {
		t.Fatal(err)
	}
	for what, bad := range map[string]string{
		"another's": mintReceipt(t, openReceipts(t, t.TempDir()), rec), "changed": head + "." + strings.Replace(rest, "e", "f", 1),
		"unsigned": none, "nothing": "", "too long": token + strings.Repeat("A", maxReceipt),
	} {
		if got, err := VerifyReceipt(set, bad); !errors.Is(err, consent.ErrNotFound) || got.ID != "" {
			t.Errorf("%s: %+v, %v", what, got, err)
		}
	}
	for _, none := range []string{"", "{}", `{"keys":[]}`, "[]"} {
		if _, err := VerifyReceipt([]byte(none), token); err == nil || errors.Is(err, consent.ErrNotFound) {
			t.Errorf("%q is taken for a key set: %v", none, err)
		}
	}
	if _, err := VerifyReceipt([]byte(`{"keys":[{"kty":"RSA","kid":"x"}]}`), token); !errors.Is(err, consent.ErrNotFound) {
		t.Errorf("a set without its key: %v", err)
	}
}
