//go:build proof

package main

import (
	"encoding/json"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/bohoja/bohoja/consent"
	"github.com/bohoja/bohoja/mailer/catcher"
)

// book is what a story's client was told: of each request the last status in an answer of success. At the story's end it is held
// against what the service says then, what its events say, and what the mail server took.
type book struct {
	mu       sync.Mutex
	requests map[string]*entry
}

// entry is one request.
type entry struct {
	key    string         // with which it was asked for
	email  string         // of the guardian who was named first
	told   consent.Status // by the last answer that told one
	handed bool           // data was handed over
	moved  bool           // the guardian was set anew, or there is a second
}

// note reads an answer of the API.
func (b *book) note(req *http.Request, a answer) {
	key, isKey := strings.CutPrefix(req.Header.Get("Authorization"), "Bearer ")
	rest, isRequest := strings.CutPrefix(req.URL.Path, "/v1/consent-requests")
	if !isKey || !isRequest || a.status >= http.StatusBadRequest {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	id, step, _ := strings.Cut(strings.TrimPrefix(rest, "/"), "/")
	if id == "" && req.Method == http.MethodPost {
		if id = field(a.body, "id"); b.requests[id] == nil {
			b.requests[id] = &entry{key: key, email: emailOf(req)}
		}
	}
	e := b.requests[id]
	if e == nil {
		return
	}
	if status := field(a.body, "status"); status != "" {
		e.told = consent.Status(status)
	}
	e.handed = e.handed || step == "release"
	e.moved = e.moved || step == "guardian" || step == "guardians"
}

func emailOf(req *http.Request) string {
	if req.GetBody == nil {
		return ""
	}
	r, err := req.GetBody()
	if err != nil {
		return ""
	}
	text, _ := io.ReadAll(r)
	var in struct{ Guardian struct{ Email string } }
	_ = json.Unmarshal(text, &in)
	return in.Guardian.Email
}

// follows are the statuses that may come after one that was told; one that is not named here is the last.
var follows = map[consent.Status][]consent.Status{
	consent.Pending: consent.Statuses, "": consent.Statuses,
	consent.Granted: {consent.Withdrawn, consent.AgedOut},
}

// settle counts what is not as it was told.
func (b *book) settle(s *story, c *tally) {
	b.mu.Lock()
	all := b.requests
	b.requests = map[string]*entry{} // what is asked now is no part of the story
	b.mu.Unlock()
	s.patient = true
	url := "http://" + s.processes[""].public
	if len(all) > 0 {
		c.settled.Add(1)
	}
	for id, e := range all {
		a, err := s.knows(url, e.key, "/v1/consent-requests/"+id)
		if err == nil && a.status == http.StatusNotFound && s.ahead() > consent.RecordKept {
			continue // forgotten, as it should be
		}
		now := consent.Status(field(a.body, "status"))
		if err != nil || a.status != http.StatusOK || now != e.told && !slices.Contains(follows[e.told], now) {
			c.lost.Add(1)
			s.t.Logf("%s: %q was told, and now it is %q (%d, %v)", id, e.told, now, a.status, err)
		}
		if e.handed && now != consent.Granted && now != consent.Withdrawn && now != consent.AgedOut {
			c.ungranted.Add(1)
		}
		c.mails.Add(int64(e.missing(s, a)))
	}
	c.twice.Add(int64(s.doubled(url)))
}

// knows asks with a key, or with the story's new one when the story has taken that one back.
func (s *story) knows(url, key, path string) (answer, error) {
	a, err := s.tryAsk(url, key, http.MethodGet, path, "")
	if err == nil && a.status == http.StatusUnauthorized && s.keys["new"] != "" {
		return s.tryAsk(url, s.keys["new"], http.MethodGet, path, "")
	}
	return a, err
}

// missing is 1 when the invitation is said to be sent and the mail server never had it. What the test space's own guardians get
// is played, and never mailed.
func (e *entry) missing(s *story, a answer) int {
	if e.moved || s.smtp == nil || field(a.body, "mail.state") != "sent" {
		return 0
	}
	played := e.key == s.keys["test"] && strings.HasSuffix(e.email, "@"+consent.TestDomain)
	mailed := slices.ContainsFunc(s.smtp.Letters(), func(l catcher.Letter) bool { return strings.EqualFold(l.To, e.email) })
	switch {
	case played && mailed:
		s.t.Errorf("a letter to %s went out of the test space", e.email)
	case !played && !mailed:
		s.t.Logf("a letter to %s is said to be sent, and nobody had it", e.email)
		return 1
	}
	return 0
}

// once are the events that a request has once at most.
var once = []string{"pending", "granted", "declined", "cancelled", "expired", "withdrawn", "released", "destroyed", "confirmed", "erased"}

// doubled counts events that were told of a request under two ids.
func (s *story) doubled(url string) (n int) {
	seen := map[[2]string]string{}
	for _, key := range []string{"live", "test"} {
		a, err := s.knows(url, s.keys[key], "/v1/events?limit=100")
		var page struct {
			Data []struct {
				ID, Type string
				Data     struct{ ID string }
			}
		}
		if err != nil || json.Unmarshal([]byte(a.body), &page) != nil {
			s.t.Errorf("events: %d, %v", a.status, err)
		}
		for _, e := range page.Data {
			what := [2]string{e.Data.ID, strings.TrimPrefix(e.Type, "consent.")}
			if before, ok := seen[what]; ok && before != e.ID && slices.Contains(once, what[1]) {
				n++
				s.t.Logf("%s was told of %s by two events", what[0], what[1])
			}
			seen[what] = e.ID
		}
	}
	return n
}

// answers reports whether the story's first process answers within a while: some stories end with it gone.
func (s *story) answers() bool {
	p := s.processes[""]
	for late := time.Now().Add(patience); !p.ended() && time.Now().Before(late); time.Sleep(10 * time.Millisecond) {
		if p.ready() {
			return true
		}
	}
	return false
}
