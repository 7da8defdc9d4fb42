//go:build proof

package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/bohoja/bohoja/consent/consenttest"
)

// TestKilledGate kills serve and its Redis at random while requests are made under load: a child whose request was acknowledged is
// blocked at once at every door of the gate, and after its request was declined, withdrawn, cancelled and expired; who was
// refused, and who was never named, is blocked at none; what was sent and not answered is flagged as a whole or not at all.
func TestKilledGate(t *testing.T) {
	played(t, &tally{}, "../flagged/flagged", func(s *story) {
		s.stage.asks = nil // this suite counts by itself
		s.stage.ends = func(s *story) { (&flood{s: s, doors: newDoors(s)}).run(t) }
	})
}

// flood is one run of TestKilledGate.
type flood struct {
	s     *story
	doors *doors
	next  atomic.Int64
	kills [3]int // of serve, of Redis, of both
	ended atomic.Int64
	round atomic.Int64 // kills so far

	mu      sync.Mutex
	made    []made
	refused []int // children whose request was refused, or reached no store
	doubted []int // children whose request was sent once, and cut
}

// made is an acknowledged request.
type made struct {
	n  int
	id string
}

const floodHands = 4

func (f *flood) run(t *testing.T) {
	kills := 8
	if long() {
		kills = 300
	}
	f.s.patient = true
	random, over := rand.New(rand.NewPCG(7, 4)), make(chan struct{})
	var hands sync.WaitGroup
	for range floodHands {
		hands.Go(func() { f.sign(over) })
	}
	hands.Go(func() { f.rush(over) })
	for range kills {
		f.kill(random)
	}
	close(over)
	hands.Wait()
	f.everybody()
	f.wholly()
	for _, n := range []int{0, 1, 2} { // somebody is killed while they end, too
		hands.Go(func() { f.end(n) })
	}
	f.kill(random)
	hands.Wait()
	f.expire()
	f.kill(random)
	f.everybody()
	f.tell(t)
}

// kill kills serve, Redis or both at a random moment, brings them back and waits until serve is ready.
func (f *flood) kill(random *rand.Rand) {
	time.Sleep(time.Duration(40+random.IntN(400)) * time.Millisecond)
	what := random.IntN(len(f.kills))
	f.kills[what]++
	p := f.s.processes[""]
	if what != 1 {
		p.kill()
	}
	if what != 0 {
		f.s.redis.Restart()
	}
	if what != 1 {
		if err := p.again(); err != nil {
			f.s.t.Error(err)
		}
	}
	until(f.s.t, "serve to be ready", p.ready)
	f.advance("3m") // the leases of what it held end
	f.round.Add(1)
}

func (f *flood) advance(by string) {
	f.ask(http.MethodPost, "/v1/test/clock/advance", `{"by":"`+by+`"}`)
}

// sign signs children up, and asks every door about each and about an earlier one as soon as the answer is there.
func (f *flood) sign(over chan struct{}) {
	for !pause(over, 0) {
		if f.full() {
			pause(over, 5*time.Millisecond)
			continue
		}
		if n := int(f.next.Add(1)); n%8 == 7 {
			f.old(n)
		} else {
			f.ack(n)
		}
	}
}

// rush signs children up without asking twice: these are cut in the middle more often.
func (f *flood) rush(over chan struct{}) {
	for n := rushFrom; !pause(over, 2*time.Millisecond); {
		if f.full() {
			continue
		}
		f.once(n)
		n += len(ends)
	}
}

// floodMost is how many children come between two kills: each is asked for many times, and a clock that is moved plays the part of each.
const floodMost = 40

func (f *flood) full() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return len(f.made)+len(f.refused)+len(f.doubted) >= floodMost*int(f.round.Load()+1)
}

// rushFrom is the first child of rush, whom no guardian answers.
const rushFrom = 1_000_003

// ack signs a child up and insists on an answer.
func (f *flood) ack(n int) {
	a, err := f.s.tryAsk(f.s.base(), f.s.keys["test"], http.MethodPost, "/v1/consent-requests", f.body(n, true), "Idempotency-Key", fmt.Sprint("flood-", n))
	if err != nil || a.status != http.StatusCreated {
		f.s.t.Errorf("signup: %d %s, %v", a.status, a.body, err)
		return
	}
	f.mu.Lock()
	f.made = append(f.made, made{n, field(a.body, "id")})
	earlier := f.made[rand.IntN(len(f.made))].n
	f.mu.Unlock()
	f.doors.all([]int{n, earlier})
}

// old asks for somebody who is no child, which is refused.
func (f *flood) old(n int) {
	a, err := f.s.tryAsk(f.s.base(), f.s.keys["test"], http.MethodPost, "/v1/consent-requests", f.body(n, false))
	if err != nil || a.status != http.StatusUnprocessableEntity {
		f.s.t.Errorf("refused: %d %s, %v", a.status, a.body, err)
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.refused = append(f.refused, n)
}

// once asks once. Nobody there, or a store that nobody reached, is as good as a refusal; no answer is a doubt.
func (f *flood) once(n int) {
	req, err := http.NewRequest(http.MethodPost, f.s.base()+"/v1/consent-requests", strings.NewReader(f.body(n, true)))
	if err != nil {
		f.s.t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+f.s.keys["test"])
	req.Header.Set("Content-Type", "application/json")
	a, err := f.s.doOnce(req)
	f.mu.Lock()
	defer f.mu.Unlock()
	switch {
	case err == nil && a.status == http.StatusCreated:
		f.made = append(f.made, made{n, field(a.body, "id")})
	case errors.Is(err, syscall.ECONNREFUSED): // nobody heard of this child
	case err == nil && field(a.body, "code") == "unavailable":
		f.refused = append(f.refused, n)
	default:
		f.doubted = append(f.doubted, n)
	}
}

// parts are what guardians do, by the rest of the child's number.
var parts = []string{"approve", "refuse", "never", "never"}

// body is a child's request, with an address, a number and a subject by which the gate knows it.
func (f *flood) body(n int, child bool) string {
	born := childBorn
	if !child {
		born = "1999-05-05"
	}
	mail, call := spelled(n, 0).who.Email, spelled(n, 1).who.Phone
	guardian := fmt.Sprintf("%s+%d@guardian.test", parts[n%len(parts)], n)
	text, _ := json.Marshal(map[string]any{
		"subject": fmt.Sprint("kid-", n), "child_notice": map[string]string{"version": "n1"}, "purposes": []string{"account"},
		"child":    map[string]string{"name": childName, "birth_date": born, "email": mail, "phone": call, "locale": "ko"},
		"guardian": map[string]string{"name": guardianName, "email": guardian, "locale": "ko"},
		"data":     map[string]string{"nickname": nickname},
	})
	return string(text)
}

// everybody asks every door about every child that was acknowledged.
func (f *flood) everybody() {
	all := make([]int, len(f.made))
	for i, m := range f.made {
		all[i] = m.n
	}
	for part := range slices.Chunk(all, 200) {
		for range 3 { // known by address, by number, by subject
			f.doors.all(part)
		}
	}
}

// wholly holds what was refused and what was not answered against the gate and the requests.
func (f *flood) wholly() {
	for _, n := range f.refused {
		if f.flags(n) != 0 {
			f.doors.stopped.Add(1)
			f.s.t.Errorf("%d was refused and is flagged", n)
		}
	}
	for _, n := range f.doubted {
		a := f.ask(http.MethodGet, fmt.Sprint("/v1/consent-requests?subject=kid-", n), "")
		there := strings.Contains(a.body, `"subject":"kid-`)
		if flags := f.flags(n); there && flags != 3 || !there && flags != 0 {
			f.doors.allowed.Add(1)
			f.s.t.Errorf("%d: %d flags, and a request: %v", n, flags, there)
		}
	}
}

// flags is how many of a child's three identities are blocked.
func (f *flood) flags(n int) (flags int) {
	for turn := range int64(3) {
		in, _ := json.Marshal(map[string]any{"kind": "offer", "identities": []any{spelled(n, turn).who}})
		a := f.ask(http.MethodPost, "/v1/marketing/check-batch", string(in))
		flags += strings.Count(a.body, `"allowed":false`)
	}
	return flags
}

// ask asks patiently for what must be given.
func (f *flood) ask(method, path, body string) answer {
	a, err := f.s.tryAsk(f.s.base(), f.s.keys["test"], method, path, body)
	if err != nil || a.status != http.StatusOK {
		f.s.t.Errorf("%s: %d %s, %v", path, a.status, a.body, err)
	}
	return a
}

// ends are what becomes of a request, by the rest of its child's number.
var ends = []string{"granted", "declined", "cancelled", "expired"}

// end waits for the guardians of one kind, withdraws what they granted, and cancels what no guardian answers.
func (f *flood) end(kind int) {
	for _, m := range f.made {
		if m.n%len(ends) != kind {
			continue
		}
		path := "/v1/consent-requests/" + m.id
		if ends[kind] == "cancelled" {
			f.ask(http.MethodPost, path+"/cancel", "")
		}
		f.becomes(path, ends[kind])
		if ends[kind] == "granted" {
			f.ask(http.MethodPost, path+"/withdraw", "")
			f.becomes(path, "withdrawn")
		}
	}
}

// expire lets the deadline of those pass whom nobody answered.
func (f *flood) expire() {
	f.advance("120h")
	for _, m := range f.made {
		if ends[m.n%len(ends)] == "expired" {
			f.becomes("/v1/consent-requests/"+m.id, "expired")
		}
	}
}

func (f *flood) becomes(path, status string) {
	for late := time.Now().Add(patience); time.Now().Before(late); time.Sleep(20 * time.Millisecond) {
		if field(f.ask(http.MethodGet, path, "").body, "status") == status {
			f.ended.Add(1)
			return
		}
	}
	f.s.t.Errorf("%s is not %s", path, status)
}

func (f *flood) tell(t *testing.T) {
	d := f.doors
	figures := consenttest.Figures{
		Suite: "P1, P3 gate, all killed", Acknowledged: len(f.made), Lost: int(d.allowed.Load()),
		More: fmt.Sprintf("%d kills of serve, %d of Redis, %d of both; %d answers no for these children at four doors, before and after their end, %d yes; "+
			"%d answers yes for adults, %d no; %d refused and not flagged; %d cut, flagged as a whole or not at all; %d questions without an answer",
			f.kills[0], f.kills[1], f.kills[2], d.blocked.Load(), d.allowed.Load(), d.passed.Load(), d.stopped.Load(), len(f.refused), len(f.doubted), d.silent.Load()),
	}
	figures.Tell(t)
	figures.Sound(t)
	if d.blocked.Load() == 0 || d.passed.Load() == 0 || len(f.refused) == 0 {
		t.Error("nothing is shown")
	}
}
