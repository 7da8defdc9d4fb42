//go:build proof

package consent_test

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"pgregory.net/rapid"

	"github.com/bohoja/bohoja/consent"
	"github.com/bohoja/bohoja/consent/consenttest"
)

// run is a request on the real store beside its model. When it has ended, the same child may ask anew.
type run struct {
	*consenttest.Kit
	ctx      context.Context
	r        *rapid.T
	clerk    *clerk
	came     map[string]int // what became of corrections
	subject  string
	asked    int
	id       string
	old      []string                 // links to addresses of before
	gone     []string                 // links for withdrawing, likewise
	m        model                    // of the request with this id
	pauses   map[string]time.Duration // address → how long it may not be asked again
	consents int                      // earlier requests that once were granted
}

// steps are all that can happen, by name.
func (r *run) steps() map[string]func() {
	return map[string]func(){
		"grant all":         func() { r.decide(consent.DecideGrant, true) },
		"grant":             func() { r.decide(consent.DecideGrant, false) },
		"decline":           func() { r.decide(consent.DecideDecline, false) },
		"not mine":          func() { r.decide(consent.DecideNotMine, false) },
		"miss":              r.miss,
		"misname":           r.misname,
		"reopen":            r.reopen,
		"decoy":             r.pause,
		"undo":              r.undo,
		"old link":          r.oldLink,
		"release":           r.release,
		"acknowledge":       r.acknowledge,
		"cancel":            r.cancel,
		"withdraw":          func() { r.withdraw(nil) },
		"withdraw part":     func() { r.withdraw([]string{"delivery"}) },
		"withdraw by link":  r.withdrawByLink,
		"withdraw as typed": r.withdrawAsTyped,
		"erase":             r.erase,
		"resend":            r.resend,
		"correct name":      func() { r.correct(true, false) },
		"correct address":   func() { r.correct(false, true) },
		"join":              r.join,
		"join meanwhile":    r.joinMeanwhile,
		"disclose":          r.disclose,
		"ask to correct":    func() { r.ask(consent.RightCorrection) },
		"ask to see":        func() { r.ask(consent.RightAccess) },
		"ask to delete":     func() { r.ask(consent.RightDeletion) },
		"answer":            func() { r.answer(consent.RightDone, true) },
		"answer, untold":    func() { r.answer(consent.RightDone, false) },
		"refuse":            func() { r.answer(consent.RightRefused, false) },
		"enter":             r.enter,
		"enter, unseen":     r.enterUnseen,
		"enter another's":   r.enterAnothers,
		"endorse as one":    func() { r.endorse("st_1") },
		"endorse as two":    func() { r.endorse("st_2") },
		"endorse, unseen":   r.endorseUnseen,
		"object":            r.object,
		"retract":           r.retract,
		"tell too soon":     r.tellTooSoon,
		"enact too soon":    r.enactTooSoon,
		"sign up":           r.signup,
		"gate":              r.gate,
		"a moment":          func() { r.idle(time.Second) },
		"an hour":           func() { r.idle(time.Hour) },
		"a day":             func() { r.idle(24 * time.Hour) },
		"two days":          func() { r.idle(48 * time.Hour) },
		"two days and half": func() { r.idle(60 * time.Hour) },
	}
}

// walkKind is a kind of walk.
type walkKind struct {
	name    string
	granted bool     // it begins with a consent
	steps   []string // of which it is made; nil: all
	times   int      // as long as so many others
}

var modelWalks = []walkKind{{"from the signup", false, nil, 1}, {"from a consent", true, nil, 1}, {"about corrections", true, amendSteps, 3}}

// walk begins one, and gives its steps.
func (r *run) walk(kind walkKind) map[string]func() {
	steps := r.steps()
	if kind.granted {
		r.decide(consent.DecideGrant, true)
	}
	if kind.steps != nil {
		r.join()
		maps.DeleteFunc(steps, func(name string, _ func()) bool { return !slices.Contains(kind.steps, name) })
	}
	return steps
}

func (r *run) must(err error) {
	if err != nil {
		r.r.Fatal(err)
	}
}

// same fails unless the error has this code; "" means none.
func (r *run) same(what string, err error, code string) bool {
	got := ""
	if err != nil {
		got = consent.CodeOf(err)
	}
	if got != code {
		r.r.Fatalf("%s: %q, want %q; the model: %+v", what, got, code, r.m)
	}
	return err == nil
}

// wait lets time go by, and looks at the links of all guardians when somebody's address became another meanwhile.
func (r *run) wait(d time.Duration) {
	before, waited, corrected := r.links(), r.m.waiting, len(r.m.corrected)
	r.Advance(d)
	r.m.pass(d, r.Service.Settings)
	for a := range r.pauses {
		r.pauses[a] -= d
	}
	switch {
	case len(r.m.corrected) > corrected:
		r.came[cameIntoEffect]++
		r.relink(before, r.m.corrected[corrected])
	case waited != nil && r.m.waiting == nil:
		r.came[cameToNothing]++
	}
}

// idle lets time go by, a month at most: all links that a walk keeps live longer.
func (r *run) idle(d time.Duration) {
	if r.m.age+d < modelMonth {
		r.wait(d)
	}
}

// begin signs the child up, which must be possible.
func (r *run) begin() {
	r.asked++
	r.m = newModel(r.subject + "@example.com")
	ticket, err := r.Service.Signup(r.ctx, r.App, app, r.form())
	r.must(err)
	r.id, r.old, r.gone = ticket.Record.ID, nil, nil
	r.clerk.follow(r.id)
}

// settle lets go out what is left of this request, and looks at all that its app was told.
func (r *run) settle() {
	r.wait(time.Second)
	r.agree()
	r.told()
}

func (r *run) form() consent.Signup {
	in := ask(r.subject)
	in.Child.BirthDate = consent.Private{} // the clock runs years ahead, and this child stays under age
	in.Child.Email = consent.Secret("kid-" + r.subject + "@example.com")
	in.Guardian.Email = consent.Secret(r.subject + "@example.com")
	return in
}

// signup asks for the same child again.
func (r *run) signup() {
	want := ""
	switch {
	case r.m.status == consent.Pending:
		want = "already_pending"
	case r.pauses[r.subject+"@example.com"] > 0:
		want = "recently_refused"
	case r.m.status == consent.Granted:
		return // a second consent beside the one in force is another story
	}
	if want == "" {
		if r.m.status == consent.Withdrawn {
			r.consents++
		}
		r.settle()
		r.begin()
		return
	}
	_, err := r.Service.Signup(r.ctx, r.App, app, r.form())
	r.same("signup", err, want)
}

// token is that of the first guardian's link.
func (r *run) token() string { return r.tokenOf(0) }

func (r *run) tokenOf(guardian int) string {
	rec, err := r.Store.Get(r.ctx, "shop", r.id)
	r.must(err)
	link, err := r.Service.DecideLink(rec, guardian)
	r.must(err)
	_, token, _ := strings.Cut(link, "/c/")
	return token
}

// decide walks the pages to an answer; on a request that is over there is nothing to decide, and nothing may change.
func (r *run) decide(d consent.Decision, delivery bool) {
	token := r.token()
	v, err := r.Service.Open(r.ctx, token)
	r.same("open", err, "")
	if pending := r.m.status == consent.Pending; (v.Proof != "") != pending {
		r.r.Fatalf("a form: %t, and the model is %s", v.Proof != "", r.m.status)
	}
	if v.Proof == "" {
		return
	}
	r.wait(3 * time.Second)
	a := yes()
	a.Decision, a.Name = d, r.m.people[0].name
	if delivery {
		a.Purposes["delivery"] = "yes"
	}
	c, err := r.Service.Check(r.ctx, token, v.Proof, a)
	want := ""
	if d == consent.DecideGrant {
		want = r.m.hit()
	}
	if !r.same("check", err, want) {
		return
	}
	_, err = r.Service.Decide(r.ctx, token, c.Proof, "yes", false)
	if r.m.paused > 0 {
		r.same("decide after the decoy", err, "paused")
		return
	}
	r.same("decide", err, "")
	if d == consent.DecideGrant {
		r.m.grant(delivery, r.Service.Settings)
		return
	}
	r.m.end(consent.Declined)
	r.pauses[r.m.people[0].address] = r.Service.Settings.Reask
}

func (r *run) miss() {
	token := r.token()
	v, err := r.Service.Open(r.ctx, token)
	r.must(err)
	if v.Proof == "" {
		return
	}
	r.wait(3 * time.Second)
	a := yes()
	a.Name = "박아무개"
	_, err = r.Service.Check(r.ctx, token, v.Proof, a)
	r.same("a wrong name", err, r.m.miss())
}

func (r *run) misname() {
	token := r.token()
	v, err := r.Service.Open(r.ctx, token)
	r.must(err)
	if v.Proof == "" {
		return
	}
	r.wait(3 * time.Second)
	want := "not_missed"
	if r.m.misnamed || r.m.tries >= consent.WaysOnFrom {
		want = "misnamed"
		if !r.m.misnamed {
			r.m.tell(consent.EventNameMismatch)
		}
		r.m.misnamed = true
	}
	_, err = r.Service.Check(r.ctx, token, v.Proof, consent.Answers{Misnamed: true})
	r.same("misname", err, want)
}

func (r *run) reopen() {
	_, err := r.Service.Reopen(r.ctx, r.App, consent.Actor{Kind: consent.ActorStaff, Ref: "s1"}, r.id)
	if r.m.status != consent.Pending {
		r.same("reopen", err, "not_pending")
		return
	}
	r.same("reopen", err, "")
	r.m.tries, r.m.locked = 0, 0
}

func (r *run) pause() {
	v, err := r.Service.Open(r.ctx, r.token())
	r.must(err)
	_, err = r.Service.Pause(r.ctx, v)
	r.same("decoy", err, "")
	if r.m.paused == 0 && (!r.m.status.Ended() || r.m.status == consent.Declined) {
		r.m.paused = consent.PauseFor
	}
}

// undo takes back what a refusal left behind.
func (r *run) undo() {
	token := r.token()
	v, err := r.Service.Open(r.ctx, token)
	r.must(err)
	can := r.m.status == consent.Declined && !r.m.lifted && r.m.over < modelMonth
	if (v.Undo != "") != can {
		r.r.Fatalf("to undo: %t; the model: %+v", v.Undo != "", r.m)
	}
	if !can {
		return
	}
	r.wait(3 * time.Second)
	if r.m.over >= modelMonth {
		return
	}
	v, err = r.Service.CheckUndo(r.ctx, token, v.Undo)
	r.same("check undo", err, "")
	r.wait(3 * time.Second)
	_, err = r.Service.Undo(r.ctx, token, v.Undo, "yes")
	if r.m.paused > 0 {
		r.same("undo after the decoy", err, "paused")
		return
	}
	r.same("undo", err, "")
	r.m.lifted = true
	delete(r.pauses, r.m.people[0].address)
}

// oldLink opens a link to an address of before.
func (r *run) oldLink() {
	for _, token := range r.old {
		_, err := r.Service.Open(r.ctx, token)
		r.same("a link of before", err, "replaced")
	}
	for _, token := range r.gone {
		_, err := r.Service.OpenWithdraw(r.ctx, token)
		r.same("a link of before, for withdrawing", err, "replaced")
	}
}

func (r *run) release() {
	got, err := r.Service.Release(r.ctx, r.App, app, r.id)
	if !r.same("release", err, r.m.release()) {
		return
	}
	if r.m.custody == consent.Held {
		r.m.tell(consent.EventReleased)
	}
	r.m.custody, r.m.asked = consent.Released, true
	if _, has := got.Data["address"]; has != r.m.delivery || len(got.Data["nickname"]) == 0 {
		r.r.Fatalf("released %d items, delivery in force: %t", len(got.Data), r.m.delivery)
	}
}

func (r *run) acknowledge() {
	_, err := r.Service.Acknowledge(r.ctx, r.App, app, r.id)
	if r.same("acknowledge", err, r.m.acknowledge()) {
		r.m.destroy()
		r.m.acked = true
	}
}

func (r *run) cancel() {
	_, err := r.Service.Cancel(r.ctx, r.App, app, r.id)
	switch r.m.status {
	case consent.Cancelled:
		r.same("cancel", err, "")
	case consent.Pending:
		r.same("cancel", err, "")
		r.m.end(consent.Cancelled)
	default:
		r.same("cancel", err, "not_pending")
	}
}

func (r *run) withdraw(purposes []string) {
	_, err := r.Service.Withdraw(r.ctx, r.App, app, r.id, purposes)
	if r.m.status == consent.Withdrawn {
		r.same("withdraw", err, "")
		return
	}
	if r.same("withdraw", err, r.m.needsConsent()) && (purposes == nil || r.m.delivery) {
		r.m.take(purposes == nil)
	}
}

// withdrawByLink withdraws as one of the guardians.
func (r *run) withdrawByLink() {
	who := r.guardian()
	token, ok := r.withdrawToken(who)
	if ok != (r.m.status == consent.Granted) {
		r.r.Fatalf("a way to withdraw: %t, and the model is %s", ok, r.m.status)
	}
	if !ok {
		return
	}
	v, err := r.Service.OpenWithdraw(r.ctx, token)
	r.must(err)
	w, err := r.Service.CheckWithdraw(r.ctx, token, v.Proof, consent.Wish{Name: r.m.people[who].name})
	if !r.same("check of a withdrawal", err, r.m.hit()) {
		return
	}
	_, err = r.Service.ConfirmWithdraw(r.ctx, token, w.Proof, "yes")
	if r.m.paused > 0 && who == 0 {
		r.same("withdraw after the decoy", err, "paused")
		return
	}
	r.same("withdraw by link", err, "")
	r.m.take(true)
}

// withdrawToken is that of the link with which this guardian withdraws.
func (r *run) withdrawToken(guardian int) (string, bool) {
	v, err := r.Service.Open(r.ctx, r.tokenOf(guardian))
	r.must(err)
	_, token, ok := strings.Cut(v.Withdraw, "/w/")
	return token, ok
}

// guardian is one of them.
func (r *run) guardian() int { return rapid.IntRange(0, len(r.m.people)-1).Draw(r.r, "guardian") }

func (r *run) erase() {
	_, err := r.Service.Erase(r.ctx, r.App, app, r.id, r.Service.Clock(), nil)
	want := "not_withdrawn"
	if r.m.status == consent.Withdrawn || r.m.status == consent.Granted && r.m.owes {
		want = ""
	}
	if !r.same("erase", err, want) {
		return
	}
	if !r.m.erased && r.m.status == consent.Withdrawn {
		r.m.postAll(consent.LetterErased)
	}
	r.m.erased, r.m.eraseLate = true, false
}

func (r *run) resend() {
	if r.day() != r.day(2*time.Second) {
		r.wait(3 * time.Second) // the limit is a day's, and this day is about to end
	}
	day := r.day()
	_, err := r.Service.Resend(r.ctx, r.App, app, r.id)
	switch {
	case r.m.status != consent.Pending:
		r.same("resend", err, "not_pending")
	case r.m.resends[day] >= r.Service.Settings.ResendDay:
		r.same("resend", err, "resend_limit")
	default:
		r.same("resend", err, "")
		r.m.resends[day]++
	}
}

// day is the UTC day of a time from now.
func (r *run) day(ahead ...time.Duration) int {
	now := r.Service.Clock()
	for _, d := range ahead {
		now = now.Add(d)
	}
	return int(now.Unix() / 86400)
}

var modelNames = []string{guardianName, "박보호", "최보호", "정보호", "강보호"}

func (r *run) correct(name, address bool) {
	if r.day() != r.day(2*time.Second) {
		r.wait(3 * time.Second) // the limit of addresses is a day's, and this day is about to end
	}
	day := r.day()
	first := r.m.people[0]
	if name {
		first.name = rapid.SampledFrom(modelNames).Draw(r.r, "name")
	}
	if address {
		first.address = fmt.Sprintf("%s-%d@example.com", r.subject, r.m.gen+1)
	}
	want := ""
	renamed := first.name != r.m.people[0].name && r.m.misnamed
	switch {
	case r.m.status != consent.Pending:
		want = "not_pending"
	case renamed && r.m.namesSet >= consent.MaxNamesSet:
		want = "name_limit"
	case address && r.m.addresses[day] >= r.Service.Settings.ResendDay:
		want = "correction_limit"
	}
	old := r.token()
	_, err := r.Service.Correct(r.ctx, r.App, app, r.id, consent.Guardian{Name: consent.Secret(first.name), Email: consent.Secret(first.address)})
	if !r.same("correct", err, want) {
		return
	}
	if renamed {
		r.m.misnamed = false
		r.m.namesSet++
	}
	if address {
		r.old = append(r.old, old)
		r.m.addresses[day]++
		r.m.gen++
		r.m.former = append(r.m.former, r.m.people[0].address)
	}
	r.m.people[0] = first
}

func (r *run) join() {
	address := fmt.Sprintf("%s-more-%d-%d@example.com", r.subject, r.asked, len(r.m.people))
	_, err := r.Service.Join(r.ctx, r.App, app, r.id, consent.Guardian{Name: consent.Secret("이보호"), Email: consent.Secret(address)})
	want := ""
	switch {
	case r.m.status.Ended():
		want = "ended"
	case len(r.m.people) == consent.MaxGuardians:
		want = "guardian_limit"
	}
	if r.same("join", err, want) {
		r.m.join(keeper{name: "이보호", address: address})
	}
}

func (r *run) disclose() {
	_, err := r.Service.Disclose(r.ctx, r.App, app, r.id, consent.Disclosure{
		Recipient: "한진택배", Items: []string{"address"}, Why: "배송", At: r.Service.Clock(),
	})
	if r.same("disclose", err, r.m.needsConsent()) {
		r.m.disclosed++
	}
}

func (r *run) ask(kind consent.RightKind) {
	once := r.m.status == consent.Granted || r.m.status == consent.Withdrawn
	if !once && r.consents > 0 {
		return // it is about an earlier request
	}
	want := ""
	switch {
	case r.m.status == consent.Pending:
		want = "not_granted"
	case !once:
		want = "ended"
	case len(r.m.rights) == consent.MaxOpenRights:
		want = "rights_limit"
	}
	got, err := r.Service.Ask(r.ctx, r.App, app, consent.RightAsked{
		Subject: r.subject, Kind: kind, Channel: consent.ChannelPhone, Identity: "called back", Text: consent.Secret("별명이 달라요"),
	})
	if !r.same("ask", err, want) {
		return
	}
	held := kind == consent.RightCorrection && r.m.status == consent.Granted
	if held && r.m.holds() == 0 {
		r.m.anew()
		r.m.tell(consent.EventHeld)
	}
	r.m.tell(consent.EventAsked)
	r.m.postAll(consent.LetterRightsReceived)
	r.m.rights = append(r.m.rights, right{got.ID, kind, held})
}

// answer answers the oldest open rights request.
func (r *run) answer(outcome consent.RightStatus, told bool) {
	if len(r.m.rights) == 0 {
		return
	}
	first := r.m.rights[0]
	in := consent.RightAnswer{Outcome: outcome, Told: told}
	if outcome == consent.RightRefused {
		in.Reason, in.Objection = "법에 따라 보관합니다", "전화 02-000-0000"
	}
	want := ""
	if first.kind == consent.RightCorrection && outcome == consent.RightDone && !told && r.m.disclosed > 0 {
		want = "recipients_not_told"
	}
	_, err := r.Service.AnswerRight(r.ctx, r.App, app, first.id, in)
	if !r.same("answer", err, want) {
		return
	}
	if first.kind == consent.RightDeletion && outcome == consent.RightDone && r.m.status == consent.Granted {
		r.m.take(true)
	}
	r.m.rights = r.m.rights[1:]
	r.m.tell(consent.EventAnswered)
	r.m.postAll(consent.LetterRightsAnswered)
	if !first.held || r.m.holds() > 0 {
		return
	}
	r.m.tell(consent.EventUnheld)
	if r.m.status == consent.Granted {
		r.m.anew()
	}
}

// gate asks whether this child may get advertising: never, whatever became of the request.
func (r *run) gate() {
	got, err := r.Service.Gate(r.ctx, r.App, consent.GateQuery{
		Kind: "ad_mail", Who: []consent.Identity{{Email: consent.Secret("kid-" + r.subject + "@example.com")}},
	})
	r.must(err)
	if got[0].Allowed {
		r.r.Fatal("the child may get advertising")
	}
}

// agree holds the record against the model.
func (r *run) agree() {
	rec, err := r.Store.Get(r.ctx, "shop", r.id)
	r.must(err)
	got := fmt.Sprint(rec.Status, rec.Custody, len(rec.Data) > 0, rec.Holds, rec.Gen, rec.Guardians, !rec.ErasedAt.IsZero(), rec.EraseLate)
	want := fmt.Sprint(r.m.status, r.m.custody, r.m.custody != consent.Destroyed, r.m.holds(), r.m.gen, len(r.m.people), r.m.erased, r.m.eraseLate)
	if got != want {
		r.r.Fatalf("the record is %s, the model %s: %+v", got, want, r.m)
	}
	r.agreeOnCorrections(rec)
	r.agreeOnLetters()
	r.sound(rec)
	r.agreeOnSubject()
}

func (r *run) agreeOnSubject() {
	stands, err := r.Service.Subject(r.ctx, r.App, r.subject)
	r.must(err)
	purposes := 0
	if r.m.status == consent.Granted && r.m.holds() == 0 {
		purposes = 1
		if r.m.delivery {
			purposes++
		}
	}
	if stands.Status != string(r.m.status) || (r.m.holds() == 0 || r.m.status != consent.Granted) && len(stands.Purposes) != purposes {
		r.r.Fatalf("the subject is %+v, the model %+v", stands, r.m)
	}
}
