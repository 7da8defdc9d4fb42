package consent_test

import (
	"context"
	"errors"
	"testing"

	"github.com/bohoja/bohoja/consent"
	"github.com/bohoja/bohoja/consent/consenttest"
)

// deaf is a store that cannot say who wants no letters: another app's part of it is away.
type deaf struct {
	consent.Store
	err error
}

// Quiet fails like a part that is away, or is not reached in time.
func (d *deaf) Quiet(ctx context.Context, apps []string, digests []consent.Digest) (bool, error) {
	if _, bounded := ctx.Deadline(); !bounded && d.err == nil {
		return d.Store.Quiet(ctx, apps, digests)
	}
	if d.err == nil {
		<-ctx.Done()
		return false, &consent.Error{Kind: consent.KindUnavailable, Code: consent.ErrUnavailable.Code, Err: ctx.Err()}
	}
	return false, d.err
}

// A part of the store that is away or hangs stops no signup of another app. The invitation waits until it is known that
// the guardian wants it: who told one app to send nothing more hears nothing of another.
func TestOtherAppAway(t *testing.T) {
	t.Parallel()
	for name, away := range map[string]error{"away": consent.ErrUnavailable, "hangs": nil} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			k := consenttest.New(t)
			blocked(t, k)
			before := letters(k, consent.LetterInvite)
			store := &deaf{k.Service.Store, away}
			k.Service.Store = store
			k.App = k.Service.Book().Apps["game"]
			in := ask("user-2")
			delete(in.Data, "address")
			rec := signup(t, k, in).Record
			if rec.Mail != consent.MailQueued {
				t.Errorf("mail is %s", rec.Mail)
			}
			k.Service.Store = store.Store
			k.Work()
			if letters(k, consent.LetterInvite) != before {
				t.Error("a letter went to somebody who wants none")
			}
			if v, err := k.Service.Show(t.Context(), k.App, rec.ID); err != nil || v.Mail != consent.MailNotSent {
				t.Errorf("afterwards mail is %s, %v", v.Mail, err)
			}
		})
	}
}

// What is wrong otherwise is told.
func TestOtherAppBroken(t *testing.T) {
	t.Parallel()
	k := consenttest.New(t)
	k.Service.Store = &deaf{k.Service.Store, errors.New("a fault of the program")}
	if _, err := k.Service.Signup(t.Context(), k.App, app, ask("user-1")); err == nil {
		t.Error("accepted")
	}
	ctx, stop := context.WithCancel(t.Context())
	stop()
	k.Service.Store = &deaf{k.Service.Store, consent.ErrUnavailable}
	if _, err := k.Service.Signup(ctx, k.App, app, ask("user-1")); !errors.Is(err, consent.ErrUnavailable) {
		t.Errorf("whoever asked has gone: %v", err)
	}
}
