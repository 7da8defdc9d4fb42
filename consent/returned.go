package consent

import (
	"context"
	"crypto/subtle"
	"errors"
	"strconv"
	"strings"
)

// Letters as a return token names them: only what becomes of an invitation changes anything.
const (
	returnedInvitation = "i"
	returnedOther      = "o"
)

// returnProof is how many characters of a token prove that it is ours: 50 bits, and each guess is a letter.
const returnProof = 10

// returnToken names a letter in its return path (VERP): the request without its prefix, generation, guardian, what it is and a
// proof, 44 characters or so. It names no app, since a local part has room for 64.
func (s *Service) returnToken(rec Record, l LetterJob) string {
	kind := returnedOther
	if l.Letter == LetterInvite || l.Letter == LetterRemind {
		kind = returnedInvitation
	}
	text := strings.Join([]string{strings.TrimPrefix(rec.ID, PrefixRequest), itoa(l.Gen), itoa(l.Guardian), kind}, "-")
	return text + "-" + s.proveReturn(text)
}

func (s *Service) proveReturn(text string) string {
	d := s.Vault.Digest(DigestReturn, text)
	return idAlphabet.EncodeToString(d[:])[:returnProof]
}

// KnowsReturn tells whether a return token is one of this space.
func (s *Service) KnowsReturn(token string) bool {
	_, ok := s.parseReturn(token)
	return ok
}

// returned is what a return token names.
type returned struct {
	id            string
	gen, guardian int
	invitation    bool
}

func (s *Service) parseReturn(token string) (returned, bool) {
	at := strings.LastIndexByte(token, '-')
	if at < 0 || subtle.ConstantTimeCompare([]byte(token[at+1:]), []byte(s.proveReturn(token[:at]))) == 0 {
		return returned{}, false
	}
	f := strings.Split(token[:at], "-")
	if len(f) != 4 {
		return returned{}, false
	}
	gen, err1 := strconv.Atoi(f[1])
	guardian, err2 := strconv.Atoi(f[2])
	r := returned{id: PrefixRequest + f[0], gen: gen, guardian: guardian, invitation: f[3] == returnedInvitation}
	return r, errors.Join(err1, err2) == nil && IsID(PrefixRequest, r.id)
}

// Returned notes that a letter came back, after the first mail server had taken it: an invitation that did not arrive is as one that was
// refused, and app and child are told to check the address. status is the report's code, "5.1.1". Of a letter that is no invitation,
// of an address that was corrected since, and of a request that waits no more nothing is noted.
//
// Errors: ErrNotFound for a token that is not ours; ErrUnavailable, ErrOutcomeUnknown: say it again.
func (s *Service) Returned(ctx context.Context, token, status string) error {
	r, ok := s.parseReturn(token)
	if !ok {
		return ErrNotFound
	}
	if !r.invitation || r.guardian != 0 {
		return nil
	}
	apps, err := s.EverApps(ctx)
	if err != nil {
		return err
	}
	for _, app := range apps {
		rec, err := s.Store.Get(ctx, app, r.id)
		if errors.Is(err, ErrNotFound) {
			continue
		}
		if err != nil {
			return err
		}
		m := s.mutation(s.Book().Apps[app], rec, Actor{Kind: ActorMail}, EventBounced)
		m.Note = status
		_, err = s.Store.Invited(ctx, m, r.gen, MailBounced, HintCheckAddress)
		return ignore(err, ErrNotFound)
	}
	return nil // forgotten since
}
