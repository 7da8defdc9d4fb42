package webhook

import (
	"context"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/bohoja/bohoja/consent"
	"go.uber.org/goleak"
	"golang.org/x/net/dns/dnsmessage"
)

// TestMain sets a proxy at which nobody listens, before anything can read the environment: a delivery that asked it fails.
func TestMain(m *testing.M) {
	for _, name := range []string{"HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"} {
		if err := os.Setenv(name, "http://127.0.0.1:1"); err != nil {
			log.Fatal(err)
		}
	}
	goleak.VerifyTestMain(m)
}

// now and happened are whole milliseconds, as the store's times are.
var (
	now      = time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	happened = now.Add(-90*time.Minute + 123*time.Millisecond)
)

func clock() time.Time { return now }

var (
	newSecret = consent.Secret("whsec_bmV3IHNlY3JldCBvZiB0aGUgc2hvcCwgMzIgYnl0ZXM=")
	oldSecret = consent.Secret("whsec_b2xkIHNlY3JldCBvZiB0aGUgc2hvcCwgMzIgYnl0ZXM=")
)

// received is one request as it came off the wire.
type received struct {
	method, target, proto string
	header                http.Header
	body                  []byte
}

// shop is a receiver: it notes what comes and then lets answer speak; nil answers 200.
type shop struct {
	*httptest.Server
	mu  sync.Mutex
	got []received
}

func newShop(t *testing.T, answer http.HandlerFunc) *shop {
	t.Helper()
	s := unstarted(answer)
	s.Start()
	t.Cleanup(s.Close)
	return s
}

func unstarted(answer http.HandlerFunc) *shop {
	s := new(shop)
	s.Server = httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		s.mu.Lock()
		s.got = append(s.got, received{r.Method, r.URL.String(), r.Proto, r.Header.Clone(), body})
		s.mu.Unlock()
		if answer != nil {
			answer(w, r)
		}
	}))
	s.Config.ErrorLog = log.New(io.Discard, "", 0)
	return s
}

func (s *shop) requests() []received {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]received(nil), s.got...)
}

func (s *shop) port(t *testing.T) string {
	t.Helper()
	_, port, err := net.SplitHostPort(s.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	return port
}

// declare returns a source of the book in which the app "shop" has these targets.
func declare(t *testing.T, hooks ...consent.Webhook) func() *consent.Book {
	t.Helper()
	b, err := consent.NewBook(consent.Profile{}, consent.Operator{}, consent.Gate{},
		[]consent.App{{ID: "shop", Webhooks: hooks}})
	if err != nil {
		t.Fatal(err)
	}
	return func() *consent.Book { return b }
}

func hookTo(url string) consent.Webhook { return consent.Webhook{URL: url, Secret: newSecret} }

// start returns a Deliverer with one target, on private addresses unless change says otherwise.
func start(t *testing.T, url string, change func(*Options)) *Deliverer {
	t.Helper()
	o := Options{Book: declare(t, hookTo(url)), Clock: clock, AllowPrivate: true, Timeout: time.Minute}
	if change != nil {
		change(&o)
	}
	d := New(o)
	t.Cleanup(d.Close)
	return d
}

// granted is a job for the target at url.
func granted(url string) consent.HookJob {
	return consent.HookJob{
		App: "shop", URL: url, Event: "evt_01", Type: consent.EventGranted,
		Data: consent.EventData{
			ID: "cr_01", Subject: "user-123", Status: consent.Granted, Custody: consent.Held,
			Purposes: []string{"account", "delivery"},
		},
	}
}

// names starts a DNS server on loopback and returns a resolver that asks it. answer gets the number of earlier questions
// for an address of that kind; IPv4 and IPv6 answers are told apart by the addresses.
func names(t *testing.T, answer func(earlier int) []netip.Addr) *net.Resolver {
	t.Helper()
	conn, err := net.ListenPacket("udp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var done sync.WaitGroup
	done.Go(func() { serveNames(conn, answer) })
	t.Cleanup(func() { _ = conn.Close(); done.Wait() })
	return &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		var d net.Dialer
		return d.DialContext(ctx, "udp4", conn.LocalAddr().String())
	}}
}

func serveNames(conn net.PacketConn, answer func(int) []netip.Addr) {
	asked := map[dnsmessage.Type]int{}
	buf := make([]byte, 1500)
	for {
		n, from, err := conn.ReadFrom(buf)
		if err != nil {
			return
		}
		var q dnsmessage.Message
		var p dnsmessage.Parser
		h, err := p.Start(buf[:n])
		if err != nil {
			continue
		}
		if q.Questions, err = p.AllQuestions(); err != nil || len(q.Questions) != 1 {
			continue
		}
		kind := q.Questions[0].Type
		q.Header = dnsmessage.Header{ID: h.ID, Response: true, RecursionAvailable: true}
		q.Answers = resources(q.Questions[0], answer(asked[kind]))
		asked[kind]++
		if out, err := q.Pack(); err == nil {
			_, _ = conn.WriteTo(out, from)
		}
	}
}

func resources(q dnsmessage.Question, addrs []netip.Addr) []dnsmessage.Resource {
	var out []dnsmessage.Resource
	for _, a := range addrs {
		r := dnsmessage.Resource{Header: dnsmessage.ResourceHeader{Name: q.Name, Class: q.Class, Type: q.Type}}
		switch {
		case a.Is4() && q.Type == dnsmessage.TypeA:
			r.Body = &dnsmessage.AResource{A: a.As4()}
		case a.Is6() && q.Type == dnsmessage.TypeAAAA:
			r.Body = &dnsmessage.AAAAResource{AAAA: a.As16()}
		default:
			continue
		}
		out = append(out, r)
	}
	return out
}

// Deliver is Try for tests that look at the error alone.
func (d *Deliverer) Deliver(ctx context.Context, job consent.HookJob, happened time.Time) error {
	_, err := d.Try(ctx, job, happened)
	return err
}
