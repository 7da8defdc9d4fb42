//go:build proof

package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/bohoja/bohoja/consent"
	"github.com/bohoja/bohoja/consent/consenttest"
	"github.com/bohoja/bohoja/consent/seal/keyfile"
)

// rotation is `bohoja keys rotate` as a process of its own, killed with -9 on its way.
type rotation struct {
	*bureau
	names     []string // of keys whose rotation was told to have succeeded
	before    int      // kills that left no key
	after     int      // kills that left one, untold
	granted   []consent.Record
	tokens    []string
	followers map[string]int // keys of each class
}

// try rotates a class, and kills the process once strike returns; nil: it may end.
func (r *rotation) try(class string, strike func(ended <-chan struct{})) {
	r.t.Helper()
	cmd := exec.Command("bohoja", "keys", "rotate", class, "--json")
	cmd.Env = append([]string{"PATH=" + os.Getenv("PATH"), "HOME=" + r.keys}, r.env...)
	var out bytes.Buffer
	cmd.Stdout = &out
	consenttest.Tie(cmd)
	r.must(cmd.Start())
	ended, struck := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(struck)
		if strike != nil {
			strike(ended)
			_ = cmd.Process.Kill()
		}
	}()
	err := cmd.Wait()
	close(ended)
	<-struck
	var row sealRow
	told := json.Unmarshal(out.Bytes(), &row) == nil && row.Name != ""
	if strike == nil && (err != nil || !told) {
		r.t.Fatalf("undisturbed: %v, %s", err, out.String())
	}
	r.look(class, told, row.Name)
}

// after strikes when a time is over.
func after(d time.Duration) func(<-chan struct{}) {
	return func(ended <-chan struct{}) {
		select {
		case <-ended:
		case <-time.After(d):
		}
	}
}

// seen strikes as soon as one more file whose name begins so lies in the folder: while a key is being written, or after it got its name
// and before anybody was told.
func (r *rotation) seen(prefix string) func(<-chan struct{}) {
	before := r.files(prefix)
	return func(ended <-chan struct{}) {
		for r.files(prefix) <= before {
			select {
			case <-ended:
				return
			default:
			}
		}
	}
}

// files counts files of the live long-lived keys.
func (r *rotation) files(prefix string) (n int) {
	entries, err := os.ReadDir(filepath.Join(r.keys, "long"))
	if err != nil {
		return 0
	}
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), prefix) {
			n++
		}
	}
	return n
}

// look holds the folder against what was told: at most one key more, whole, and the next in its row.
func (r *rotation) look(class string, told bool, name string) {
	r.t.Helper()
	highest, n := 0, 0
	for _, row := range r.rows() {
		if row.State == keyDamaged {
			r.t.Errorf("%s is damaged", row.Name)
		}
		if k, ok := keyfile.Number(class, row.Name); ok {
			n++
			highest = max(highest, k)
		}
	}
	had := r.followers[class]
	if n != highest || n < had || n > had+1 {
		r.t.Fatalf("%s: %d keys, up to number %d; there were %d", class, n, highest, had)
	}
	switch {
	case told:
		r.names = append(r.names, name)
		if !r.has("long", name) {
			r.t.Errorf("%s was told and is not there", name)
		}
	case n == had:
		r.before++
	default:
		r.after++
	}
	r.followers[class] = n
}

// TestKilledRotation: a rotation that is killed anywhere leaves one key more or none, never half of one, and whatever was sealed, mailed
// and found before it is opened, honoured and found after it, by the process that ran all along and by a new one (threat 24).
func TestKilledRotation(t *testing.T) {
	n := 12
	if long() {
		n = 100
	}
	r := &rotation{bureau: newBureau(t), followers: map[string]int{"evidence": 1, "digest": 1, "link": 1, "receipt": 1}}
	began := time.Now()
	r.try("evidence", nil)
	whole := time.Since(began)
	for i := range n {
		if i%4 == 0 {
			rec := r.grant(r.live, "shop", fmt.Sprintf("user-%d", i))
			r.granted = append(r.granted, rec)
			r.tokens = append(r.tokens, r.token(r.live, r.ask(r.live, "game", fmt.Sprintf("user-%d", i))))
		}
		class := rotatable[i%len(rotatable)]
		r.try(class, [](func(<-chan struct{})){r.seen(class + "-"), r.seen(".making-"), after(whole * time.Duration(i+1) / time.Duration(n+1))}[i%3])
		r.must(r.live.keep(t.Context())) // as serve does every minute
	}
	for _, name := range r.names {
		if !r.has("long", name) {
			t.Errorf("%s was told and is not there", name)
		}
	}
	unread := r.unread()
	r.must(r.house.openKeys(t.Context(), r.live, true))
	unread += r.unread()
	found, err := r.live.service.Search(t.Context(), staffActor(), "guardian-canary@example.com")
	if want := min(len(r.granted)+len(r.tokens), 50); err != nil || len(found) != want {
		t.Errorf("by the guardian's address %d requests of %d are found, %v", len(found), want, err)
	}
	half, err := filepath.Glob(filepath.Join(r.keys, "long", ".making-*"))
	r.must(err)
	f := consenttest.Figures{Suite: "rotations of keys killed", Acknowledged: len(r.names), Lost: unread, More: fmt.Sprintf(
		"%d killed: %d left no key, %d one that nobody was told of, %d files half made and no keys; %d records and links opened before and after",
		n, r.before, r.after, len(half), len(r.granted)+len(r.tokens))}
	f.Tell(t)
	f.Sound(t)
	if r.before+r.after == 0 {
		t.Error("no kill met a rotation, so nothing is shown")
	}
}

// unread counts what cannot be opened any more.
func (r *rotation) unread() (lost int) {
	for _, rec := range r.granted {
		now := r.record(r.live, rec)
		if _, err := r.live.vault.Open(consent.Label{App: rec.App, ID: rec.ID, Field: consent.FieldPeople, Rev: now.Rev}, now.People); err != nil {
			r.t.Errorf("%s: %v", rec.ID, err)
			lost++
		}
	}
	for _, token := range r.tokens {
		if _, err := r.live.links.Redeem(consent.LinkDecide, strings.TrimSpace(token), time.Now()); err != nil {
			r.t.Errorf("a mailed link: %v", err)
			lost++
		}
	}
	return lost
}
