package main

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/bohoja/bohoja/consent"
	"github.com/bohoja/bohoja/consent/outbox"
)

// jobs lists by the command.
func (b *bureau) jobs(args ...string) jobPage {
	b.t.Helper()
	o := b.call(append([]string{"outbox", "list", "--json"}, args...)...)
	o.want(b.t, exitFine)
	return read[jobPage](b.t, o)
}

// only fails unless the page has exactly these jobs.
func (p jobPage) only(t *testing.T, what string, want ...outbox.Job) {
	t.Helper()
	var got, ids []string
	for _, r := range p.Data {
		got = append(got, r.ID)
	}
	for _, j := range want {
		ids = append(ids, j.ID)
	}
	slices.Sort(got)
	slices.Sort(ids)
	if !slices.Equal(got, ids) {
		t.Errorf("%s: listed are %v, want %v", what, got, ids)
	}
}

// claim takes one due job as a worker does.
func (b *bureau) claim(s *space, app string, kind consent.JobKind) outbox.Job {
	b.t.Helper()
	jobs, err := s.queue.Claim(b.t.Context(), app, kind, 1, time.Minute)
	b.must(err)
	if len(jobs) != 1 {
		b.t.Fatalf("%d jobs are due", len(jobs))
	}
	return jobs[0]
}

// bury gives one due job up.
func (b *bureau) bury(s *space, app string, kind consent.JobKind, code string) outbox.Job {
	b.t.Helper()
	j := b.claim(s, app, kind)
	b.must(s.queue.Retry(b.t.Context(), j, outbox.Again{Attempts: 3, Code: code}))
	j = b.claim(s, app, kind)
	b.must(s.queue.Bury(b.t.Context(), j, code))
	return j
}

// TestOutboxList: across apps; by kind, state and app; each job once.
func TestOutboxList(t *testing.T) {
	t.Parallel()
	b := newBureau(t)
	if page := b.jobs(); page.Data == nil || len(page.Data) != 0 || page.More {
		t.Errorf("an empty outbox is %+v", page)
	}
	b.ask(b.live, "shop", "user-1")
	b.ask(b.live, "game", "user-1")
	trial := b.ask(b.trial, "shop", "user-2")
	dead := b.bury(b.live, "shop", consent.JobWebhook, "http_500")
	held := b.claim(b.live, "game", consent.JobLetter)
	var shop, game, all []outbox.Job
	shop, game = b.jobsOf(b.live, "shop"), b.jobsOf(b.live, "game")
	all = slices.Concat(shop, game, []outbox.Job{dead})

	b.jobs().only(t, "all", all...)
	b.jobs("--app", "shop").only(t, "shop", append(slices.Clone(shop), dead)...)
	b.jobs("--state", "dead").only(t, "dead", dead)
	b.jobs("--state", "held").only(t, "held", held)
	b.jobs("--state", "due").only(t, "due", slices.DeleteFunc(slices.Concat(shop, game), func(j outbox.Job) bool { return j.ID == held.ID })...)
	letter := func(j outbox.Job) bool { return j.Kind != consent.JobLetter }
	b.jobs("--kind", "letter").only(t, "letters", slices.DeleteFunc(slices.Clone(all), letter)...)
	b.jobs("--kind", "webhook", "--state", "dead", "--app", "game").only(t, "none")
	b.jobs("--test").only(t, "the test space", b.jobsOf(b.trial, "shop")...)
	if len(b.jobsOf(b.trial, "shop")) == 0 {
		t.Errorf("%s left no job", trial.ID)
	}
	for _, row := range b.jobs().Data {
		if row.At.IsZero() || row.Enqueued.IsZero() || row.App == "" || row.Kind != "letter" && row.Kind != "webhook" {
			t.Errorf("got %+v", row)
		}
		if row.ID == dead.ID && (row.State != jobDead || row.LastCode != "http_500" || row.Attempts != 3) {
			t.Errorf("the dead job is %+v", row)
		}
	}
}

// TestOutboxListTable: the states in words, and never a word of a body.
func TestOutboxListTable(t *testing.T) {
	t.Parallel()
	b := newBureau(t)
	rec := b.grant(b.live, "shop", "user-1") // leaves a confirming letter that waits a day
	b.ask(b.live, "game", "user-9")
	dead, held := b.bury(b.live, "game", consent.JobWebhook, "http_410"), b.claim(b.live, "game", consent.JobLetter)
	o := b.call("outbox", "list")
	o.want(t, exitFine, "JOB ", "LAST CODE", "http_410", "in 23h5", "given up ", " ago", "the worker has ", "since ")
	for _, id := range []string{dead.ID, held.ID} {
		if strings.Count(o.out, id) != 1 {
			t.Errorf("%s is not there once", id)
		}
	}
	for _, body := range []string{rec.ID, "user-1", "user-9", "https://", "{"} {
		if strings.Contains(o.out, body) {
			t.Errorf("%q of a body is printed:\n%s", body, o.out)
		}
	}
	if strings.Contains(b.call("outbox", "list", "--json").out, rec.ID) {
		t.Error("a body is printed as JSON")
	}
}

// TestOutboxWhen: what is written of a time.
func TestOutboxWhen(t *testing.T) {
	t.Parallel()
	now := time.Now()
	for _, c := range []struct {
		state string
		by    time.Duration
		want  string
	}{
		{jobDue, time.Hour, "in 1h00m"}, {jobDue, -time.Minute, "since 1m"}, {jobDue, 0, "since 0s"}, {jobHeld, 30 * time.Second, "the worker has 30s left"},
		{jobHeld, -30 * time.Second, "since 30s"}, {jobDead, -72 * time.Hour, "given up 3d00h ago"},
	} {
		row := jobRow{State: c.state, At: now.Add(c.by)}
		if got := row.when(now); got != c.want {
			t.Errorf("%s %v is %q, want %q", c.state, c.by, got, c.want)
		}
	}
}

// TestOutboxListLong: more jobs than a page of the queue holds come once each, and the limit says that it cut.
func TestOutboxListLong(t *testing.T) {
	t.Parallel()
	b := newBureau(t)
	due, jobs, _ := b.live.name.OutboxKeys("shop")
	pipe := b.house.clients.Write.Pipeline()
	const many = 450
	for i := range many {
		id := consent.NewID(consent.PrefixJob, time.Now())
		pipe.HSet(t.Context(), jobs, id, fmt.Sprintf("0 0 0 %d - letter {\"app\":\"shop\"}", 1+i))
		pipe.Do(t.Context(), "ZADD", due, 1000+i/7, id)
	}
	_, err := pipe.Exec(t.Context())
	b.must(err)
	page := b.jobs("--limit", "10000")
	seen := map[string]bool{}
	for _, r := range page.Data {
		seen[r.ID] = true
	}
	if len(page.Data) != many || len(seen) != many || page.More {
		t.Errorf("%d rows, %d jobs, more %v", len(page.Data), len(seen), page.More)
	}
	if page := b.jobs("--limit", "449"); len(page.Data) != 449 || !page.More {
		t.Errorf("%d rows, more %v", len(page.Data), page.More)
	}
	if page := b.jobs("--limit", "450"); len(page.Data) != many || page.More {
		t.Errorf("%d rows, more %v", len(page.Data), page.More)
	}
	o := b.call("outbox", "list", "--limit", "1")
	o.want(t, exitFine, "there are more")
	if strings.Contains(o.out, "more") || strings.Count(o.out, "\n") != 2 {
		t.Errorf("the table is\n%s", o.out)
	}
}

// TestOutboxListUnreadable: a job that nobody can read is listed, so that it can be dropped.
func TestOutboxListUnreadable(t *testing.T) {
	t.Parallel()
	b := newBureau(t)
	due, jobs, _ := b.live.name.OutboxKeys("game")
	id := consent.NewID(consent.PrefixJob, time.Now())
	b.must(b.house.clients.Write.HSet(t.Context(), jobs, id, "canary-secret").Err())
	b.must(b.house.clients.Write.Do(t.Context(), "ZADD", due, 1000, id).Err())
	b.call("outbox", "list").want(t, exitFine, id, "unreadable")
	b.call("outbox", "drop", id, "--yes").want(t, exitFine, "dropped")
	b.jobs().only(t, "after the drop")
}

// TestOutboxRetryDead: a dead job begins anew, and a worker gets it.
func TestOutboxRetryDead(t *testing.T) {
	t.Parallel()
	b := newBureau(t)
	b.ask(b.live, "game", "user-1")
	dead := b.bury(b.live, "game", consent.JobWebhook, "http_500")
	b.call("outbox", "retry", dead.ID).want(t, exitFine, dead.ID+" of the app game is due now")
	b.jobs("--state", "dead").only(t, "dead")
	row := b.jobs("--kind", "webhook").Data[0]
	if row.ID != dead.ID || row.State != jobDue || row.Attempts != 0 {
		t.Errorf("got %+v", row)
	}
	if j := b.claim(b.live, "game", consent.JobWebhook); j.ID != dead.ID || string(j.Body) != string(dead.Body) {
		t.Errorf("a worker gets %s", j.ID)
	}
	o := b.call("outbox", "retry", dead.ID)
	o.want(t, exitFailed, "a worker has "+dead.ID+" just now")
	b.call("outbox", "retry", dead.ID, "--test").want(t, exitFailed, "in the test space")
}

// TestOutboxRetryEarly: a job that waits for its time comes forward.
func TestOutboxRetryEarly(t *testing.T) {
	t.Parallel()
	b := newBureau(t)
	b.grant(b.live, "shop", "user-1")
	var waits jobRow
	for _, r := range b.jobs("--kind", "letter").Data {
		if r.At.After(time.Now().Add(20 * time.Hour)) {
			waits = r
		}
	}
	if waits.ID == "" {
		t.Fatal("no confirming letter waits")
	}
	if got := read[doneJob](t, b.call("outbox", "retry", waits.ID, "--json")); got != (doneJob{waits.ID, "shop", "due"}) {
		t.Errorf("got %+v", got)
	}
	i := slices.IndexFunc(b.jobs().Data, func(r jobRow) bool { return r.ID == waits.ID })
	if row := b.jobs().Data[i]; row.At.After(time.Now().Add(time.Minute)) {
		t.Errorf("it is due at %v", row.At)
	}
}

// TestOutboxDrop: a job goes when its id is typed or --yes is given, due or dead, and is not there a second time.
func TestOutboxDrop(t *testing.T) {
	t.Parallel()
	b := newBureau(t)
	b.ask(b.live, "shop", "user-1")
	before := b.jobsOf(b.live, "shop")
	id := before[0].ID
	for _, typed := range []string{"", "yes\n", before[1].ID + "\n"} {
		b.typing(typed, "outbox", "drop", id).want(t, exitFailed, "will never be sent", "Type "+id+" again", "nothing was changed")
	}
	if n := len(b.jobsOf(b.live, "shop")); n != len(before) {
		t.Fatalf("%d jobs are left of %d", n, len(before))
	}
	b.typing(id+"\n", "outbox", "drop", id, "--test").want(t, exitFailed, "no app has this job in the test space")
	b.typing(id+"\n", "outbox", "drop", id).want(t, exitFine, id+" of the app shop is dropped")
	b.jobs().only(t, "after the drop", before[1:]...)
	b.call("outbox", "drop", id, "--yes").want(t, exitFailed, "no app has this job")
	b.ask(b.live, "game", "user-2")
	dead := b.bury(b.live, "game", consent.JobWebhook, "http_500")
	if got := read[doneJob](t, b.call("outbox", "drop", dead.ID, "--yes", "--json")); got != (doneJob{dead.ID, "game", "dropped"}) {
		t.Errorf("got %+v", got)
	}
	b.jobs("--state", "dead").only(t, "dead")
}
