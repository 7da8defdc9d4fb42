//go:build proof

package proof

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/anishathalye/porcupine"

	"github.com/bohoja/bohoja/consent"
	"github.com/bohoja/bohoja/consent/consenttest"
)

// racesAtOnce is how many requests a round has, raceClients how many go for each, raceSteps how many steps each makes.
const racesAtOnce, raceClients, raceSteps = 12, 5, 8

// TestKilledHistories lets several clients in two processes' places grant, decline, withdraw, expire, resend, release and
// read the same requests while Redis is killed and comes back, and has porcupine look for an order in which every answer was
// right (P9).
func TestKilledHistories(t *testing.T) {
	rounds := amount(6, 250)
	total := consenttest.Figures{Suite: "P9 histories of one request"}
	var lost, all int
	server, dir := consenttest.Redis(t), t.TempDir()
	kits := []*consenttest.Kit{kitOn(t, server.URL(), dir), kitOn(t, server.URL(), dir)}
	for _, k := range kits {
		k.Service.Settings.ResendDay = resendsADay
	}
	if err := kits[0].Store.Advance(t.Context(), untilNoon(kits[0])); err != nil { // resends are counted by the day
		t.Fatal(err)
	}
	for n := range rounds {
		r := &round{t: t, kits: kits, server: server, n: n, random: rand.New(rand.NewPCG(uint64(n), 9))}
		for _, one := range r.run() {
			all++
			total.Acknowledged += one.yes
			lost += one.unknown
			if got := porcupine.CheckOperationsTimeout(request, one.ops, time.Minute); got != porcupine.Ok {
				t.Errorf("round %d, %s: %s\n%s", n, one.subject, got, one.tell())
			}
		}
	}
	total.More = fmt.Sprintf("%d histories of %d steps, %d kills, %d answers unknown, each in an order that explains all", all, raceClients*raceSteps+1, 2*rounds, lost)
	total.Tell(t)
	total.Sound(t)
}

// untilNoon is how long it is to the next noon in UTC.
func untilNoon(k *consenttest.Kit) time.Duration {
	now := k.Service.Clock()
	noon := now.Truncate(24 * time.Hour).Add(12 * time.Hour)
	if noon.Before(now) {
		noon = noon.Add(24 * time.Hour)
	}
	return noon.Sub(now)
}

// round is some requests in races at the same time.
type round struct {
	t      *testing.T
	kits   []*consenttest.Kit
	server *consenttest.RedisServer
	n      int
	random *rand.Rand
	began  time.Time
}

// race is one request and its history.
type race struct {
	*round
	subject, id string
	forms       map[string]string // of the check pages, by decision

	mu           sync.Mutex
	ops          []porcupine.Operation
	yes, unknown int
}

func (r *round) run() []*race {
	var all []*race
	for i := range racesAtOnce {
		all = append(all, r.race(i))
	}
	r.began = time.Now()
	var clients sync.WaitGroup
	for i, one := range all {
		for c := range raceClients {
			plan := rand.New(rand.NewPCG(uint64(r.n*racesAtOnce+i), uint64(c)))
			clients.Go(func() { one.walk(c, plan) })
		}
	}
	for range 2 {
		time.Sleep(time.Duration(r.random.IntN(60)) * time.Millisecond)
		r.server.Restart()
	}
	clients.Wait()
	for _, one := range all {
		one.last()
	}
	return all
}

// race signs a child up and walks both decisions to their check pages.
func (r *round) race(i int) *race {
	one := &race{round: r, subject: fmt.Sprintf("race-%d-%d", r.n, i), forms: map[string]string{}}
	k := r.kits[0]
	ticket, err := k.Service.Signup(r.t.Context(), k.App, byApp, asking(one.subject))
	r.must(err)
	one.id = ticket.Record.ID
	for _, d := range []consent.Decision{consent.DecideGrant, consent.DecideDecline} {
		v, err := k.Service.Open(r.t.Context(), one.link())
		r.must(err)
		c, err := k.Service.Check(r.t.Context(), one.link(), v.Proof, answers(d))
		r.must(err)
		one.forms[string(d)] = c.Proof
	}
	return one
}

func (r *round) must(err error) {
	r.t.Helper()
	if err != nil {
		r.t.Fatal(err)
	}
}

func (o *race) link() string {
	link, err := o.kits[0].Links.Mint(consent.Claims{
		Audience: consent.LinkDecide, App: "shop", ID: o.id, Gen: 1, Expires: o.kits[0].Service.Clock().Add(consent.DefaultPending),
	})
	o.must(err)
	return link
}

// walk makes steps at random. The endings are rare, so that there is something to end.
func (o *race) walk(client int, plan *rand.Rand) {
	steps := []string{
		"read", "read", "resend", "resend", "release", "release", "release", "grant", "grant", "acknowledge", "decline", "cancel", "expire", "withdraw",
	}
	for i := range raceSteps {
		step := steps[plan.IntN(len(steps))]
		if i < raceSteps/4 && step != "read" && step != "release" {
			step = "resend" // the request lives a while
		}
		o.step(client, step)
	}
}

// step makes a step and notes what was answered. What was surely not done is no part of the history.
func (o *race) step(client int, step string) {
	ctx, stop := context.WithTimeout(o.t.Context(), 20*time.Second)
	defer stop()
	call := time.Since(o.began)
	answer, err := o.do(ctx, o.kits[client%len(o.kits)], step)
	back := time.Since(o.began)
	if err != nil {
		answer = consent.CodeOf(err)
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	switch consent.KindOf(err) {
	case consent.KindUnavailable:
		return
	case consent.KindOutcomeUnknown:
		answer, back = unknown, time.Hour
		o.unknown++
	}
	if err == nil {
		o.yes++
	}
	o.ops = append(o.ops, porcupine.Operation{ClientId: len(o.ops), Input: step, Output: answer, Call: int64(call), Return: int64(back)})
}

// last reads what has become of the request, as soon as somebody answers.
func (o *race) last() {
	before := len(o.ops)
	for late := time.Now().Add(patience); len(o.ops) == before && time.Now().Before(late); {
		o.step(0, "read")
	}
	if len(o.ops) == before {
		o.t.Error("Redis did not come back")
	}
}

func (o *race) do(ctx context.Context, k *consenttest.Kit, step string) (answer string, err error) {
	s, app := k.Service, k.App
	switch step {
	case "read":
		var rec consent.Record
		rec, err = s.Show(ctx, app, o.id)
		answer = string(rec.Status) + " " + string(rec.Custody)
	case "grant", "decline":
		_, err = s.Decide(ctx, o.link(), o.forms[step], "yes", false)
	case "cancel":
		_, err = s.Cancel(ctx, app, byApp, o.id)
	case "expire":
		m := consent.Mutation{App: "shop", ID: o.id, Subject: o.subject, Actor: consent.Actor{Kind: consent.ActorClock}}
		_, err = k.Store.Expire(ctx, m, consent.ReasonUnreadable)
	case "withdraw":
		_, err = s.Withdraw(ctx, app, byApp, o.id, nil)
	case "release":
		_, err = s.Release(ctx, app, byApp, o.id)
	case "acknowledge":
		_, err = s.Acknowledge(ctx, app, byApp, o.id)
	case "resend":
		_, err = s.Resend(ctx, app, byApp, o.id)
	}
	return answer, err
}

// tell is the history in the order of its calls.
func (o *race) tell() string {
	all := slices.Clone(o.ops)
	slices.SortFunc(all, func(a, b porcupine.Operation) int { return int(a.Call - b.Call) })
	text := ""
	for _, one := range all {
		text += fmt.Sprintf("%9.3f to %9.3f ms  %-12s %v\n", float64(one.Call)/1e6, float64(one.Return)/1e6, one.Input, one.Output)
	}
	return text
}
