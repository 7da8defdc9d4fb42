package consenttest

import (
	"bufio"
	"bytes"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/bohoja/bohoja/consent/consenttest/ports"
)

// RedisServer is a redis-server of the test's own, on a free port, with its data in a directory of the test.
type RedisServer struct {
	Addr string // "127.0.0.1:port"
	Dir  string // holds the append-only files and the log

	t    testing.TB
	way  RedisWay
	args []string
	cmd  *exec.Cmd
	done chan struct{} // closed when cmd has ended
}

// RedisWay is how a redis-server is started, where it is not as Redis does it. The zero value is.
type RedisWay struct {
	Dir    string   // for its data; "": one of the test's
	Env    []string // added to the test's own, as name=value
	Before []string // a command that runs the server: its words come first
}

// Redis starts a redis-server as it is recommended: it keeps what it answered (appendonly, appendfsync always, noeviction),
// and when its file was torn it is mended before it is read (aof-load-truncated no). It ends with the test. Further settings are pairs of name and value, such as "maxmemory", "10mb"; they win. Without the program
// the test fails: a store that was never tried on Redis is not tested.
func Redis(t testing.TB, settings ...string) *RedisServer {
	t.Helper()
	return RedisBy(t, RedisWay{}, settings...)
}

// RedisBy is Redis, started in a way of the caller's.
func RedisBy(t testing.TB, way RedisWay, settings ...string) *RedisServer {
	t.Helper()
	if _, err := exec.LookPath("redis-server"); err != nil {
		t.Fatal("redis-server is not installed: apt-get install redis-server")
	}
	if way.Dir == "" {
		way.Dir = t.TempDir()
	}
	s := &RedisServer{Dir: way.Dir, t: t, way: way}
	for tries := 1; ; tries++ {
		s.settle(FreePort(t), settings)
		err := s.start()
		if err == nil {
			break
		}
		if tries == 5 { // another process may have taken the free port meanwhile, a few times
			t.Fatal(err)
		}
	}
	t.Cleanup(s.Kill)
	return s
}

// settle makes the server's arguments.
func (s *RedisServer) settle(port string, settings []string) {
	s.Addr = net.JoinHostPort("127.0.0.1", port)
	all := append([]string{
		"port", port, "bind", "127.0.0.1", "dir", s.Dir, "logfile", filepath.Join(s.Dir, "log"), "save", "",
		"appendonly", "yes", "appendfsync", "always", "aof-load-truncated", "no", "maxmemory-policy", "noeviction",
	}, settings...)
	s.args = append([]string(nil), s.way.Before...)
	s.args = append(s.args, "redis-server")
	for i := 0; i+1 < len(all); i += 2 {
		s.args = append(s.args, "--"+all[i], all[i+1])
	}
}

// URL is the server's redis:// URL.
func (s *RedisServer) URL() string { return "redis://" + s.Addr }

// FreePort is ports.Free.
func FreePort(t testing.TB) string { t.Helper(); return ports.Free(t) }

// start runs the server and waits until it answers. Error: it ended, or says nothing, with its log.
func (s *RedisServer) start() error {
	s.cmd = exec.Command(s.args[0], s.args[1:]...)
	s.cmd.Env = append(os.Environ(), s.way.Env...)
	Tie(s.cmd) // a test that dies takes its server with it
	if err := s.cmd.Start(); err != nil {
		return err
	}
	done := make(chan struct{})
	cmd := s.cmd
	go func() { _ = cmd.Wait(); close(done) }()
	s.done = done
	for late := time.Now().Add(startPatience); time.Now().Before(late); {
		if strings.HasPrefix(s.Command("PING"), "+PONG") {
			return nil
		}
		select {
		case <-done:
			return s.fault("ended at once")
		case <-time.After(5 * time.Millisecond):
		}
	}
	return s.fault("does not answer")
}

// startPatience is how long a server may read its files.
const startPatience = time.Minute

func (s *RedisServer) fault(what string) error {
	log, _ := os.ReadFile(filepath.Join(s.Dir, "log"))
	_, last, ok := bytes.Cut(log[bytes.LastIndex(log, []byte("Redis is starting"))+1:], []byte("\n"))
	if !ok {
		last = log
	}
	return fmt.Errorf("redis-server %s:\n%s", what, last)
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
	err := s.start()
	if err != nil && strings.Contains(err.Error(), "Unexpected end of file") {
		s.mend()
		err = s.start()
	}
	for late := time.Now().Add(startPatience); err != nil && strings.Contains(err.Error(), "Address already in use") && time.Now().Before(late); {
		time.Sleep(100 * time.Millisecond) // another process has the port for a conversation of its own
		err = s.start()
	}
	if err != nil {
		s.t.Fatal(err)
	}
}

// mend takes the torn end off the append-only file, with the whole of the step that it tore: Redis by itself would leave a
// half (consent/adr/0007).
func (s *RedisServer) mend() {
	s.t.Helper()
	cmd := exec.Command("redis-check-aof", "--fix", filepath.Join(s.Dir, "appendonlydir", "appendonly.aof.manifest"))
	cmd.Stdin = strings.NewReader("y\n")
	if out, err := cmd.CombinedOutput(); err != nil {
		s.t.Fatalf("redis-check-aof: %v\n%s", err, out)
	}
}

// Ended reports whether the server runs no more.
func (s *RedisServer) Ended() bool {
	select {
	case <-s.done:
		return true
	default:
		return false
	}
}

// Command sends one command and returns the first line of its answer, "" when there is none: within a minute, which a host with much to do
// does not need. It is for setting up and looking inside; a bulk answer comes without its length.
func (s *RedisServer) Command(words ...string) string {
	conn, err := net.DialTimeout("tcp", s.Addr, startPatience)
	if err != nil {
		return ""
	}
	defer func() { _ = conn.Close() }()
	_ = conn.SetDeadline(time.Now().Add(startPatience))
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
