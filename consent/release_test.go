package consent_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/bohoja/bohoja/consent"
	"github.com/bohoja/bohoja/consent/consenttest"
)

// pool are the items from which made-up purposes choose.
var pool = []string{"nickname", "birth_date", "address", "email", "phone", "gender", "photo"}

// madeUp draws purposes over the pool. The first is required.
func madeUp(r *rapid.T) []consent.Purpose {
	n := rapid.IntRange(1, 4).Draw(r, "purposes")
	out := make([]consent.Purpose, n)
	text := consent.Text{"ko": "x", "en": "x"}
	for i := range out {
		items := rapid.SliceOfNDistinct(rapid.SampledFrom(pool), 1, 4, rapid.ID).Draw(r, "items")
		out[i] = consent.Purpose{
			ID: fmt.Sprintf("p%d", i), Required: i == 0, Items: items, Why: text, Child: text, Keep: text, Refuse: text,
		}
	}
	return out
}

// bookOf is the kit's book with other purposes for its app.
func bookOf(k *consenttest.Kit, purposes []consent.Purpose) *consent.Book {
	old := consenttest.Book()
	a := *k.App
	a.Purposes = purposes
	book, err := consent.NewBook(old.Profile, old.Operator, old.Gate, []consent.App{a})
	if err != nil {
		panic(err) // texts and names always marshal
	}
	return book
}

// wish draws a guardian's choices, and tells which items they let through.
func wish(r *rapid.T, purposes []consent.Purpose) (choices map[string]string, items []string) {
	choices = map[string]string{}
	for _, p := range purposes {
		choices[p.ID] = "no"
		if p.Required || rapid.Bool().Draw(r, p.ID) {
			choices[p.ID] = "yes"
			items = append(items, p.Items...)
		}
	}
	return choices, items
}

// Whatever is asked and whatever is answered: what is released is what a granted purpose names, and of the rest there is
// nothing left that could be read. What the child says of itself and of its guardian is never in it.
func TestOnlyGrantedItemsAreReleased(t *testing.T) {
	t.Parallel()
	k := consenttest.New(t)
	k.Service.Settings.MinPage = 0
	k.Service.Settings.GuardianDay = 1 << 20
	n := 0
	rapid.Check(t, func(r *rapid.T) {
		n++
		purposes := madeUp(r)
		book := bookOf(k, purposes)
		k.Service.Book = func() *consent.Book { return book }
		k.App = book.Apps["shop"]
		in := ask(fmt.Sprintf("user-%d", n))
		in.Data = map[string]json.RawMessage{}
		for _, p := range purposes {
			for _, item := range p.Items {
				in.Data[item] = json.RawMessage(`"` + item + ` of the child"`)
			}
		}
		choices, allowed := wish(r, purposes)
		signup(t, k, in)
		a := yes()
		a.Purposes = choices
		rec := decideAtOnce(t, k, invited(t, k), a)
		h, err := k.Service.Release(t.Context(), k.App, app, rec.ID)
		if err != nil {
			r.Fatal(err)
		}
		for item := range in.Data {
			if _, ok := h.Data[item]; ok != slices.Contains(allowed, item) {
				r.Errorf("item %s released: %v, choices %v", item, ok, choices)
			}
		}
		if sealed := sealedItems(t, k, rec); len(sealed) != len(h.Data) {
			r.Errorf("sealed %v, released %d", sealed, len(h.Data))
		}
	})
}

func decideAtOnce(t *testing.T, k *consenttest.Kit, tok string, a consent.Answers) consent.Record {
	t.Helper()
	v, err := k.Service.Open(t.Context(), tok)
	if err != nil {
		t.Fatal(err)
	}
	c, err := k.Service.Check(t.Context(), tok, v.Proof, a)
	if err != nil {
		t.Fatal(err)
	}
	v, err = k.Service.Decide(t.Context(), tok, c.Proof, "yes", false)
	if err != nil {
		t.Fatal(err)
	}
	return v.Record
}

// sealedItems opens what the store holds of a record's data now.
func sealedItems(t *testing.T, k *consenttest.Kit, rec consent.Record) map[string]json.RawMessage {
	t.Helper()
	rec = get(t, k, rec.ID)
	plain, err := k.Vault.Open(consent.Label{App: rec.App, ID: rec.ID, Field: consent.FieldData, Rev: rec.DataRev}, rec.Data)
	if err != nil {
		t.Fatal(err)
	}
	var items map[string]json.RawMessage
	if err := json.Unmarshal(plain, &items); err != nil {
		t.Fatal(err)
	}
	return items
}

// The ciphertext of before the grant, as a backup has it, dies with its hour: refused items cannot come back.
func TestRefusedItemsDieWithTheirHour(t *testing.T) {
	t.Parallel()
	k := consenttest.New(t)
	rec, tok := start(t, k, "user-1")
	backup := get(t, k, rec.ID)
	decide(t, k, tok, yes())
	old := consent.Label{App: rec.App, ID: rec.ID, Field: consent.FieldData, Rev: 1}
	if _, err := k.Vault.Open(old, backup.Data); err != nil {
		t.Fatalf("the backup's value is not what was sealed: %v", err)
	}
	k.Advance(120 * time.Hour)
	_, err := k.Vault.Open(old, backup.Data)
	wants(t, "a backup of before, 120 h after the signup", err, consent.ErrUnreadable)
	old.Field = consent.FieldPeople
	_, err = k.Vault.Open(old, backup.People)
	wants(t, "its people", err, consent.ErrUnreadable)
	if items := sealedItems(t, k, rec); len(items) != 2 || items["address"] != nil {
		t.Errorf("held: %v", items)
	}
}

// A value that was moved, or rolled back, does not open.
func TestMovedCiphertextDoesNotOpen(t *testing.T) {
	t.Parallel()
	k := consenttest.New(t)
	one, _ := granted(t, k, "user-1")
	two, _ := granted(t, k, "user-2")
	one, two = get(t, k, one.ID), get(t, k, two.ID)
	for name, l := range map[string]consent.Label{
		"another request":  {App: "shop", ID: two.ID, Field: consent.FieldData, Rev: one.DataRev},
		"another app":      {App: "game", ID: one.ID, Field: consent.FieldData, Rev: one.DataRev},
		"another field":    {App: "shop", ID: one.ID, Field: consent.FieldPeople, Rev: one.DataRev},
		"another revision": {App: "shop", ID: one.ID, Field: consent.FieldData, Rev: one.DataRev - 1},
	} {
		_, err := k.Vault.Open(l, one.Data)
		wants(t, name, err, consent.ErrUnreadable)
	}
}

func TestReleaseInEveryState(t *testing.T) {
	t.Parallel()
	k := consenttest.New(t)
	ctx := t.Context()
	release := func(id string) error { _, err := k.Service.Release(ctx, k.App, app, id); return err }
	acknowledge := func(id string) error { _, err := k.Service.Acknowledge(ctx, k.App, app, id); return err }
	pending, _ := start(t, k, "pending")
	wants(t, "pending", release(pending.ID), consent.ErrNotGranted)
	wants(t, "pending, acknowledge", acknowledge(pending.ID), consent.ErrNotGranted)

	held, _ := granted(t, k, "held")
	wants(t, "acknowledge before the release", acknowledge(held.ID), consent.ErrNotReleased)
	for range 3 {
		if err := release(held.ID); err != nil {
			t.Errorf("granted: %v", err)
		}
	}
	told(t, k, held.ID, "pending", "invited", "granted", "released")

	withdrawn, _ := granted(t, k, "withdrawn")
	if _, err := k.Service.Withdraw(ctx, k.App, app, withdrawn.ID, nil); err != nil {
		t.Fatal(err)
	}
	wants(t, "withdrawn", release(withdrawn.ID), consent.ErrDestroyed)
	wants(t, "withdrawn, acknowledge", acknowledge(withdrawn.ID), consent.ErrDestroyed)

	declined, tok := start(t, k, "declined")
	decide(t, k, tok, no(consent.DecideNotMine))
	wants(t, "declined", release(declined.ID), consent.ErrDestroyed)

	for _, id := range []string{"", "x", "cr_../../x", consent.NewID(consent.PrefixRequest, k.Service.Clock())} {
		wants(t, "unknown id", release(id), consent.ErrNotFound)
		wants(t, "unknown id, acknowledge", acknowledge(id), consent.ErrNotFound)
	}
	k.App = k.Service.Book().Apps["game"]
	wants(t, "another app", release(held.ID), consent.ErrNotFound)
}

// Granted data that nobody collects is destroyed when its window is over; the consent stays.
func TestLapse(t *testing.T) {
	t.Parallel()
	k := consenttest.New(t)
	rec, _ := granted(t, k, "user-1")
	until(t, k, rec.ReleaseBy, time.Millisecond)
	_, err := k.Service.Release(t.Context(), k.App, app, rec.ID)
	wants(t, "past the window, nobody swept", err, consent.ErrDestroyed)
	k.Sweep()
	k.Sweep()
	got := get(t, k, rec.ID)
	if got.Status != consent.Granted || got.Custody != consent.Destroyed || len(got.Data) != 0 {
		t.Errorf("%s, %s", got.Status, got.Custody)
	}
	if types := types(t, k, rec.ID); types[len(types)-1] != "destroyed" || len(slices.Compact(types)) != len(types) {
		t.Errorf("events %q", types)
	}
	if life := rec.ReleaseBy.Sub(rec.DecidedAt); life > 168*time.Hour {
		t.Errorf("collected within %s", life)
	}
}
