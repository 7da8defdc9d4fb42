package main

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// What the child and the guardian of a story are called, where it does not say otherwise: nothing of it occurs by itself
// in any page, letter or declaration.
const (
	childName    = "남궁새벽"
	guardianName = "제갈보름"
	guardianBorn = "1979-08-23"
	nickname     = "별똥별7731"
	address      = "서울시 은하로 7731"
)

// childBorn is when: eleven years ago, so that the child is no fourteen for years to come, in whatever year the story is told.
var childBorn = fmt.Sprint(time.Now().Year()-11, "-11-27")

// answer is an answer of the service.
type answer struct {
	status int
	header http.Header
	body   string
}

// want fails the story at another status.
func (a answer) want(ts *testscript.TestScript, status int) {
	if a.status != status {
		ts.Fatalf("status %d, want %d\n%s", a.status, status, a.body)
	}
}

// code is the code of a problem.
func (a answer) code() string { return field(a.body, "code") }

// ask makes a call of the API and keeps its answer in the file body.
func (s *story) ask(ts *testscript.TestScript, key, method, path, body string, headers ...string) answer {
	a, err := s.tryAsk(ts.Getenv("URL"), key, method, path, body, headers...)
	ts.Check(err)
	s.keep(ts, a)
	return a
}

func (s *story) tryAsk(url, key, method, path, body string, headers ...string) (answer, error) {
	req, err := http.NewRequest(method, url+path, strings.NewReader(body))
	if err != nil {
		return answer{}, err
	}
	req.Header.Set("Authorization", "Bearer "+key)
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i+1 < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	return s.do(req)
}

// do makes a request; a patient story makes it again while the service is not available.
func (s *story) do(req *http.Request) (answer, error) {
	for late := time.Now().Add(patience); ; time.Sleep(20 * time.Millisecond) {
		a, err := s.doOnce(req)
		if !s.patient || err == nil && a.status != http.StatusServiceUnavailable || time.Now().After(late) {
			return a, err
		}
		if req.GetBody != nil {
			req.Body, _ = req.GetBody()
		}
	}
}

func (s *story) doOnce(req *http.Request) (answer, error) {
	client := s.client()
	defer client.CloseIdleConnections()
	res, err := client.Do(req)
	if err != nil {
		return answer{}, err
	}
	defer func() { _ = res.Body.Close() }()
	text, err := io.ReadAll(res.Body)
	a := answer{res.StatusCode, res.Header, string(text)}
	if s.stage.asks != nil {
		s.stage.asks(req, a, err)
	}
	return a, err
}

func (s *story) keep(ts *testscript.TestScript, a answer) {
	ts.Check(os.WriteFile(ts.MkAbs("body"), []byte(a.body), 0o600))
	var head strings.Builder
	_ = a.header.Write(&head)
	ts.Check(os.WriteFile(ts.MkAbs("head"), []byte(strings.ReplaceAll(head.String(), "\r", "")), 0o600))
}

// field reads a field of a JSON document by its dotted path, as text; lists are joined by commas.
func field(doc, path string) string {
	var v any
	if json.Unmarshal([]byte(doc), &v) != nil {
		return ""
	}
	for name := range strings.SplitSeq(path, ".") {
		m, _ := v.(map[string]any)
		v = m[name]
	}
	switch v := v.(type) {
	case nil:
		return ""
	case []any:
		var parts []string
		for _, one := range v {
			parts = append(parts, fmt.Sprint(one))
		}
		return strings.Join(parts, ",")
	}
	return fmt.Sprint(v)
}

func (s *story) wordKey(ts *testscript.TestScript, _ bool, args []string) {
	s.key = one(ts, args)
	if s.key == "new" {
		s.keys["new"] = s.newKey(ts)
	}
	defer func() { ts.Setenv("KEY", s.keys[s.key]) }()
	if s.keys[s.key] == "" { // a key of the story's own
		s.keys[s.key] = s.key
		s.hide(s.key)
	}
}

// wordDead waits until every process refuses the key.
func (s *story) wordDead(ts *testscript.TestScript, _ bool, _ []string) {
	start, at := time.Now(), s.at
	defer func() { s.at = at }()
	for name := range s.processes {
		s.at = name
		wait(ts, func() bool {
			return s.ask(ts, s.keys[s.key], http.MethodGet, ts.Getenv("REQ"), "").status == http.StatusUnauthorized
		}, "%q to refuse the key", name)
	}
	s.t.Logf("a revoked key was dead on %d instances after %s", len(s.processes), time.Since(start).Round(time.Millisecond))
}

// newKey makes a key as an operator does: by the command, and by its line in the file.
func (s *story) newKey(ts *testscript.TestScript) string {
	s.wordExits(ts, false, []string{"0", "apps", "key", "new", "shop", "--json"})
	said := ts.ReadFile("said")
	s.hide(field(said, "key"))
	name := filepath.Join(s.dir, "bohoja.yaml")
	declared := strings.Replace(ts.ReadFile(name), "    keys:\n", "    keys:\n      "+field(said, "yaml")+"\n", 1) // of shop, which is the first
	ts.Check(os.WriteFile(name, []byte(declared), 0o600))
	return field(said, "key")
}

// signupBody is the body of a request, changed by fields.
func signupBody(subject string, fields map[string]string) string {
	get := func(name, fallback string) string {
		if v, ok := fields[name]; ok {
			return v
		}
		return fallback
	}
	guardian := map[string]string{"name": get("guardian", guardianName), "email": get("email", "parent@example.com"), "locale": get("locale", "ko")}
	child := map[string]string{"name": get("child", childName), "birth_date": get("born", childBorn), "locale": get("locale", "ko")}
	body := map[string]any{
		"subject": subject, "child_notice": map[string]string{"version": "n1"}, "guardian": guardian, "child": child,
		"data": map[string]string{"nickname": nickname, "birth_date": childBorn, "address": address},
	}
	text, _ := json.Marshal(body)
	return string(text)
}

// wordSignup signs a child up. Fields: guardian email child born locale, idempotency for the header.
func (s *story) wordSignup(ts *testscript.TestScript, neg bool, args []string) {
	fields := pairs(ts, args[1:])
	s.hide(childName, guardianName, guardianBorn, nickname, childBorn, address, "parent@example.com")
	for name, v := range fields {
		if name != "locale" {
			s.hide(v)
		}
	}
	var headers []string
	if v := fields["idempotency"]; v != "" {
		headers = []string{"Idempotency-Key", v}
	}
	a := s.ask(ts, s.keys[s.key], http.MethodPost, "/v1/consent-requests", signupBody(args[0], fields), headers...)
	if neg {
		if a.status < 400 {
			ts.Fatalf("status %d\n%s", a.status, a.body)
		}
		return
	}
	a.want(ts, http.StatusCreated)
	id := field(a.body, "id")
	ts.Setenv("ID", id)
	ts.Setenv("REQ", "/v1/consent-requests/"+id)
	ts.Setenv("PAGE", field(a.body, "child_page"))
	ts.Setenv("PAIRING", field(a.body, "pairing_code"))
	ts.Setenv("EXPIRES", field(a.body, "expires_at"))
	s.hide(field(a.body, "pairing_code"), token(field(a.body, "child_page")))
}

// token is what a link's path ends in.
func token(link string) string { return link[strings.LastIndexByte(link, '/')+1:] }

// wordCall makes any call and expects a status.
func (s *story) wordCall(ts *testscript.TestScript, _ bool, args []string) {
	status, err := strconv.Atoi(args[2])
	ts.Check(err)
	s.ask(ts, s.keys[s.key], args[0], args[1], strings.Join(args[3:], " ")).want(ts, status)
}

// own makes a call about the story's request.
func (s *story) own(ts *testscript.TestScript, method, path, body string) answer {
	return s.ask(ts, s.keys[s.key], method, ts.Getenv("REQ")+path, body)
}

// settle compares an answer with what the story expects: the status, or with ! the code of a refusal.
func settle(ts *testscript.TestScript, neg bool, a answer, status int, code string) {
	if !neg {
		a.want(ts, status)
		return
	}
	if a.status < 400 || a.code() != code {
		ts.Fatalf("status %d and code %q, want %q\n%s", a.status, a.code(), code, a.body)
	}
}

// step makes a word of a call without a body.
func step(method, path string, status int) word {
	return func(s *story, ts *testscript.TestScript, neg bool, args []string) {
		settle(ts, neg, s.own(ts, method, path, ""), status, strings.Join(args, " "))
	}
}

func (s *story) wordExpect(ts *testscript.TestScript, _ bool, args []string) {
	var a answer
	ok := func() bool {
		a = s.own(ts, http.MethodGet, "", "")
		return a.status == http.StatusOK && field(a.body, args[0]) == args[1]
	}
	late := func() bool { return ok() }
	defer func() {
		if field(a.body, args[0]) != args[1] {
			ts.Logf("%s", a.body)
		}
	}()
	wait(ts, late, "%s to be %s", args[0], args[1])
}

// wordRelease collects: the answer must hold exactly these items.
func (s *story) wordRelease(ts *testscript.TestScript, neg bool, args []string) {
	a := s.own(ts, http.MethodPost, "/release", "")
	if neg {
		settle(ts, neg, a, 0, one(ts, args))
		return
	}
	a.want(ts, http.StatusOK)
	var got struct {
		Data map[string]string `json:"data"`
	}
	ts.Check(json.Unmarshal([]byte(a.body), &got))
	if want := pairs(ts, args); !maps.Equal(got.Data, want) {
		ts.Fatalf("released %q, want %q", slices.Sorted(maps.Keys(got.Data)), slices.Sorted(maps.Keys(want)))
	}
}

func (s *story) wordWithdraw(ts *testscript.TestScript, neg bool, args []string) {
	body := ""
	if len(args) > 0 && !neg {
		text, _ := json.Marshal(map[string][]string{"purposes": args})
		body = string(text)
	}
	settle(ts, neg, s.own(ts, http.MethodPost, "/withdraw", body), http.StatusOK, strings.Join(args, " "))
}

func (s *story) wordErased(ts *testscript.TestScript, neg bool, args []string) {
	at := `{"at": "2026-01-01T00:00:00Z"}`
	settle(ts, neg, s.own(ts, http.MethodPost, "/erased", at), http.StatusNoContent, strings.Join(args, " "))
}

// wordCorrect sets the guardian's name and address anew.
func (s *story) wordCorrect(ts *testscript.TestScript, neg bool, args []string) {
	s.hide(args[0], args[1])
	body, _ := json.Marshal(map[string]string{"name": args[0], "email": args[1]})
	settle(ts, neg, s.own(ts, http.MethodPost, "/guardian", string(body)), http.StatusAccepted, strings.Join(args[2:], " "))
}

// wordEvents waits until exactly these events were told of the request, in this order.
func (s *story) wordEvents(ts *testscript.TestScript, _ bool, args []string) {
	var got []string
	wait(ts, func() bool {
		got = s.told(ts)
		return slices.Equal(got, args) || len(got) > len(args)
	}, "events %q", args)
	if !slices.Equal(got, args) {
		ts.Fatalf("events %q, want %q", got, args)
	}
}

// told reads the events of the request, without their common beginning.
func (s *story) told(ts *testscript.TestScript) []string {
	a := s.ask(ts, s.keys[s.key], http.MethodGet, "/v1/events?limit=100", "")
	a.want(ts, http.StatusOK)
	var page struct {
		Data []struct {
			Type string `json:"type"`
			Data struct {
				ID string `json:"id"`
			} `json:"data"`
		} `json:"data"`
	}
	ts.Check(json.Unmarshal([]byte(a.body), &page))
	var out []string
	for _, e := range page.Data {
		if e.Data.ID == ts.Getenv("ID") {
			out = append(out, strings.TrimPrefix(e.Type, "consent."))
		}
	}
	return out
}
