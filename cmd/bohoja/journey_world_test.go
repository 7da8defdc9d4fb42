package main

import (
	"context"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/hex"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/bohoja/bohoja/consent/consenttest"
	"github.com/bohoja/bohoja/consent/webhook"
	"github.com/bohoja/bohoja/mailer/catcher"
	"github.com/bohoja/bohoja/mailer/mailertest"
)

// patience ends a wait; only a story that fails reaches it.
const patience = 90 * time.Second

// story is the world of one script.
type story struct {
	t         testing.TB
	dir       string
	killAt    string // the point at which here kills
	redis     *consenttest.RedisServer
	proxy     *consenttest.Proxy // before Redis, while the sweeper is asleep
	stage     stage              // what the story is played on, where it is not a Redis of its own
	smtp      *mailertest.Server
	returns   string                  // where letters come back to, "" where nobody takes them
	box       func() []catcher.Letter // where letters arrive; nil: at smtp
	apps      []string                // further apps, declared as shop is
	taken     map[int]bool            // letters that the story has read
	hooks     *receiver
	processes map[string]*process
	at        string // the process that words speak with
	keys      map[string]string
	key       string
	tabs      map[string]*sheet
	desks     map[string]string // cookies of the staff by name
	tab       string
	patient   bool // asks again after 503
	whatever  bool // takes any page
	crowd     *crowd
	secrets   []string // what may be seen nowhere
	moved     []string // metrics that were seen to move
}

// stage is set by suites that play the stories elsewhere. What is nil is as it always is.
type stage struct {
	redis   func(s *story, ts *testscript.TestScript, settings []string) // sets s.redis and $BOHOJA_REDIS__URL
	servers []*consenttest.RedisServer                                   // that take writes; nil: s.redis alone
	away    func()                                                       // once s.redis was killed for good
	back    func()                                                       // once s.redis runs again: returns when it works
	smtp    func(s *story, ts *testscript.TestScript)                    // once s.smtp runs
	hooks   func(s *story)                                               // once s.hooks runs, before it is declared
	asks    func(req *http.Request, a answer, err error)                 // each answer
	ends    func(s *story)                                               // when all is told, and everything still runs
}

// returned waits until a Redis that runs again works.
func (s stage) returned() {
	if s.back != nil {
		s.back()
	}
}

// wait polls until ok. what says what was waited for.
func wait(ts *testscript.TestScript, ok func() bool, what string, args ...any) {
	late := time.Now().Add(patience)
	for pause := time.Millisecond; !ok(); pause = min(2*pause, 50*time.Millisecond) {
		if time.Now().After(late) {
			ts.Fatalf("in vain: "+what, args...)
		}
		time.Sleep(pause)
	}
}

// hide adds to what may be seen nowhere. What is too short to be told apart from chance is left out.
func (s *story) hide(secrets ...string) {
	for _, one := range secrets {
		if len(one) >= len("ABC234") {
			s.secrets = append(s.secrets, one)
		}
	}
}

// declareApps writes the declarations.
func (s *story) declareApps() error {
	text, err := os.ReadFile("testdata/journeys/bohoja.yaml")
	if err != nil {
		return err
	}
	sum := func(key string) string { d := sha256.Sum256([]byte(key)); return hex.EncodeToString(d[:]) }
	hooks := "[]"
	if s.hooks != nil {
		hooks = "[{url: " + s.hooks.url + "/hooks, secret: " + s.hooks.secret + "}]"
	}
	_, shop, _ := strings.Cut(string(text), "apps:\n")
	for _, id := range s.apps {
		text = append(text, strings.NewReplacer("id: shop", "id: "+id, "LIVE", sum(id+"live"), "TEST", sum(id+"test"), "HOOKS", "[]").Replace(shop)...)
	}
	out := strings.NewReplacer("LIVE", sum(s.keys["live"]), "TEST", sum(s.keys["test"]), "HOOKS", hooks).Replace(string(text))
	return os.WriteFile(filepath.Join(s.dir, "bohoja.yaml"), []byte(out), 0o600)
}

// wordDeclare changes the declarations: pairs of old and new text.
func (s *story) wordDeclare(ts *testscript.TestScript, _ bool, args []string) {
	name := filepath.Join(s.dir, "bohoja.yaml")
	text := ts.ReadFile(name)
	for i := 0; i+1 < len(args); i += 2 {
		if !strings.Contains(text, args[i]) {
			ts.Fatalf("%q is not declared", args[i])
		}
		text = strings.ReplaceAll(text, args[i], args[i+1])
	}
	ts.Check(os.WriteFile(name, []byte(text), 0o600))
}

func (s *story) wordRedis(ts *testscript.TestScript, _ bool, args []string) {
	switch {
	case s.redis == nil && s.stage.redis != nil:
		s.stage.redis(s, ts, args)
	case s.redis == nil:
		s.redis = consenttest.Redis(s.t, args...)
		ts.Setenv("BOHOJA_REDIS__URL", s.redis.URL())
	case args[0] == "set":
		for _, server := range s.servers() {
			if got := server.Command("CONFIG", "SET", args[1], args[2]); got != "+OK" {
				ts.Fatalf("Redis says %q", got)
			}
		}
	case args[0] == "holds":
		if !slices.ContainsFunc(s.servers(), func(r *consenttest.RedisServer) bool { return r.Command("SET", args[1], args[2]) == "+OK" }) {
			ts.Fatalf("no Redis takes %s", args[1])
		}
	case one(ts, args) == "restarts":
		s.redis.Restart()
		s.stage.returned()
	case args[0] == "saves":
		s.redis.Kill()
		ts.Check(os.CopyFS(ts.MkAbs("backup"), os.DirFS(s.redis.Dir)))
		s.redis.Restart()
		s.stage.returned()
	case args[0] == "restored":
		s.redis.Kill()
		ts.Check(os.RemoveAll(s.redis.Dir))
		ts.Check(os.CopyFS(s.redis.Dir, os.DirFS(ts.MkAbs("backup"))))
		s.redis.Restart()
		s.stage.returned()
	case args[0] == "sleeps":
		s.redis.Sleep()
	case args[0] == "wakes":
		s.redis.Wake()
	case args[0] == "dies":
		s.redis.Kill()
		if s.stage.away != nil {
			s.stage.away()
		}
	default:
		ts.Fatalf("redis cannot %q", args)
	}
}

// servers are all that take writes.
func (s *story) servers() []*consenttest.RedisServer {
	if s.stage.servers != nil {
		return s.stage.servers
	}
	return []*consenttest.RedisServer{s.redis}
}

func (s *story) wordSMTP(ts *testscript.TestScript, _ bool, args []string) {
	if s.smtp == nil {
		s.smtp = mailertest.New(s.t, mailertest.Options{Keep: 5000})
		ts.Setenv("BOHOJA_SMTP__URL", s.smtp.URL())
		if s.stage.smtp != nil {
			s.stage.smtp(s, ts)
		}
		return
	}
	switch args[0] {
	case "url": // forgotten by the story meanwhile
		ts.Setenv("BOHOJA_SMTP__URL", s.smtp.URL())
	case "sleeps":
		s.smtp.Sleep()
	case "wakes":
		s.smtp.Wake()
	case "cuts": // every conversation, until one was about a letter
		broken := func() int { return s.tries(ts, "letter", "retried") + s.tries(ts, "letter", "delayed") }
		before := broken()
		wait(ts, func() bool { s.smtp.Cut(); return broken() > before }, "a letter to be cut")
	case "refuses":
		code, err := strconv.Atoi(args[2])
		ts.Check(err)
		s.smtp.Fail(mailertest.Fault{Stage: catcher.StageRcpt, To: args[1], Code: code})
	case "loses": // the answer to a letter that it took
		s.smtp.CutAfterDot(1)
	case "mends":
		s.smtp.Mend()
	case "called": // wait until somebody has
		wait(ts, func() bool { return s.smtp.Connections() > 0 }, "a call")
	default:
		ts.Fatalf("smtp cannot %q", args)
	}
}

func (s *story) wordHooks(ts *testscript.TestScript, _ bool, args []string) {
	switch {
	case s.hooks == nil:
		s.hooks = newReceiver(s.t, webhook.NewSecret().Reveal())
		s.hide(s.hooks.secret)
		if s.stage.hooks != nil {
			s.stage.hooks(s)
		}
		ts.Check(s.declareApps())
	case one(ts, args) == "down":
		s.hooks.down.Store(true)
	case args[0] == "up":
		s.hooks.down.Store(false)
		s.hooks.gone.Store(false)
	case args[0] == "gone":
		s.hooks.gone.Store(true)
	default:
		ts.Fatalf("hooks cannot %q", args)
	}
}

// wordSweeper puts a proxy before Redis that loses every answer to the question what is due.
func (s *story) wordSweeper(ts *testscript.TestScript, _ bool, args []string) {
	if one(ts, args) != "asleep" {
		ts.Fatalf("sweeper asleep")
	}
	text, err := os.ReadFile("../../consent/redisstore/lua/due.lua")
	ts.Check(err)
	sum := sha1.Sum(text)
	if s.proxy == nil { // a cluster has one already
		s.proxy = consenttest.NewProxy(s.t, s.redis.Addr)
		ts.Setenv("BOHOJA_REDIS__URL", "redis://"+s.proxy.Addr)
	}
	s.proxy.Lose(1<<30, hex.EncodeToString(sum[:]))
}

// wordAdvance moves the clock of the test space.
func (s *story) wordAdvance(ts *testscript.TestScript, _ bool, args []string) {
	a := s.ask(ts, s.keys["test"], http.MethodPost, "/v1/test/clock/advance", `{"by": "`+one(ts, args)+`"}`)
	a.want(ts, http.StatusOK)
}

// client reaches the process that the story speaks with at the address of the first. Redirects are answers.
func (s *story) client() *http.Client {
	first, addr := s.processes[""].public, s.processes[s.at].public
	return &http.Client{
		Timeout: patience,
		Transport: &http.Transport{
			DisableKeepAlives: true,
			DialContext: func(ctx context.Context, network, to string) (net.Conn, error) {
				if to == first {
					to = addr
				}
				return (&net.Dialer{}).DialContext(ctx, network, to)
			},
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// end stops everything and looks into what the processes said: no secret, no race, no panic.
func (s *story) end() {
	if s.crowd != nil {
		s.crowd.leave()
	}
	if s.stage.ends != nil {
		s.stage.ends(s)
	}
	for _, p := range s.processes {
		p.kill()
	}
	for name, p := range s.processes {
		for _, bad := range append([]string{"DATA RACE", "panic", "goroutine "}, s.secrets...) {
			if strings.Contains(p.said.String(), bad) {
				s.t.Errorf("process %q said %q:\n%s", name, bad, p.said.String())
			}
		}
		if s.t.Failed() {
			s.t.Logf("process %q said:\n%s", name, p.said.String())
		}
	}
}

var addresses atomic.Uint32

// address gives a process two addresses of loopback. Every process of this test run has a host number of its own, so that
// a port that is free now is not taken by another story before it is used.
func (s *story) address(name string) *process {
	n := addresses.Add(1)
	host := net.IPv4(127, byte(1+os.Getpid()%250), byte(n>>8), byte(1+n%250)).String()
	free := func() net.Listener {
		l, err := net.Listen("tcp", host+":0")
		if err != nil {
			s.t.Fatal(err)
		}
		return l
	}
	public, ops := free(), free() // both are held until both are there: else they may be the same
	p := &process{public: public.Addr().String(), ops: ops.Addr().String()}
	_, _ = public.Close(), ops.Close()
	s.processes[name] = p
	return p
}
