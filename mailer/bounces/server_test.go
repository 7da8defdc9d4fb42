package bounces_test

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/smtp"
	"net/textproto"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/bohoja/bohoja/mailer/bounces"
)

const failed = "Subject: x\r\nContent-Type: multipart/report; boundary=b\r\n\r\n--b\r\nContent-Type: message/delivery-status\r\n\r\nX: y\r\n\r\nAction: failed\r\nStatus: 5.1.1\r\n\r\n--b--\r\n"

// back is a server under test with what it was told.
type back struct {
	addr string
	mu   sync.Mutex
	told []string
	fail error
	stop func()
}

func begin(t *testing.T, hurry ...time.Duration) *back {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	b := &back{addr: l.Addr().String()}
	s := bounces.New(bounces.Options{
		Address: "bounces@shop.example", Log: slog.New(slog.DiscardHandler),
		Knows: func(token string) bool { return strings.HasPrefix(token, "ours") },
		Returned: func(_ context.Context, token, status string) error {
			b.mu.Lock()
			defer b.mu.Unlock()
			if b.fail == nil {
				b.told = append(b.told, token+" "+status)
			}
			return b.fail
		},
	})
	for _, patience := range hurry {
		s.Hurry(patience)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- s.Run(ctx, l, time.Second) }()
	b.stop = sync.OnceFunc(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	t.Cleanup(b.stop)
	return b
}

// send sends text and returns the code of the refusal, 0 when it was taken.
func (b *back) send(t *testing.T, to, text string) int {
	t.Helper()
	err := smtp.SendMail(b.addr, nil, "", []string{to}, []byte(text))
	if no, ok := errors.AsType[*textproto.Error](err); ok {
		return no.Code
	}
	if err != nil {
		t.Fatal(err)
	}
	return 0
}

func TestServer(t *testing.T) {
	b := begin(t)
	for _, c := range []struct {
		to, text string
		code     int
		told     string
	}{
		{"bounces+ours-1@shop.example", failed, 0, "ours-1 5.1.1"},
		{"BOUNCES+OURS-2@Shop.Example", failed, 0, "ours-2 5.1.1"},
		{"bounces+ours-3@shop.example", "Subject: away\r\n\r\nback on Monday\r\n", 0, ""},
		{"bounces+theirs@shop.example", failed, 550, ""},
		{"bounces@shop.example", failed, 550, ""},
		{"bounces+ours-4@other.example", failed, 550, ""},
		{"info+ours-5@shop.example", failed, 550, ""},
		{"bounces+ours-6@shop.example", failed + strings.Repeat("x\r\n", 4<<20), 552, ""},
	} {
		b.told = nil
		if code := b.send(t, c.to, c.text); code != c.code || strings.Join(b.told, ",") != c.told {
			t.Errorf("%s: %d, told %q", c.to, code, b.told)
		}
	}
}

// Until the store has it, the sender keeps it.
func TestComeAgain(t *testing.T) {
	b := begin(t)
	b.fail = errors.New("away")
	if code := b.send(t, "bounces+ours@shop.example", failed); code != 451 {
		t.Errorf("answered %d", code)
	}
	b.fail = nil
	if code := b.send(t, "bounces+ours@shop.example", failed); code != 0 || len(b.told) != 1 {
		t.Errorf("answered %d, told %q", code, b.told)
	}
}

// Clients that say nothing, more than there may be, keep others out for no longer than a line may take; and nobody from stopping.
func TestSilentClients(t *testing.T) {
	b := begin(t, 300*time.Millisecond)
	for i := range bounces.MaxConnections + 5 {
		b.silent(t, i%2 == 0) // the others do not even greet
	}
	taken := make(chan int, 1)
	go func() { taken <- b.send(t, "bounces+ours@shop.example", failed) }()
	select {
	case code := <-taken:
		if code != 0 {
			t.Errorf("answered %d", code)
		}
	case <-time.After(30 * time.Second):
		t.Fatal("silent clients keep a letter out")
	}
}

// silent is a client that says nothing more.
func (b *back) silent(t *testing.T, greets bool) {
	t.Helper()
	c, err := net.Dial("tcp", b.addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	if greets {
		if _, err := c.Write([]byte("EHLO me\r\n")); err != nil {
			t.Fatal(err)
		}
	}
}

// Clients that rest keep nobody from stopping.
func TestStopsWithSilentClients(t *testing.T) {
	b := begin(t)
	for i := range bounces.MaxConnections / 2 {
		b.silent(t, i%2 == 0)
	}
	if code := b.send(t, "bounces+ours@shop.example", failed); code != 0 {
		t.Errorf("answered %d", code)
	}
	b.stop()
	if _, err := net.Dial("tcp", b.addr); err == nil {
		t.Error("it still listens")
	}
}
