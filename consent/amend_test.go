package consent_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/bohoja/bohoja/consent"
	"github.com/bohoja/bohoja/consent/consenttest"
	"github.com/bohoja/bohoja/consent/outbox"
)

// Whom the guardian becomes.
const (
	newName    = "이새로"
	newAddress = "new@example.com"
)

// correction is a new name and a new address for the first guardian.
func correction(rec consent.Record) consent.Amendment {
	return consent.Amendment{
		Rev: rec.Rev, Name: consent.Secret(newName), Email: consent.Secret(newAddress), Proof: "id_document", Ref: "T-1",
	}
}

// entered grants, and enters a correction as st_1.
func entered(t *testing.T, k *consenttest.Kit, change ...func(*consent.Amendment)) consent.Record {
	t.Helper()
	rec, _ := granted(t, k, "user-1", "delivery")
	k.Work()
	in := correction(get(t, k, rec.ID))
	for _, c := range change {
		c(&in)
	}
	rec, err := k.Service.EnterAmendment(t.Context(), k.App, staffed("st_1"), rec.ID, in)
	fine(t, err)
	return rec
}

// amending has it confirmed as st_2, and lets the letter go out.
func amending(t *testing.T, k *consenttest.Kit, change ...func(*consent.Amendment)) consent.Record {
	t.Helper()
	rec := entered(t, k, change...)
	rec, err := k.Service.Endorse(t.Context(), k.App, staffed("st_2"), rec.ID, rec.Amend.No, rec.Rev)
	fine(t, err)
	k.Work()
	return get(t, k, rec.ID)
}

// effective waits until it takes effect.
func effective(t *testing.T, k *consenttest.Kit, rec consent.Record) consent.Record {
	t.Helper()
	until(t, k, rec.Amend.Due, time.Millisecond)
	k.Sweep()
	k.Work()
	return get(t, k, rec.ID)
}

// to lists the kinds of letters that went to an address.
func to(k *consenttest.Kit, address string) (out []consent.LetterKind) {
	for _, l := range k.Letters.All() {
		if l.To.Reveal() == address {
			out = append(out, l.Kind)
		}
	}
	return out
}

// shortlyBefore allows for the delivery: a letter tells the time as it is written, and the wait begins when it was taken.
func shortlyBefore(told, due time.Time) bool {
	late := due.Sub(told.Truncate(time.Millisecond)) // the store counts in milliseconds
	return late >= 0 && late < time.Minute
}

// The whole way: the old address is told at once, the new one nothing before the effect; then what went to the old one is void, and
// the new one stands for the consent (issue: staff correct a guardian after a grant).
func TestAmendFromEndToEnd(t *testing.T) {
	k := consenttest.New(t)
	rec := amending(t, k)
	oldPage, oldWithdraw := last(t, k, consent.LetterInvite), last(t, k, consent.LetterGranted)
	told := last(t, k, consent.LetterAmending)
	if told.To.Reveal() != parent || !shortlyBefore(told.Deadline, rec.Amend.Due) || told.Amend != consent.AmendBoth || len(to(k, newAddress)) != 0 {
		t.Errorf("told %+v; the new address got %v", told, to(k, newAddress))
	}
	until(t, k, rec.Amend.Due, -time.Minute)
	k.Sweep()
	k.Work()
	if got := get(t, k, rec.ID); len(got.Amended) != 0 || len(to(k, newAddress)) != 0 {
		t.Fatal("in effect before its time")
	}
	got := effective(t, k, rec)
	if len(got.Amended) != 1 || got.Status != consent.Granted || string(got.Evidence) != string(rec.Evidence) {
		t.Fatalf("%+v", got.Amended)
	}
	if kinds := to(k, newAddress); !slices.Equal(kinds, []consent.LetterKind{consent.LetterAmended}) {
		t.Errorf("the new address got %v", kinds)
	}
	if parting := last(t, k, consent.LetterReplaced); parting.To.Reveal() != parent || parting.Link != "" || parting.Withdraw != "" {
		t.Errorf("the old address got %+v", parting)
	}
	if eventsOf(t, k, consent.EventAmended) != 1 {
		t.Error("the app was not told once")
	}
	_, err := k.Service.Open(t.Context(), token(t, oldPage.Link, "/c/"))
	wants(t, "the old link", err, consent.ErrReplaced)
	_, err = k.Service.OpenWithdraw(t.Context(), token(t, oldWithdraw.Withdraw, "/w/"))
	wants(t, "the old link for withdrawing", err, consent.ErrReplaced)
	_, err = k.Service.ByCode(t.Context(), oldPage.Code)
	wants(t, "the old code", err, consent.ErrNotFound)
	r, _ := receiptOf(t, k, rec.ID)
	if f := factsOf(t, r); len(f.Events) != 2 || f.Events[1].Type != "dpv:Modify" || f.Events[1].State != "dpv:ConsentGiven" || strings.Contains(string(r.Facts), newName) {
		t.Errorf("the receipt tells %+v", f.Events)
	}
	withdrawAs(t, k, newName)
}

// withdrawAs withdraws by the link that the new address got, under this name.
func withdrawAs(t *testing.T, k *consenttest.Kit, name string) {
	t.Helper()
	tok := token(t, last(t, k, consent.LetterAmended).Withdraw, "/w/")
	v, err := k.Service.OpenWithdraw(t.Context(), tok)
	fine(t, err)
	_, err = k.Service.CheckWithdraw(t.Context(), tok, v.Proof, consent.Wish{Name: guardianName})
	if consent.CodeOf(err) != "fact_mismatch" {
		t.Errorf("the name of before still counts: %v", err)
	}
	w, err := k.Service.CheckWithdraw(t.Context(), tok, v.Proof, consent.Wish{Name: name})
	fine(t, err)
	after, err := k.Service.ConfirmWithdraw(t.Context(), tok, w.Proof, "yes")
	if err != nil || after.Record.Status != consent.Withdrawn {
		t.Errorf("%s, %v", after.Record.Status, err)
	}
}

// A corrected name voids no link, and the address stays; a corrected address leaves the name.
func TestAmendOneOfTwo(t *testing.T) {
	k := consenttest.New(t)
	rec := effective(t, k, amending(t, k, func(in *consent.Amendment) { in.Email = consent.Private{} }))
	v, err := k.Service.OpenWithdraw(t.Context(), token(t, last(t, k, consent.LetterGranted).Withdraw, "/w/"))
	fine(t, err)
	_, err = k.Service.CheckWithdraw(t.Context(), token(t, last(t, k, consent.LetterGranted).Withdraw, "/w/"), v.Proof, consent.Wish{Name: newName})
	fine(t, err)
	if letters(k, consent.LetterReplaced) != 0 || last(t, k, consent.LetterAmended).To.Reveal() != parent || !rec.Renamed(0) {
		t.Error("a name alone moved the address")
	}
	k = consenttest.New(t)
	rec = effective(t, k, amending(t, k, func(in *consent.Amendment) { in.Name = consent.Private{} }))
	tok := token(t, last(t, k, consent.LetterAmended).Withdraw, "/w/")
	v, err = k.Service.OpenWithdraw(t.Context(), tok)
	fine(t, err)
	_, err = k.Service.CheckWithdraw(t.Context(), tok, v.Proof, consent.Wish{Name: guardianName})
	fine(t, err)
	if rec.Renamed(0) {
		t.Error("an address alone changed the name")
	}
}

// Another guardian's links stay as they are.
func TestAmendLeavesOthersAlone(t *testing.T) {
	k := consenttest.New(t)
	rec, _ := granted(t, k, "user-1")
	_, err := k.Service.Join(t.Context(), k.App, app, rec.ID, consent.Guardian{Name: consent.Secret("이보람"), Email: consent.Secret("second@example.com"), Locale: "ko"})
	fine(t, err)
	k.Work()
	other := token(t, last(t, k, consent.LetterInvite).Link, "/c/")
	rec = get(t, k, rec.ID)
	rec, err = k.Service.EnterAmendment(t.Context(), k.App, staffed("st_1"), rec.ID, correction(rec))
	fine(t, err)
	rec, err = k.Service.Endorse(t.Context(), k.App, staffed("st_2"), rec.ID, 1, rec.Rev)
	fine(t, err)
	k.Work()
	if got := effective(t, k, get(t, k, rec.ID)); len(got.Amended) != 1 {
		t.Fatal("not in effect")
	}
	v, err := k.Service.Open(t.Context(), other)
	if err != nil || v.Withdraw == "" {
		t.Errorf("the other guardian's link: %v", err)
	}
}

func TestAmendRefuses(t *testing.T) {
	k := consenttest.New(t)
	rec, _ := granted(t, k, "user-1")
	_, err := k.Service.Join(t.Context(), k.App, app, rec.ID, consent.Guardian{Name: consent.Secret("이보람"), Email: consent.Secret("second@example.com")})
	fine(t, err)
	rec = get(t, k, rec.ID)
	for want, change := range map[string]func(*consent.Amendment){
		"/proof proof":                func(in *consent.Amendment) { in.Proof = "trust me" },
		"/ref ref":                    func(in *consent.Amendment) { in.Ref = "김보호 전화" },
		"/guardian guardian":          func(in *consent.Amendment) { in.Guardian = 2 },
		"/name guardian_name_generic": func(in *consent.Amendment) { in.Name = consent.Secret("엄마") },
		"/name resident_number":       func(in *consent.Amendment) { in.Name = consent.Secret("850304-2345678") },
		"/name unchanged": func(in *consent.Amendment) {
			in.Name, in.Email = consent.Secret(guardianName), consent.Secret(" Parent@example.com ")
		},
		"/email invalid":           func(in *consent.Amendment) { in.Email = consent.Secret("new") },
		"/email guardian_is_child": func(in *consent.Amendment) { in.Email = consent.Secret("kid+x@example.com") },
		"/email guardian_known":    func(in *consent.Amendment) { in.Email = consent.Secret("second@example.com") },
	} {
		in := correction(rec)
		change(&in)
		_, err := k.Service.EnterAmendment(t.Context(), k.App, staffed("st_1"), rec.ID, in)
		e, ok := errors.AsType[*consent.Error](err)
		if !ok || e.Kind != consent.KindInvalid || !slices.ContainsFunc(e.Fields, func(f consent.FieldError) bool { return f.Pointer+" "+f.Code == want }) {
			t.Errorf("%s: %v", want, err)
		}
	}
	in := correction(rec)
	in.Rev--
	_, err = k.Service.EnterAmendment(t.Context(), k.App, staffed("st_1"), rec.ID, in)
	wants(t, "by a form of other people", err, consent.ErrStale)
	if got := get(t, k, rec.ID); got.Amends != 0 {
		t.Error("something was entered")
	}
}

// Whose holder asked for no letters, before it was entered or since, is nobody's new address.
func TestAmendRespectsNoLetters(t *testing.T) {
	for _, early := range []bool{true, false} {
		k := consenttest.New(t)
		rec, _ := granted(t, k, "user-1")
		k.Work()
		wish := func() {
			in := ask("user-2")
			in.Guardian.Email = consent.Secret(newAddress)
			signup(t, k, in)
			tok := invited(t, k)
			c := checked(t, k, tok, no(consent.DecideNotMine))
			_, err := k.Service.Decide(t.Context(), tok, c.Proof, "yes", true)
			fine(t, err)
		}
		if early {
			wish()
		}
		rec = get(t, k, rec.ID)
		rec, err := k.Service.EnterAmendment(t.Context(), k.App, staffed("st_1"), rec.ID, correction(rec))
		if early {
			if e, ok := errors.AsType[*consent.Error](err); !ok || e.Fields[0].Code != "no_letters" {
				t.Errorf("%v", err)
			}
			continue
		}
		fine(t, err)
		rec, err = k.Service.Endorse(t.Context(), k.App, staffed("st_2"), rec.ID, 1, rec.Rev)
		fine(t, err)
		wish()
		k.Work()
		rec = get(t, k, rec.ID)
		if got := effective(t, k, rec); len(got.Amended) != 0 || got.Amend.No != 0 || got.Rev != rec.Rev || lastNote(t, k, rec.ID) != "no_letters" {
			t.Errorf("%+v %+v, noted %q", got.Amend, got.Amended, lastNote(t, k, rec.ID))
		}
		if kinds := to(k, newAddress); slices.Contains(kinds, consent.LetterAmended) {
			t.Error("it was written to")
		}
	}
}

// lastNote is the note with which the last correction of a request ended.
func lastNote(t *testing.T, k *consenttest.Kit, id string) string {
	t.Helper()
	trail, err := k.Store.Trail(t.Context(), k.App.ID, id)
	fine(t, err)
	note := ""
	for _, e := range trail {
		if e.Step == consent.StepRetract {
			note = e.Note
		}
	}
	return note
}

// Two persons, and what they saw: whatever changed between them is told, not confirmed (threat 20).
func TestEndorseRefuses(t *testing.T) {
	k := consenttest.New(t)
	rec := entered(t, k)
	endorse := func(by string, no, rev int) error {
		_, err := k.Service.Endorse(t.Context(), k.App, staffed(by), rec.ID, no, rev)
		return err
	}
	wants(t, "alone", endorse("st_1", 1, rec.Rev), consent.ErrSamePerson)
	wants(t, "another one", endorse("st_2", 2, rec.Rev), consent.ErrStale)
	wants(t, "of other people", endorse("st_2", 1, rec.Rev-1), consent.ErrStale)
	_, err := k.Service.Join(t.Context(), k.App, app, rec.ID, consent.Guardian{Name: consent.Secret("이보람"), Email: consent.Secret("second@example.com")})
	fine(t, err)
	wants(t, "with one guardian more", endorse("st_2", 1, rec.Rev), consent.ErrStale)
	k.Work()
	if letters(k, consent.LetterAmending) != 0 {
		t.Error("somebody was told")
	}
	_, err = k.Service.Retract(t.Context(), k.App, staffed("st_2"), rec.ID, 1)
	fine(t, err)
	wants(t, "after it was taken back", endorse("st_2", 1, rec.Rev), consent.ErrNotAmending)
}

// One more guardian while it waits: it is of other people then, and ends by itself.
func TestAmendFallsAway(t *testing.T) {
	k := consenttest.New(t)
	rec := amending(t, k)
	_, err := k.Service.Join(t.Context(), k.App, app, rec.ID, consent.Guardian{Name: consent.Secret("이보람"), Email: consent.Secret("second@example.com")})
	fine(t, err)
	if got := effective(t, k, rec); len(got.Amended) != 0 || got.Amend.No != 0 || lastNote(t, k, rec.ID) != "people" {
		t.Errorf("%+v, noted %q", got.Amend, lastNote(t, k, rec.ID))
	}
}

// The link of the letter stops it, with two choices; reading stops nothing, and afterwards it does not come back.
func TestObject(t *testing.T) {
	k := consenttest.New(t)
	rec := amending(t, k)
	tok := token(t, last(t, k, consent.LetterAmending).Link, "/a/")
	v, err := k.Service.OpenObject(t.Context(), tok)
	fine(t, err)
	if v.Proof == "" || v.Child == "" || strings.Contains(v.Child, "하늘") || !v.Deadline.Equal(rec.Amend.Due) || get(t, k, rec.ID).Amend.No != 1 {
		t.Errorf("%+v", v)
	}
	_, err = k.Service.CheckObject(t.Context(), tok, v.Proof, "yes")
	wants(t, "at once", err, consent.ErrTooFast)
	pass(t, k, 3*time.Second)
	_, err = k.Service.CheckObject(t.Context(), tok, v.Proof, "")
	if consent.KindOf(err) != consent.KindInvalid {
		t.Errorf("without a choice: %v", err)
	}
	_, err = k.Service.Object(t.Context(), tok, v.Proof, "yes")
	wants(t, "by the first page's proof", err, consent.ErrStale)
	c, err := k.Service.CheckObject(t.Context(), tok, v.Proof, "yes")
	fine(t, err)
	_, err = k.Service.Object(t.Context(), tok, c.Proof, "back")
	wants(t, "back", err, consent.ErrBack)
	_, err = k.Service.Object(t.Context(), tok, c.Proof, "yes")
	fine(t, err)
	trail, err := k.Store.Trail(t.Context(), k.App.ID, rec.ID)
	fine(t, err)
	if e := trail[len(trail)-1]; e.Step != consent.StepRetract || e.By != consent.ActorGuardian || e.Note != "both id_document T-1" {
		t.Errorf("%+v", e)
	}
	got := effective(t, k, rec)
	if len(got.Amended) != 0 || got.Status != consent.Granted || len(to(k, newAddress)) != 0 {
		t.Errorf("%+v", got.Amended)
	}
	if v, err = k.Service.OpenObject(t.Context(), tok); err != nil || v.Proof != "" || v.Enacted {
		t.Errorf("afterwards: %+v, %v", v, err)
	}
}

// The link is of one amendment: when it took effect, was taken back or replaced, it stops nothing more.
func TestObjectComesTooLate(t *testing.T) {
	k := consenttest.New(t)
	rec := amending(t, k)
	tok := token(t, last(t, k, consent.LetterAmending).Link, "/a/")
	v, err := k.Service.OpenObject(t.Context(), tok)
	fine(t, err)
	pass(t, k, 3*time.Second)
	c, err := k.Service.CheckObject(t.Context(), tok, v.Proof, "yes")
	fine(t, err)
	rec = effective(t, k, rec)
	if v, err = k.Service.OpenObject(t.Context(), tok); err != nil || v.Proof != "" || !v.Enacted {
		t.Errorf("in effect: %+v, %v", v, err)
	}
	next := correction(rec)
	next.Email = consent.Secret("third@example.com")
	rec, err = k.Service.EnterAmendment(t.Context(), k.App, staffed("st_1"), rec.ID, next)
	fine(t, err)
	_, err = k.Service.Endorse(t.Context(), k.App, staffed("st_2"), rec.ID, 2, rec.Rev)
	fine(t, err)
	if _, err = k.Service.Object(t.Context(), tok, c.Proof, "yes"); err != nil || get(t, k, rec.ID).Amend.No != 2 {
		t.Errorf("an old link stopped another one: %v", err)
	}
	for _, aud := range []consent.Audience{consent.LinkDecide, consent.LinkWithdraw, consent.LinkReceipt} {
		if _, err := k.Links.Redeem(aud, tok, k.Service.Clock()); !errors.Is(err, consent.ErrNotFound) {
			t.Errorf("it opens %s: %v", aud, err)
		}
	}
}

// A restored backup counts from an earlier number: a link that was sent since for another guardian has the number of this correction, and
// neither stops it nor tells of it.
func TestObjectIsOfOneGuardian(t *testing.T) {
	k := consenttest.New(t)
	rec, _ := granted(t, k, "user-1")
	_, err := k.Service.Join(t.Context(), k.App, app, rec.ID, consent.Guardian{Name: consent.Secret("이보람"), Email: consent.Secret("second@example.com")})
	fine(t, err)
	rec = get(t, k, rec.ID)
	rec, err = k.Service.EnterAmendment(t.Context(), k.App, staffed("st_1"), rec.ID, correction(rec))
	fine(t, err)
	_, err = k.Service.Endorse(t.Context(), k.App, staffed("st_2"), rec.ID, 1, rec.Rev)
	fine(t, err)
	k.Work()
	rec = get(t, k, rec.ID)
	link, err := k.Links.Mint(consent.Claims{
		Audience: consent.LinkObject, App: rec.App, ID: rec.ID, Gen: rec.Amend.No, Guardian: 1, Expires: rec.Amend.Due.Truncate(time.Second).Add(time.Hour),
	})
	fine(t, err)
	if v, err := k.Service.OpenObject(t.Context(), link); err != nil || v.Proof != "" || v.Enacted {
		t.Errorf("it waits: %q, %v, %v", v.Proof, v.Enacted, err)
	}
	effective(t, k, rec)
	if v, err := k.Service.OpenObject(t.Context(), link); err != nil || v.Proof != "" || v.Enacted {
		t.Errorf("in effect: %q, %v, %v", v.Proof, v.Enacted, err)
	}
}

// A guardian without an address cannot be told, so nobody could stop a correction: there is none.
func TestAmendOfOneWhoCannotBeTold(t *testing.T) {
	k := consenttest.New(t)
	k.App.Methods = append(k.App.Methods, consent.MethodPaper)
	in := ask("user-1")
	in.Method, in.Guardian.Email = consent.MethodPaper, consent.Private{}
	ticket, err := k.Service.Signup(t.Context(), k.App, app, in)
	fine(t, err)
	file(t, k, ticket.Record.ID)
	rec, err := k.Service.GrantFiled(t.Context(), k.App, staffed("st_2"), ticket.Record.ID, 1)
	fine(t, err)
	_, err = k.Service.EnterAmendment(t.Context(), k.App, staffed("st_1"), rec.ID, correction(rec))
	wants(t, "name and address", err, consent.ErrNobodyToTell)
	named := correction(rec)
	named.Email = consent.Private{}
	_, err = k.Service.EnterAmendment(t.Context(), k.App, staffed("st_1"), rec.ID, named)
	wants(t, "the name", err, consent.ErrNobodyToTell)
	if got := get(t, k, rec.ID); got.Amends != 0 || got.Status != consent.Granted {
		t.Errorf("entered: %+v", got.Amend)
	}
}

// A timer that is left without a correction to put into effect goes with the sweep: a batch full of them would stand before all else.
func TestSweepRemovesStrayTimers(t *testing.T) {
	k := consenttest.New(t)
	rec := entered(t, k)
	none, _ := granted(t, k, "user-2")
	over, _ := granted(t, k, "user-3")
	_, err := k.Service.Withdraw(t.Context(), k.App, app, over.ID, nil)
	fine(t, err)
	for _, id := range []string{rec.ID, none.ID, over.ID} {
		fine(t, k.Clients.Write.Do(t.Context(), "ZADD", "bt:{shop}:timers", 1, "enact:"+id).Err())
	}
	k.Sweep()
	due, err := k.Store.Due(t.Context(), k.App.ID, 10)
	if err != nil || len(due) != 0 {
		t.Errorf("left: %v, %v", due, err)
	}
	if got := get(t, k, rec.ID); got.Amend != rec.Amend || got.Amends != 1 {
		t.Errorf("what was entered: %+v", got.Amend)
	}
	_, err = k.Service.Endorse(t.Context(), k.App, staffed("st_2"), rec.ID, 1, rec.Rev)
	fine(t, err)
	k.Work()
	if got := effective(t, k, get(t, k, rec.ID)); len(got.Amended) != 1 {
		t.Error("it does not take effect any more")
	}
}

// Mail that is down for the whole wait tells nobody: the wait begins when the letter has gone out, and a letter that was sent again
// because nobody noted the first one does not shorten it.
func TestAmendWaitsForItsLetter(t *testing.T) {
	k := consenttest.New(t)
	rec := entered(t, k)
	refuse(k, &consent.DeliveryError{Class: consent.Again, Stage: "connect"})
	rec, err := k.Service.Endorse(t.Context(), k.App, staffed("st_2"), rec.ID, 1, rec.Rev)
	fine(t, err)
	for range 5 {
		k.Work()
		k.Advance(12 * time.Hour)
	}
	if got := get(t, k, rec.ID); len(got.Amended) != 0 || got.Amend.No != 1 || !got.Amend.Due.IsZero() {
		t.Fatalf("nobody was told: %+v, %+v", got.Amend, got.Amended)
	}
	k.Letters.Fail = nil
	k.Advance(2 * time.Hour)
	told := last(t, k, consent.LetterAmending)
	rec = get(t, k, rec.ID)
	if left := rec.Amend.Due.Sub(k.Service.Clock()); left < 47*time.Hour || !shortlyBefore(told.Deadline, rec.Amend.Due) {
		t.Errorf("%v are left, told %v of %v", left, told.Deadline, rec.Amend.Due)
	}
	if got := effective(t, k, rec); len(got.Amended) != 1 {
		t.Error("not in effect")
	}
}

// unnoted is a store that is away when what came of the letter is noted, so often.
type unnoted struct {
	consent.Store
	times int
}

func (u *unnoted) Told(ctx context.Context, m consent.Mutation, no int, wait time.Duration) (consent.Record, error) {
	if u.times--; u.times >= 0 {
		return consent.Record{}, consent.ErrUnavailable
	}
	return u.Store.Told(ctx, m, no, wait)
}

// A worker that dies between the delivery and its note: the letter goes out again, the first one's link stops it already, and the wait
// is as long as ever.
func TestAmendToldTwice(t *testing.T) {
	k := consenttest.New(t)
	k.Service.Store = &unnoted{k.Store, 1}
	rec := amending(t, k)
	if !rec.Amend.Due.IsZero() || letters(k, consent.LetterAmending) != 1 {
		t.Fatalf("%+v", rec.Amend)
	}
	v, err := k.Service.OpenObject(t.Context(), token(t, last(t, k, consent.LetterAmending).Link, "/a/"))
	if err != nil || v.Proof == "" || v.Deadline.IsZero() {
		t.Errorf("the first letter's link: %+v, %v", v, err)
	}
	k.Advance(time.Hour)
	rec = get(t, k, rec.ID)
	if left := rec.Amend.Due.Sub(k.Service.Clock()); left < 47*time.Hour || letters(k, consent.LetterAmending) != 2 {
		t.Errorf("%v are left", left)
	}
}

// A letter that staff drop from the queue tells nobody: what it was about never takes effect.
func TestAmendWhoseLetterIsDropped(t *testing.T) {
	k := consenttest.New(t)
	rec := entered(t, k)
	rec, err := k.Service.Endorse(t.Context(), k.App, staffed("st_2"), rec.ID, 1, rec.Rev)
	fine(t, err)
	jobs, _, err := k.Queue.List(t.Context(), k.App.ID, outbox.Find{})
	fine(t, err)
	for _, j := range jobs {
		fine(t, k.Queue.Drop(t.Context(), k.App.ID, j.ID))
	}
	k.Advance(1000 * time.Hour)
	if got := get(t, k, rec.ID); len(got.Amended) != 0 || got.Amend.No != 1 || !got.Amend.Due.IsZero() {
		t.Errorf("%+v, %+v", got.Amend, got.Amended)
	}
	_, err = k.Service.Retract(t.Context(), k.App, staffed("st_2"), rec.ID, 1)
	fine(t, err)
}

// An address that is known to be dead shortens no wait.
func TestAmendOfADeadAddressWaits(t *testing.T) {
	k := consenttest.New(t)
	rec := entered(t, k)
	refuse(k, &consent.DeliveryError{Class: consent.Never, Code: 550, Stage: "rcpt"})
	rec, err := k.Service.Endorse(t.Context(), k.App, staffed("st_2"), rec.ID, 1, rec.Rev)
	fine(t, err)
	k.Work()
	if rec = get(t, k, rec.ID); rec.Amend.Due.Sub(k.Service.Clock()) < 47*time.Hour {
		t.Fatalf("%+v", rec.Amend)
	}
	until(t, k, rec.Amend.Due, -time.Minute)
	k.Sweep()
	if got := get(t, k, rec.ID); len(got.Amended) != 0 {
		t.Error("in effect before its time")
	}
	k.Letters.Fail = nil
	if got := effective(t, k, rec); len(got.Amended) != 1 {
		t.Error("not in effect")
	}
}

// What staff see is masked, and tells who may go on.
func TestAmendInTheCase(t *testing.T) {
	k := consenttest.New(t)
	rec := entered(t, k)
	c, err := k.Service.Case(t.Context(), k.App, staffed("st_2"), rec.ID)
	fine(t, err)
	a := c.Amend
	if a == nil || a.Name != consent.MaskName(newName) || a.Email != consent.MaskEmail(newAddress) || a.By != "st_1" || a.Other {
		t.Fatalf("%+v", a)
	}
	for field, want := range map[consent.Shown]string{consent.ShownNewName: newName, consent.ShownNewMail: newAddress} {
		got, err := k.Service.Unmask(t.Context(), k.App, staffed("st_2"), rec.ID, field, "confirm", "T-1")
		if err != nil || got.Reveal() != want {
			t.Errorf("%s in clear: %q, %v", field, got.Reveal(), err)
		}
		trail, err := k.Store.Trail(t.Context(), k.App.ID, rec.ID)
		if e := trail[len(trail)-1]; err != nil || e.Step != consent.ActReveal || e.Note != string(field)+" confirm T-1" {
			t.Errorf("noted: %+v, %v", e, err)
		}
	}
	fold(t, k)
	if got := onList(t, k, consent.WorkFiled); len(got) != 1 || got[0] != rec.ID {
		t.Errorf("to be confirmed: %v", got)
	}
	_, err = k.Service.Endorse(t.Context(), k.App, staffed("st_2"), rec.ID, 1, rec.Rev)
	fine(t, err)
	fold(t, k)
	if got := onList(t, k, consent.WorkFiled); len(got) != 0 {
		t.Errorf("still to be confirmed: %v", got)
	}
}

// meanwhile is a store in which something else happens between the reading of a record and a confirmation, once.
type meanwhile struct {
	consent.Store
	before func()
}

func (m *meanwhile) Endorse(ctx context.Context, by consent.Mutation, no, rev int) (consent.Record, error) {
	if f := m.before; f != nil {
		m.before = nil
		f()
	}
	return m.Store.Endorse(ctx, by, no, rev)
}

// A number that does not stand yet confirms nothing: the letter is of the guardian who was read, and the correction would be of another
// one, who never hears of it.
func TestEndorseAheadOfTheEntry(t *testing.T) {
	k := consenttest.New(t)
	rec, _ := granted(t, k, "user-1")
	_, err := k.Service.Join(t.Context(), k.App, app, rec.ID, consent.Guardian{Name: consent.Secret("이보람"), Email: consent.Secret("second@example.com"), Locale: "ko"})
	fine(t, err)
	k.Work()
	enter := func(guardian int) {
		in := correction(get(t, k, rec.ID))
		in.Guardian = guardian
		_, err := k.Service.EnterAmendment(t.Context(), k.App, staffed("st_1"), rec.ID, in)
		fine(t, err)
	}
	enter(1)
	k.Service.Store = &meanwhile{k.Store, func() { enter(0) }}
	_, err = k.Service.Endorse(t.Context(), k.App, staffed("st_2"), rec.ID, 2, get(t, k, rec.ID).Rev)
	wants(t, "what nobody could have seen", err, consent.ErrStale)
	k.Work()
	if a := get(t, k, rec.ID).Amend; a.Endorser != "" || letters(k, consent.LetterAmending) != 0 {
		t.Errorf("%+v waits, told %v", a, to(k, "second@example.com"))
	}
}

// Of a correction that ended nothing can be seen in clear.
func TestAmendEndsUnseen(t *testing.T) {
	k := consenttest.New(t)
	rec := entered(t, k)
	_, err := k.Service.Retract(t.Context(), k.App, staffed("st_2"), rec.ID, 1)
	fine(t, err)
	got, err := k.Service.Unmask(t.Context(), k.App, staffed("st_2"), rec.ID, consent.ShownNewMail, "confirm", "T-1")
	if wants(t, "of nothing", err, consent.ErrUnreadable); !got.Empty() {
		t.Error("the new address is shown")
	}
}
