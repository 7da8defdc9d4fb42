package consenttest

import (
	"bufio"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// RedisServer is a redis-server of the test's own, on a free port, with its data in a directory of the test.
type RedisServer struct {
	Addr string // "127.0.0.1:port"
	Dir  string // holds the append-only files and the log

	t    testing.TB
	args []string
	cmd  *exec.Cmd
	done chan struct{} // closed when cmd has ended
}

// Redis starts a redis-server that keeps what it answered (appendonly, appendfsync always, noeviction) and stops it at the
// test's end. Further settings are pairs of name and value, such as "maxmemory", "10mb"; they win. Without the program
// the test fails: a store that was never tried on Redis is not tested.
func Redis(t testing.TB, settings ...string) *RedisServer {
	t.Helper()
	if _, err := exec.LookPath("redis-server"); err != nil {
		t.Fatal("redis-server is not installed: apt-get install redis-server")
	}
	port := FreePort(t)
	s := &RedisServer{Addr: net.JoinHostPort("127.0.0.1", port), Dir: t.TempDir(), t: t}
	all := append([]string{
		"port", port, "bind", "127.0.0.1", "dir", s.Dir, "logfile", filepath.Join(s.Dir, "log"), "save", "",
		"appendonly", "yes", "appendfsync", "always", "maxmemory-policy", "noeviction",
	}, settings...)
	for i := 0; i+1 < len(all); i += 2 {
		s.args = append(s.args, "--"+all[i], all[i+1])
	}
	s.start()
	t.Cleanup(s.Kill)
	return s
}

// URL is the server's redis:// URL.
func (s *RedisServer) URL() string { return "redis://" + s.Addr }

// FreePort returns a port of loopback on which nobody listens now.
func FreePort(t testing.TB) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	_, port, _ := net.SplitHostPort(l.Addr().String())
	return port
}

func (s *RedisServer) start() {
	s.t.Helper()
	s.cmd = exec.Command("redis-server", s.args...)
	s.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL} // a test that dies takes its server with it
	if err := s.cmd.Start(); err != nil {
		s.t.Fatal(err)
	}
	done := make(chan struct{})
	cmd := s.cmd
	go func() { _ = cmd.Wait(); close(done) }()
	s.done = done
	for range 500 {
		if s.Command("PING") == "+PONG" {
			return
		}
		select {
		case <-done:
			log, _ := os.ReadFile(filepath.Join(s.Dir, "log"))
			s.t.Fatalf("redis-server ended at once:\n%s", log)
		case <-time.After(10 * time.Millisecond):
		}
	}
	s.t.Fatal("redis-server does not answer")
}

// Kill ends the server as kill -9 does. Killing it again does nothing.
func (s *RedisServer) Kill() {
	_ = s.cmd.Process.Kill()
	<-s.done
}

// Restart starts the server again on the same port and data, killing it first when it runs.
func (s *RedisServer) Restart() {
	s.t.Helper()
	s.Kill()
	s.start()
}

// Sleep stops the server in its tracks: connections stay open and nothing is answered. Wake lets it go on.
func (s *RedisServer) Sleep() { s.signal(syscall.SIGSTOP) }

// Wake ends Sleep.
func (s *RedisServer) Wake() { s.signal(syscall.SIGCONT) }

func (s *RedisServer) signal(sig syscall.Signal) {
	s.t.Helper()
	if err := s.cmd.Process.Signal(sig); err != nil {
		s.t.Fatal(err)
	}
}

// Command sends one command and returns the first line of its answer, "" when there is none within a second. It is for
// setting up and looking inside; a bulk answer comes without its length.
func (s *RedisServer) Command(words ...string) string {
	conn, err := net.DialTimeout("tcp", s.Addr, time.Second)
	if err != nil {
		return ""
	}
	defer func() { _ = conn.Close() }()
	_ = conn.SetDeadline(time.Now().Add(time.Second))
	var b strings.Builder
	fmt.Fprintf(&b, "*%d\r\n", len(words))
	for _, w := range words {
		fmt.Fprintf(&b, "$%d\r\n%s\r\n", len(w), w)
	}
	if _, err := conn.Write([]byte(b.String())); err != nil {
		return ""
	}
	r := bufio.NewReader(conn)
	line, _ := r.ReadString('\n')
	if n, ok := strings.CutPrefix(line, "$"); ok {
		if size, _ := strconv.Atoi(strings.TrimSpace(n)); size >= 0 {
			line, _ = r.ReadString('\n')
		}
	}
	return strings.TrimRight(line, "\r\n")
}
