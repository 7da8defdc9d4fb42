package link

import (
	"bytes"
	"crypto/ed25519"
	"encoding/base64"
	"encoding/json"
	"errors"
	"sync"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/bohoja/bohoja/consent"
	"github.com/bohoja/bohoja/consent/seal/keyfile"
)

// receiptType is the "typ" of a receipt. It keeps apart tokens of other kinds that may be signed with the same algorithm
// (RFC 8725, 3.11).
const receiptType = "consent-receipt+jwt"

// receiptSettle is how long a new receipt key is published before it signs, so that who keeps the key set for a while
// still knows the key of every receipt.
const receiptSettle = 24 * time.Hour

// maxReceipt bounds a receipt before anything of it is decoded, in bytes.
const maxReceipt = 64 << 10

// Receipt is what a consent receipt says.
type Receipt = consent.ReceiptClaims

var _ consent.Receipts = (*Receipts)(nil)

// Receipts mints and verifies consent receipts; it implements consent.Receipts. It is safe for concurrent use.
type Receipts struct {
	row     *keyfile.Row
	opt     Options
	parser  *jwt.Parser
	signers sync.Map // key id → ed25519.PrivateKey, because making one from its seed costs as much as signing
}

// OpenReceipts opens the keys of receipts under dir, the folder that holds long/, and makes the first one when there is
// none. The error names the folder and how to mend it.
func OpenReceipts(dir string, opt Options) (*Receipts, error) {
	row, err := openRow(dir, rowReceipt, &opt)
	if err != nil {
		return nil, err
	}
	parser := jwt.NewParser(
		jwt.WithValidMethods([]string{jwt.SigningMethodEdDSA.Alg()}),
		jwt.WithIssuer(opt.Issuer),
		jwt.WithStrictDecoding(),
	)
	return &Receipts{row: row, opt: opt, parser: parser}, nil
}

// Mint signs a receipt. The same receipt gives the same token until the keys are rotated (Ed25519 takes no random numbers).
// It returns an error for a receipt that Verify would refuse.
func (r *Receipts) Mint(rec Receipt) (string, error) {
	p := receiptPayload{Issuer: r.opt.Issuer, Subject: rec.ID, App: rec.App, Issued: rec.Issued.Unix(), Facts: rec.Facts}
	if !p.sound() {
		return "", errors.New("link: not what a receipt says")
	}
	key := r.row.Newest(r.opt.Clock())
	t := jwt.NewWithClaims(jwt.SigningMethodEdDSA, p)
	t.Header["typ"], t.Header["kid"] = receiptType, key.ID
	return sign(t, r.signer(key), maxReceipt)
}

// Verify checks the algorithm (EdDSA alone), the type, the key id, the signature, the issuer and the form of what is said.
// A receipt does not expire. Error: ErrNotFound, which does not say what failed.
func (r *Receipts) Verify(token string) (Receipt, error) {
	if len(token) > maxReceipt {
		return Receipt{}, consent.ErrNotFound
	}
	var p receiptPayload
	if _, err := r.parser.ParseWithClaims(token, &p, r.key); err != nil || !p.sound() {
		return Receipt{}, consent.ErrNotFound
	}
	return Receipt{ID: p.Subject, App: p.App, Issued: time.Unix(p.Issued, 0).UTC(), Facts: p.Facts}, nil
}

var errNotReceipt = errors.New("link: not a receipt")

// key finds the public key that a token names.
func (r *Receipts) key(t *jwt.Token) (any, error) {
	if t.Header["typ"] != receiptType {
		return nil, errNotReceipt
	}
	id, _ := t.Header["kid"].(string)
	k, ok := r.row.ByID(id)
	if !ok {
		return nil, errUnknownKey
	}
	return r.signer(k).Public(), nil
}

func (r *Receipts) signer(k keyfile.Key) ed25519.PrivateKey {
	if s, ok := r.signers.Load(k.ID); ok {
		return s.(ed25519.PrivateKey)
	}
	s := ed25519.NewKeyFromSeed(k.Secret)
	r.signers.Store(k.ID, s)
	return s
}

// Rotate adds a key. It is published at once and signs a day later; receipts under older keys stay good.
func (r *Receipts) Rotate() error {
	now := r.opt.Clock()
	_, err := r.row.Rotate(now, now.Add(receiptSettle))
	return err
}

// Refresh takes up keys that another process has added and forgets destroyed ones; once a minute is right.
func (r *Receipts) Refresh() error { return r.row.Refresh() }

// jwk is a public key (RFC 8037).
type jwk struct {
	Type      string `json:"kty"`
	Curve     string `json:"crv"`
	Algorithm string `json:"alg"`
	Use       string `json:"use"`
	ID        string `json:"kid"`
	X         string `json:"x"`
}

// JWKS is the set of public keys with which anybody can check a receipt (RFC 7517), the newest first, as JSON.
func (r *Receipts) JWKS() ([]byte, error) {
	set := struct {
		Keys []jwk `json:"keys"`
	}{}
	for _, k := range r.row.Keys() {
		public := r.signer(k).Public().(ed25519.PublicKey)
		set.Keys = append(set.Keys, jwk{
			Type: "OKP", Curve: "Ed25519", Algorithm: jwt.SigningMethodEdDSA.Alg(), Use: "sig", ID: k.ID,
			X: base64.RawURLEncoding.EncodeToString(public),
		})
	}
	return json.Marshal(set)
}

type receiptPayload struct {
	Issuer  string          `json:"iss"`
	Subject string          `json:"sub"`
	App     string          `json:"app"`
	Issued  int64           `json:"iat"`
	Facts   json.RawMessage `json:"consent"`
}

func (p *receiptPayload) sound() bool {
	facts := bytes.TrimSpace(p.Facts)
	return consent.IsID(consent.PrefixRequest, p.Subject) && p.App != "" && p.Issued > 0 &&
		len(facts) > 0 && facts[0] == '{' && json.Valid(facts)
}

// GetExpirationTime implements jwt.Claims; a receipt has none.
func (p receiptPayload) GetExpirationTime() (*jwt.NumericDate, error) { return nil, nil }

// GetIssuedAt implements jwt.Claims.
func (p receiptPayload) GetIssuedAt() (*jwt.NumericDate, error) {
	return jwt.NewNumericDate(time.Unix(p.Issued, 0)), nil
}

// GetNotBefore implements jwt.Claims; a receipt has none.
func (p receiptPayload) GetNotBefore() (*jwt.NumericDate, error) { return nil, nil }

// GetIssuer implements jwt.Claims.
func (p receiptPayload) GetIssuer() (string, error) { return p.Issuer, nil }

// GetSubject implements jwt.Claims.
func (p receiptPayload) GetSubject() (string, error) { return p.Subject, nil }

// GetAudience implements jwt.Claims; a receipt is for everybody.
func (p receiptPayload) GetAudience() (jwt.ClaimStrings, error) { return nil, nil }
