package main

import (
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/miekg/dns"

	"github.com/bohoja/bohoja/cmd/bohoja/config"
)

// nameServer is a DNS server of the test's own. What it was not told does not exist.
type nameServer struct {
	addr string

	mu      sync.Mutex
	records map[string][]dns.RR // by name and type
	mute    bool                // it answers that it failed
}

func newNameServer(t *testing.T) *nameServer {
	t.Helper()
	conn, tcp := bothPorts(t)
	n := &nameServer{addr: conn.LocalAddr().String()}
	for _, s := range []*dns.Server{{PacketConn: conn, Handler: n}, {Listener: tcp, Handler: n}} {
		go func() { _ = s.ActivateAndServe() }()
		t.Cleanup(func() { _ = s.Shutdown() })
	}
	n.say()
	return n
}

// bothPorts listens on one port by UDP and, since long answers are asked for again by it, TCP. What is free for the one may
// be taken for the other.
func bothPorts(t *testing.T) (net.PacketConn, net.Listener) {
	t.Helper()
	for {
		conn, err := net.ListenPacket("udp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		tcp, err := net.Listen("tcp", conn.LocalAddr().String())
		if err == nil {
			return conn, tcp
		}
		_ = conn.Close()
	}
}

// say forgets what the server knew, and tells it these lines of a zone file.
func (n *nameServer) say(lines ...string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.records, n.mute = map[string][]dns.RR{}, false
	for _, line := range lines {
		rr, err := dns.NewRR(line)
		if err != nil {
			panic(err)
		}
		key := rr.Header().Name + dns.Type(rr.Header().Rrtype).String()
		n.records[key] = append(n.records[key], rr)
	}
}

func (n *nameServer) fail() {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.mute = true
}

// ServeDNS implements dns.Handler.
func (n *nameServer) ServeDNS(w dns.ResponseWriter, q *dns.Msg) {
	n.mu.Lock()
	defer n.mu.Unlock()
	var m dns.Msg
	m.SetReply(q)
	m.Answer = n.records[strings.ToLower(q.Question[0].Name)+dns.Type(q.Question[0].Qtype).String()]
	switch {
	case n.mute:
		m.Rcode = dns.RcodeServerFailure
	case m.Answer == nil:
		m.Rcode = dns.RcodeNameError
	}
	if _, packet := w.RemoteAddr().(*net.UDPAddr); packet {
		m.Truncate(dns.MinMsgSize)
	}
	_ = w.WriteMsg(&m)
}

const (
	goodSPF   = `mail.haneul.kr. TXT "v=spf1 a:smtp.haneul.kr -all"`
	goodDMARC = `_dmarc.mail.haneul.kr. TXT "v=DMARC1; p=none"`
)

// TestDoctorSender: each record that is missing or wrong is named, with what to write there.
func TestDoctorSender(t *testing.T) {
	t.Parallel()
	w := newWard(t)
	for _, c := range []struct{ line, beginning, text string }{
		{goodDMARC, "amiss spf:", "has no SPF record"},
		{goodSPF + "\n" + `mail.haneul.kr. TXT "v=spf1 mx -all"` + "\n" + goodDMARC, "amiss spf:", "2 SPF records"},
		{`mail.haneul.kr. TXT "v=spf1 +all"` + "\n" + goodDMARC, "amiss spf:", "lets everybody"},
		{goodSPF, "amiss dmarc:", "has no DMARC policy"},
		{goodSPF + "\n" + goodDMARC + "\n" + `_dmarc.mail.haneul.kr. TXT "v=DMARC1; p=reject"`, "amiss dmarc:", "2 policies"},
		{goodSPF + "\n" + `_dmarc.mail.haneul.kr. TXT "v=DMARC1; p=strict"`, "amiss dmarc:", "has no p=none"},
	} {
		w.names.say(strings.Split(c.line, "\n")...)
		holds(t, w.found(t, exitAmiss), c.beginning, c.text)
	}
	w.names.fail()
	got := w.found(t, exitFine)
	holds(t, got, "advice spf:", "the DNS does not answer")
	holds(t, got, "advice dmarc:", "the DNS does not answer")
	holds(t, w.found(t, exitFine, "BOHOJA_SMTP__FROM=consent@shop.example"), "advice sender:", "a name for examples")
	call(t, w.env, "doctor", "--dns", "dns.example").want(t, exitUsage, "--dns: write the IP address")
}

// TestDoctorDKIM: a key that signs needs its record in the DNS, of the selector and the domain in force.
func TestDoctorDKIM(t *testing.T) {
	t.Parallel()
	w := newWard(t)
	holds(t, w.found(t, exitFine), "advice dkim:", "bohoja keys dkim")
	row := read[dkimRow](t, call(t, w.env, "keys", "dkim", "--json"))
	if !row.Made || row.Name != "bohoja._domainkey.mail.haneul.kr" {
		t.Errorf("%+v", row)
	}
	holds(t, w.found(t, exitAmiss), "amiss dkim:", row.Name+" has no TXT record")
	plain := call(t, w.env, "keys", "dkim")
	plain.want(t, exitFine, "was there already", `" "`)
	zone, _, _ := strings.Cut(plain.out, "\n")
	w.names.say(goodSPF, goodDMARC, zone)
	call(t, w.env, "doctor", "--dns", w.names.addr).want(t, exitFine, "fine    dkim: "+row.Name+" has the key that signs here")
	w.names.say(goodSPF, goodDMARC, strings.Replace(zone, "p=MII", "p=MIJ", 1))
	holds(t, w.found(t, exitAmiss), "amiss dkim:", "is not that of the key here")
	w.names.fail()
	holds(t, w.found(t, exitFine), "advice dkim:", "the DNS does not answer")
	other := read[dkimRow](t, call(t, append(w.env, "BOHOJA_SMTP__DKIM_DOMAIN=haneul.kr", "BOHOJA_SMTP__DKIM_SELECTOR=b2"), "keys", "dkim", "--json"))
	if !other.Made || other.Name != "b2._domainkey.haneul.kr" || other.Record == row.Record {
		t.Errorf("%+v", other)
	}
	if err := os.WriteFile(filepath.Join(w.dir, "keys", "long", "dkim-bohoja.pem"), []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	holds(t, w.found(t, exitAmiss), "amiss dkim:", "holds no RSA key")
	call(t, append(w.env[:5:5], "BOHOJA_CONFIG="+example(t, "  from: Haneul Shop <consent@shop.example>\n", "")), "keys", "dkim").want(t, exitUsage, "smtp.from")
}

// TestDoctorPTR: the address of the mail server has a name, and the name leads back.
func TestDoctorPTR(t *testing.T) {
	t.Parallel()
	n := newNameServer(t)
	dns, err := resolver(n.addr)
	if err != nil {
		t.Fatal(err)
	}
	const addr, back, forth = "smtp.haneul.kr. A 192.0.2.9", "9.2.0.192.in-addr.arpa. PTR out.haneul.kr.", "out.haneul.kr. A 192.0.2.9"
	l := inForceAt(t, "BOHOJA_SMTP__URL=smtps://smtp.haneul.kr:465")
	e := sender{dns, &l.Settings, "haneul.kr"}
	for _, c := range []struct {
		state, text string
		lines       []string
	}{
		{stateFine, "lead back", []string{addr, back, forth}},
		{stateAdvice, "192.0.2.9 has no name", []string{addr, forth}},
		{stateAdvice, "192.0.2.9 has no name", []string{addr, back, "out.haneul.kr. A 192.0.2.10"}},
		{stateAdvice, "does not answer", nil},
	} {
		n.say(c.lines...)
		if got := e.ptr(t.Context()); got.State != c.state || !strings.Contains(got.Detail, c.text) {
			t.Errorf("%v: %+v", c.lines, got)
		}
	}
}

// inForceAt loads the example with these variables.
func inForceAt(t *testing.T, environ ...string) *config.Loaded {
	t.Helper()
	w := &world{environ: append(environ, "BOHOJA_CONFIG="+example(t))}
	return w.load()
}
