//go:build outside

package main

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// doors are the public addresses without a link in them, and what tells that the service itself answered there.
var doors = []struct{ path, holds string }{
	{"/embed/v1.js", "guardian-consent"}, {"/embed/shop/words", "{"}, {"/policy/shop", "<h1"}, {"/why/shop", "<h1"},
	{"/my", "<form"}, {"/code", "<form"}, {"/docs", "<h1"}, {"/openapi.json", `"openapi"`},
}

// ledTo finds what a page or a document leads to on its own host.
var ledTo = regexp.MustCompile(`(?:href|src|action)="(/[^"#?]*)`)

// wordDoors opens every door at the public URL, and whatever on this host their pages lead to.
func (o *outside) wordDoors(ts *testscript.TestScript, _ bool, _ []string) {
	base, err := url.Parse(ts.Getenv("URL"))
	ts.Check(err)
	links := map[string]bool{}
	for _, door := range doors {
		a, err := o.doOnce(getting(ts, base.String()+door.path))
		ts.Check(err)
		if a.status != http.StatusOK || !strings.Contains(a.body, door.holds) {
			ts.Fatalf("%s: %d\n%.300s", door.path, a.status, a.body)
		}
		for _, m := range ledTo.FindAllStringSubmatch(a.body, -1) {
			links[m[1]] = true
		}
	}
	for link := range links {
		if !strings.HasPrefix(link, base.Path+"/") {
			ts.Fatalf("%s leads out of %s", link, base)
		}
		a, err := o.doOnce(getting(ts, base.Scheme+"://"+base.Host+link))
		ts.Check(err)
		a.want(ts, http.StatusOK)
	}
	if servers := o.ask(ts, "", http.MethodGet, "/openapi.json", "").body; !strings.Contains(servers, `"`+base.String()+`"`) {
		ts.Fatalf("the description names another server than %s", base)
	}
	o.fact("%d doors and %d links of theirs", len(doors), len(links))
}

// wordStart makes a client token, hides it, and opens the sign-up that it leads to.
func (o *outside) wordStart(ts *testscript.TestScript, _ bool, args []string) {
	a := o.ask(ts, o.keys[o.key], http.MethodPost, "/v1/client-tokens", `{"subject":"`+one(ts, args)+`"}`)
	a.want(ts, http.StatusCreated)
	o.hide(field(a.body, "token"))
	start := field(a.body, "start_url")
	if !strings.HasPrefix(start, ts.Getenv("URL")+"/start/") {
		ts.Fatalf("the sign-up is at %s", start)
	}
	o.wordOpen(ts, false, []string{start})
	o.wordPress(ts, false, []string{"birth_year=2015", "birth_month=11", "birth_day=27"})
	for _, path := range []string{"/start/shop/", "/start/", "/embed/shop/"} { // a token where none belongs
		said(ts, o.nginx.addr, "GET "+path+field(a.body, "token")+" HTTP/1.1")
	}
}

// wordLarge sends bodies that nginx alone would refuse: one past the service's own bound, and one of a list within it.
func (o *outside) wordLarge(ts *testscript.TestScript, _ bool, _ []string) {
	a := o.ask(ts, o.keys[o.key], http.MethodPost, "/v1/consent-requests", `{"subject":"`+strings.Repeat("x", 3<<20)+`"}`)
	if a.status != http.StatusRequestEntityTooLarge || a.code() != "too_large" {
		ts.Fatalf("%d %.200s", a.status, a.body)
	}
	list := strings.TrimSuffix(strings.Repeat(`{"email":"somebody.with.a.name.as.long.as.this@example.com"},`, 9_999), ",")
	a = o.ask(ts, o.keys[o.key], http.MethodPost, "/v1/marketing/check-batch", `{"kind":"offer","identities":[`+list+`]}`)
	a.want(ts, http.StatusOK)
	if n := strings.Count(a.body, `"allowed"`); n != 9_999 {
		ts.Fatalf("%d answers", n)
	}
	o.fact("bodies of 3 MB (413) and %d kB", len(list)>>10)
}

const (
	rowsOfMega  = 40_000
	blockedEach = 1_000 // every so many rows are a child's
)

// wordFilter streams a list of so many megabytes in and out at once, and asks afterwards how the run ended: nginx does not hand on trailers.
func (o *outside) wordFilter(ts *testscript.TestScript, _ bool, args []string) {
	mega, err := strconv.Atoi(one(ts, args))
	ts.Check(err)
	if more := os.Getenv("BOHOJA_OUTSIDE_MB"); more != "" {
		mega, err = strconv.Atoi(more)
		ts.Check(err)
	}
	o.ask(ts, o.keys[o.key], http.MethodPost, "/v1/minors", `{"email":"flagged.child@example.com","age":10}`).want(ts, http.StatusCreated)
	began, sent, before := time.Now(), mega*rowsOfMega, o.resident(ts)
	req, err := http.NewRequest(http.MethodPost, ts.Getenv("URL")+"/v1/marketing/filter?kind=offer&column=email", rowsUpTo(sent))
	ts.Check(err)
	req.Header.Set("Authorization", "Bearer "+o.keys[o.key])
	req.Header.Set("Content-Type", "text/csv")
	client := &http.Client{Timeout: time.Duration(30+mega) * time.Second}
	defer client.CloseIdleConnections()
	res, err := client.Do(req)
	ts.Check(err)
	defer func() { _ = res.Body.Close() }()
	kept := -1 // the head of the list
	lines := bufio.NewScanner(res.Body)
	for lines.Scan() {
		if strings.HasPrefix(lines.Text(), "flagged.child") {
			ts.Fatalf("a child got through")
		}
		kept++
	}
	ts.Check(lines.Err())
	run := o.ask(ts, o.keys[o.key], http.MethodGet, "/v1/marketing/filter-runs/"+res.Header.Get("Bohoja-Run"), "").body
	blocked := strconv.Itoa(sent / blockedEach)
	if kept != sent-sent/blockedEach || field(run, "state") != "done" || field(run, "blocked") != blocked {
		ts.Fatalf("of %d rows %d were kept: %s", sent, kept, run)
	}
	took := time.Since(began)
	if peak := o.resident(ts); peak-before > filterRoom {
		ts.Fatalf("a list of %d MB took %d kB more at its highest than the %d before", mega, peak-before, before)
	} else {
		o.fact("a list of %d MB, %s rows blocked, in %s, %d kB at the highest", mega, blocked, took.Round(100*time.Millisecond), peak)
	}
}

// filterRoom is how much more memory a list of any length may take at its highest, in kB.
const filterRoom = 48 << 10

// resident is the highest resident memory of the service so far, in kB.
func (o *outside) resident(ts *testscript.TestScript) int {
	status := ts.ReadFile(fmt.Sprintf("/proc/%d/status", o.processes[""].cmd.Process.Pid))
	m := regexp.MustCompile(`VmHWM:\s+(\d+) kB`).FindStringSubmatch(status)
	if m == nil {
		ts.Fatalf("no VmHWM of the service")
	}
	n, err := strconv.Atoi(m[1])
	ts.Check(err)
	return n
}

// brokenRuns counts the runs of lists that did not come to their end.
const brokenRuns = `local n = 0
for _, key in ipairs(redis.call('KEYS', '*:run:*')) do
  if string.find(redis.call('GET', key), '"state":"broken"', 1, true) then n = n + 1 end
end
return n`

// wordMute sends lists through nginx and never reads: three hang up in the middle, one sends all of it and waits. The service lets
// each go, and holds none of them in memory.
func (o *outside) wordMute(ts *testscript.TestScript, _ bool, _ []string) {
	base, err := url.Parse(ts.Getenv("URL"))
	ts.Check(err)
	list, err := io.ReadAll(rowsUpTo(32 * rowsOfMega)) // more than the sockets between hold
	ts.Check(err)
	before := o.resident(ts)
	for i := range 4 {
		c, err := net.Dial("tcp", base.Host)
		ts.Check(err)
		defer func() { _ = c.Close() }()
		ts.Check(c.SetDeadline(time.Now().Add(patience)))
		_, err = fmt.Fprintf(c, "POST %s/v1/marketing/filter?kind=offer&column=email HTTP/1.1\r\nHost: consent.shop.example\r\nAuthorization: Bearer %s\r\n"+
			"Content-Type: text/csv\r\nContent-Length: %d\r\n\r\n", base.Path, o.keys[o.key], len(list))
		ts.Check(err)
		if i == 0 {
			_, err = c.Write(list)
			ts.Check(err)
			continue
		}
		_, err = c.Write(list[:len(list)/2])
		ts.Check(errors.Join(err, c.Close()))
	}
	wait(ts, func() bool { return o.redis.Command("EVAL", brokenRuns, "0") == ":4" }, "the lists that nobody reads to be over")
	if more := o.resident(ts) - before; more > filterRoom {
		ts.Fatalf("lists that nobody reads took %d kB", more)
	}
	o.fact("4 lists that nobody reads let go")
}

// rowsUpTo is a list that is made while it is read; a megabyte of it is rowsOfMega rows.
func rowsUpTo(n int) io.Reader {
	pr, pw := io.Pipe()
	go func() {
		var b bytes.Buffer
		b.WriteString("email,n\n")
		for i := 1; i <= n; i++ {
			name := "a.reader.x"
			if i%blockedEach == 0 {
				name = "flagged.child"
			}
			fmt.Fprintf(&b, "%s@example.com,%d\n", name, i%10)
			if b.Len() > 64<<10 || i == n {
				if _, err := pw.Write(b.Bytes()); err != nil {
					return
				}
				b.Reset()
			}
		}
		_ = pw.Close()
	}()
	return pr
}

// wordRoutes sees which routes nginx wrote down.
func (o *outside) wordRoutes(ts *testscript.TestScript, _ bool, args []string) {
	base, err := url.Parse(ts.Getenv("URL"))
	ts.Check(err)
	var seen []string
	for _, m := range regexp.MustCompile(`"route":"([^"]*)"`).FindAllStringSubmatch(o.nginxLog(ts), -1) {
		seen = append(seen, m[1])
	}
	for _, want := range args {
		if !slices.Contains(seen, base.Path+want) {
			slices.Sort(seen)
			ts.Fatalf("no %s among %q", want, slices.Compact(seen))
		}
	}
}
