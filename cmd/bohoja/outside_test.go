//go:build outside

package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/bohoja/bohoja/consent/consenttest"
)

// The stories of testdata/outside are told with the words of the journeys (words), and walk through programs of other
// people: nginx, Postfix, Prometheus, a Redis Cluster. Each runs on loopback with files of its own. More words:
//
//	nginx PATH [cut|tls]         start nginx by deploy/nginx.conf before the service, at / or at a path, which it cuts off or
//	                             keeps; sets $URL and BOHOJA_PUBLIC_URL, and $DIRECT: the service itself. With tls $URL
//	                             stays the service
//	encrypted LINK               a link opens with TLS, and without it is sent on
//	guess FROM N STATUS URL [ADDRESS]   N wrong keys from an address of loopback; the last is answered so. ADDRESS is
//	                             what the client writes into X-Forwarded-For; + in it is another number each time
//	odd LINK                     ask for a link in all the ways that a log could misread
//	doors                        every public address, and what their pages lead to on this host, answers at $URL and below it
//	start SUBJECT                make a client token and walk the first step of its sign-up
//	large                        bodies past nginx's own bound reach the service
//	filter MB                    stream a list of so many megabytes ($BOHOJA_OUTSIDE_MB) through the marketing filter
//	mute                         send lists and never read: the service lets each go
//	routes ROUTE…                nginx wrote down these routes
//	unlogged [N]                 nginx's logs hold at least N lines and nothing of what this story hides
//	postfix                      start Postfix, with STARTTLS, a policy service that greylists gray@, and a folder of letters
//	postfix stops|starts
//	exact                        every letter that arrived has the bytes that were sent
//	arrived N ADDRESS            so many letters came to the address, and no more are on their way
//	gated [stops|starts]         start such a Postfix that asks `bohoja gate milter` about each letter; and that command alone
//	mails [marketing] CODES FILE ADDRESS…   hand a letter in, at the first port or at the one for marketing; CODES are the answers to
//	                             each recipient and to the letter, such as 250,250,550-5.7.1
//	came N ADDRESS [LINE]        so many letters came to the address; the newest has this line (with !: it has not)
//	cluster                      start three primaries and declare an app on each: one, two, three (also their keys)
//	node APP                     redis means the primary of this app from now on
//	many N NAME STATUS [CODE]    N signups, each of which is answered so; the same N and NAME are the same signups again
//	delivered                    everybody of the crowd has one letter, if need be when the lease of a lost claim has ended
//	prometheus                   start a Prometheus that scrapes the service and minds deploy/alerts.yml, hours there being a minute
//	fires ALERT                  wait until it fires;  ! fires  until it does not
//	overdue                      the request's deadline went by two minutes ago
//	query VALUE EXPRESSION       wait until Prometheus says so
//	tidy                         doctor --fsck finds nothing half done
//	report TEXT                  print what this part has shown, with its figures
func outsideWords() map[string]outsideWord {
	return map[string]outsideWord{
		"nginx": (*outside).wordNginx, "guess": (*outside).wordGuess, "odd": (*outside).wordOdd, "encrypted": (*outside).wordEncrypted, "unlogged": (*outside).wordUnlogged,
		"doors": (*outside).wordDoors, "start": (*outside).wordStart, "large": (*outside).wordLarge, "filter": (*outside).wordFilter, "mute": (*outside).wordMute, "routes": (*outside).wordRoutes,
		"postfix": (*outside).wordPostfix, "exact": (*outside).wordExact, "arrived": (*outside).wordArrived,
		"gated": (*outside).wordGated, "mails": (*outside).wordMails, "came": (*outside).wordCame,
		"cluster": (*outside).wordCluster, "node": (*outside).wordNode, "many": (*outside).wordMany, "tidy": (*outside).wordTidy, "delivered": (*outside).wordDelivered, "report": (*outside).wordReport,
		"prometheus": (*outside).wordPrometheus, "query": (*outside).wordQuery, "fires": (*outside).wordFires, "overdue": (*outside).wordOverdue,
	}
}

type outsideWord = func(o *outside, ts *testscript.TestScript, neg bool, args []string)

// outside is a story with programs of other people in it.
type outside struct {
	*story
	began      time.Time
	facts      []string       // for the report
	sums       map[string]int // of what was counted, by fact
	nginx      *nginx
	post       *postfix
	marketing  string                              // where it takes letters of marketing alone
	nodes      map[string]*consenttest.RedisServer // by app
	prometheus string                              // where it listens
}

type outsideKey struct{}

// TestOutside walks every story.
func TestOutside(t *testing.T) {
	p := params("testdata/outside", "")
	setup := p.Setup
	p.Setup = func(env *testscript.Env) error {
		err := setup(env)
		env.Values[outsideKey{}] = &outside{story: env.Values[storyKey{}].(*story), began: time.Now(), sums: map[string]int{}}
		return err
	}
	for name, do := range outsideWords() {
		p.Cmds[name] = func(ts *testscript.TestScript, neg bool, args []string) {
			do(ts.Value(outsideKey{}).(*outside), ts, neg, args)
		}
	}
	testscript.Run(t, p)
}

// fact adds to the report.
func (o *outside) fact(format string, args ...any) {
	o.facts = append(o.facts, fmt.Sprintf(format, args...))
}

// count adds to the report what is told as one sum.
func (o *outside) count(n int, what string) {
	if o.sums[what] == 0 {
		o.facts = append(o.facts, what)
	}
	o.sums[what] += n
}

func (o *outside) wordReport(_ *testscript.TestScript, _ bool, args []string) {
	for i, what := range o.facts {
		if n := o.sums[what]; n > 0 {
			o.facts[i] = fmt.Sprint(n, " ", what)
		}
	}
	fmt.Printf("outside: %s: %s (%s)\n", strings.Join(args, " "), strings.Join(o.facts, ", "), time.Since(o.began).Round(100*time.Millisecond))
}

// program is somebody else's program.
type program struct {
	cmd  *exec.Cmd
	done chan struct{} // closed when it has ended
	said saying
}

// launch starts a program that stays in the foreground. SIGTERM ends it, and whatever it has started, at the test's end.
func launch(t testing.TB, name string, args ...string) *program {
	t.Helper()
	p := &program{cmd: exec.Command(name, args...), done: make(chan struct{})}
	p.cmd.Stdout, p.cmd.Stderr, p.cmd.WaitDelay = &p.said, &p.said, time.Second // children may hold what it wrote to
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGTERM}
	if err := p.cmd.Start(); errors.Is(err, exec.ErrNotFound) {
		t.Fatalf("%s is not installed: .ci/tools outside", name)
	} else if err != nil {
		t.Fatal(err)
	}
	go func() { _ = p.cmd.Wait(); close(p.done) }()
	t.Cleanup(func() {
		p.stop()
		if t.Failed() {
			t.Logf("%s said:\n%s", name, p.said.String())
		}
	})
	return p
}

// stop asks the program to end and waits for it.
func (p *program) stop() {
	_ = p.cmd.Process.Signal(syscall.SIGTERM)
	<-p.done
}

// ended reports whether the program has ended.
func (p *program) ended() bool {
	select {
	case <-p.done:
		return true
	default:
		return false
	}
}

// put writes a file of a program's.
func put(ts *testscript.TestScript, name, text string) {
	ts.Check(os.WriteFile(name, []byte(text), 0o644))
}
