package consent_test

import (
	"errors"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/bohoja/bohoja/consent"
	"github.com/bohoja/bohoja/consent/consenttest"
)

// fold brings the work lists up to date.
func fold(t *testing.T, k *consenttest.Kit) int {
	t.Helper()
	n, err := consent.Folder{Service: k.Service}.RunOnce(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func onList(t *testing.T, k *consenttest.Kit, w consent.Work) []string {
	t.Helper()
	var ids []string
	for after := ""; ; {
		p, err := k.Service.Worklist(t.Context(), k.App, w, after, 2)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range p.Records {
			ids = append(ids, r.ID)
		}
		if after = p.Next; after == "" {
			return ids
		}
	}
}

func overview(t *testing.T, k *consenttest.Kit) consent.Overview {
	t.Helper()
	o, err := k.Service.Overview(t.Context(), k.App)
	if err != nil {
		t.Fatal(err)
	}
	return o
}

// Every request stands on the lists that its state says, on no other, and each number is as long as its list.
func TestWorkLists(t *testing.T) {
	k := consenttest.New(t)
	ids := map[string]string{}
	k.Letters.Fail = func(l consent.Letter) error {
		if l.To.Reveal() == "bounced@example.com" {
			return &consent.DeliveryError{Class: consent.Never, Code: 550, Stage: "rcpt"}
		}
		return nil
	}
	for _, subject := range []string{"calm", "bounced", "locked", "misnamed", "notmine", "granted"} {
		ids[subject] = askedFrom(t, k, subject, subject+"@example.com").ID
	}
	k.Work()
	m := func(id string) consent.Mutation {
		return consent.Mutation{App: "shop", ID: id, Actor: consent.Actor{Kind: consent.ActorGuardian, Ref: "0"}}
	}
	must := func(_ any, err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	for range consent.MaxTries {
		_, err := k.Store.Try(t.Context(), m(ids["locked"]), consent.Trial{Gen: 1, Limit: consent.MaxTries, Lock: consent.LockFor})
		must(nil, err)
	}
	must(k.Store.Misname(t.Context(), m(ids["misnamed"]), 1, 0))
	must(k.Store.Decline(t.Context(), m(ids["notmine"]), consent.Declining{Gen: 1, Reason: consent.ReasonNotMine}))
	if n := fold(t, k); n == 0 {
		t.Fatal("nothing was folded")
	}
	if n := fold(t, k); n != 0 {
		t.Errorf("%d entries were folded twice", n)
	}
	for w, subjects := range map[consent.Work][]string{
		consent.WorkBounced: {"bounced"}, consent.WorkLocked: {"locked"}, consent.WorkMisnamed: {"misnamed"}, consent.WorkNotMine: {"notmine"},
		consent.WorkPending: {"calm", "bounced", "locked", "misnamed", "granted"}, consent.WorkNear: nil, consent.WorkDeclined: {"notmine"},
		consent.WorkRefused: {"notmine"}, consent.WorkEraseLate: nil, consent.WorkOverdue: nil, consent.WorkExpired: nil,
	} {
		var want []string
		for _, s := range subjects {
			want = append(want, ids[s])
		}
		got := onList(t, k, w)
		slices.Sort(got)
		slices.Sort(want)
		if !slices.Equal(got, want) {
			t.Errorf("%s: %v, want %v", w, got, want)
		}
		if n := overview(t, k).Counts[w]; n != len(want) {
			t.Errorf("%s counts %d", w, n)
		}
	}
	must(k.Service.Reopen(t.Context(), k.App, consent.Actor{Kind: consent.ActorStaff, Ref: "st_1"}, ids["locked"]))
	must(k.Service.Correct(t.Context(), k.App, consent.Actor{Kind: consent.ActorStaff, Ref: "st_1"}, ids["bounced"], consent.Guardian{Name: consent.Secret("김보호"), Email: consent.Secret("other@example.com")}))
	must(k.Service.Cancel(t.Context(), k.App, consent.Actor{Kind: consent.ActorStaff, Ref: "st_1"}, ids["misnamed"]))
	fold(t, k)
	for _, w := range []consent.Work{consent.WorkLocked, consent.WorkBounced, consent.WorkMisnamed} {
		if got := onList(t, k, w); len(got) != 0 {
			t.Errorf("%s still has %v", w, got)
		}
	}
	if o := overview(t, k); o.Behind != 0 {
		t.Errorf("%d entries behind", o.Behind)
	}
	must(nil, k.Store.Advance(t.Context(), consent.DefaultPending-time.Hour))
	if got := onList(t, k, consent.WorkNear); len(got) != 4 {
		t.Errorf("near its deadline: %v", got)
	}
	must(nil, k.Store.Advance(t.Context(), 2*time.Hour))
	if got, o := onList(t, k, consent.WorkOverdue), overview(t, k); len(got) != 4 || o.Counts[consent.WorkOverdue] != 4 {
		t.Errorf("overdue: %v, %d", got, o.Counts[consent.WorkOverdue])
	}
}

// askedFrom is a request of a subject to an address.
func askedFrom(t *testing.T, k *consenttest.Kit, subject, address string) consent.Record {
	t.Helper()
	in := ask(subject)
	in.Guardian.Email = consent.Secret(address)
	return signup(t, k, in).Record
}

// A request counts once at each stage, on its day, whatever is sent, tried or folded again.
func TestFunnel(t *testing.T) {
	k := consenttest.New(t)
	by := consent.Actor{Kind: consent.ActorStaff, Ref: "st_1"}
	one, two := askedFrom(t, k, "one", "one@example.com"), askedFrom(t, k, "two", "two@example.com")
	k.Work()
	fold(t, k)
	if _, err := k.Service.Resend(t.Context(), k.App, by, one.ID); err != nil {
		t.Fatal(err)
	}
	k.Work()
	m := consent.Mutation{App: "shop", ID: one.ID, Actor: consent.Actor{Kind: consent.ActorGuardian, Ref: "0"}}
	for range 2 {
		if _, err := k.Store.Try(t.Context(), m, consent.Trial{Gen: 1, Limit: 5, Lock: time.Hour}); err != nil {
			t.Fatal(err)
		}
		if err := k.Store.Refund(t.Context(), m, false); err != nil {
			t.Fatal(err)
		}
		fold(t, k)
	}
	for _, id := range []string{one.ID, two.ID} {
		m.ID = id
		if _, err := k.Store.Decline(t.Context(), m, consent.Declining{Gen: 1, Reason: consent.ReasonRefused}); err != nil {
			t.Fatal(err)
		}
	}
	fold(t, k)
	o := overview(t, k)
	if len(o.Days) != consent.FunnelDays {
		t.Fatalf("%d days", len(o.Days))
	}
	today := o.Days[consent.FunnelDays-1].Count
	for stage, want := range map[consent.Stage]int{consent.StageAsked: 2, consent.StageAccepted: 2, consent.StageReached: 2, consent.StageDecided: 2} {
		if today[stage] != want {
			t.Errorf("%s: %d, want %d", stage, today[stage], want)
		}
	}
	eachNumberHasItsList(t, k)
	must := k.Store.Advance(t.Context(), consent.FunnelDays*24*time.Hour)
	askedFrom(t, k, "three", "three@example.com")
	fold(t, k)
	o = overview(t, k)
	total := 0
	for _, d := range o.Days {
		total += d.Count[consent.StageAsked]
	}
	if must != nil || total != 1 {
		t.Errorf("a week later %d are counted, %v", total, must)
	}
	if ids := standing(t, k, consent.Listing{Stage: consent.StageAsked}); len(ids) != 1 {
		t.Errorf("a week later %v are listed", ids)
	}
	eachNumberHasItsList(t, k)
}

// standing pages through a list, two at a time.
func standing(t *testing.T, k *consenttest.Kit, l consent.Listing) (ids []string) {
	t.Helper()
	for after := ""; ; {
		p, err := k.Service.Listed(t.Context(), k.App, l, after, 2)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range p.Records {
			ids = append(ids, r.ID)
		}
		if after = p.Next; after == "" {
			slices.Sort(ids)
			return ids
		}
	}
}

// eachNumberHasItsList: the lists of funnel and histogram are as long as the numbers that lead to them, and repeat nobody.
func eachNumberHasItsList(t *testing.T, k *consenttest.Kit) {
	t.Helper()
	o := overview(t, k)
	same := func(l consent.Listing, n int) {
		t.Helper()
		ids := standing(t, k, l)
		if len(ids) != n || len(slices.Compact(ids)) != n {
			t.Errorf("%v lists %v, the number is %d", l, ids, n)
		}
	}
	for _, stage := range consent.Stages {
		total := 0
		for _, d := range o.Days {
			same(consent.Listing{Stage: stage, Day: d.Day}, d.Count[stage])
			total += d.Count[stage]
		}
		same(consent.Listing{Stage: stage}, total)
	}
	for i, n := range o.Ages {
		l := consent.Listing{Work: consent.WorkPending, From: o.At.Add(consent.Ages[i])}
		if i == 0 {
			l.From = time.Time{}
		}
		if i+1 < len(consent.Ages) {
			l.Until = o.At.Add(consent.Ages[i+1])
		}
		same(l, n)
	}
}

// The lists of stages and of deadlines hold whom the numbers count, over days, pages and more entries than one page reads.
func TestNumbersLeadToTheirLists(t *testing.T) {
	k := consenttest.New(t)
	var first consent.Record
	for day := range 4 {
		for i := range 3 {
			rec := askedFrom(t, k, "kid"+strconv.Itoa(day*10+i), "one@example.com")
			if i == 0 {
				first = rec
			}
		}
		k.Work()
		if err := k.Store.Advance(t.Context(), 23*time.Hour); err != nil {
			t.Fatal(err)
		}
	}
	for range 2100 {
		err := k.Store.Note(t.Context(), consent.Mutation{App: "shop", Actor: consent.Actor{Kind: consent.ActorStaff, Ref: "st_1"}}, consent.ActExport)
		if err != nil {
			t.Fatal(err)
		}
	}
	m := consent.Mutation{App: "shop", ID: first.ID, Actor: consent.Actor{Kind: consent.ActorGuardian, Ref: "0"}}
	if _, err := k.Store.Decline(t.Context(), m, consent.Declining{Gen: 1, Reason: consent.ReasonRefused}); err != nil {
		t.Fatal(err)
	}
	for fold(t, k) > 0 {
		continue
	}
	askedFrom(t, k, "later", "two@example.com") // which nobody has folded, so it is neither counted nor listed
	eachNumberHasItsList(t, k)
	if ids := standing(t, k, consent.Listing{Stage: consent.StageDecided}); len(ids) != 1 || ids[0] != first.ID {
		t.Errorf("decided: %v", ids)
	}
	for _, after := range []string{"x", "-1", "1.5", "1", "1-", "1--1", "-1-0"} {
		if _, err := k.Service.Listed(t.Context(), k.App, consent.Listing{Stage: consent.StageAsked}, after, 2); consent.KindOf(err) != consent.KindInvalid {
			t.Errorf("%s: %v", after, err)
		}
	}
}

// Two processes that fold at once count once.
func TestFoldOnce(t *testing.T) {
	k := consenttest.New(t)
	askedFrom(t, k, "one", "one@example.com")
	f := consent.Folding{From: 0, To: 1, Count: map[consent.Date]map[consent.Stage]int{overview(t, k).Days[6].Day: {consent.StageAsked: 1}}}
	for range 2 {
		if err := k.Store.Fold(t.Context(), "shop", f); err != nil {
			t.Fatal(err)
		}
	}
	if n := overview(t, k).Days[6].Count[consent.StageAsked]; n != 1 {
		t.Errorf("counted %d times", n)
	}
}

func TestSearch(t *testing.T) {
	k := consenttest.New(t)
	by := consent.Actor{Kind: consent.ActorStaff, Ref: "st_1"}
	rec := askedFrom(t, k, "user-77", "parent.one@gmail.com")
	k.Work()
	letter, _ := k.Letters.Last(consent.LetterInvite)
	for _, text := range []string{rec.ID, " parent.one@gmail.com ", "ParentOne+x@gmail.com", letter.Code, "user-77"} {
		found, err := k.Service.Search(t.Context(), by, text)
		if err != nil || len(found) != 1 || found[0].ID != rec.ID {
			t.Errorf("%d found, %v", len(found), err)
		}
	}
	for _, text := range []string{"nobody@example.com", "user-78", consent.NewID(consent.PrefixRequest, time.Now()), "ABCD-2345"} {
		if found, err := k.Service.Search(t.Context(), by, text); err != nil || len(found) != 0 {
			t.Errorf("%q: %d found, %v", text, len(found), err)
		}
	}
	for _, text := range []string{"", "a b", "@", "김보호", "x@y"} {
		if _, err := k.Service.Search(t.Context(), by, text); consent.KindOf(err) != consent.KindInvalid {
			t.Errorf("%q: %v", text, err)
		}
	}
	entries, err := k.Store.Entries(t.Context(), consent.StaffLedger, 0, 100)
	if err != nil || len(entries) != 9 || entries[1].Step != consent.ActSearch || entries[1].Note != "address" || entries[1].Ref != by.Ref {
		t.Errorf("%d entries, %v", len(entries), err)
	}
}

func TestCaseAndUnmask(t *testing.T) {
	k := consenttest.New(t)
	by := consent.Actor{Kind: consent.ActorStaff, Ref: "st_1"}
	rec := askedFrom(t, k, "user-1", "parent@example.com")
	c, err := k.Service.Case(t.Context(), k.App, by, rec.ID)
	if err != nil || len(c.Guardians) != 1 || c.Guardians[0].Email != consent.MaskEmail("parent@example.com") {
		t.Fatalf("%+v, %v", c.Guardians, err)
	}
	if last := c.Trail[len(c.Trail)-1]; last.Step != consent.ActView || last.Ref != by.Ref {
		t.Errorf("the look was not noted: %+v", last)
	}
	v, err := k.Service.Unmask(t.Context(), k.App, by, rec.ID, consent.ShownAddress, "caller", "T-1")
	if err != nil || v.Reveal() != "parent@example.com" {
		t.Errorf("%v", err)
	}
	trail, _ := k.Store.Trail(t.Context(), "shop", rec.ID)
	if last := trail[len(trail)-1]; last.Step != consent.ActReveal || last.Note != "guardian_email caller T-1" {
		t.Errorf("%+v", last)
	}
	for _, bad := range [][3]string{{"pairing_code", "caller", "T1"}, {"guardian_email", "curious", "T1"}, {"guardian_email", "caller", ""}, {"guardian_email", "caller", "his name is Kim"}} {
		if _, err := k.Service.Unmask(t.Context(), k.App, by, rec.ID, consent.Shown(bad[0]), bad[1], bad[2]); consent.KindOf(err) != consent.KindInvalid {
			t.Errorf("%v: %v", bad, err)
		}
	}
	if again, _ := k.Store.Trail(t.Context(), "shop", rec.ID); len(again) != len(trail) {
		t.Error("what was refused was noted as done")
	}
	if _, err := k.Service.Destroy(t.Context(), k.App, by, rec.ID, "cr_"); !errors.Is(err, consent.ErrTyped) {
		t.Errorf("a slip destroys: %v", err)
	}
	after, err := k.Service.Destroy(t.Context(), k.App, by, rec.ID, rec.ID)
	if err != nil || after.Status != consent.Cancelled || after.Reason != consent.ReasonStaff {
		t.Errorf("%s %s, %v", after.Status, after.Reason, err)
	}
	if _, err := k.Service.Unmask(t.Context(), k.App, by, rec.ID, consent.ShownAddress, "caller", "T-1"); !errors.Is(err, consent.ErrUnreadable) {
		t.Errorf("what is destroyed is shown: %v", err)
	}
	if c, err := k.Service.Case(t.Context(), k.App, by, rec.ID); err != nil || c.Child != "" || c.Guardians != nil {
		t.Errorf("%+v, %v", c, err)
	}
}

// A child who pressed too often does not keep staff from helping, and staff have an end too.
func TestResendOfStaff(t *testing.T) {
	k := consenttest.New(t)
	rec := askedFrom(t, k, "user-1", "parent@example.com")
	for _, by := range []consent.Actor{{Kind: consent.ActorChild}, {Kind: consent.ActorStaff, Ref: "st_1"}} {
		for range k.Service.Settings.ResendDay {
			if _, err := k.Service.Resend(t.Context(), k.App, by, rec.ID); err != nil {
				t.Fatalf("%s: %v", by.Kind, err)
			}
		}
		if _, err := k.Service.Resend(t.Context(), k.App, by, rec.ID); consent.KindOf(err) != consent.KindTooMany {
			t.Errorf("%s: %v", by.Kind, err)
		}
	}
}

// A guardian who asked for no more letters may change their mind on the telephone; again, nothing more happens.
func TestLiftBlock(t *testing.T) {
	k := consenttest.New(t)
	by := consent.Actor{Kind: consent.ActorStaff, Ref: "st_1"}
	rec := askedFrom(t, k, "user-1", "parent@example.com")
	if _, err := k.Service.LiftBlock(t.Context(), k.App, by, rec.ID); err == nil {
		t.Error("a pending request has no block")
	}
	m := consent.Mutation{App: "shop", ID: rec.ID, Actor: guardian}
	d := consent.Declining{Gen: 1, Reason: consent.ReasonNotMine, Pause: time.Hour, Block: consent.BlockKept}
	if _, err := k.Store.Decline(t.Context(), m, d); err != nil {
		t.Fatal(err)
	}
	quiet := func() bool {
		t.Helper()
		now, err := k.Store.Quiet(t.Context(), []string{"shop"}, rec.Look.Guardians)
		if err != nil {
			t.Fatal(err)
		}
		return now
	}
	rec, _ = k.Store.Get(t.Context(), "shop", rec.ID)
	if !quiet() {
		t.Fatal("no block to lift")
	}
	for range 2 {
		after, err := k.Service.LiftBlock(t.Context(), k.App, by, rec.ID)
		if err != nil || after.LiftedAt.IsZero() || after.Status != consent.Declined {
			t.Errorf("%v", err)
		}
	}
	if quiet() {
		t.Error("still blocked")
	}
}

// TestStalePaperWaitsForNobody: what was entered of a guardian who was changed meanwhile is not among what a colleague has to confirm.
func TestStalePaperWaitsForNobody(t *testing.T) {
	k := consenttest.New(t)
	id := comeFiled(t, k)
	fold(t, k)
	if got := onList(t, k, consent.WorkFiled); len(got) != 1 {
		t.Fatalf("to be confirmed: %v", got)
	}
	correctedTo(t, k, id)
	fold(t, k)
	if got := onList(t, k, consent.WorkFiled); len(got) != 0 {
		t.Errorf("still to be confirmed: %v", got)
	}
	anew := signed(k)
	anew.Rev = get(t, k, id).Rev
	if _, err := k.Service.File(t.Context(), k.App, staffed("st_1"), id, anew); err != nil {
		t.Fatal(err)
	}
	fold(t, k)
	if got := onList(t, k, consent.WorkFiled); len(got) != 1 {
		t.Errorf("entered anew: %v", got)
	}
}
