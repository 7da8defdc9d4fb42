//go:build proof

package proof

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/bohoja/bohoja/consent"
	"github.com/bohoja/bohoja/consent/consenttest"
)

// Settings of a client process.
const (
	clientRedis = "BOHOJA_PROOF_REDIS" // URL; without it TestClient does nothing
	clientDir   = "BOHOJA_PROOF_DIR"   // of keys and ledger
	clientName  = "BOHOJA_PROOF_NAME"  // begins every subject
	clientHands = "BOHOJA_PROOF_HANDS" // how many requests at once
)

// client is a process that walks requests and writes its ledger.
type client struct {
	t     *testing.T
	cmd   *exec.Cmd
	stdin io.Closer
	said  bytes.Buffer
	name  string // of the ledger
}

var clients int

// startClient starts a process on this Redis, with its keys in dir, where others may have theirs too.
func startClient(t *testing.T, url, dir string, hands int) *client {
	t.Helper()
	clients++
	name := "c" + strconv.Itoa(clients)
	c := &client{t: t, name: filepath.Join(dir, "ledger-"+name)}
	c.cmd = exec.Command(os.Args[0], "-test.run", "^TestClient$", "-test.timeout", "0")
	c.cmd.Env = append(os.Environ(), clientRedis+"="+url, clientDir+"="+dir, clientName+"="+name, clientHands+"="+strconv.Itoa(hands))
	c.cmd.Stdout, c.cmd.Stderr = &c.said, &c.said
	c.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	stdin, err := c.cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	c.stdin = stdin
	if err := c.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.cmd.Process.Kill(); _ = c.cmd.Wait() })
	return c
}

// stop lets the process end what it has begun, and returns its ledger.
func (c *client) stop() []line {
	c.t.Helper()
	_ = c.stdin.Close()
	if err := c.cmd.Wait(); err != nil {
		c.t.Fatalf("the client: %v\n%s", err, c.said.String())
	}
	return readLedger(c.t, c.name)
}

// kill ends the process where it stands, and returns its ledger.
func (c *client) kill() []line {
	_ = c.cmd.Process.Kill()
	_ = c.cmd.Wait()
	return readLedger(c.t, c.name)
}

// size is how long the ledger is, to see that it grows.
func (c *client) size() int64 {
	info, err := os.Stat(c.name)
	if err != nil {
		return 0
	}
	return info.Size()
}

// grows waits until at least so many bytes were added.
func (c *client) grows(by int64) {
	c.t.Helper()
	from := c.size()
	for late := time.Now().Add(time.Minute); c.size() < from+by; time.Sleep(2 * time.Millisecond) {
		if time.Now().After(late) {
			c.t.Fatalf("the client gets no further\n%s", c.said.String())
		}
	}
}

// TestClient is the client's process; in any other it has nothing to do.
func TestClient(t *testing.T) {
	url := os.Getenv(clientRedis)
	if url == "" {
		return
	}
	ctx, stop := context.WithCancel(t.Context())
	go func() { _, _ = io.Copy(io.Discard, os.Stdin); stop() }()
	hands, err := strconv.Atoi(os.Getenv(clientHands))
	if err != nil {
		t.Fatal(err)
	}
	w := &walker{kit: kitOn(t, url, os.Getenv(clientDir)), name: os.Getenv(clientName)}
	w.ledger = newLedger(t, filepath.Join(os.Getenv(clientDir), "ledger-"+w.name))
	w.kit.Letters.Fail = func(l consent.Letter) error {
		w.ledger.note(letter, string(l.Kind), l.ID, l.Case)
		return nil
	}
	var all, relay sync.WaitGroup
	working, rest := context.WithCancel(context.WithoutCancel(ctx))
	relay.Go(func() { _ = w.kit.Relay.Run(working) })
	for n := range hands {
		all.Go(func() { w.walk(ctx, n) })
	}
	all.Wait()
	rest()
	relay.Wait()
	if err := w.ledger.close(); err != nil {
		t.Fatal(err)
	}
}

// kitOn is a service without waits and limits that a load would meet.
func kitOn(t *testing.T, url, dir string) *consenttest.Kit {
	k := consenttest.NewOn(t, url, dir)
	k.Service.Settings.MinPage, k.Service.Settings.Reask = 0, 0
	k.Service.Settings.GuardianDay = 1 << 30
	return k
}

// walker walks one request after the other, each by the next of the plans.
type walker struct {
	kit    *consenttest.Kit
	ledger *ledger
	name   string
}

// plans are the ways on which requests are walked.
var plans = [][]string{
	{"signup"}, {"signup", "grant"}, {"signup", "grant", "release"}, {"signup", "grant", "release", "acknowledge"},
	{"signup", "decline"}, {"signup", "cancel"}, {"signup", "grant", "withdraw"}, {"signup", "grant", "release", "acknowledge", "withdraw"},
}

// walk goes on until ctx ends; a request that was begun is walked to its end.
func (w *walker) walk(ctx context.Context, hand int) {
	for i := 0; ctx.Err() == nil; i++ {
		r := &walk{walker: w, subject: fmt.Sprintf("%s-%d-%d", w.name, hand, i), id: "-"}
		for _, op := range plans[(i+hand)%len(plans)] {
			if !r.insist(ctx, op, i%4 == 0) {
				break
			}
		}
	}
}

// walk is one request.
type walk struct {
	*walker
	subject, id string
}

// patience is how long a client asks again while nobody answers.
const patience = time.Minute

// insist makes a step until it is answered. What was surely not done is asked again; what may have been done is noted as
// doubted, and then asked again, or given up. It reports whether the request goes on.
func (r *walk) insist(ctx context.Context, op string, giveUp bool) bool {
	began := time.Now()
	for {
		err := r.do(context.WithoutCancel(ctx), op)
		kind := consent.KindOf(err)
		switch {
		case err == nil:
			r.ledger.note(acked, op, r.subject, r.id)
			return true
		case kind == consent.KindOutcomeUnknown:
			r.ledger.note(doubted, op, r.subject, r.id)
			if giveUp {
				return false
			}
		case kind != consent.KindUnavailable:
			r.ledger.note(surprise, op+":"+consent.CodeOf(err), r.subject, r.id)
			return false
		}
		if time.Since(began) > patience {
			r.ledger.note(surprise, op+":nobody", r.subject, r.id)
			return false
		}
		time.Sleep(5 * time.Millisecond)
	}
}

var byApp = consent.Actor{Kind: consent.ActorApp, Ref: "k1"}

// do makes a step once, as long as a handler would wait.
func (r *walk) do(ctx context.Context, op string) (err error) {
	ctx, stop := context.WithTimeout(ctx, 10*time.Second)
	defer stop()
	s, app := r.kit.Service, r.kit.App
	switch op {
	case "signup":
		var ticket consent.Ticket
		if ticket, err = s.Signup(ctx, app, byApp, asking(r.subject)); err == nil {
			r.id = ticket.Record.ID
		}
	case "grant", "decline":
		err = r.decide(ctx, consent.Decision(op))
	case "release":
		_, err = s.Release(ctx, app, byApp, r.id)
	case "acknowledge":
		_, err = s.Acknowledge(ctx, app, byApp, r.id)
	case "cancel":
		_, err = s.Cancel(ctx, app, byApp, r.id)
	case "withdraw":
		_, err = s.Withdraw(ctx, app, byApp, r.id, nil)
	}
	return err
}

// decide walks the guardian's two pages.
func (r *walk) decide(ctx context.Context, d consent.Decision) error {
	link, err := r.kit.Links.Mint(consent.Claims{
		Audience: consent.LinkDecide, App: "shop", ID: r.id, Gen: 1, Expires: time.Now().Add(consent.DefaultPending),
	})
	if err != nil {
		return err
	}
	s := r.kit.Service
	v, err := s.Open(ctx, link)
	if err != nil {
		return err
	}
	if v.Proof == "" { // decided: an answer that did not come was given
		return decidedAs(v.Record, d)
	}
	c, err := s.Check(ctx, link, v.Proof, answers(d))
	if err != nil {
		return err
	}
	_, err = s.Decide(ctx, link, c.Proof, "yes", false)
	return err
}

func decidedAs(rec consent.Record, d consent.Decision) error {
	if (d == consent.DecideGrant && rec.Status == consent.Granted) || (d == consent.DecideDecline && rec.Status == consent.Declined) {
		return nil
	}
	return consent.ErrNotPending
}

func answers(d consent.Decision) consent.Answers {
	if d != consent.DecideGrant {
		return consent.Answers{Decision: d}
	}
	return consent.Answers{
		Decision: d, Purposes: map[string]string{"account": "yes", "delivery": "no"}, Name: "김 보호",
		Year: "1985", Month: "3", Day: "4", Relation: "mother", Declares: true,
	}
}

// asking is the signup of a subject, always the same, under an idempotency key of its own.
func asking(subject string) consent.Signup {
	return consent.Signup{
		Subject: subject, Notice: "n1", UnderAge: new(true), Key: "key-" + subject, Body: []byte(subject),
		Child: consent.Child{BirthDate: consent.Secret(consenttest.Born()), Name: consent.Secret("김하늘"), Locale: "ko"},
		Guardian: consent.Guardian{
			Name: consent.Secret("김보호"), Email: consent.Secret(subject + "@example.com"), Locale: "ko",
		},
		Data: map[string]json.RawMessage{"nickname": json.RawMessage(`"하늘이"`), "birth_date": json.RawMessage(`"` + consenttest.Born() + `"`)},
	}
}
