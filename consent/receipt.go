package consent

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"time"
)

// ReceiptClaims are what a signed receipt says.
type ReceiptClaims struct {
	ID     string          // of the request
	App    string          // whose request it is
	Issued time.Time       // cut to the second
	Facts  json.RawMessage // an object: what was agreed, to which text, how and when; nothing of any person
}

// Receipts signs receipts of consents, so that anybody can check them with the published keys.
type Receipts interface {
	// Mint signs what a receipt says.
	Mint(r ReceiptClaims) (string, error)
	// JWKS is the set of public keys as JSON (RFC 7517).
	JWKS() ([]byte, error)
}

// Receipt is what was agreed to and what became of it. It names no guardian and holds nothing of the child but the app's own
// opaque reference.
type Receipt struct {
	Record   Record
	App      *App // with the items and purposes as they read when it was agreed to
	Operator Operator
	Method   Method
	Clause   string // KR-04
	Terms    string // version of the text
	Notice   string // version of the child's notice
	Language string // in which the text was read
	Agreed   time.Time
	Granted  []string // at the decision; which of them are in force the record tells
	Refused  []string
}

// receiptLife is how long a link to a receipt lives when the time of the links of its consent is over.
const receiptLife = 24 * time.Hour

// Receipt is the signed receipt of a consent, also of one that has ended, while its evidence is kept.
//
// Errors: ErrNotFound, ErrNotGranted, ErrEnded (it was never granted), ErrDestroyed (the evidence is gone), ErrUnavailable.
func (s *Service) Receipt(ctx context.Context, app *App, id string) (string, error) {
	rec, err := s.Find(ctx, app, id)
	if err != nil {
		return "", err
	}
	r, err := s.receipt(ctx, app, s.asOfNow(rec))
	if err != nil {
		return "", err
	}
	return s.sign(r)
}

// ReceiptKeys is the set of public keys by which receipts are checked, as JSON.
func (s *Service) ReceiptKeys() ([]byte, error) { return s.Receipts.JWKS() }

// receipt reads the evidence of a consent.
func (s *Service) receipt(ctx context.Context, app *App, rec Record) (Receipt, error) {
	switch {
	case rec.Status == Pending:
		return Receipt{}, ErrNotGranted
	case rec.Status != Granted && rec.Status != Withdrawn && rec.Status != AgedOut:
		return Receipt{}, ErrEnded
	case len(rec.Evidence) == 0:
		return Receipt{}, ErrDestroyed
	}
	e, err := s.evidence(rec)
	if err != nil {
		return Receipt{}, ignoreAs(err, ErrDestroyed, ErrUnreadable)
	}
	text, err := s.termsOf(ctx, app, e.Terms)
	return Receipt{
		Record: rec, App: text, Operator: s.Book().Operator, Method: e.Method, Clause: e.Clause, Terms: e.Terms, Notice: e.Notice,
		Language: e.Locale, Agreed: time.UnixMilli(e.At).UTC(), Granted: e.Granted, Refused: e.Refused,
	}, err
}

// receiptLink is the address of a consent's receipt. The same consent has the same one for as long as its other links live.
func (s *Service) receiptLink(rec Record, guardian int) (string, error) {
	expires, now := rec.DecidedAt.Add(withdrawLife), s.Clock()
	if expires.Before(now.Add(receiptLife)) {
		expires = now.Add(receiptLife)
	}
	return s.link("/r/", Claims{Audience: LinkReceipt, App: rec.App, ID: rec.ID, Gen: rec.GenOf(guardian), Guardian: guardian, Expires: expires})
}

// ReceiptView is what the page of a receipt shows.
type ReceiptView struct {
	View
	Public  string  // base of every address, for a page that is printed
	Receipt Receipt // empty when there is nothing to show any more
}

// OpenReceipt shows a receipt to a guardian by its link. It changes nothing. On the birthday a guardian's access ends: then,
// as when the evidence is gone, the View alone tells what became of the consent.
//
// Errors: those of Open.
func (s *Service) OpenReceipt(ctx context.Context, token string) (ReceiptView, error) {
	v, err := s.open(ctx, LinkReceipt, token)
	if err != nil || v.Record.Status == AgedOut {
		return ReceiptView{View: v}, err
	}
	r, err := s.receipt(ctx, v.App, v.Record)
	if errors.Is(err, ErrDestroyed) || errors.Is(err, ErrEnded) {
		return ReceiptView{View: v}, nil
	}
	return ReceiptView{v, s.Settings.PublicURL, r}, err
}

// SignedReceipt is the same receipt for programs. Errors: those of Open, ErrDestroyed when there is nothing to show any more.
func (s *Service) SignedReceipt(ctx context.Context, token string) (string, error) {
	v, err := s.OpenReceipt(ctx, token)
	if err != nil {
		return "", err
	}
	if v.Receipt.App == nil {
		return "", ErrDestroyed
	}
	return s.sign(v.Receipt)
}

// ReadTerms gives an app with the text of a version of its terms, which is public: what was agreed to stays readable.
//
// Errors: ErrNotFound, ErrUnavailable.
func (s *Service) ReadTerms(ctx context.Context, app, version string) (*App, error) {
	declared, ok := s.Book().Apps[app]
	if !ok || !isTerms(version) {
		return nil, ErrNotFound
	}
	if version == declared.Terms() {
		return declared, nil
	}
	text, err := s.Store.Terms(ctx, app, version)
	if err != nil {
		return nil, err
	}
	return declared.as(version, text)
}

// isTerms reports whether this can be a version of an app's terms.
func isTerms(version string) bool {
	return len(version) == len("t_")+16 && version[:2] == "t_" && !slices.ContainsFunc([]byte(version[2:]), func(b byte) bool {
		return (b < '0' || b > '9') && (b < 'a' || b > 'f')
	})
}
