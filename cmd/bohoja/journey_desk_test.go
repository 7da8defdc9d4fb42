package main

import (
	"encoding/json"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/pquerna/otp/totp"
	"github.com/rogpeppe/go-internal/testscript"
	"golang.org/x/net/html"

	"github.com/bohoja/bohoja/consent"
)

// sharedSecret is the secret of a second factor as the page of an invitation shows it.
var sharedSecret = regexp.MustCompile(`[A-Z2-7]{4}(?: [A-Z2-7]{4}){3,}`)

// wordDesk invites somebody to the staff, who joins by the link and signs in: desk NAME ROLE.
func (s *story) wordDesk(ts *testscript.TestScript, _ bool, args []string) {
	const password = "a long sentence of nobody but me"
	name := args[0]
	s.wordExits(ts, false, []string{"0", "staff", "invite", name, "--role", args[1], "--json"})
	var made invitation
	ts.Check(json.Unmarshal([]byte(ts.ReadFile("said")), &made))
	page := s.staffAsks(ts, name, http.MethodGet, made.URL, nil)
	page.answer.want(ts, http.StatusOK)
	secret := strings.ReplaceAll(sharedSecret.FindString(page.answer.body), " ", "")
	if secret == "" {
		ts.Fatalf("the invitation shows no secret")
	}
	s.hide(secret, password)
	code := func(after time.Duration) string {
		c, err := totp.GenerateCode(secret, time.Now().Add(after))
		ts.Check(err)
		return c
	}
	form := page.forms()[0].fields
	form.Set("password", password)
	form.Set("again", password)
	form.Set("code", code(0))
	s.staffAsks(ts, name, http.MethodPost, made.URL, form).answer.want(ts, http.StatusSeeOther)
	entered := s.staffAsks(ts, name, http.MethodPost, ts.Getenv("OPS")+"/ops/enter", url.Values{
		"name": {name}, "password": {password}, "code": {code(30 * time.Second)}, // each code is good once
	})
	entered.answer.want(ts, http.StatusSeeOther)
	cookie, _, _ := strings.Cut(entered.answer.header.Get("Set-Cookie"), ";")
	if s.desks == nil {
		s.desks = map[string]string{}
	}
	s.desks[name] = cookie
	_, value, _ := strings.Cut(cookie, "=")
	s.hide(value)
}

// wordStaff does something at the page of $REQ as somebody of the staff: staff NAME ACT STATUS [FIELD=VALUE]…; without a field the page
// is looked at.
func (s *story) wordStaff(ts *testscript.TestScript, _ bool, args []string) {
	status, err := strconv.Atoi(args[2])
	ts.Check(err)
	target := ts.Getenv("OPS") + "/ops/request/shop/" + strings.TrimPrefix(ts.Getenv("REQ"), "/v1/consent-requests/")
	if args[1] != "look" {
		target += "/" + args[1]
	}
	fields := url.Values{}
	for name, value := range pairs(ts, args[3:]) {
		fields.Set(name, value)
	}
	method := http.MethodPost
	if len(fields) == 0 {
		method = http.MethodGet
	}
	p := s.staffAsks(ts, args[0], method, target, fields)
	p.answer.want(ts, status)
	s.keep(ts, p.answer)
}

// staffAsks makes one request as somebody of the staff. A redirect is an answer.
func (s *story) staffAsks(ts *testscript.TestScript, name, method, target string, fields url.Values) *sheet {
	req, err := http.NewRequest(method, target, strings.NewReader(fields.Encode()))
	ts.Check(err)
	req.Header.Set("Accept-Language", "en")
	if method == http.MethodPost {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		req.Header.Set("Sec-Fetch-Site", "same-origin")
	}
	if cookie := s.desks[name]; cookie != "" {
		req.Header.Set("Cookie", cookie)
	}
	a, err := s.do(req)
	ts.Check(err)
	doc, err := html.Parse(strings.NewReader(a.body))
	ts.Check(err)
	return &sheet{url: target, at: time.Now(), answer: a, doc: doc}
}

// wordWaited moves the wait of the correction of $REQ into the past: the clock of the live space, where the staff are, cannot be moved. The
// sweeper comes for it at once, too early or not, and has gone past it when this is over.
func (s *story) wordWaited(ts *testscript.TestScript, _ bool, args []string) {
	by, err := time.ParseDuration(one(ts, args))
	ts.Check(err)
	id := strings.TrimPrefix(ts.Getenv("REQ"), "/v1/consent-requests/")
	words := s.waiting(ts, id)
	due, err := strconv.ParseInt(words[8], 10, 64)
	ts.Check(err)
	words[8] = strconv.FormatInt(due-by.Milliseconds(), 10)
	s.redis.Command("HSET", "b:{shop}:r:"+id, "amend", strings.Join(words, " "))
	const timers = "b:{shop}:timers"
	behind := "forget:" + consent.NewID(consent.PrefixRequest, time.Now()) // of no request: it goes by itself
	s.redis.Command("ZADD", timers, "1", "enact:"+id, "2", behind)
	wait(ts, func() bool { return s.redis.Command("ZCOUNT", timers, "2", "2") == ":0" }, "the sweeper")
}

// waiting reads the correction of a request once its wait has begun: what came of the letter is noted after its arrival.
func (s *story) waiting(ts *testscript.TestScript, id string) (words []string) {
	for late := time.Now().Add(patience); time.Now().Before(late); time.Sleep(20 * time.Millisecond) {
		if words = strings.Fields(s.redis.Command("HGET", "b:{shop}:r:"+id, "amend")); len(words) == 9 {
			return words
		}
	}
	ts.Fatalf("no correction waits: %q", words)
	return nil
}
