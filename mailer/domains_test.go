package mailer

import (
	"context"
	"net"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/net/dns/dnsmessage"
)

// nameServer is a DNS server on loopback that knows a few domains.
type nameServer struct {
	conn  net.PacketConn
	asked atomic.Int64
}

func startNameServer(t *testing.T) *nameServer {
	t.Helper()
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &nameServer{conn: conn}
	t.Cleanup(func() { _ = conn.Close() })
	go s.serve()
	return s
}

func (s *nameServer) resolver() *net.Resolver {
	return &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "udp", s.conn.LocalAddr().String())
	}}
}

func (s *nameServer) serve() {
	buf := make([]byte, 1500)
	for {
		n, from, err := s.conn.ReadFrom(buf)
		if err != nil {
			return
		}
		s.asked.Add(1)
		var m dnsmessage.Message
		if m.Unpack(buf[:n]) != nil || len(m.Questions) != 1 {
			continue
		}
		if answer, ok := answerFor(m); ok {
			_, _ = s.conn.WriteTo(answer, from)
		}
	}
}

// answerFor knows mx.example (MX), a.example (address only), null.example (null MX), broken.example (SERVFAIL), silent.example
// (no answer); nothing else exists.
func answerFor(m dnsmessage.Message) ([]byte, bool) {
	q := m.Questions[0]
	m.Response, m.RecursionAvailable, m.Additionals = true, true, nil
	head := dnsmessage.ResourceHeader{Name: q.Name, Type: q.Type, Class: q.Class, TTL: 60}
	mx := func(host string) {
		m.Answers = append(m.Answers, dnsmessage.Resource{Header: head, Body: &dnsmessage.MXResource{MX: dnsmessage.MustNewName(host)}})
	}
	switch name := strings.TrimSuffix(q.Name.String(), "."); {
	case name == "silent.example":
		return nil, false
	case name == "broken.example":
		m.RCode = dnsmessage.RCodeServerFailure
	case name == "mx.example" && q.Type == dnsmessage.TypeMX:
		mx("mail.mx.example.")
	case name == "null.example" && q.Type == dnsmessage.TypeMX:
		mx(".")
	case (name == "a.example" || name == "null.example") && q.Type == dnsmessage.TypeA:
		m.Answers = append(m.Answers, dnsmessage.Resource{Header: head, Body: &dnsmessage.AResource{A: [4]byte{192, 0, 2, 1}}})
	case name != "a.example" && name != "mx.example" && name != "null.example":
		m.RCode = dnsmessage.RCodeNameError
	}
	b, err := m.Pack()
	return b, err == nil
}

func TestDeliverable(t *testing.T) {
	s := startNameServer(t)
	for domain, want := range map[string]bool{
		"mx.example": true, "a.example": true, "null.example": false, "nowhere.example": false, "broken.example": true,
	} {
		d := &Domains{Resolver: s.resolver()}
		if got := d.Deliverable(t.Context(), domain); got != want {
			t.Errorf("Deliverable(%q) = %v", domain, got)
		}
	}
}

func TestDomainsRememberWhatIsCertain(t *testing.T) {
	s := startNameServer(t)
	now := time.Unix(1_800_000_000, 0)
	d := &Domains{Resolver: s.resolver(), Clock: func() time.Time { return now }}
	ask := func(domain string) int64 {
		before := s.asked.Load()
		d.Deliverable(t.Context(), domain)
		return s.asked.Load() - before
	}
	if first, second := ask("mx.example"), ask("mx.example"); first == 0 || second != 0 {
		t.Error("a certain answer is not remembered")
	}
	now = now.Add(domainsFor + time.Second)
	if ask("mx.example") == 0 {
		t.Error("an answer is remembered for ever")
	}
	first, second := ask("broken.example"), ask("broken.example")
	if first == 0 || second == 0 {
		t.Error("a failure is remembered")
	}
}

func TestSilentNameServerCountsAsDeliverable(t *testing.T) {
	s := startNameServer(t)
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if !(&Domains{Resolver: s.resolver()}).Deliverable(ctx, "silent.example") {
		t.Error("a time-out refuses the address")
	}
}
