package consent_test

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/bohoja/bohoja/consent"
	"github.com/bohoja/bohoja/consent/consenttest"
)

// phoned is a rights request that reached the app by telephone.
func phoned(subject string, kind consent.RightKind) consent.RightAsked {
	return consent.RightAsked{Subject: subject, Kind: kind, Channel: consent.ChannelPhone, Identity: "called back", Text: consent.Secret("별명이 틀렸습니다")}
}

func askRight(t *testing.T, k *consenttest.Kit, subject string, kind consent.RightKind) consent.Right {
	t.Helper()
	r, err := k.Service.Ask(t.Context(), k.App, app, phoned(subject, kind))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func fixed(nickname string) consent.RightAnswer {
	return consent.RightAnswer{Outcome: consent.RightDone, Corrected: map[string]json.RawMessage{"nickname": json.RawMessage(`"` + nickname + `"`)}}
}

// held opens the data that is still held here.
func held(t *testing.T, k *consenttest.Kit, id string) string {
	t.Helper()
	rec := get(t, k, id)
	plain, err := k.Vault.Open(consent.Label{App: rec.App, ID: rec.ID, Field: consent.FieldData, Rev: rec.DataRev}, rec.Data)
	if err != nil {
		t.Fatal(err)
	}
	return string(plain)
}

// TestHoldResealsUnderItsOwnHour: a correction that comes on the sixth day of the window would find the data dead before its
// answer; so the hold, and its end, begin the window anew, and the request's deadline stays.
func TestHoldResealsUnderItsOwnHour(t *testing.T) {
	k := consenttest.New(t)
	rec, _ := granted(t, k, "user-1")
	k.Advance(6 * 24 * time.Hour)
	r := askRight(t, k, "user-1", consent.RightCorrection)
	now := get(t, k, rec.ID)
	if hour, _ := k.Vault.KeyOf(now.Data); !now.Hold || hour != k.Service.Clock().Truncate(time.Hour) || !now.ExpiresAt.Equal(rec.ExpiresAt) {
		t.Errorf("sealed under %v, deadline %v was %v", hour, now.ExpiresAt, rec.ExpiresAt)
	}
	k.Advance(6 * 24 * time.Hour)
	if _, err := k.Service.Release(t.Context(), k.App, app, rec.ID); !errors.Is(err, consent.ErrOnHold) {
		t.Errorf("on hold: %v", err)
	}
	if _, err := k.Service.AnswerRight(t.Context(), k.App, app, r.ID, fixed("하늘별")); err != nil {
		t.Fatal(err)
	}
	k.Advance(6 * 24 * time.Hour)
	got, err := k.Service.Release(t.Context(), k.App, app, rec.ID)
	if err != nil || string(got.Data["nickname"]) != `"하늘별"` || string(got.Data["birth_date"]) != `"`+consenttest.Born()+`"` {
		t.Errorf("released %s, %v", got.Data, err)
	}
	if _, has := got.Data["address"]; has {
		t.Error("what was refused came back by a correction")
	}
}

// TestHoldEndsItself: an answer that comes too late finds nothing to correct, and nothing comes back.
func TestHoldEndsItself(t *testing.T) {
	k := consenttest.New(t)
	rec, _ := granted(t, k, "user-1")
	r := askRight(t, k, "user-1", consent.RightCorrection)
	for range 9 {
		k.Advance(24 * time.Hour)
	}
	if now := get(t, k, rec.ID); now.Custody != consent.Destroyed || !now.Hold {
		t.Errorf("%s, hold %v", now.Custody, now.Hold)
	}
	if _, err := k.Service.AnswerRight(t.Context(), k.App, app, r.ID, fixed("x")); err != nil {
		t.Fatal(err)
	}
	if now := get(t, k, rec.ID); now.Hold || now.Data != nil {
		t.Errorf("hold %v, %d bytes", now.Hold, len(now.Data))
	}
}

// TestCorrectedOnlyWhatIsInForce: a correction brings no item into custody for which nothing is granted.
func TestCorrectedOnlyWhatIsInForce(t *testing.T) {
	k := consenttest.New(t)
	rec, _ := granted(t, k, "user-1") // delivery was refused
	r := askRight(t, k, "user-1", consent.RightCorrection)
	in := fixed("하늘별")
	in.Corrected["address"] = json.RawMessage(`"서울"`)
	if _, err := k.Service.AnswerRight(t.Context(), k.App, app, r.ID, in); err != nil {
		t.Fatal(err)
	}
	if got := held(t, k, rec.ID); strings.Contains(got, "서울") || !strings.Contains(got, "하늘별") {
		t.Errorf("held %s", got)
	}
}

// moving is a store in which something else changes between the reading of a step and its script, once.
type moving struct {
	consent.Store
	before func()
}

func (m *moving) Ask(ctx context.Context, mu consent.Mutation, a consent.Asking) (consent.Right, bool, error) {
	if f := m.before; f != nil {
		m.before = nil
		f()
	}
	return m.Store.Ask(ctx, mu, a)
}

func (m *moving) Answer(ctx context.Context, mu consent.Mutation, a consent.Answering) (consent.Right, error) {
	if f := m.before; f != nil {
		m.before = nil
		f()
	}
	return m.Store.Answer(ctx, mu, a)
}

// TestHoldBeginsAnew: whoever comes between, the correction that was accepted holds, and the last answer ends it.
func TestHoldBeginsAnew(t *testing.T) {
	k := consenttest.New(t)
	rec, _ := granted(t, k, "user-1", "delivery")
	store := &moving{Store: k.Store}
	k.Service.Store = store
	store.before = func() {
		if _, err := k.Service.Withdraw(t.Context(), k.App, app, rec.ID, []string{"delivery"}); err != nil { // re-seals the data
			t.Error(err)
		}
	}
	first := askRight(t, k, "user-1", consent.RightCorrection)
	if got := held(t, k, rec.ID); strings.Contains(got, "서울") || !get(t, k, rec.ID).Hold {
		t.Errorf("held %s", got)
	}
	var second consent.Right
	store.before = func() { second = askRight(t, k, "user-1", consent.RightCorrection) }
	if _, err := k.Service.AnswerRight(t.Context(), k.App, app, first.ID, fixed("하나")); err != nil {
		t.Fatal(err)
	}
	if now := get(t, k, rec.ID); !now.Hold || now.Holds != 1 {
		t.Errorf("the second does not hold: %d", now.Holds)
	}
	if _, err := k.Service.AnswerRight(t.Context(), k.App, app, second.ID, fixed("둘")); err != nil {
		t.Fatal(err)
	}
	if now := get(t, k, rec.ID); now.Hold || !strings.Contains(held(t, k, rec.ID), "둘") {
		t.Errorf("hold %v, %s", now.Hold, held(t, k, rec.ID))
	}
}

// TestDeletionWithdraws, however often it is answered: nothing is told or mailed twice.
func TestDeletionWithdraws(t *testing.T) {
	k := consenttest.New(t)
	rec, _ := granted(t, k, "user-1")
	r := askRight(t, k, "user-1", consent.RightDeletion)
	lost := &losing{Store: k.Store}
	k.Service.Store = lost
	if _, err := k.Service.AnswerRight(t.Context(), k.App, app, r.ID, consent.RightAnswer{Outcome: consent.RightDone}); !errors.Is(err, consent.ErrUnavailable) {
		t.Fatalf("the answer was lost: %v", err)
	}
	for range 2 {
		if _, err := k.Service.AnswerRight(t.Context(), k.App, app, r.ID, consent.RightAnswer{Outcome: consent.RightDone}); err != nil {
			t.Fatal(err)
		}
	}
	k.Work()
	if now := get(t, k, rec.ID); now.Status != consent.Withdrawn || now.Data != nil {
		t.Errorf("%s, %d bytes", now.Status, len(now.Data))
	}
	var tail []string
	for _, e := range events(t, k, rec.ID) {
		tail = append(tail, string(e.Type))
	}
	if n := len(tail); !slices.Equal(tail[n-3:], []string{"rights.requested", "consent.withdrawn", "rights.answered"}) {
		t.Errorf("events %v", tail)
	}
	if letters(k, consent.LetterWithdrawn) != 1 || letters(k, consent.LetterRightsAnswered) != 1 {
		t.Errorf("%d and %d letters", letters(k, consent.LetterWithdrawn), letters(k, consent.LetterRightsAnswered))
	}
}

// losing is a store that dies once between the two scripts of a deletion.
type losing struct {
	consent.Store
	died bool
}

func (l *losing) Answer(ctx context.Context, m consent.Mutation, a consent.Answering) (consent.Right, error) {
	if !l.died {
		l.died = true
		return consent.Right{}, consent.ErrUnavailable
	}
	return l.Store.Answer(ctx, m, a)
}

// TestRightsAreSealed: no word of a request or an answer lies in the store for whoever reads its memory or its files, and its
// letters hold none either.
func TestRightsAreSealed(t *testing.T) {
	k := consenttest.New(t)
	granted(t, k, "user-1")
	in := phoned("user-1", consent.RightCorrection)
	in.Identity, in.Text = "canary-identity", consent.Secret("canary-text")
	r, err := k.Service.Ask(t.Context(), k.App, app, in)
	if err != nil {
		t.Fatal(err)
	}
	no := consent.RightAnswer{Outcome: consent.RightRefused, Reason: "canary-reason", Objection: "canary-objection"}
	if _, err := k.Service.AnswerRight(t.Context(), k.App, app, r.ID, no); err != nil {
		t.Fatal(err)
	}
	r = askRight(t, k, "user-1", consent.RightAccess)
	yes := consent.RightAnswer{Outcome: consent.RightDone, Data: map[string]json.RawMessage{"nickname": json.RawMessage(`"canary-data"`)}}
	if _, err := k.Service.AnswerRight(t.Context(), k.App, app, r.ID, yes); err != nil {
		t.Fatal(err)
	}
	keys, err := k.Clients.Read.Keys(t.Context(), "*").Result()
	if err != nil {
		t.Fatal(err)
	}
	for _, key := range keys {
		if dump := k.Clients.Read.Dump(t.Context(), key).Val(); strings.Contains(dump, "canary") {
			t.Errorf("%q holds a canary", key)
		}
	}
	k.Work()
	for _, l := range k.Letters.All() {
		if text, err := json.Marshal(l); err != nil || strings.Contains(string(text), "canary") {
			t.Errorf("letter %s holds a canary, %v", l.Kind, err)
		}
	}
	shown, err := k.Service.ShowRight(t.Context(), k.App, r.ID)
	if err != nil || shown.Data != nil {
		t.Errorf("the app is shown %s, %v", shown.Data, err)
	}
}

// TestRightsOfEnded: what was withdrawn leaves evidence that may be asked for; what was never granted leaves nothing.
func TestRightsOfEnded(t *testing.T) {
	k := consenttest.New(t)
	rec, _ := granted(t, k, "user-1")
	if _, err := k.Service.Withdraw(t.Context(), k.App, app, rec.ID, nil); err != nil {
		t.Fatal(err)
	}
	if r := askRight(t, k, "user-1", consent.RightCorrection); r.Held || get(t, k, rec.ID).Hold {
		t.Error("nothing is in force, and yet it is held")
	}
	start(t, k, "user-2")
	_, err := k.Service.Ask(t.Context(), k.App, app, phoned("user-2", consent.RightAccess))
	wants(t, "pending", err, consent.ErrNotGranted)
	_, err = k.Service.Ask(t.Context(), k.App, app, phoned("user-3", consent.RightAccess))
	wants(t, "unknown", err, consent.ErrNotFound)
	_, err = k.Service.Ask(t.Context(), k.Service.Book().Apps["game"], app, phoned("user-1", consent.RightAccess))
	wants(t, "another app's", err, consent.ErrNotFound)
}
