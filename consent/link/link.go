// Package link makes and checks signed tokens: the mailed links (HS256, which only this service verifies: shorter, and 14
// times cheaper to check) and consent receipts (EdDSA, which anybody can verify with the published keys).
//
// Each kind has its own keys, its own parser and one pinned algorithm, so a token of one kind is never taken for another.
package link

import (
	"errors"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/bohoja/bohoja/consent"
	"github.com/bohoja/bohoja/consent/seal/keyfile"
)

// maxLength bounds a token before anything of it is decoded. Real ones have about 230 bytes.
const maxLength = 1024

// torn is what mail programs and people leave at the end of a link. No token ends in any of it.
const torn = ".)>,"

// Links implements consent.Links. It is safe for concurrent use.
type Links struct {
	row     *keyfile.Row
	opt     Options
	parsers map[consent.Audience]*jwt.Parser
}

var _ consent.Links = (*Links)(nil)

// Open opens the keys of links under dir, the folder that holds long/, and makes the first one when there is none.
// The error names the folder and how to mend it.
func Open(dir string, opt Options) (*Links, error) {
	row, err := openRow(dir, rowLink, &opt)
	if err != nil {
		return nil, err
	}
	l := &Links{row: row, opt: opt, parsers: map[consent.Audience]*jwt.Parser{}}
	for _, aud := range []consent.Audience{consent.LinkDecide, consent.LinkWithdraw, consent.LinkChild, consent.LinkPortal, consent.LinkInside, consent.LinkReceipt, consent.LinkObject} {
		l.parsers[aud] = newParser(opt.Issuer, aud)
	}
	return l, nil
}

// newParser makes the parser of one audience. Its clock stands still in 1970, so that it requires an expiry and leaves it to
// Redeem to compare: only so can a genuine link that is past its time be told from a forged one.
func newParser(issuer string, aud consent.Audience) *jwt.Parser {
	return jwt.NewParser(
		jwt.WithValidMethods([]string{jwt.SigningMethodHS256.Alg()}),
		jwt.WithIssuer(issuer),
		jwt.WithAudience(string(aud)),
		jwt.WithExpirationRequired(),
		jwt.WithTimeFunc(func() time.Time { return time.Unix(0, 0) }),
		jwt.WithStrictDecoding(),
	)
}

// Mint implements consent.Links. The same claims give the same token until the keys are rotated. Expires is cut to the
// second. It returns an error for claims that Redeem would refuse.
func (l *Links) Mint(c consent.Claims) (string, error) {
	p := payload{
		Issuer: l.opt.Issuer, Audience: c.Audience, Subject: c.ID, App: c.App, Gen: c.Gen, Guardian: c.Guardian, Expires: c.Expires.Unix(),
	}
	if l.parsers[c.Audience] == nil || !p.sound() || p.Expires <= 0 {
		return "", errors.New("link: the claims are not those of a link")
	}
	key := l.row.Keys()[0]
	t := jwt.NewWithClaims(jwt.SigningMethodHS256, p)
	t.Header = map[string]any{"alg": jwt.SigningMethodHS256.Alg(), "kid": key.ID} // no "typ": it would only lengthen the link
	return sign(t, key.Secret, maxLength)
}

// sign signs t and refuses what is longer than its reader takes.
func sign(t *jwt.Token, key any, longest int) (string, error) {
	token, err := t.SignedString(key)
	if err != nil {
		return "", err
	}
	if len(token) > longest {
		return "", errors.New("link: the token is too long")
	}
	return token, nil
}

// Redeem implements consent.Links. What a torn link carries at its end (. ) > ,) is dropped; then these must hold:
//
//   - the length, and no byte outside base64url and the two dots (decoders skip line breaks);
//   - the algorithm is HS256 and no other, whatever the token says;
//   - the key id is one of ours, and the signature is by that key;
//   - the issuer is ours and the audience is aud;
//   - the subject has the form of a request's id (of a visit's for the portal), there is an app, a generation (except for the child's page, whose link
//     survives a changed address) and a guardian's index that can be one;
//   - there is an expiry, and now is before it.
//
// Errors: ErrNotFound, which does not say what failed; ErrLinkExpired, together with the claims, when only the last check
// fails. Whether the generation is the current one is for the record to say.
func (l *Links) Redeem(aud consent.Audience, token string, now time.Time) (consent.Claims, error) {
	token = strings.TrimRight(token, torn)
	parser := l.parsers[aud]
	if parser == nil || !formed(token) {
		return consent.Claims{}, consent.ErrNotFound
	}
	var p payload
	if _, err := parser.ParseWithClaims(token, &p, l.key); err != nil || !p.sound() {
		return consent.Claims{}, consent.ErrNotFound
	}
	c := p.claims()
	if !now.Before(c.Expires) {
		return c, consent.ErrLinkExpired
	}
	return c, nil
}

// formed reports whether token can be one at all.
func formed(token string) bool {
	if len(token) > maxLength {
		return false
	}
	for _, b := range []byte(token) {
		switch {
		case 'a' <= b && b <= 'z', 'A' <= b && b <= 'Z', '0' <= b && b <= '9', b == '-', b == '_', b == '.':
		default:
			return false
		}
	}
	return true
}

// errUnknownKey never leaves the package.
var errUnknownKey = errors.New("link: unknown key id")

// key finds the key that a token names. The parser has checked the algorithm already.
func (l *Links) key(t *jwt.Token) (any, error) {
	id, _ := t.Header["kid"].(string)
	k, ok := l.row.ByID(id)
	if !ok {
		return nil, errUnknownKey
	}
	return k.Secret, nil
}

// Rotate adds a key, with which links are minted from now on. Links under older keys stay good, in every process: one that
// meets an id it does not know looks into the folder.
func (l *Links) Rotate() error {
	now := l.opt.Clock()
	_, err := l.row.Rotate(now, now)
	return err
}

// Refresh takes up keys that another process has added and forgets destroyed ones; once a minute is right.
func (l *Links) Refresh() error { return l.row.Refresh() }

// payload is what a link says, under the short names of RFC 7519 where it has one.
type payload struct {
	Issuer   string           `json:"iss"`
	Audience consent.Audience `json:"aud"`
	Subject  string           `json:"sub"` // the request
	App      string           `json:"app"`
	Gen      int              `json:"gen,omitempty"`
	Guardian int              `json:"g,omitempty"`
	Expires  int64            `json:"exp"` // Unix seconds
}

// sound reports whether the claims are those of a link.
func (p *payload) sound() bool {
	prefix := consent.PrefixRequest
	if p.Audience == consent.LinkPortal || p.Audience == consent.LinkInside {
		prefix = consent.PrefixVisit
	}
	return consent.IsID(prefix, p.Subject) && p.App != "" && p.Guardian >= 0 && p.Gen >= 0 &&
		(p.Gen > 0 || p.Audience == consent.LinkChild)
}

func (p *payload) claims() consent.Claims {
	return consent.Claims{
		Audience: p.Audience, App: p.App, ID: p.Subject, Gen: p.Gen, Guardian: p.Guardian, Expires: time.Unix(p.Expires, 0).UTC(),
	}
}

// GetExpirationTime implements jwt.Claims; nil is "there is none".
func (p payload) GetExpirationTime() (*jwt.NumericDate, error) {
	if p.Expires <= 0 {
		return nil, nil
	}
	return jwt.NewNumericDate(time.Unix(p.Expires, 0)), nil
}

// GetIssuedAt implements jwt.Claims; links do not say when they were made, so that making one again gives the same one.
func (p payload) GetIssuedAt() (*jwt.NumericDate, error) { return nil, nil }

// GetNotBefore implements jwt.Claims; links are good at once.
func (p payload) GetNotBefore() (*jwt.NumericDate, error) { return nil, nil }

// GetIssuer implements jwt.Claims.
func (p payload) GetIssuer() (string, error) { return p.Issuer, nil }

// GetSubject implements jwt.Claims.
func (p payload) GetSubject() (string, error) { return p.Subject, nil }

// GetAudience implements jwt.Claims.
func (p payload) GetAudience() (jwt.ClaimStrings, error) {
	return jwt.ClaimStrings{string(p.Audience)}, nil
}
