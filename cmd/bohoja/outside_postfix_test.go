//go:build outside

package main

import (
	"bufio"
	"fmt"
	"io/fs"
	"maps"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/bohoja/bohoja/consent"
	"github.com/bohoja/bohoja/consent/consenttest"
	"github.com/bohoja/bohoja/mailer"
	"github.com/bohoja/bohoja/mailer/catcher"
	"github.com/bohoja/bohoja/mailer/mailertest"
	"github.com/bohoja/bohoja/templates"
)

// postfix is a Postfix with a configuration, queue and letters of its own. It takes letters for example.com over TLS only.
type postfix struct {
	t       testing.TB
	dir     string
	addr    string // where it listens, as the service names it
	back    string // where it brings what comes back
	running *program

	mu   sync.Mutex
	seen map[string]catcher.Letter // by file
}

// people are the mailboxes; everybody else is unknown, 550. gray@ is greylisted, and what was taken for gone@ comes back.
var people = []string{"parent@example.com", "second@example.com", "gray@example.com", gone}

const gone = "gone@example.com"

// wordPostfix starts it, stops it or starts it again.
func (o *outside) wordPostfix(ts *testscript.TestScript, _ bool, args []string) {
	switch strings.Join(args, " ") {
	case "":
		o.post = newPostfix(o.t, ts)
		o.box = o.post.letters
		ts.Setenv("BOHOJA_SMTP__URL", "smtp+starttls://"+o.post.addr)
		ts.Setenv("SSL_CERT_FILE", filepath.Join(o.post.dir, "conf", "ca.pem"))
		o.post.start(ts)
	case "stops":
		o.post.running.stop()
	case "starts":
		o.post.start(ts)
	default:
		ts.Fatalf("postfix cannot %q", args)
	}
}

// newPostfix writes the configuration. Its folder is not the test's own, which other users may not enter.
func newPostfix(t testing.TB, ts *testscript.TestScript) *postfix {
	if os.Getuid() != 0 {
		t.Fatal("Postfix changes users and so has to be started by root: sudo make outside")
	}
	dir, err := os.MkdirTemp("", "bohoja-postfix-")
	ts.Check(err)
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	ts.Check(os.Chmod(dir, 0o755))
	for _, name := range []string{"conf", "queue", "data", "mail", "log"} {
		ts.Check(os.Mkdir(filepath.Join(dir, name), 0o755))
	}
	owner(ts, "postfix", filepath.Join(dir, "data"))
	owner(ts, "nobody", filepath.Join(dir, "mail"))
	p := &postfix{t: t, back: ts.Getenv("BOHOJA_SMTP__BOUNCES_LISTEN"), dir: dir, addr: "localhost:" + consenttest.FreePort(t), seen: map[string]catcher.Letter{}}
	p.configure(ts, greylist(t))
	return p
}

// owner gives a folder away and returns the user's numbers.
func owner(ts *testscript.TestScript, name, dir string) (uid, gid int) {
	u, err := user.Lookup(name)
	ts.Check(err)
	_, err = fmt.Sscan(u.Uid+" "+u.Gid, &uid, &gid)
	ts.Check(err)
	ts.Check(os.Chown(dir, uid, gid))
	return uid, gid
}

func (p *postfix) configure(ts *testscript.TestScript, policy string) {
	conf := func(name, text string) { put(ts, filepath.Join(p.dir, "conf", name), text) }
	chain, key := mailertest.Certificate(p.t)
	conf("ca.pem", string(chain))
	conf("pair.pem", string(key)+string(chain))
	uid, gid := owner(ts, "nobody", filepath.Join(p.dir, "mail"))
	boxes := ""
	for _, who := range people {
		boxes += who + " " + strings.TrimSuffix(who, "@example.com") + "/\n"
	}
	conf("people", boxes)
	conf("transport", gone+" error:5.1.1 nobody of that name\nshop.example smtp:["+strings.Replace(p.back, ":", "]:", 1)+"\n")
	conf("main.cf", fmt.Sprintf(`compatibility_level = 3.6
queue_directory = %[1]s/queue
data_directory = %[1]s/data
maillog_file = %[1]s/log/mail
maillog_file_prefixes = %[1]s
myhostname = mail.example.com
mydestination =
alias_maps =
inet_protocols = ipv4
mynetworks = 127.0.0.0/8
biff = no
smtpd_tls_security_level = encrypt
smtpd_tls_chain_files = %[1]s/conf/pair.pem
smtpd_recipient_restrictions = reject_unauth_destination, check_policy_service inet:%[2]s
virtual_mailbox_domains = example.com
virtual_mailbox_base = %[1]s/mail
virtual_mailbox_maps = texthash:%[1]s/conf/people
transport_maps = texthash:%[1]s/conf/transport
virtual_minimum_uid = 1
virtual_uid_maps = static:%[3]d
virtual_gid_maps = static:%[4]d
`, p.dir, policy, uid, gid))
	_, port, _ := net.SplitHostPort(p.addr)
	conf("master.cf", "127.0.0.1:"+port+` inet n - n - - smtpd
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
proxymap unix - - n - - proxymap
tlsmgr unix - - n 1000? 1 tlsmgr
smtp unix - - n - - smtp
error unix - - n - - error
retry unix - - n - - error
virtual unix - n n - - virtual
anvil unix - - n - 1 anvil
postlog unix-dgram n - n - 1 postlogd
`)
}

// start starts Postfix and waits until it greets.
func (p *postfix) start(ts *testscript.TestScript) {
	conf := filepath.Join(p.dir, "conf")
	if out, err := exec.Command("postfix", "-c", conf, "check").CombinedOutput(); err != nil { // makes the queue's folders
		p.t.Fatalf("postfix check (.ci/tools outside installs it): %v\n%s", err, out)
	}
	where, err := exec.Command("postconf", "-c", conf, "-h", "daemon_directory").Output()
	ts.Check(err)
	// As `postfix start-fg` does, but without the shell around it, which ends before the master that it started.
	p.running = launch(p.t, filepath.Join(strings.TrimSpace(string(where)), "master"), "-c", conf, "-s")
	wait(ts, func() bool { return p.running.ended() || greets(p.addr) }, "Postfix")
	if p.running.ended() {
		log, _ := os.ReadFile(filepath.Join(p.dir, "log", "mail"))
		ts.Fatalf("Postfix ended:\n%s\n%s", p.running.said.String(), log)
	}
}

func greets(addr string) bool {
	c, err := net.DialTimeout("tcp", addr, time.Second)
	if err != nil {
		return false
	}
	defer func() { _ = c.Close() }()
	_ = c.SetDeadline(time.Now().Add(time.Second))
	line, _ := bufio.NewReader(c).ReadString('\n')
	return strings.HasPrefix(line, "220 ")
}

// letters reads what was delivered, in the order in which it was first seen.
func (p *postfix) letters() []catcher.Letter {
	p.mu.Lock()
	defer p.mu.Unlock()
	files, _ := filepath.Glob(filepath.Join(p.dir, "mail", "*", "new", "*"))
	for _, name := range files {
		if _, ok := p.seen[name]; ok {
			continue
		}
		raw, err := os.ReadFile(name)
		if err != nil {
			continue
		}
		l := catcher.Read("", filepath.Base(filepath.Dir(filepath.Dir(name)))+"@example.com", raw)
		l.N = 1 + len(p.seen)
		p.seen[name] = l
	}
	return slices.SortedFunc(maps.Values(p.seen), func(a, b catcher.Letter) int { return a.N - b.N })
}

// greylist is a policy service (Postfix' SMTPD_POLICY_README): whoever writes to gray@ has to come twice.
func greylist(t testing.TB) string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	var mu sync.Mutex
	known := map[string]bool{}
	judge := func(recipient string) string {
		mu.Lock()
		defer mu.Unlock()
		if !strings.HasPrefix(recipient, "gray@") || known[recipient] {
			return "dunno"
		}
		known[recipient] = true
		return "451 4.7.1 Greylisted, please try again"
	}
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go answerPolicy(c, judge)
		}
	}()
	return l.Addr().String()
}

// answerPolicy answers each block of name=value lines.
func answerPolicy(c net.Conn, judge func(recipient string) string) {
	defer func() { _ = c.Close() }()
	recipient := ""
	for in := bufio.NewScanner(c); in.Scan(); {
		if who, ok := strings.CutPrefix(in.Text(), "recipient="); ok {
			recipient = who
		}
		if in.Text() == "" {
			_, _ = fmt.Fprintf(c, "action=%s\n\n", judge(recipient))
		}
	}
}

// empty reports whether nothing is in the queue.
func (p *postfix) empty() bool {
	some := 0
	for _, name := range []string{"maildrop", "incoming", "active", "deferred"} {
		_ = filepath.WalkDir(filepath.Join(p.dir, "queue", name), func(_ string, d fs.DirEntry, err error) error {
			if err == nil && !d.IsDir() {
				some++
			}
			return nil
		})
	}
	return some == 0
}

// wordArrived counts the letters to an address once neither the outbox nor Postfix has anything to do.
func (o *outside) wordArrived(ts *testscript.TestScript, _ bool, args []string) {
	o.idle(ts)
	wait(ts, o.post.empty, "an empty queue")
	n := 0
	for _, l := range o.arrived() {
		if l.To == args[1] {
			n++
		}
	}
	if fmt.Sprint(n) != args[0] {
		ts.Fatalf("%d letters came to %s", n, args[1])
	}
}

// boundary is random, and the only part of a letter that is not made of its content.
var boundary = regexp.MustCompile(`[0-9a-f]{60}`)

// wordExact writes every letter that arrived once more, of its content, and compares all bytes but the boundary. What
// Postfix has added stands before the first header.
func (o *outside) wordExact(ts *testscript.TestScript, _ bool, _ []string) {
	letters, urls := o.arrived(), 0
	for _, l := range letters {
		want := boundary.ReplaceAllString(o.rewritten(ts, l), "boundary")
		got := boundary.ReplaceAllString(string(l.Raw), "boundary")
		trace, ok := strings.CutSuffix(got, strings.ReplaceAll(want, "\r\n", "\n"))
		if !ok || !returnPath.MatchString(trace) {
			ts.Fatalf("sent:\n%s\narrived:\n%s", want, got)
		}
		for _, link := range l.Links {
			if strings.Contains(l.HTML, link) {
				urls++
			}
		}
	}
	if len(letters) < 4 || urls < len(letters) {
		ts.Fatalf("%d letters with %d links", len(letters), urls)
	}
	o.fact("%d letters byte for byte, %d links in one piece", len(letters), urls)
}

// returnPath is that of a letter, which names it (VERP).
var returnPath = regexp.MustCompile(`^Return-Path: <bounces\+[a-z0-9-]{36,48}@shop\.example>\n`)

// rewritten sends the content of a letter to a server of the test's own and returns what came over the wire.
func (o *outside) rewritten(ts *testscript.TestScript, l catcher.Letter) string {
	to := mailertest.New(o.t, mailertest.Options{})
	at, err := time.Parse(time.RFC1123Z, l.Header.Get("Date"))
	ts.Check(err)
	m, err := mailer.New(mailer.Options{
		URL: to.URL(), From: ts.Getenv("BOHOJA_SMTP__FROM"), PublicURL: ts.Getenv("BOHOJA_PUBLIC_URL"),
		Render: templates.RenderLetter, Clock: func() time.Time { return at },
	})
	ts.Check(err)
	defer m.Close()
	id, _, _ := strings.Cut(strings.Trim(l.MessageID, "<>"), "@")
	ts.Check(m.Send(o.t.Context(), mailer.Parcel{
		ID: id, To: consent.Secret(l.To), ReplyTo: "privacy@shop.example",
		Content: templates.Rendered{Lang: l.Header.Get("Content-Language"), Subject: l.Subject, Text: l.Text, HTML: l.HTML},
	}))
	return string(to.Await(1)[0].Raw)
}
