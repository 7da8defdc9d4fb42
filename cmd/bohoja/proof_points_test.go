//go:build proof

package main

import (
	"cmp"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/bohoja/bohoja/consent/consenttest"
	"github.com/bohoja/bohoja/consent/redisstore/script"
	"github.com/bohoja/bohoja/mailer/catcher"
	"github.com/bohoja/bohoja/mailer/mailertest"
)

// long reports whether the long forms are wanted.
func long() bool { return os.Getenv("BOHOJA_PROOF") == "long" }

// reading are the scripts that change nothing.
var reading = []string{"get", "due", "list", "trail", "range"}

// moving are the scripts that change something, by name.
func moving() map[string]*script.Script {
	all := allScripts()
	for _, name := range reading {
		delete(all, name)
	}
	return all
}

// tally counts over all stories of a suite.
type tally struct {
	acked, lost, raw, twice, ungranted, mails, runs, settled atomic.Int64
}

// tell prints the suite's figures and judges them.
func (c *tally) tell(t *testing.T, suite, more string) {
	t.Helper()
	c.figures(suite, more).Tell(t)
	c.judge(t, suite)
}

func (c *tally) figures(suite, more string) consenttest.Figures {
	return consenttest.Figures{
		Suite: suite, Acknowledged: int(c.acked.Load()), Lost: int(c.lost.Load()), Raw: int(c.raw.Load()), Duplicates: int(c.twice.Load()),
		Ungranted: int(c.ungranted.Load()), Mails: int(c.mails.Load()), More: more,
	}
}

// judge fails the test unless the figures are sound, and most stories were looked at when they were over: some end with nobody there.
func (c *tally) judge(t *testing.T, suite string) {
	t.Helper()
	c.figures(suite, "").Sound(t)
	if runs, settled := c.runs.Load(), c.settled.Load(); 2*settled < runs {
		t.Errorf("%s: of %d runs only %d were held against what was told", suite, runs, settled)
	}
}

// watch makes a story count: answers of success to what changes something, what was told twice, and at its end what became of
// what was answered.
func (c *tally) watch(s *story) {
	b := &book{requests: map[string]*entry{}}
	s.stage.asks = func(req *http.Request, a answer, err error) {
		if err == nil {
			b.note(req, a)
		}
		if err == nil && req.Method != http.MethodGet && req.Method != http.MethodHead && a.status < http.StatusBadRequest {
			c.acked.Add(1)
		}
	}
	s.stage.ends = func(s *story) {
		c.runs.Add(1)
		c.raw.Add(int64(s.repeats()))
		if !s.t.Failed() && s.answers() { // who failed has told what is missing
			b.settle(s, c)
		}
	}
}

// repeats are letters and events that came again under their own id.
func (s *story) repeats() (n int) {
	seen := map[string]bool{}
	again := func(id string) {
		if seen[id] {
			n++
		}
		seen[id] = true
	}
	if s.smtp != nil {
		for _, l := range s.smtp.Letters() {
			again(l.MessageID)
		}
	}
	if s.hooks != nil {
		s.hooks.mu.Lock()
		defer s.hooks.mu.Unlock()
		for _, d := range s.hooks.came {
			again(d.id)
		}
	}
	return n
}

// point is a crossing between the service and the world at which it is struck.
type point struct {
	script string // which script crosses; "" for the ones below
	moment string // "before", "after", "dropped" (nobody is killed)
	nth    int
}

func (p point) String() string { return fmt.Sprintf("%s-%s-%d", p.script, p.moment, p.nth) }

// strikes plays a story with the service killed at a point, and anew after that. A point that is not met fails the test.
func strikes(t *testing.T, c *tally, file string, p point) {
	played(t, c, file, func(s *story) {
		count := s.stage.ends
		s.stage.redis = func(s *story, ts *testscript.TestScript, settings []string) {
			s.redis = consenttest.Redis(s.t, settings...)
			for _, one := range moving() { // a script that is not known yet would cross twice
				source, _ := one.Source()
				s.redis.Command("SCRIPT", "LOAD", source)
			}
			proxy := consenttest.NewProxy(s.t, s.redis.Addr)
			proxy.Strike(p.strike(s))
			ts.Setenv("BOHOJA_REDIS__URL", "redis://"+proxy.Addr)
			s.stage.ends = func(s *story) {
				count(s)
				if !proxy.Struck() && p.nth == 1 {
					s.t.Errorf("the story never came to %s", p)
				}
			}
		}
	})
}

// strike arms the point. Claims come all the time, so they count once there is a request, and when they bring a job.
func (p point) strike(s *story) consenttest.Strike {
	_, sha := moving()[p.script].Source()
	_, signup := moving()["signup"].Source()
	out := consenttest.Strike{Marker: sha, Nth: p.nth, Answered: p.moment != "before", Do: s.rise}
	if p.script != "signup" {
		out.After = signup
	}
	if p.script == "outbox.claim" {
		out.Least = 64
	}
	if p.moment == "dropped" { // what was claimed unheard is due again when its lease ends
		out.Do = func() { go s.soon(s.processes[""]) }
	}
	return out
}

// rise kills the service and starts it anew; then the leases of what it held end.
func (s *story) rise() {
	p := s.processes[""]
	if err := p.again(); err != nil {
		s.t.Error(err)
	}
	go s.soon(p)
}

// soon moves the clock once the service answers.
func (s *story) soon(p *process) {
	for late := time.Now().Add(patience); !p.ready() && time.Now().Before(late); {
		time.Sleep(10 * time.Millisecond)
	}
	_, _ = s.tryAsk("http://"+p.public, s.keys["test"], http.MethodPost, "/v1/test/clock/advance", `{"by": "3m"}`)
}

// crossings are the scripts that a story sends.
var crossings = map[string][]string{
	"way":     {"signup", "outbox.claim", "count", "invite", "outbox.done", "try", "refund", "grant", "release", "acknowledge", "attempt"},
	"ends":    {"decline", "withdraw", "erase", "expire"},
	"changes": {"resend", "correct", "misname", "join", "confirm", "lapse", "overdue", "cancel", "fade", "forget", "outbox.retry", "remind"},
	"rights":  {"pause", "disclose", "ask", "answer", "nudge", "late", "clear", "undo", "prove", "outbox.bury"},
	"portal":  {"leave", "extend", "guess", "spare"},
}

// TestFailPoints kills the service at every script that a story sends, before the store has it and after the store has done
// it, and starts it anew: the story goes on to its end.
func TestFailPoints(t *testing.T) {
	c := &tally{}
	n := eachPoint(t, c, "before", "after")
	c.tell(t, "P3 service killed, fail points", fmt.Sprintf("%d points, %d runs", n, c.runs.Load()))
}

// TestDropped loses the answer to every script that a story sends, once, and kills nobody.
func TestDropped(t *testing.T) {
	c := &tally{}
	n := eachPoint(t, c, "dropped")
	c.tell(t, "P4 answers dropped", fmt.Sprintf("%d scripts, %d runs", n, c.runs.Load()))
}

// TestFailPointsOfEveryScript sees that no script is forgotten above.
func TestFailPointsOfEveryScript(t *testing.T) {
	all := slices.Collect(maps.Keys(alone))
	for _, names := range crossings {
		all = append(all, names...)
	}
	for name := range moving() {
		if !slices.Contains(all, name) {
			t.Errorf("no story sends %s: nobody knows what happens when it is cut", name)
		}
	}
}

// points lists the points of these moments, with the stories that come to them. The short form plays a third of them, by a seed
// that is told and that goes on from day to day, the long form all, and each of them four times.
func points(t *testing.T, moments ...string) map[point]string {
	t.Helper()
	seed, err := strconv.Atoi(cmp.Or(os.Getenv("BOHOJA_PROOF_SEED"), fmt.Sprint(time.Now().Unix()/86400)))
	if err != nil {
		t.Fatal(err)
	}
	out, n, most := map[point]string{}, 0, 1
	if long() {
		most = 4
	}
	for _, file := range slices.Sorted(maps.Keys(crossings)) {
		for _, name := range crossings[file] {
			for _, moment := range moments {
				if n++; !long() && n%3 != seed%3 {
					continue
				}
				for nth := 1; nth <= most; nth++ {
					out[point{name, moment, nth}] = file
				}
			}
		}
	}
	if !long() {
		t.Logf("seed %d: %d points of %d", seed, len(out), n)
	}
	return out
}

// eachPoint plays the stories of testdata/killed with points of theirs, and returns how many points there are.
func eachPoint(t *testing.T, c *tally, moments ...string) int {
	all := points(t, moments...)
	t.Run("points", func(t *testing.T) {
		for p, file := range all {
			t.Run(p.String(), func(t *testing.T) {
				t.Parallel()
				strikes(t, c, file, p)
			})
		}
	})
	return len(all)
}

// TestFailPointsOutside kills the service when a mail server has taken a letter and not said so, and when a receiver of
// webhooks has said that it has it.
func TestFailPointsOutside(t *testing.T) {
	c := &tally{}
	t.Run("points", func(t *testing.T) {
		for name, place := range map[string]func(s *story, kill func()){"smtp-dot": killAtDot, "webhook-2xx": killAtHook} {
			for _, file := range []string{"way", "ends"} {
				t.Run(name+"-"+file, func(t *testing.T) {
					t.Parallel()
					var killed atomic.Bool
					t.Cleanup(func() { // the story goes on when this function is over
						if !killed.Load() {
							t.Errorf("the story never came to %s", name)
						}
					})
					played(t, c, file, func(s *story) { place(s, func() { killed.Store(true); s.rise() }) })
				})
			}
		}
	})
	c.tell(t, "P3 service killed, mail and hooks", fmt.Sprintf("%d runs: after the dot of a letter, after a webhook's 2xx", c.runs.Load()))
}

// played plays a story of testdata/killed on a stage.
func played(t *testing.T, c *tally, file string, place func(s *story)) {
	with := params("", "")
	with.Files = []string{filepath.Join("testdata", "killed", file+".txtar")}
	setup := with.Setup
	with.Setup = func(env *testscript.Env) error {
		err := setup(env)
		s := env.Values[storyKey{}].(*story)
		c.watch(s)
		place(s)
		return err
	}
	testscript.Run(t, with)
}

func killAtDot(s *story, kill func()) {
	s.stage.smtp = func(s *story, _ *testscript.TestScript) {
		s.smtp.Fail(mailertest.Fault{Stage: catcher.StageDot, Times: 1, Then: kill})
	}
}

func killAtHook(s *story, kill func()) {
	var once sync.Once
	s.stage.hooks = func(s *story) { s.hooks.told = func() { once.Do(kill) } }
}

// TestKilledAtRandom kills the service again and again, at any moment of a story.
func TestKilledAtRandom(t *testing.T) {
	c, runs, kills := &tally{}, 4, new(atomic.Int64)
	if long() {
		runs = 100
	}
	t.Run("runs", func(t *testing.T) {
		for n := range runs {
			t.Run(fmt.Sprint(n), func(t *testing.T) {
				t.Parallel()
				random := rand.New(rand.NewPCG(uint64(n), 3))
				played(t, c, []string{"way", "ends", "changes"}[n%3], func(s *story) { s.haunt(random, kills) })
			})
		}
	})
	c.tell(t, "P3 service killed at random", fmt.Sprintf("%d kills in %d runs", kills.Load(), c.runs.Load()))
}

// haunt kills the service at random from its first answer to the story's end.
func (s *story) haunt(random *rand.Rand, kills *atomic.Int64) {
	asks, ends, over, began := s.stage.asks, s.stage.ends, make(chan struct{}), sync.Once{}
	var all sync.WaitGroup
	s.stage.asks = func(req *http.Request, a answer, err error) {
		asks(req, a, err)
		began.Do(func() {
			all.Go(func() {
				for n := range 4 {
					select {
					case <-over:
						if n > 0 { // the first comes in any case, or a fast machine would tell of runs without any
							return
						}
					case <-time.After(time.Duration(5+random.IntN(120)) * time.Millisecond):
					}
					s.rise()
					kills.Add(1)
				}
			})
		})
	}
	s.stage.ends = func(s *story) {
		close(over)
		all.Wait()
		ends(s)
	}
}
