package link

import (
	"crypto/ed25519"
	"encoding/base64"
	"encoding/json"
	"errors"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/bohoja/bohoja/consent"
)

// VerifyReceipt checks a receipt by a set of public keys alone (RFC 7517), as anybody can who has saved /.well-known/jwks.json:
// the algorithm (EdDSA alone), the type, the key id, the signature and the form. The issuer is not looked at: the keys say
// whose it is. Errors: ErrNotFound, which does not say what failed; one of its own for a set that is none.
func VerifyReceipt(jwks []byte, token string) (Receipt, error) {
	keys, err := keysOfSet(jwks)
	if err != nil {
		return Receipt{}, err
	}
	if len(token) > maxReceipt {
		return Receipt{}, consent.ErrNotFound
	}
	parser := jwt.NewParser(jwt.WithValidMethods([]string{jwt.SigningMethodEdDSA.Alg()}), jwt.WithStrictDecoding())
	var p receiptPayload
	_, err = parser.ParseWithClaims(token, &p, func(t *jwt.Token) (any, error) {
		id, _ := t.Header["kid"].(string)
		key, ok := keys[id]
		if !ok || t.Header["typ"] != receiptType {
			return nil, errNotReceipt
		}
		return key, nil
	})
	if err != nil || !p.sound() {
		return Receipt{}, consent.ErrNotFound
	}
	return Receipt{ID: p.Subject, App: p.App, Issued: time.Unix(p.Issued, 0).UTC(), Facts: p.Facts}, nil
}

// keysOfSet reads the Ed25519 keys of a set, by id. Keys of other kinds are passed over.
func keysOfSet(jwks []byte) (map[string]ed25519.PublicKey, error) {
	var set struct {
		Keys []jwk `json:"keys"`
	}
	if err := json.Unmarshal(jwks, &set); err != nil || len(set.Keys) == 0 {
		return nil, errors.New("link: not a set of public keys (JWKS)")
	}
	keys := map[string]ed25519.PublicKey{}
	for _, k := range set.Keys {
		x, err := base64.RawURLEncoding.DecodeString(k.X)
		if k.Type == "OKP" && k.Curve == "Ed25519" && err == nil && len(x) == ed25519.PublicKeySize {
			keys[k.ID] = x
		}
	}
	return keys, nil
}
