package consent

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"
	"time"
)

// ExportSize is how many bytes of an identity's digest a list for other tools has: as many as the store keeps.
const ExportSize = 14

// ExportDigest is what a list for other tools has of one identity: the first bytes of HMAC-SHA256 of its canonical form.
type ExportDigest [ExportSize]byte

// ExportKeys are what somebody needs to find their own addresses in a list. Who has them can test guesses, all telephone numbers
// of a country in minutes, and is told surely whom the list names.
type ExportKeys struct {
	App    string                    // a subject is digested as this id, a zero byte and the subject
	Region string                    // in which telephone numbers without a country code are read
	Keys   []map[DigestKind][32]byte // of FlagKinds, the newest first: an identity may lie in the list under any of them
}

// ExportKeys are the same for all apps. They are derived for this alone: nothing but flags can be tested with them.
func (s *Service) ExportKeys(app *App) ExportKeys {
	out := ExportKeys{App: app.ID, Region: s.Book().Profile.Region()}
	for _, kind := range FlagKinds {
		for i, key := range s.Vault.ExportKeys(kind) {
			if i == len(out.Keys) {
				out.Keys = append(out.Keys, map[DigestKind][32]byte{})
			}
			out.Keys[i][kind] = key
		}
	}
	return out
}

// exportOverlap is how far a list goes back behind the instant from which it is asked for. When an identity was flagged is read
// from its source's id, which a host made by its own clock before the store took it: a link of the embedded form a quarter
// of an hour before, and no clock is more than an hour wrong, or no request is accepted.
const exportOverlap = 2 * time.Hour

// Export walks through the children who are flagged for this app, a page at a time, in no order, and answers the instant to ask
// from next. With since it leaves out those who were flagged by then, but not those whose flag was taken back or has ended:
// who leaves a list is known from a whole one. An identity may come twice, none is left out.
//
// Guardians' addresses are not in it: they are barred from use for lack of a basis, not as children, and a list cannot ask for
// the basis. An identity whose entry cannot be read is in it.
//
// Errors: ErrUnavailable, also in the middle; what page answers.
func (s *Service) Export(ctx context.Context, app *App, since time.Time, page func(next time.Time, some []ExportDigest) error) error {
	next, err := s.Store.Now(ctx)
	if err != nil {
		return err
	}
	if since.After(next) {
		since = time.Time{} // of another clock, perhaps before a restore: everything is told
	}
	for _, one := range s.gateApps(app) {
		if err := s.exportApp(ctx, one, since, func(some []ExportDigest) error { return page(next, some) }); err != nil {
			return err
		}
	}
	return nil
}

func (s *Service) exportApp(ctx context.Context, app string, since time.Time, page func([]ExportDigest) error) error {
	month := s.today().MonthNumber()
	var out []ExportDigest
	for cursor := uint64(0); ; {
		marks, next, err := s.Store.Walk(ctx, app, cursor)
		if err != nil {
			return err
		}
		out = out[:0]
		for _, m := range marks {
			if slices.ContainsFunc(m.Reports, func(r Report) bool { return r.Month >= month && r.after(since) }) {
				out = append(out, ExportDigest(m.Look[:ExportSize]))
			}
		}
		if err := page(out); err != nil {
			return err
		}
		if cursor = next; cursor == 0 {
			return nil
		}
	}
}

// after reports whether the report may have been made after an instant. A doubt counts as yes.
func (r Report) after(since time.Time) bool {
	for _, prefix := range []string{PrefixRequest, PrefixFlag} {
		if at, ok := TimeOf(prefix, r.Source); ok {
			return !at.Before(since.Add(-exportOverlap))
		}
	}
	return true
}

// ErrNoPlain is an operator who gives out no digests without a key.
var ErrNoPlain = &Error{
	Kind: KindForbidden, Code: "forbidden",
	Detail: "digests without a key are not given out here: they disclose who is a child to whoever has the address (gate.plain_sha256)",
}

// PlainDigests gives SHA-256 (hex) of those of the addresses and telephone numbers that belong to flagged children, in the form
// that advertising platforms ask for: addresses trimmed and in lower case, numbers in E.164. The store holds no such
// digest, so only who has an address can have one made. Giving one to somebody is a disclosure.
//
// Errors: ErrNoPlain, KindInvalid (too many; an identity that cannot be read), ErrUnavailable.
func (s *Service) PlainDigests(ctx context.Context, app *App, who []Identity) ([]string, error) {
	if !s.Book().Gate.PlainSHA256 {
		return nil, ErrNoPlain
	}
	got, err := s.Gate(ctx, app, GateQuery{Kind: SendAdMail, Basis: BasisOwnOptIn, Who: who})
	if err != nil {
		return nil, err
	}
	out := []string{}
	for i, one := range got {
		switch {
		case one.Reason == GateUnreadable:
			return nil, &Error{Kind: KindInvalid, Code: "invalid", Detail: "an identity cannot be read, so the list would miss it"}
		case !one.Allowed:
			out = append(out, s.plain(who[i])...)
		}
	}
	return out, nil
}

func (s *Service) plain(who Identity) (out []string) {
	add := func(text string) {
		sum := sha256.Sum256([]byte(text))
		out = append(out, hex.EncodeToString(sum[:]))
	}
	if !who.Email.Empty() {
		add(strings.ToLower(strings.TrimSpace(who.Email.Reveal())))
	}
	if e164, err := s.Phones.Canonical(who.Phone.Reveal(), s.Book().Profile.Region()); err == nil {
		add(e164)
	}
	return out
}
