package consenttest

import (
	"bufio"
	"crypto/sha1" // Redis names scripts by it
	"encoding/hex"
	"fmt"
	"net"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// Trace listens to servers (MONITOR) and holds each call of a script against the promise that a cluster needs: all its keys
// lie in one slot, and it touches no key that was not named. Its zero value is ready.
type Trace struct {
	mu     sync.Mutex
	calls  map[string]int // by SHA-1
	astray []string
}

// Watch listens to a server until the test's end, also after it was killed and started again. It returns once it listens.
func (tr *Trace) Watch(t testing.TB, addr string) {
	t.Helper()
	over, first := make(chan struct{}), make(chan struct{})
	var all sync.WaitGroup
	all.Go(func() {
		begun := sync.OnceFunc(func() { close(first) })
		for {
			tr.listen(addr, over, begun)
			select {
			case <-over:
				return
			case <-time.After(5 * time.Millisecond):
			}
		}
	})
	t.Cleanup(func() { close(over); all.Wait() })
	select {
	case <-first:
	case <-time.After(startPatience):
		t.Fatal("nobody is to be listened to at ", addr)
	}
}

// listen hears one connection to its end.
func (tr *Trace) listen(addr string, over chan struct{}, begun func()) {
	conn, err := net.DialTimeout("tcp", addr, time.Second)
	if err != nil {
		return
	}
	gone := make(chan struct{})
	defer close(gone)
	go func() {
		select {
		case <-over:
		case <-gone:
		}
		_ = conn.Close()
	}()
	if _, err := conn.Write([]byte("MONITOR\r\n")); err != nil {
		return
	}
	r := bufio.NewReaderSize(conn, 1<<20)
	var now call
	for {
		line, err := r.ReadString('\n')
		if err != nil {
			return
		}
		if line == "+OK\r\n" {
			begun()
			continue
		}
		tr.hear(&now, line)
	}
}

// call is a call of a script, of which the lines that follow may be a part.
type call struct {
	sha  string
	keys []string
}

// hear takes a line: a call of a script, or a command of the one before.
func (tr *Trace) hear(now *call, line string) {
	words := monitored(line)
	if len(words) == 0 {
		return
	}
	if strings.Contains(line[:strings.IndexByte(line, '"')], " lua]") {
		tr.inside(now, words)
		return
	}
	switch verb := strings.ToLower(words[0]); verb {
	case "eval", "evalsha", "evalsha_ro", "eval_ro":
		*now = called(strings.HasPrefix(verb, "evalsha"), words[1:])
		tr.note(*now)
	}
}

// called reads the arguments of EVAL and EVALSHA.
func called(bySHA bool, words []string) call {
	c := call{sha: words[0]}
	if !bySHA {
		sum := sha1.Sum([]byte(words[0]))
		c.sha = hex.EncodeToString(sum[:])
	}
	n, _ := strconv.Atoi(words[1])
	c.keys = words[2 : 2+n]
	return c
}

func (tr *Trace) note(c call) {
	tr.mu.Lock()
	defer tr.mu.Unlock()
	if tr.calls == nil {
		tr.calls = map[string]int{}
	}
	tr.calls[c.sha]++
	for _, key := range c.keys {
		if Slot(key) != Slot(c.keys[0]) {
			tr.astray = append(tr.astray, fmt.Sprintf("%s: %q and %q are not in one slot", c.sha, c.keys[0], key))
		}
	}
}

// inside looks at what a script does.
func (tr *Trace) inside(now *call, words []string) {
	keys := words[1:min(2, len(words))]
	switch strings.ToLower(words[0]) {
	case "del", "unlink", "exists", "mget":
		keys = words[1:]
	case "xinfo", "object":
		keys = words[2:min(3, len(words))]
	}
	for _, key := range keys {
		if !slices.Contains(now.keys, key) {
			tr.mu.Lock()
			tr.astray = append(tr.astray, fmt.Sprintf("%s: %s touches %q, which was not named", now.sha, words[0], key))
			tr.mu.Unlock()
		}
	}
}

// Calls is how often a script was called.
func (tr *Trace) Calls(sha string) int {
	tr.mu.Lock()
	defer tr.mu.Unlock()
	return tr.calls[sha]
}

// Astray lists what broke the promise, each beginning with the script's SHA-1.
func (tr *Trace) Astray() []string {
	tr.mu.Lock()
	defer tr.mu.Unlock()
	return slices.Clone(tr.astray)
}

// monitored reads the words of a line of MONITOR; Redis quotes them as Go does.
func monitored(line string) (words []string) {
	at := strings.IndexByte(line, '"')
	for at >= 0 {
		line = line[at:]
		quoted, err := strconv.QuotedPrefix(line)
		if err != nil {
			return nil
		}
		word, err := strconv.Unquote(quoted)
		if err != nil {
			return nil
		}
		words = append(words, word)
		line = line[len(quoted):]
		at = strings.IndexByte(line, '"')
	}
	return words
}

// Slot is the slot of a key in a Redis Cluster: CRC-16 (XMODEM) of its tag, or of all of it where it has none.
func Slot(key string) uint16 {
	if _, rest, ok := strings.Cut(key, "{"); ok {
		if tag, _, closed := strings.Cut(rest, "}"); closed && tag != "" {
			key = tag
		}
	}
	var crc uint16
	for _, c := range []byte(key) {
		crc ^= uint16(c) << 8
		for range 8 {
			if crc&0x8000 == 0 {
				crc <<= 1
			} else {
				crc = crc<<1 ^ 0x1021
			}
		}
	}
	return crc % (1 << 14)
}
