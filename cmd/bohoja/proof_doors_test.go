//go:build proof

package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"time"

	"github.com/bohoja/bohoja/handlers/api/client"
)

// doors are the four ways to ask the gate: each is asked about children and adults until it answers, and what it says is counted.
type doors struct {
	s       *story
	gate    *client.Gate // holds a snapshot in this process
	turn    atomic.Int64
	blocked atomic.Int64 // answers about children, as they should be
	allowed atomic.Int64 // children that one may write to: each is a fault
	passed  atomic.Int64 // answers about adults, as they should be
	stopped atomic.Int64 // adults whom nobody flagged and who are blocked: each is a fault
	silent  atomic.Int64 // questions without an answer, which are no yes
}

func newDoors(s *story) *doors {
	return &doors{s: s, gate: &client.Gate{Client: &client.Client{
		Base: s.base(), Key: s.keys["test"], HTTP: &http.Client{Timeout: 5 * time.Second}, Tries: 1,
	}}}
}

func (s *story) base() string { return "http://" + s.processes[""].public }

// listed is somebody as a list has them.
type listed struct {
	who   client.Identity
	child bool
}

// spelled is the n-th child, known by one kind of identity, in one of its spellings.
func spelled(n int, turn int64) listed {
	mail := []string{"kid.%d@gmail.com", "K.I.D%d+ads@GoogleMail.com", "kid%d+a+b@GMAIL.com"}[turn/3%3]
	call := []string{"010-%04d-%04d", "+82 10 %04d %04d", "０１０%04d%04d"}[turn/3%3]
	switch turn % 3 {
	case 0:
		return listed{client.Identity{Email: fmt.Sprintf(mail, n)}, true}
	case 1:
		return listed{client.Identity{Phone: fmt.Sprintf(call, 2000+n/10_000, n%10_000)}, true}
	}
	return listed{client.Identity{Subject: fmt.Sprint("kid-", n)}, true}
}

// adult is somebody whom nobody flagged.
func adult(n int, turn int64) listed {
	return []listed{
		{who: client.Identity{Email: fmt.Sprintf("adult.%d@gmail.com", n)}},
		{who: client.Identity{Phone: fmt.Sprintf("010-%04d-%04d", 5000+n/10_000, n%10_000)}},
		{who: client.Identity{Subject: fmt.Sprint("adult-", n)}},
	}[turn%3]
}

// all asks each door about these children, and about one adult each.
func (d *doors) all(children []int) {
	for _, ask := range []func([]listed) bool{d.check, d.batch, d.filter, d.sieve} {
		turn := d.turn.Add(1)
		people := []listed{adult(int(turn), turn)}
		for _, n := range children {
			people = append(people, spelled(n, turn))
		}
		d.insist(ask, people)
	}
}

// insist asks until there is an answer: while somebody is killed there is none.
func (d *doors) insist(ask func([]listed) bool, people []listed) {
	for late := time.Now().Add(patience); !ask(people); time.Sleep(10 * time.Millisecond) {
		d.silent.Add(1)
		if time.Now().After(late) {
			d.s.t.Error("the gate does not answer any more")
			return
		}
	}
}

// count notes one answer.
func (d *doors) count(door string, p listed, allowed bool) {
	switch {
	case p.child && allowed:
		d.allowed.Add(1)
		d.s.t.Errorf("%s: %+v was acknowledged and is allowed", door, p.who)
	case p.child:
		d.blocked.Add(1)
	case allowed:
		d.passed.Add(1)
	default:
		d.stopped.Add(1)
		d.s.t.Errorf("%s: nobody flagged %+v", door, p.who)
	}
}

// post asks once; ok says that the answer is whole. A refusal is a fault of this test.
func (d *doors) post(path, media, body string) (a answer, ok bool) {
	req, err := http.NewRequest(http.MethodPost, d.s.base()+"/v1/marketing/"+path, strings.NewReader(body))
	if err != nil {
		d.s.t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+d.s.keys["test"])
	req.Header.Set("Content-Type", media)
	a, err = d.s.doOnce(req)
	if err == nil && a.status != http.StatusOK && a.status < http.StatusInternalServerError {
		d.s.t.Errorf("%s: %d %s", path, a.status, a.body)
	}
	return a, err == nil && a.status == http.StatusOK
}

func (d *doors) check(people []listed) bool {
	for i, p := range people {
		body, _ := json.Marshal(struct {
			Kind string `json:"kind"`
			client.Identity
		}{"ad_mail", p.who})
		a, ok := d.post("check", "application/json", string(body))
		if !ok {
			return i > 0 // those before were answered, and the next turn asks about others
		}
		d.count("check", p, field(a.body, "allowed") == "true")
	}
	return true
}

func (d *doors) batch(people []listed) bool {
	in := struct {
		Kind string            `json:"kind"`
		Who  []client.Identity `json:"identities"`
	}{Kind: "game"}
	for _, p := range people {
		in.Who = append(in.Who, p.who)
	}
	body, _ := json.Marshal(in)
	a, ok := d.post("check-batch", "application/json", string(body))
	if !ok {
		return false
	}
	var out struct{ Results []client.Permission }
	if err := json.Unmarshal([]byte(a.body), &out); err != nil || len(out.Results) != len(people) {
		d.s.t.Errorf("check-batch: %v, %d answers", err, len(out.Results))
		return true
	}
	for i, p := range people {
		d.count("check-batch", p, out.Results[i].Allowed)
	}
	return true
}

// filter streams a list. Even what came of a run that was cut must not hold a child.
func (d *doors) filter(people []listed) bool {
	var list strings.Builder
	list.WriteString("who\n")
	as := "email"
	for _, p := range people {
		if p.who.Phone != "" {
			as = "phone"
		} else if p.who.Subject != "" {
			as = "subject"
		}
		list.WriteString(p.row())
	}
	a, ok := d.post("filter?kind=prize&column=who&as="+as, "text/csv", list.String())
	for _, p := range people {
		there := strings.Contains(a.body, "\n"+p.row())
		if ok || there && p.child {
			d.count("filter", p, there)
		}
	}
	return ok
}

func (p listed) row() string { return p.who.Email + p.who.Phone + p.who.Subject + "\n" }

// sieve asks the snapshot in this process, once it has heard what is new.
func (d *doors) sieve(people []listed) bool {
	ctx, stop := context.WithTimeout(context.WithoutCancel(d.s.t.Context()), 5*time.Second)
	defer stop()
	who := make([]client.Identity, len(people))
	for i, p := range people {
		who[i] = p.who
	}
	if d.gate.Refresh(ctx) != nil {
		return false
	}
	got, err := d.gate.CheckAll(ctx, "event", "", who)
	if err != nil {
		return false
	}
	for i, p := range people {
		d.count("sieve", p, got[i].Allowed)
	}
	return true
}
