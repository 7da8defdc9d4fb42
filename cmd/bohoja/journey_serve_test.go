package main

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/bohoja/bohoja/cmd/bohoja/config"
	"github.com/bohoja/bohoja/consent/consenttest"
)

// process is one `bohoja serve`; it may be started again on the same addresses.
type process struct {
	public, ops string
	cmd         *exec.Cmd
	said        saying

	mu   sync.Mutex
	done chan struct{} // closed when cmd has ended; nil before the first start
}

// saying is what a process wrote, over all its starts.
type saying struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

// Write implements io.Writer.
func (s *saying) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.buf.Write(p)
}

// String returns all of it.
func (s *saying) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.buf.String()
}

// environ are the settings of the story, changed by pairs.
func (s *story) environ(ts *testscript.TestScript, more ...string) []string {
	out := []string{"PATH=" + os.Getenv("PATH"), "HOME=" + s.dir, "GOCOVERDIR=" + os.Getenv("GOCOVERDIR"), "SSL_CERT_FILE=" + ts.Getenv("SSL_CERT_FILE")}
	for _, name := range append(config.Names(), "config", "api_key") {
		variable := "BOHOJA_" + strings.ToUpper(strings.ReplaceAll(name, ".", "__"))
		if value := ts.Getenv(variable); value != "" {
			out = append(out, variable+"="+value)
		}
	}
	return append(out, more...)
}

// named returns the process of a word's only argument, or the first one.
func (s *story) named(ts *testscript.TestScript, args []string) *process {
	name := ""
	if len(args) > 0 {
		name = one(ts, args)
	}
	p := s.processes[name]
	if p == nil {
		p = s.address(name)
	}
	return p
}

// running is the named process, which must have been started: a signal to nobody would prove nothing.
func (s *story) running(ts *testscript.TestScript, args []string) *process {
	p := s.named(ts, args)
	if p.done == nil {
		ts.Fatalf("no process %q was started", args)
	}
	return p
}

// wordServe starts a process and waits until it says that it is ready.
func (s *story) wordServe(ts *testscript.TestScript, neg bool, args []string) {
	p := s.named(ts, args)
	p.kill()
	p.start(ts, s.dir, s.environ(ts, "BOHOJA_LISTEN="+p.public, "BOHOJA_OPS_LISTEN="+p.ops), "serve")
	wait(ts, func() bool { return p.ended() || p.readiness() == map[bool]int{false: 200, true: 503}[neg] }, "serve to say whether it is ready")
	if p.ended() {
		ts.Fatalf("serve ended: %v\n%s", p.cmd.ProcessState, p.said.String())
	}
}

// start runs a command of bohoja that goes on until it is ended.
func (p *process) start(ts *testscript.TestScript, dir string, environ []string, args ...string) {
	cmd := exec.Command("bohoja", args...)
	cmd.Dir, cmd.Env = dir, environ
	p.mu.Lock()
	defer p.mu.Unlock()
	ts.Check(p.run(cmd))
}

// run is for who has the lock.
func (p *process) run(cmd *exec.Cmd) error {
	cmd.Stdout, cmd.Stderr = &p.said, &p.said
	consenttest.Tie(cmd) // a test that dies takes its processes with it
	if err := cmd.Start(); err != nil {
		return err
	}
	done := make(chan struct{})
	go func() { _ = cmd.Wait(); close(done) }()
	p.cmd, p.done = cmd, done
	return nil
}

// keyForm finds the key that dev prints.
var keyForm = regexp.MustCompile(`bhj_test_sk_[a-z2-7]+`)

// wordDev starts `bohoja dev`, waits until its pages answer, and uses the key that it prints.
func (s *story) wordDev(ts *testscript.TestScript, _ bool, _ []string) {
	p := s.processes[""]
	p.start(ts, s.dir, s.environ(ts), "dev", "--listen", p.public)
	wait(ts, func() bool { return p.ended() || keyForm.MatchString(p.said.String()) }, "a key")
	s.keys["dev"], s.key = keyForm.FindString(p.said.String()), "dev"
	wait(ts, func() bool {
		a, err := s.doOnce(getting(ts, ts.Getenv("URL")+"/dev/"))
		return err == nil && a.status == http.StatusOK
	}, "dev")
}

// wordReadme runs the block of the README below a marker, with the addresses and the key of this story in its first line.
func (s *story) wordReadme(ts *testscript.TestScript, _ bool, args []string) {
	readme, err := os.ReadFile("../../README.md")
	ts.Check(err)
	_, after, ok := strings.Cut(string(readme), "<!-- journey: "+one(ts, args)+" -->\n```sh\nAPI=")
	_, block, more := strings.Cut(after, "\n")
	block, _, closed := strings.Cut(block, "\n```")
	if !ok || !more || !closed {
		ts.Fatalf("the README has no such block")
	}
	cmd := exec.Command("bash", "-c", block)
	cmd.Dir, cmd.Env = s.dir, []string{"PATH=" + os.Getenv("PATH"), "API=" + ts.Getenv("URL"), "KEY=" + s.keys[s.key]}
	out, err := cmd.CombinedOutput()
	ts.Logf("%s", out)
	ts.Check(err)
	ts.Check(os.WriteFile(ts.MkAbs("said"), out, 0o600))
}

func getting(ts *testscript.TestScript, url string) *http.Request {
	req, err := http.NewRequest(http.MethodGet, url, http.NoBody)
	ts.Check(err)
	return req
}

func (p *process) ready() bool { return p.readiness() == http.StatusOK }

// readyReason is what /readyz says, "" while nobody answers.
func (p *process) readyReason() string {
	res, err := http.Get("http://" + p.ops + "/readyz")
	if err != nil {
		return ""
	}
	defer func() { _ = res.Body.Close() }()
	text, _ := io.ReadAll(res.Body)
	return string(text)
}

// readiness is the status of /readyz, 0 while nobody answers.
func (p *process) readiness() int {
	res, err := http.Get("http://" + p.ops + "/readyz")
	if err != nil {
		return 0
	}
	_ = res.Body.Close()
	return res.StatusCode
}

func (p *process) ended() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.done == nil {
		return true
	}
	select {
	case <-p.done:
		return true
	default:
		return false
	}
}

// kill ends the process as kill -9 does. It does nothing to one that does not run.
func (p *process) kill() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.done == nil {
		return
	}
	_ = p.cmd.Process.Kill()
	<-p.done
}

func (s *story) wordKill(ts *testscript.TestScript, _ bool, args []string) {
	s.running(ts, args).kill()
}

// wordTerm asks the process to stop, which it must do by itself and with exit code 0.
func (s *story) wordTerm(ts *testscript.TestScript, _ bool, args []string) {
	p := s.running(ts, args)
	ts.Check(p.cmd.Process.Signal(syscall.SIGTERM))
	wait(ts, p.ended, "serve to stop")
	if code := p.cmd.ProcessState.ExitCode(); code != 0 {
		ts.Fatalf("exit code %d", code)
	}
}

// wordHup asks for a reload and waits until the process has said what became of it.
func (s *story) wordHup(ts *testscript.TestScript, _ bool, args []string) {
	p := s.running(ts, args)
	before := strings.Count(p.said.String(), "reloaded")
	ts.Check(p.cmd.Process.Signal(syscall.SIGHUP))
	wait(ts, func() bool { return strings.Count(p.said.String(), "reloaded") > before }, "a word about the reload")
}

func (s *story) wordVia(ts *testscript.TestScript, _ bool, args []string) {
	s.at = one(ts, args)
	if s.at == "first" {
		s.at = ""
	}
	if s.processes[s.at] == nil {
		ts.Fatalf("there is no process %q", s.at)
	}
}

// wordExits runs a command to its end.
func (s *story) wordExits(ts *testscript.TestScript, _ bool, args []string) {
	cmd := exec.Command("bohoja", args[1:]...)
	cmd.Dir, cmd.Env = s.dir, s.environ(ts, "BOHOJA_LISTEN="+s.processes[""].public)
	late := time.AfterFunc(patience, func() { _ = cmd.Process.Kill() })
	defer late.Stop()
	out, err := cmd.CombinedOutput()
	if _, ok := errors.AsType[*exec.ExitError](err); err != nil && !ok {
		ts.Check(err)
	}
	ts.Check(os.WriteFile(ts.MkAbs("said"), out, 0o600))
	if code := strconv.Itoa(cmd.ProcessState.ExitCode()); code != args[0] {
		ts.Fatalf("exit code %s, want %s\n%s", code, args[0], out)
	}
}

// wordHere kills the service when this run of the story is about this point, and starts it anew. A point whose name ends
// in redis kills Redis instead, under the running service. What a killed worker held, or whose claim was not answered, is
// due again once its lease has ended.
func (s *story) wordHere(ts *testscript.TestScript, _ bool, args []string) {
	if one(ts, args) != s.killAt {
		return
	}
	if strings.HasSuffix(args[0], "-redis") {
		s.redis.Restart()
		s.wordAdvance(ts, false, []string{"3m"})
		return
	}
	s.processes[""].kill()
	s.smtp.Wake()
	s.wordServe(ts, false, nil)
	s.wordAdvance(ts, false, []string{"3m"})
}

func (s *story) wordTimes(ts *testscript.TestScript, neg bool, args []string) {
	n, err := strconv.Atoi(args[0])
	ts.Check(err)
	for range n {
		words()[args[1]](s, ts, neg, args[2:])
	}
}

func (s *story) wordPatiently(ts *testscript.TestScript, neg bool, args []string) {
	s.patient = true
	if len(args) > 0 {
		words()[args[0]](s, ts, neg, args[1:])
		s.patient = false
	}
}

func (s *story) wordWhatever(ts *testscript.TestScript, neg bool, args []string) {
	s.whatever = true
	words()[args[0]](s, ts, neg, args[1:])
	s.whatever = false
}

func (s *story) wordReady(ts *testscript.TestScript, _ bool, args []string) {
	want := true
	if len(args) > 0 {
		want = one(ts, args) == "200"
	}
	if len(args) > 0 && args[0] != "200" && args[0] != "503" {
		wait(ts, func() bool { return strings.Contains(s.processes[s.at].readyReason(), `"code":"`+args[0]+`"`) }, "/readyz to say "+args[0])
		return
	}
	wait(ts, func() bool { return s.processes[s.at].ready() == want }, "/readyz")
}
