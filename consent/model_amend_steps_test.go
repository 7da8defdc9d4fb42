//go:build proof

package consent_test

import (
	"fmt"
	"time"

	"pgregory.net/rapid"

	"github.com/bohoja/bohoja/consent"
)

var modelStaff = []string{"st_1", "st_2"}

func (r *run) staff() string { return rapid.SampledFrom(modelStaff).Draw(r.r, "staff") }

// enter enters a correction of one of the guardians.
func (r *run) enter() {
	c := change{no: r.m.amends + 1, guardian: r.guardian(), by: r.staff()}
	want := r.m.needsConsent()
	if rapid.Bool().Draw(r.r, "with a name") {
		c.name = rapid.SampledFrom(modelNames).Draw(r.r, "name")
	}
	if rapid.Bool().Draw(r.r, "with an address") {
		c.address = fmt.Sprintf("%s-%d-no-%d@example.com", r.subject, r.asked, c.no)
	}
	if c.name == r.m.people[c.guardian].name {
		c.name = ""
	}
	switch {
	case want != "":
	case c.name == "" && c.address == "":
		want = "invalid"
	case len(r.m.corrected) == consent.MaxAmended:
		want = "amend_limit"
	}
	if r.enterAs(c, 0, want) {
		if r.m.waiting != nil {
			r.came[cameAnother]++
		}
		r.m.amends, r.m.waiting = c.no, &c
	}
}

// enterUnseen enters one of the people of before.
func (r *run) enterUnseen() {
	c := change{guardian: r.guardian(), by: r.staff(), address: r.subject + "-unseen@example.com"}
	want := r.m.needsConsent()
	if want == "" {
		want = "stale"
	}
	r.enterAs(c, -1, want)
}

// enterAnothers enters the address of another guardian, or the same one again.
func (r *run) enterAnothers() {
	c := change{guardian: r.guardian(), by: r.staff(), address: r.m.people[r.guardian()].address}
	want := r.m.needsConsent()
	if want == "" {
		want = "invalid"
	}
	r.enterAs(c, 0, want)
}

// enterAs enters it for the revision that is so far from the one that stands.
func (r *run) enterAs(c change, off int, want string) bool {
	rec, err := r.Store.Get(r.ctx, "shop", r.id)
	r.must(err)
	_, err = r.Service.EnterAmendment(r.ctx, r.App, staffed(c.by), r.id, consent.Amendment{
		Rev: rec.Rev + off, Guardian: c.guardian, Name: consent.Secret(c.name), Email: consent.Secret(c.address), Proof: "call_back", Ref: "T-1",
	})
	return r.same("enter", err, want)
}

// endorse confirms what waits: the address that stands will be told, or a mail server will refuse the letter for good.
func (r *run) endorse(by string) {
	no := r.m.amends
	want := r.m.endorse(no, by)
	if want == consent.ErrSamePerson.Code {
		r.came[cameAlone]++
	}
	if !r.confirm(by, no, 0, want) || r.m.waiting.endorser != "" {
		return // again: nothing more happens
	}
	r.m.waiting.endorser = by
	r.clerk.refuse = rapid.IntRange(0, 3).Draw(r.r, "refused") == 0
	r.m.post(post{kind: consent.LetterAmending, guardian: r.m.waiting.guardian, no: no, refused: r.clerk.refuse})
}

// endorseUnseen confirms the one before, or as it stood beside the people of before.
func (r *run) endorseUnseen() {
	by, no := r.staff(), r.m.amends
	want := r.m.endorse(no, by)
	if want == "" || want == "same_person" {
		want = "stale"
	}
	r.confirm(by, no, -1, want)
	if want = r.m.endorse(no-1, by); want == "" {
		r.r.Fatal("the model takes what nobody saw")
	}
	r.confirm(by, no-1, 0, want)
}

func (r *run) confirm(by string, no, off int, want string) bool {
	rec, err := r.Store.Get(r.ctx, "shop", r.id)
	r.must(err)
	_, err = r.Service.Endorse(r.ctx, r.App, staffed(by), r.id, no, rec.Rev+off)
	return r.same("endorse", err, want)
}

// retract takes back what was entered last.
func (r *run) retract() {
	_, err := r.Service.Retract(r.ctx, r.App, staffed(r.staff()), r.id, r.m.amends)
	if r.same("retract", err, r.m.retract(r.m.amends)) && r.m.waiting != nil {
		r.came[cameBack]++
		r.m.waiting = nil
	}
}

// tellTooSoon begins the wait of one that nobody has confirmed.
func (r *run) tellTooSoon() {
	want := r.m.needsConsent()
	switch {
	case want != "":
	case r.m.waiting != nil && r.m.waiting.endorser != "":
		return // that is the letter's own
	default:
		want = "not_amending"
	}
	_, err := r.Store.Told(r.ctx, r.clockwork(), r.m.amends, time.Second)
	r.same("tell", err, want)
}

// enactTooSoon is a sweeper whose clock is wrong. What took effect already stays as it is.
func (r *run) enactTooSoon() {
	want := r.m.needsConsent()
	switch {
	case want != "" || r.m.isCorrected(r.m.amends):
	case r.m.waiting == nil:
		want = "not_amending"
	default:
		want = "not_due"
	}
	rec, err := r.Store.Get(r.ctx, "shop", r.id)
	r.must(err)
	_, err = r.Store.Enact(r.ctx, r.clockwork(), consent.Enacting{No: r.m.amends, Rev: rec.Rev, People: rec.People, Look: rec.Look})
	r.same("enact", err, want)
}

// clockwork is a change that the clock makes.
func (r *run) clockwork() consent.Mutation {
	return consent.Mutation{App: "shop", ID: r.id, Subject: r.subject, Actor: consent.Actor{Kind: consent.ActorClock}}
}

// object opens the link of one of the letters about a correction, of now or of before, and stops it when it still can.
func (r *run) object() {
	if len(r.m.tried) == 0 {
		return
	}
	i := len(r.m.tried) - 1 - rapid.IntRange(0, len(r.m.tried)-1).Draw(r.r, "letters since") // small ones are drawn more often
	if r.openObject(i) == "" {
		return
	}
	r.wait(3 * time.Second)
	form := r.openObject(i)
	if form == "" {
		return // meanwhile it took effect
	}
	r.wait(3 * time.Second)
	token := r.clerk.tried[i].token
	v, err := r.Service.CheckObject(r.ctx, token, form, "yes")
	r.same("check of an objection", err, "")
	_, err = r.Service.Object(r.ctx, token, v.Proof, "yes")
	r.same("object", err, "")
	if r.m.stops(r.m.tried[i]) {
		r.came[cameStopped]++
		r.m.waiting = nil
	}
}

// openObject opens the link of one of these letters, and returns the proof with which it stops its correction; "" when it does not.
func (r *run) openObject(i int) string {
	v, err := r.Service.OpenObject(r.ctx, r.clerk.tried[i].token)
	r.same("open an objection", err, "")
	c := r.m.tried[i]
	if (v.Proof != "") != r.m.stops(c) || v.Enacted != r.m.isCorrected(c.no) {
		r.r.Fatalf("to stop: %t, in effect: %t; the model: %+v", v.Proof != "", v.Enacted, r.m)
	}
	if v.Enacted {
		r.came[cameTooLate]++
	}
	return v.Proof
}

// joinMeanwhile has one more guardian come in the two days of a correction, and lets these pass.
func (r *run) joinMeanwhile() {
	if r.m.waiting != nil && r.m.waiting.told {
		r.join()
		r.idle(48 * time.Hour)
	}
}

// withdrawAsTyped tries the name that was typed at the grant, once it was corrected.
func (r *run) withdrawAsTyped() {
	first := r.m.people[0]
	if r.m.status != consent.Granted || first.typed == first.name {
		return
	}
	token, _ := r.withdrawToken(0)
	v, err := r.Service.OpenWithdraw(r.ctx, token)
	r.must(err)
	_, err = r.Service.CheckWithdraw(r.ctx, token, v.Proof, consent.Wish{Name: first.typed})
	r.same("the name of before", err, r.m.miss())
}
