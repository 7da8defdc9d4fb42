//go:build proof

package main

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	toxiproxy "github.com/Shopify/toxiproxy/v2"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/rogpeppe/go-internal/testscript"
	"github.com/rs/zerolog"

	"github.com/bohoja/bohoja/consent/consenttest"
)

// weather is what toxiproxy does to a connection: by what it sends, and for how long. What breaks connections comes in gusts,
// or nothing would ever get through.
type weather struct {
	toxics []string
	gusts  bool
}

var weathers = map[string]weather{
	"latency": {toxics: []string{`{"type": "latency", "attributes": {"latency": 40, "jitter": 30}}`}},
	"slicer": {toxics: []string{
		`{"type": "slicer", "attributes": {"average_size": 24, "size_variation": 12, "delay": 50}}`,
		`{"type": "slicer", "stream": "upstream", "attributes": {"average_size": 24, "size_variation": 12, "delay": 50}}`,
	}},
	"reset": {gusts: true, toxics: []string{`{"type": "reset_peer", "attributes": {"timeout": 0}}`}},
	"down":  {gusts: true},
}

// TestWeather plays a story in each weather between the service and Redis, the mail server and the receiver of webhooks.
func TestWeather(t *testing.T) {
	c := &tally{}
	t.Run("weather", func(t *testing.T) {
		for name, w := range weathers {
			for _, target := range []string{"redis", "smtp", "webhook"} {
				t.Run(name+"-"+target, func(t *testing.T) {
					t.Parallel()
					var came atomic.Bool
					t.Cleanup(func() { // the story goes on when this function is over
						if !came.Load() {
							t.Error("the weather never came")
						}
					})
					played(t, c, "way", func(s *story) { w.over(s, target, &came) })
				})
			}
		}
	})
	c.tell(t, "P6 toxiproxy", fmt.Sprintf("%d runs: latency, reset, slicer, down × redis, smtp, webhook", c.runs.Load()))
}

// over brings the weather over a target, from the first answer on to the end, or in three gusts, and notes that it came.
func (w weather) over(s *story, target string, came *atomic.Bool) {
	switch target {
	case "redis":
		s.stage.redis = func(s *story, ts *testscript.TestScript, settings []string) {
			s.redis = consenttest.Redis(s.t, settings...)
			ts.Setenv("BOHOJA_REDIS__URL", "redis://"+w.before(s, s.redis.Addr, came))
		}
	case "smtp":
		s.stage.smtp = func(s *story, ts *testscript.TestScript) {
			ts.Setenv("BOHOJA_SMTP__URL", "smtp://"+w.before(s, s.smtp.Addr(), came))
		}
	case "webhook":
		s.stage.hooks = func(s *story) {
			s.hooks.url = "http://" + w.before(s, strings.TrimPrefix(s.hooks.url, "http://"), came)
		}
	}
}

// before puts a toxiproxy before an address, and returns where to call instead.
func (w weather) before(s *story, addr string, came *atomic.Bool) string {
	proxy := newToxic(s.t, addr)
	asks, ends, over, begun := s.stage.asks, s.stage.ends, make(chan struct{}), sync.Once{}
	var all sync.WaitGroup
	s.stage.asks = func(req *http.Request, a answer, err error) {
		asks(req, a, err)
		begun.Do(func() { all.Go(func() { came.Store(true); w.blow(s, proxy, over) }) })
	}
	s.stage.ends = func(s *story) { close(over); all.Wait(); ends(s) }
	return proxy.Listen
}

// blow is the weather's course. After a gust what was tried in vain is due again, since the clock is moved.
func (w weather) blow(s *story, p *toxiproxy.Proxy, over chan struct{}) {
	if !w.gusts {
		w.on(s.t, p)
		return
	}
	for range 3 {
		w.on(s.t, p)
		if pause(over, 150*time.Millisecond) {
			w.off(s.t, p)
			return
		}
		w.off(s.t, p)
		_, _ = s.tryAsk("http://"+s.processes[""].public, s.keys["test"], http.MethodPost, "/v1/test/clock/advance", `{"by": "40m"}`)
		if pause(over, 400*time.Millisecond) {
			return
		}
	}
}

// pause reports whether the story has ended meanwhile.
func pause(over chan struct{}, d time.Duration) bool {
	select {
	case <-over:
		return true
	case <-time.After(d):
		return false
	}
}

func (w weather) on(t testing.TB, p *toxiproxy.Proxy) {
	if len(w.toxics) == 0 {
		p.Stop()
		return
	}
	for _, one := range w.toxics {
		if _, err := p.Toxics.AddToxicJson(strings.NewReader(one)); err != nil {
			t.Error(err)
		}
	}
}

func (w weather) off(t testing.TB, p *toxiproxy.Proxy) {
	if len(w.toxics) > 0 {
		p.Toxics.ResetToxics(t.Context())
		return
	}
	if err := p.Start(); err != nil {
		t.Error(err)
	}
}

// newToxic starts a toxiproxy of the test's own.
func newToxic(t testing.TB, upstream string) *toxiproxy.Proxy {
	t.Helper()
	server := toxiproxy.NewServer(toxiproxy.NewMetricsContainer(prometheus.NewRegistry()), zerolog.Nop())
	p := toxiproxy.NewProxy(server, upstream, "127.0.0.1:"+consenttest.FreePort(t), upstream)
	if err := p.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Stop)
	return p
}

// TestOutage plays the six hours, with the words that only it needs:
//
//	down · up      nobody answers at the mail server's address · somebody does
//	join N         children sign up, whose guardians have an address each
//	hours N        the clock goes on in steps of ten minutes, and what falls due is tried
//	lose N         the next N letters are taken, and the answer is lost
//	everybody      each guardian has the letter, and none of them three
func TestOutage(t *testing.T) {
	c, o := &tally{}, &sixHours{}
	p := params("testdata/outage", "")
	setup := p.Setup
	p.Setup = func(env *testscript.Env) error {
		err := setup(env)
		o.story = env.Values[storyKey{}].(*story)
		c.watch(o.story)
		o.stage.smtp = func(s *story, ts *testscript.TestScript) {
			o.proxy = newToxic(s.t, s.smtp.Addr())
			ts.Setenv("BOHOJA_SMTP__URL", "smtp://"+o.proxy.Listen)
		}
		return err
	}
	for name, do := range map[string]func(ts *testscript.TestScript, args []string){
		"down":  func(*testscript.TestScript, []string) { o.proxy.Stop() },
		"up":    func(ts *testscript.TestScript, _ []string) { ts.Check(o.proxy.Start()) },
		"hours": o.hours, "everybody": o.everybody, "join": o.join, "lose": o.lose,
	} {
		p.Cmds[name] = func(ts *testscript.TestScript, _ bool, args []string) { do(ts, args) }
	}
	t.Run("story", func(t *testing.T) { testscript.Run(t, p) })
	c.tell(t, "P6 mail away for six hours", fmt.Sprintf("%d letters for %d guardians, at most %d for one", o.letters, len(o.guardians), o.most))
}

// sixHours is the story of an outage.
type sixHours struct {
	*story
	proxy         *toxiproxy.Proxy
	guardians     []string
	letters, most int
}

func (o *sixHours) join(ts *testscript.TestScript, args []string) {
	n, err := strconv.Atoi(one(ts, args))
	ts.Check(err)
	for range n {
		name := fmt.Sprintf("child-%d", len(o.guardians))
		o.guardians = append(o.guardians, name+"@example.com")
		o.wordSignup(ts, false, []string{name, "email=" + name + "@example.com"})
	}
}

func (o *sixHours) lose(ts *testscript.TestScript, args []string) {
	n, err := strconv.Atoi(one(ts, args))
	ts.Check(err)
	o.smtp.CutAfterDot(n)
}

// hours lets the clock go on; between two steps the outbox has the time to try what is due.
func (o *sixHours) hours(ts *testscript.TestScript, args []string) {
	n, err := strconv.Atoi(one(ts, args))
	ts.Check(err)
	tried := func() int { return o.tries(ts, "letter", "delayed") + o.tries(ts, "letter", "retried") }
	for range 6 * n {
		before := tried()
		o.wordAdvance(ts, false, []string{"10m"})
		wait(ts, func() bool { return tried() > before }, "a try")
	}
}

func (o *sixHours) everybody(ts *testscript.TestScript, _ []string) {
	has := func() (n int) {
		for _, to := range o.guardians {
			if len(o.smtp.LettersTo(to)) > 0 {
				n++
			}
		}
		return n
	}
	for step := 0; has() < len(o.guardians); step++ {
		if step == 20 {
			ts.Fatalf("%d of %d have a letter", has(), len(o.guardians))
		}
		o.wordAdvance(ts, false, []string{"20m"})
		for late := time.Now().Add(time.Second); has() < len(o.guardians) && time.Now().Before(late); {
			time.Sleep(20 * time.Millisecond)
		}
	}
	o.wordAdvance(ts, false, []string{"2h"})
	o.idle(ts)
	for _, to := range o.guardians {
		all := o.smtp.LettersTo(to)
		o.letters, o.most = o.letters+len(all), max(o.most, len(all))
		if len(all) > 2 || all[0].MessageID != all[len(all)-1].MessageID {
			ts.Fatalf("%s has %d letters", to, len(all))
		}
	}
}
