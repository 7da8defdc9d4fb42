package consenttest

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/bohoja/bohoja/consent"
)

var flagTests = map[string]func(*bench){
	"flag/by a request, whatever becomes of it": flagOutlives,
	"flag/by hand, once":                        flagByHand,
	"flag/the longest of several, to its end":   flagLongest,
	"flag/at most so many, or nothing is set":   flagLimit,
	"flag/apps do not share them":               flagApart,
	"unflag/leaves what others said":            unflagOne,
	"unflag/refusals":                           unflagRefusals,
	"lift/what has ended, and nothing else":     liftEnded,
	"lift/refusals":                             liftRefusals,
	"blocks/a guardian while a request lives":   blocksGuardian,
	"blocks/in the order of the question":       blocksOrder,
	"statuses/of what stands against":           statusesOf,
	"walk/sees everything":                      walkAll,
	"added/everything that came, in each app":   addedAll,
	"news/after a place, exactly":               newsExactly,
	"added/too old, or of another clock":        addedTooOld,
	"runs/kept, found and listed":               runsKept,
	"blocked/sums by day":                       blockedSums,
	"lifted/the month is noted":                 liftedNoted,
}

var (
	flagEnds  = consent.Date{Year: 2031, Month: time.March, Day: 31}
	flagToday = consent.Date{Year: 2026, Month: time.November, Day: 28}
)

// flagOf is a flag by hand of somebody, to the end of a month.
func flagOf(who, source string, ends consent.Date) consent.Flag {
	sum := digest("short " + who)
	return consent.Flag{
		Kind: consent.DigestFlagEmail, Look: digest("flag " + who), Short: [8]byte(sum[:8]), Ends: ends, Reason: consent.FlagPolicy, Source: source,
	}
}

// flagged flags people by hand and returns the flag's id.
func (b *bench) flagged(ends consent.Date, who ...string) string {
	b.Helper()
	id := consent.NewID(consent.PrefixFlag, b.now())
	var flags []consent.Flag
	for _, one := range who {
		flags = append(flags, flagOf(one, id, ends))
	}
	b.must(b.Store.Flag(b.Context(), b.mutation(id, consent.EventSuppressed), flags))
	return id
}

// blocks asks about people on a day, in the suite's app.
func (b *bench) blocks(day consent.Date, who ...string) []consent.Block {
	b.Helper()
	var look []consent.Digest
	for _, one := range who {
		look = append(look, digest("flag "+one))
	}
	got, err := b.Store.Blocks(b.Context(), []string{storeApp}, look, day)
	b.must(err)
	if len(got) != len(who) {
		b.Fatalf("%d answers about %d", len(got), len(who))
	}
	return got
}

// reasons are why these people are blocked today.
func (b *bench) reasons(who ...string) string {
	b.Helper()
	var out []string
	for _, one := range b.blocks(flagToday, who...) {
		out = append(out, one.Reason)
	}
	return fmt.Sprint(out)
}

func (b *bench) wantReasons(want string, who ...string) {
	b.Helper()
	if got := b.reasons(who...); got != want {
		b.Errorf("%v are blocked for %s, want %s", who, got, want)
	}
}

// The flag is there as soon as the request is, and neither its end nor its being forgotten lifts it.
func flagOutlives(b *bench) {
	r := b.pending("kid", "p@x")
	b.wantReasons("[minor_pending]", "kid")
	if got := b.blocks(flagToday, "kid")[0]; got.Source != r.ID || got.App != storeApp {
		b.Errorf("%+v", got)
	}
	for status, ended := range b.ended() {
		if got := b.reasons(ended.Subject); got != "[minor_pending]" {
			b.Errorf("%s: %s", status, got)
		}
	}
	_, err := b.Store.Cancel(b.Context(), b.mutation(r.ID, ""), consent.ReasonApp)
	b.must(err)
	b.Advance(consent.RecordKept + time.Hour)
	b.must(b.Store.Forget(b.Context(), b.mutation(r.ID, "")))
	b.wantReasons("[minor_pending]", "kid")
}

func flagByHand(b *bench) {
	id := consent.NewID(consent.PrefixFlag, b.now())
	m := b.mutation(id, consent.EventSuppressed)
	flag := func() error {
		return b.Store.Flag(b.Context(), m, []consent.Flag{flagOf("kid", id, flagEnds), flagOf("kid's phone", id, flagEnds)})
	}
	b.must(flag())
	image := b.Image()
	b.must(flag())
	if b.Image() != image {
		b.Error("repeated, it has written something")
	}
	b.wantReasons("[minor_policy minor_policy ]", "kid", "kid's phone", "adult")
	all, err := b.Store.Entries(b.Context(), storeApp, 0, 10)
	b.must(err)
	if len(all) != 1 || all[0].Step != consent.StepFlag || all[0].ID != id || all[0].By != m.Actor.Kind {
		b.Errorf("audit: %+v", all)
	}
	if got := b.events(); !slices.Equal(got, []consent.EventType{consent.EventSuppressed}) {
		b.Errorf("events %v", got)
	}
	b.before = b.Image()
	err = b.Store.Flag(b.Context(), consent.Mutation{App: storeApp, ID: consent.NewID(consent.PrefixRequest, b.now())}, nil)
	if !errors.Is(err, consent.ErrNotFound) || b.Image() != b.before {
		b.Errorf("under a request's id: %v", err)
	}
}

// Of several reports the latest end wins, and none holds on the day after its month.
func flagLongest(b *bench) {
	long := b.flagged(consent.Date{Year: 2035, Month: time.June, Day: 30}, "kid")
	b.flagged(flagEnds, "kid")
	if got := b.blocks(flagEnds, "kid")[0]; got.Source != long {
		b.Errorf("%+v", got)
	}
	for day, want := range map[consent.Date]string{
		{Year: 2031, Month: time.April, Day: 1}: consent.FlagPolicy, {Year: 2035, Month: time.June, Day: 30}: consent.FlagPolicy,
		{Year: 2035, Month: time.July, Day: 1}: "",
	} {
		if got := b.blocks(day, "kid")[0].Reason; got != want {
			b.Errorf("on %v: %q, want %q", day, got, want)
		}
	}
}

func flagLimit(b *bench) {
	for n := 1; ; n++ {
		id := consent.NewID(consent.PrefixFlag, b.now())
		err := b.Store.Flag(b.Context(), b.mutation(id, ""), []consent.Flag{flagOf("other", id, flagEnds), flagOf("kid", id, flagEnds)})
		if err == nil && n < 100 {
			continue
		}
		if n != 17 || consent.CodeOf(err) != "flag_limit" || b.Image() != b.before {
			b.Errorf("the %dth: %v", n, err)
		}
		return
	}
}

func flagApart(b *bench) {
	b.flagged(flagEnds, "kid")
	for _, c := range []struct {
		apps []string
		want string
	}{{[]string{"game"}, ""}, {[]string{"game", storeApp}, storeApp}, {nil, ""}} {
		got, err := b.Store.Blocks(b.Context(), c.apps, []consent.Digest{digest("flag kid")}, flagToday)
		b.must(err)
		if len(got) != 1 || got[0].App != c.want {
			b.Errorf("in %v: %+v", c.apps, got)
		}
	}
	if got, err := b.Store.Blocks(b.Context(), []string{storeApp}, nil, flagToday); err != nil || len(got) != 0 {
		b.Errorf("about nobody: %+v, %v", got, err)
	}
}

func unflagOne(b *bench) {
	r := b.pending("kid", "p@x")
	id := b.flagged(flagEnds, "kid", "sister")
	other := b.flagged(flagEnds, "sister")
	b.must(b.Store.Unflag(b.Context(), b.mutation(id, consent.EventUnsuppressed)))
	got := b.blocks(flagToday, "kid", "sister")
	if got[0].Source != r.ID || got[1].Source != other {
		b.Errorf("%+v", got)
	}
	b.must(b.Store.Unflag(b.Context(), b.mutation(other, "")))
	b.wantReasons("[minor_pending ]", "kid", "sister")
	if page, _, err := b.Store.Walk(b.Context(), storeApp, 0); err != nil || len(page) != 2 { // the child's, and the guardian's
		b.Errorf("%d entries are left, %v", len(page), err)
	}
}

func unflagRefusals(b *bench) {
	r := b.pending("kid", "p@x")
	id := b.flagged(flagEnds, "kid")
	foreign := b.mutation(id, consent.EventUnsuppressed)
	foreign.App = "game"
	for name, m := range map[string]consent.Mutation{
		"another app's": foreign, "a request's": b.mutation(r.ID, ""), "nobody's": b.mutation(consent.NewID(consent.PrefixFlag, b.now()), ""), "none": b.mutation("min_}x:*", ""),
	} {
		image := b.Image()
		if err := b.Store.Unflag(b.Context(), m); !errors.Is(err, consent.ErrNotFound) || b.Image() != image {
			b.Errorf("%s: %v", name, err)
		}
	}
	b.must(b.Store.Unflag(b.Context(), b.mutation(id, "")))
	if err := b.Store.Unflag(b.Context(), b.mutation(id, "")); !errors.Is(err, consent.ErrNotFound) {
		b.Errorf("again: %v", err)
	}
}

func liftEnded(b *bench) {
	id := b.flagged(flagEnds, "kid")
	later := b.flagged(consent.Date{Year: 2035, Month: time.June, Day: 30}, "kid")
	after := consent.Date{Year: 2031, Month: time.April, Day: 1}
	look := []consent.Digest{digest("flag kid")}
	b.must(b.Store.Lift(b.Context(), b.mutation(id, consent.EventUnsuppressed), look, after))
	if got := b.blocks(after, "kid")[0]; got.Source != later {
		b.Errorf("%+v", got)
	}
	if err := b.Store.Unflag(b.Context(), b.mutation(id, "")); !errors.Is(err, consent.ErrNotFound) {
		b.Errorf("it can still be taken back: %v", err)
	}
	page, _, err := b.Store.Walk(b.Context(), storeApp, 0)
	b.must(err)
	if len(page) != 1 || len(page[0].Reports) != 1 || page[0].Reports[0].Source != later {
		b.Errorf("%+v", page)
	}
}

func liftRefusals(b *bench) {
	id := b.flagged(flagEnds, "kid")
	look := []consent.Digest{digest("flag kid")}
	for name, c := range map[string]struct {
		id    string
		look  []consent.Digest
		today consent.Date
		want  error
	}{
		"on its last day": {id, look, flagEnds, consent.ErrNotDue}, "of another": {id, []consent.Digest{digest("flag adult")}, consent.Date{Year: 2040, Month: 1, Day: 1}, consent.ErrNotDue},
		"of nobody": {id, nil, consent.Date{Year: 2040, Month: 1, Day: 1}, consent.ErrNotDue}, "without a source": {"x", look, flagEnds, consent.ErrNotFound},
	} {
		m := b.mutation(c.id, consent.EventUnsuppressed)
		if err := b.Store.Lift(b.Context(), m, c.look, c.today); !errors.Is(err, c.want) || b.Image() != b.before {
			b.Errorf("%s: %v", name, err)
		}
	}
}

// A guardian's address is known while one of their requests or consents lives.
func blocksGuardian(b *bench) {
	signup := func(subject string) consent.Record {
		d := b.draft(subject, "p@x")
		d.Record.Look.Shorts = [][8]byte{{1, 2, 3}}
		r, _, err := b.Store.Signup(b.Context(), d)
		b.must(err)
		return r
	}
	want := func(reason string) {
		b.Helper()
		got, err := b.Store.Blocks(b.Context(), []string{storeApp}, []consent.Digest{digest("p@x")}, flagToday)
		b.must(err)
		if got[0].Reason != reason || got[0].Source != "" {
			b.Errorf("%+v, want %q", got[0], reason)
		}
	}
	first, second := signup("kid"), signup("sister")
	_, err := b.Store.Cancel(b.Context(), b.mutation(first.ID, ""), consent.ReasonApp)
	b.must(err)
	want(consent.GuardianOnly)
	_, err = b.Store.Grant(b.Context(), asGuardian(b.mutation(second.ID, ""), "0"), b.granting(second, "account"))
	b.must(err)
	want(consent.GuardianOnly)
	_, err = b.Store.Withdraw(b.Context(), b.mutation(second.ID, ""), b.withdrawing())
	b.must(err)
	want("")
}

// More than one command asks for stand in the order of the question.
func blocksOrder(b *bench) {
	const n = 9000
	b.flagged(flagEnds, "0", "4000", "8999")
	who := make([]string, n)
	for i := range who {
		who[i] = fmt.Sprint(i)
	}
	var blocked []int
	for i, one := range b.blocks(flagToday, who...) {
		if one.Reason != "" {
			blocked = append(blocked, i)
		}
	}
	if !slices.Equal(blocked, []int{0, 4000, 8999}) {
		b.Errorf("blocked are %v", blocked)
	}
}

func statusesOf(b *bench) {
	r, g := b.pending("kid", "p@x"), b.granted("sister", "q@x")
	id := b.flagged(flagEnds, "other")
	got, err := b.Store.Statuses(b.Context(), []consent.Block{
		{App: storeApp, Source: g.ID}, {}, {App: storeApp, Source: id}, {App: storeApp, Source: r.ID}, {App: "game", Source: r.ID},
	})
	b.must(err)
	if !slices.Equal(got, []consent.Status{consent.Granted, "", "", consent.Pending, ""}) {
		b.Errorf("%q", got)
	}
	if got, err := b.Store.Statuses(b.Context(), nil); err != nil || len(got) != 0 {
		b.Errorf("of nothing: %v, %v", got, err)
	}
}

func walkAll(b *bench) {
	want := map[[8]byte]bool{}
	for i := range 30 {
		var who []string
		for j := range 100 {
			who = append(who, fmt.Sprint(i, " ", j))
			want[flagOf(who[j], "", flagEnds).Short] = true
		}
		b.flagged(flagEnds, who...)
	}
	for cursor, pages := uint64(0), 1; ; pages++ {
		page, next, err := b.Store.Walk(b.Context(), storeApp, cursor)
		b.must(err)
		for _, m := range page {
			if m.Guardian() || len(m.Reports) != 1 || m.Reports[0].Month != flagEnds.MonthNumber() || m.Reports[0].Reason != consent.FlagPolicy {
				b.Fatalf("%+v", m)
			}
			delete(want, m.Short)
		}
		if cursor = next; cursor == 0 {
			break
		}
		if pages > 10_000 {
			b.Fatal("the walk does not end")
		}
	}
	if len(want) > 0 {
		b.Errorf("%d were not seen", len(want))
	}
}

func addedAll(b *bench) {
	since, err := b.Store.Instant(b.Context())
	b.must(err)
	b.flagged(flagEnds, "kid", "sister")
	d := b.draft("user", "p@x")
	d.Flags[0].Short, d.Record.Look.Shorts = [8]byte{7}, [][8]byte{{8}}
	_, _, err = b.Store.Signup(b.Context(), d)
	b.must(err)
	want := [][8]byte{flagOf("kid", "", flagEnds).Short, flagOf("sister", "", flagEnds).Short, {7}, {8}}
	got, next, err := b.Store.Added(b.Context(), []string{storeApp, "game"}, since)
	b.must(err)
	for _, one := range want {
		if !slices.Contains(got, one) {
			b.Errorf("%x is not told", one)
		}
	}
	if next < since {
		b.Errorf("next is %d, before %d", next, since)
	}
	if got, _, err := b.Store.Added(b.Context(), []string{"game"}, since); err != nil || len(got) != 0 {
		b.Errorf("another app's: %x, %v", got, err)
	}
}

func addedTooOld(b *bench) {
	now, err := b.Store.Instant(b.Context())
	b.must(err)
	for _, since := range []int64{0, now - consent.AddedKept.Milliseconds(), now + time.Hour.Milliseconds()} {
		if _, _, err := b.Store.Added(b.Context(), []string{storeApp}, since); !errors.Is(err, consent.ErrTooOld) {
			b.Errorf("since %d of %d: %v", since, now, err)
		}
	}
}

func runsKept(b *bench) {
	began := b.now().UTC().Truncate(time.Millisecond)
	var ids []string
	for i := range 3 {
		at := began.Add(time.Duration(i) * time.Second)
		r := consent.Run{ID: consent.NewID(consent.PrefixRun, at), State: consent.RunRunning, Kind: consent.SendOffer, StartedAt: at, By: []string{"", "st_1", "st_2"}[i]}
		b.must(b.Store.SaveRun(b.Context(), storeApp, r))
		r.State, r.Rows, r.Kept, r.Blocked, r.Unreadable, r.EndedAt = consent.RunDone, 9, 6, 2, 1, at
		b.must(b.Store.SaveRun(b.Context(), storeApp, r))
		if got, err := b.Store.Run(b.Context(), storeApp, r.ID); err != nil || got != r {
			b.Errorf("%+v, %v, want %+v", got, err, r)
		}
		ids = append([]string{r.ID}, ids...)
	}
	list := func(app string, n int) (found []string) {
		all, err := b.Store.Runs(b.Context(), app, n)
		b.must(err)
		for _, r := range all {
			found = append(found, r.ID)
		}
		return found
	}
	if got := list(storeApp, 9); !slices.Equal(got, ids) {
		b.Errorf("listed %v, want %v", got, ids)
	}
	if got := list(storeApp, 2); !slices.Equal(got, ids[:2]) {
		b.Errorf("the last two: %v", got)
	}
	if got := list("game", 9); len(got) != 0 {
		b.Errorf("another app's: %v", got)
	}
	for _, id := range []string{"", "run_}x", consent.NewID(consent.PrefixRun, began)} {
		if _, err := b.Store.Run(b.Context(), storeApp, id); !errors.Is(err, consent.ErrNotFound) {
			b.Errorf("%q: %v", id, err)
		}
	}
	if _, err := b.Store.Run(b.Context(), "game", ids[0]); !errors.Is(err, consent.ErrNotFound) {
		b.Errorf("in another app: %v", err)
	}
}

func blockedSums(b *bench) {
	day, before := flagToday, consent.Date{Year: 2026, Month: time.November, Day: 27}
	for range 2 {
		b.must(b.Store.AddBlocked(b.Context(), storeApp, day, map[string]int64{consent.BlockedHand: 3, consent.BlockedGuardian: 1}))
	}
	b.must(b.Store.AddBlocked(b.Context(), storeApp, before, map[string]int64{consent.BlockedUnreadable: 5}))
	got, err := b.Store.Blocked(b.Context(), storeApp, []consent.Date{day, before, flagEnds})
	b.must(err)
	for i, want := range []map[string]int64{{consent.BlockedHand: 6, consent.BlockedGuardian: 2}, {consent.BlockedUnreadable: 5}, {}} {
		if !maps.Equal(got[i], want) {
			b.Errorf("%v, want %v", got[i], want)
		}
	}
	if got, err := b.Store.Blocked(b.Context(), "game", []consent.Date{day}); err != nil || len(got[0]) != 0 {
		b.Errorf("another app's: %v, %v", got, err)
	}
}

func liftedNoted(b *bench) {
	for _, want := range []int{0, 24_000, 24_001} {
		if want != 0 {
			b.must(b.Store.SetLifted(b.Context(), storeApp, want))
		}
		if got, err := b.Store.Lifted(b.Context(), storeApp); err != nil || got != want {
			b.Errorf("%d, %v, want %d", got, err, want)
		}
	}
	if got, err := b.Store.Lifted(b.Context(), "game"); err != nil || got != 0 {
		b.Errorf("another app's: %d, %v", got, err)
	}
}

// A place is where the additions of an app ended; what came after it is told once, by its place alone.
func newsExactly(b *bench) {
	apps := []string{storeApp, "game"}
	none, err := b.Store.End(b.Context(), apps)
	b.must(err)
	news := func(after []consent.Place) []consent.News {
		got, err := b.Store.News(b.Context(), apps, after)
		b.must(err)
		return got
	}
	if got := news(none); !got[0].Known || got[0].More || len(got[0].Short) != 0 {
		b.Errorf("of nothing: %+v", got)
	}
	b.flagged(flagEnds, "first")
	if got := news(none); got[0].Known || !got[1].Known {
		b.Errorf("after the first: %+v", got)
	}
	at, err := b.Store.End(b.Context(), apps)
	b.must(err)
	if got := news(at); !got[0].Known || got[0].At != at[0] || len(got[0].Short) != 0 {
		b.Errorf("at the end: %+v", got)
	}
	b.flagged(flagEnds, "kid", "sister")
	got := news(at)
	if want := [][8]byte{flagOf("kid", "", flagEnds).Short, flagOf("sister", "", flagEnds).Short}; !got[0].Known || !slices.Equal(got[0].Short, want) {
		b.Errorf("%+v, want %x", got, want)
	}
	if again := news([]consent.Place{got[0].At, {}}); len(again[0].Short) != 0 {
		b.Errorf("told again: %+v", again)
	}
	at[0].Added += "x"
	if got := news(at); got[0].Known {
		b.Errorf("another addition of that place: %+v", got)
	}
}
