package consent

import (
	"context"
	"crypto/subtle"
	"fmt"
	"time"
)

// Times and limits of the code by which a guardian withdraws whose name does not match: withdrawing must stay possible for
// whoever has the mailbox (KR-17), also while wrong names have closed that way.
const (
	CodeLives   = time.Hour
	codeFresh   = 10 * time.Minute
	codesPerDay = 5
)

// AskCode mails the guardian of a withdraw link a code that is good for CodeLives. While the last one is fresh no other is
// mailed, and the answer is the same.
//
// Errors: ErrStale, ErrTooFast, code_limit (KindTooMany), ErrEnded, those of Open.
func (s *Service) AskCode(ctx context.Context, token, form string) (View, error) {
	v, err := s.OpenWithdraw(ctx, token)
	if err != nil || v.Record.Status != Granted {
		return v, err
	}
	p, err := s.unseal(v, stepWithdraw, form)
	if err != nil {
		return v, err
	}
	if s.tooFast(p) {
		return v, ErrTooFast
	}
	m := s.mutation(v.App, v.Record, Actor{Kind: ActorGuardian, Ref: itoa(v.Guardian)}, "")
	m.Jobs = append(m.Jobs, s.letter(v.Record, LetterProve, v.Guardian, 0))
	rec, err := s.Store.Prove(ctx, m, Proving{Guardian: v.Guardian, Fresh: codeFresh, PerDay: codesPerDay})
	if err == nil {
		v.Record = rec
	}
	return v, err
}

// CodeSent reports whether a mailed code of this guardian is still good.
func (v View) CodeSent() bool {
	at := v.Record.Of(v.Guardian).CodeAt
	return !at.IsZero() && v.Now.Before(at.Add(CodeLives))
}

// mailCode is the code that was mailed last, as ABCD-2345. It is derived, so it is stored nowhere.
func (s *Service) mailCode(rec Record, guardian int) string {
	at := rec.Of(guardian).CodeAt.UnixMilli()
	d := s.Vault.Digest(DigestShort, fmt.Sprintf("%s\x00%s\x00withdraw\x00%d\x00%d", rec.App, rec.ID, guardian, at))
	return halved(spell(d, shortLength))
}

func (s *Service) knowsCode(v View, code string) bool {
	want := normalCode(s.mailCode(v.Record, v.Guardian))
	return v.CodeSent() && subtle.ConstantTimeCompare([]byte(normalCode(code)), []byte(want)) == 1
}
