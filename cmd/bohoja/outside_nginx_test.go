//go:build outside

package main

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/user"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/bohoja/bohoja/consent/consenttest"
	"github.com/bohoja/bohoja/mailer/mailertest"
)

// nginx is the one before the service.
type nginx struct {
	dir   string // its files and logs
	addr  string // where it listens; with TLS, where it only sends on
	tls   string // where it listens with TLS
	roots *x509.CertPool
}

const plainListen = "    listen 80;\n    listen [::]:80;\n"

// wordNginx starts nginx by the file that is shipped, changed as its own comments say.
func (o *outside) wordNginx(ts *testscript.TestScript, _ bool, args []string) {
	path, mode := args[0], strings.Join(args[1:], " ")
	n := &nginx{dir: o.t.TempDir(), addr: "127.0.0.1:" + consenttest.FreePort(o.t)}
	o.nginx = n
	service := "http://" + o.processes[""].public
	public, to := "http://"+n.addr+strings.TrimSuffix(path, "/"), service
	ts.Setenv("DIRECT", service)
	ts.Setenv("URL", public)
	conf, err := os.ReadFile("deploy/nginx.conf")
	ts.Check(err)
	text := string(conf)
	switch mode {
	case "cut":
		to += "/"
	case "tls":
		text = n.encrypt(ts, o.t, text)
		public = "https://" + n.tls
		ts.Setenv("URL", service)
	}
	ts.Setenv("BOHOJA_PUBLIC_URL", public)
	put(ts, filepath.Join(n.dir, "bohoja.conf"), replaced(ts, text,
		plainListen, "    listen "+n.addr+";\n", "/var/log/nginx/", n.dir+"/",
		"location / {", "location "+path+" {", "proxy_pass http://127.0.0.1:8080;", "proxy_pass "+to+";"))
	put(ts, filepath.Join(n.dir, "nginx.conf"), nginxMain(ts, n.dir))
	p := launch(o.t, "nginx", "-c", filepath.Join(n.dir, "nginx.conf"))
	wait(ts, func() bool { return p.ended() || listens(n.addr) }, "nginx")
	if p.ended() {
		ts.Fatalf("nginx ended:\n%s", p.said.String())
	}
}

// commentedOut finds the lines that are nginx's behind their #, as opposed to prose.
var commentedOut = regexp.MustCompile(`(?m)^( *)#(\S|    )`)

// encrypt takes port 80 from the server and the # away from all that waits for TLS.
func (n *nginx) encrypt(ts *testscript.TestScript, t testing.TB, text string) string {
	chain, key := mailertest.Certificate(t)
	put(ts, filepath.Join(n.dir, "fullchain.pem"), string(chain))
	put(ts, filepath.Join(n.dir, "privkey.pem"), string(key))
	n.roots = x509.NewCertPool()
	n.roots.AppendCertsFromPEM(chain)
	n.tls = "localhost:" + consenttest.FreePort(t)
	text = commentedOut.ReplaceAllString(strings.Replace(text, plainListen, "", 1), "$1$2")
	return replaced(ts, text, "listen 443 ssl", "listen "+n.tls+" ssl", "    listen [::]:443 ssl http2;\n", "",
		"https://$server_name$request_uri", "https://"+n.tls+"$request_uri", "/etc/letsencrypt/live/consent.shop.example/", n.dir+"/")
}

// wordEncrypted opens a link with TLS, and without: then it is sent on. A program that comes without TLS is not, and no old TLS is spoken.
func (o *outside) wordEncrypted(ts *testscript.TestScript, _ bool, args []string) {
	client := &http.Client{Timeout: patience, Transport: &http.Transport{
		TLSClientConfig: &tls.Config{RootCAs: o.nginx.roots, MinVersion: tls.VersionTLS12}, ForceAttemptHTTP2: true,
	}}
	defer client.CloseIdleConnections()
	link := one(ts, args)
	for _, from := range []string{link, strings.Replace(link, "https://"+o.nginx.tls, "http://"+o.nginx.addr, 1)} {
		res, err := client.Do(getting(ts, from))
		ts.Check(err)
		_ = res.Body.Close()
		if res.StatusCode != http.StatusOK || res.ProtoMajor != 2 || res.Header.Get("Strict-Transport-Security") != "max-age=31536000; includeSubDomains" ||
			res.Request.URL.String() != link || res.Header.Get("Referrer-Policy") != "no-referrer" {
			ts.Fatalf("%d at %s, with %q", res.StatusCode, res.Proto, res.Header)
		}
	}
	base := strings.Replace(link[:strings.LastIndex(link, "/c/")], "https://"+o.nginx.tls, "http://"+o.nginx.addr, 1)
	for _, path := range []string{"/v1/events", "/embed/shop/words"} {
		res, err := client.Do(getting(ts, base+path))
		ts.Check(err)
		_ = res.Body.Close()
		if res.StatusCode != http.StatusForbidden || res.Request.URL.Scheme != "http" {
			ts.Fatalf("%s without TLS: %d at %s", path, res.StatusCode, res.Request.URL)
		}
	}
	for newest, spoken := range map[uint16]bool{tls.VersionTLS11: false, tls.VersionTLS12: true} {
		conn, err := tls.Dial("tcp", o.nginx.tls, &tls.Config{RootCAs: o.nginx.roots, MinVersion: tls.VersionTLS10, MaxVersion: newest})
		if err == nil {
			_ = conn.Close()
		}
		if (err == nil) != spoken {
			ts.Fatalf("%s: %v", tls.VersionName(newest), err)
		}
	}
	o.fact("HTTP/2 and a way on from port 80, for people alone")
}

// replaced changes a text by pairs, each of which must be in it.
func replaced(ts *testscript.TestScript, text string, pairs ...string) string {
	for i := 0; i < len(pairs); i += 2 {
		if !strings.Contains(text, pairs[i]) {
			ts.Fatalf("there is no %q in\n%s", pairs[i], text)
		}
		text = strings.ReplaceAll(text, pairs[i], pairs[i+1])
	}
	return text
}

// nginxMain is what Debian has in nginx.conf around conf.d, with all files in dir.
func nginxMain(ts *testscript.TestScript, dir string) string {
	me, err := user.Current()
	ts.Check(err)
	group, err := user.LookupGroupId(me.Gid)
	ts.Check(err)
	var temps strings.Builder
	for _, kind := range []string{"client_body", "proxy", "fastcgi", "uwsgi", "scgi"} {
		fmt.Fprintf(&temps, "  %s_temp_path %s/%s;\n", kind, dir, kind)
	}
	return fmt.Sprintf(`daemon off;
user %s %s;
worker_processes 2;
pid %[3]s/nginx.pid;
error_log %[3]s/error.log;
events { worker_connections 256; }
http {
  gzip on;
  access_log %[3]s/access.log;
%[4]s  include %[3]s/bohoja.conf;
}
`, me.Username, group.Name, dir, temps.String())
}

func listens(addr string) bool {
	c, err := net.DialTimeout("tcp", addr, time.Second)
	if err == nil {
		_ = c.Close()
	}
	return err == nil
}

// wordGuess sends wrong keys, ever other ones, from an address of its own.
func (o *outside) wordGuess(ts *testscript.TestScript, _ bool, args []string) {
	n, err := strconv.Atoi(args[1])
	ts.Check(err)
	dialer := &net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(args[0])}}
	client := &http.Client{Timeout: patience, Transport: &http.Transport{DialContext: func(ctx context.Context, network, to string) (net.Conn, error) {
		return dialer.DialContext(ctx, network, to)
	}}}
	defer client.CloseIdleConnections()
	last := 0
	for i := range n {
		req := getting(ts, args[3]+"/v1/child-notice")
		req.Header.Set("Authorization", "Bearer "+newKey(liveKey))
		if len(args) > 4 {
			req.Header.Set("X-Forwarded-For", strings.ReplaceAll(args[4], "+", strconv.Itoa(1+i)))
		}
		res, err := client.Do(req)
		ts.Check(err)
		_ = res.Body.Close()
		last = res.StatusCode
	}
	if strconv.Itoa(last) != args[2] {
		ts.Fatalf("the last of %d was answered %d", n, last)
	}
}

// wordOdd asks for a link in ways in which a log could miss it.
func (o *outside) wordOdd(ts *testscript.TestScript, _ bool, args []string) {
	link, err := url.Parse(one(ts, args))
	ts.Check(err)
	dir, key := link.Path[:strings.LastIndexByte(link.Path, '/')+1], token(link.Path)
	kind := dir[len(dir)-2 : len(dir)-1] // its last letter: my is written m%79
	encoded := strings.TrimSuffix(dir, kind+"/") + fmt.Sprintf("%%%x/", kind)
	lines := []string{
		"GET " + dir + key + " HTTP/1.1\r\nReferer: " + link.String(),
		"GET " + dir + key + " HTTP/1.0\r\nUser-Agent: " + key,
		"GET " + encoded + key + " HTTP/1.1",
		"GET " + strings.ReplaceAll(dir, "/", "//") + key + " HTTP/1.1",
		"GET " + dir + "../" + kind + "/" + key + " HTTP/1.1",
		"GET " + strings.TrimSuffix(dir, "/") + "%2F" + key + " HTTP/1.1",
		"GET " + strings.ToUpper(dir) + key + " HTTP/1.1",
		"GET " + dir + key + "/" + key + "?key=" + key + " HTTP/1.1",
		"GET /" + key + " HTTP/1.1",
		"GET /v1/" + key + " HTTP/1.1",
		"GET " + link.String() + " HTTP/1.1",
		"GET " + dir + key + strings.Repeat("x", 16000) + " HTTP/1.1",
		"GET " + dir + key + " HTTP/1.1\r\nbad header " + key,
		"GET " + dir + key + "%0a%00%zz HTTP/1.1",
		"PROPFIND " + dir + key + " HTTP/1.1",
		"POST " + dir + key + " HTTP/1.1\r\nContent-Length: 99999999",
	}
	for _, line := range lines {
		said(ts, link.Host, line)
	}
	o.count(len(lines), "odd requests")
}

// said makes a request as it stands and waits for an answer, or for the end of the conversation.
func said(ts *testscript.TestScript, host, head string) {
	c, err := net.Dial("tcp", host)
	ts.Check(err)
	defer func() { _ = c.Close() }()
	ts.Check(c.SetDeadline(time.Now().Add(patience)))
	_, err = c.Write([]byte(head + "\r\nHost: consent.shop.example\r\nConnection: close\r\n\r\n"))
	ts.Check(err)
	line, err := bufio.NewReader(c).ReadString('\n')
	if err != nil || !strings.HasPrefix(line, "HTTP/1.1 ") {
		ts.Fatalf("%.60q was answered %q: %v", head, line, err)
	}
}

// wordUnlogged looks into everything that nginx wrote.
func (o *outside) wordUnlogged(ts *testscript.TestScript, _ bool, args []string) {
	lines := 0
	logs, err := filepath.Glob(filepath.Join(o.nginx.dir, "*.log"))
	ts.Check(err)
	for _, name := range logs {
		text := ts.ReadFile(name)
		if text != "" {
			o.spotless(ts, name, text)
		}
		lines += strings.Count(text, "\n")
	}
	most, err := strconv.Atoi(one(ts, args))
	ts.Check(err)
	if lines < most || !strings.Contains(o.nginxLog(ts), "/c/[link]") {
		ts.Fatalf("nginx wrote %d lines", lines)
	}
	o.fact("%d lines of log, 0 tokens", lines)
}

func (o *outside) nginxLog(ts *testscript.TestScript) string {
	return ts.ReadFile(filepath.Join(o.nginx.dir, "bohoja.log"))
}
