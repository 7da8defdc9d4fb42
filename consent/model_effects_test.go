//go:build proof

package consent_test

import (
	"context"
	"maps"
	"math"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/bohoja/bohoja/consent"
)

// followed are the letters that the model predicts one by one, with the address to which they go. Those that ask have turns and
// limits that hang on moments which it does not keep.
var followed = []consent.LetterKind{
	consent.LetterGranted, consent.LetterConfirm, consent.LetterWithdrawn, consent.LetterErased, consent.LetterAmending, consent.LetterAmended,
	consent.LetterReplaced, consent.LetterRightsReceived, consent.LetterRightsAnswered,
}

// unfollowed are the events that it does not predict, for the same reason.
var unfollowed = []consent.EventType{consent.EventInvited, consent.EventDueSoon, consent.EventLate}

// post is a letter that is to be handed in.
type post struct {
	kind     consent.LetterKind
	guardian int
	left     time.Duration
	no       int    // of a correction that is to be told
	to       string // where no record has the address any more
	refused  bool   // a mail server will refuse it for good
}

func (m *model) post(p post) { m.bag = append(m.bag, p) }

// postAll is a letter to each guardian.
func (m *model) postAll(kind consent.LetterKind) {
	for i := range m.people {
		m.post(post{kind: kind, guardian: i})
	}
}

func (m *model) tell(event consent.EventType) { m.events[event]++ }

// deliver hands in what is due after this time.
func (m *model) deliver(d time.Duration, set consent.Settings) {
	bag := m.bag
	m.bag = nil
	for _, p := range bag {
		if p.left -= d; p.left > 0 {
			m.post(p)
			continue
		}
		if !m.moot(p) {
			m.handIn(p, set)
		}
	}
}

// moot reports whether a letter serves no more.
func (m *model) moot(p post) bool {
	switch p.kind {
	case consent.LetterGranted, consent.LetterConfirm, consent.LetterAmended:
		return m.status != consent.Granted
	case consent.LetterAmending:
		return m.waiting == nil || m.waiting.no != p.no
	}
	return false
}

func (m *model) handIn(p post, set consent.Settings) {
	to := p.to
	if to == "" {
		to = m.people[p.guardian].address
	}
	m.letters[letterTo(p.kind, to, p.refused)]++
	switch p.kind {
	case consent.LetterConfirm:
		m.tell(consent.EventConfirmed)
	case consent.LetterAmending:
		m.tried = append(m.tried, *m.waiting)
		m.waiting.told, m.waiting.left = true, set.Amend
	}
}

// letterTo is under what a letter is counted.
func letterTo(kind consent.LetterKind, to string, refused bool) string {
	if refused {
		to += ", refused"
	}
	return string(kind) + " to " + to
}

// clerk takes letters and counts them: a million of them are not to be kept. It knows nothing of the model.
type clerk struct {
	clock consent.Clock

	mu      sync.Mutex
	request string // the one whose letters count
	letters map[string]int
	tried   []stopper // letters about a correction, those that were refused too
	refuse  bool      // such letters from now on
}

// stopper is what a letter about a correction had: its link, and when it was handed in.
type stopper struct {
	token string
	at    time.Time
}

// Deliver implements consent.Courier.
func (c *clerk) Deliver(_ context.Context, l consent.Letter) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if l.Case != c.request || !slices.Contains(followed, l.Kind) {
		return nil
	}
	refused := c.refuse && l.Kind == consent.LetterAmending
	c.letters[letterTo(l.Kind, l.To.Reveal(), refused)]++
	if l.Kind == consent.LetterAmending {
		_, token, _ := strings.Cut(l.Link, "/a/")
		c.tried = append(c.tried, stopper{token, c.clock()})
	}
	if refused {
		return &consent.DeliveryError{Class: consent.Never, Code: 550, Stage: "rcpt"}
	}
	return nil
}

// follow counts the letters of this request from now on, and of no other.
func (c *clerk) follow(request string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.request, c.letters, c.tried = request, map[string]int{}, nil
}

// agreeOnLetters holds what was handed in, and to whom, against the model.
func (r *run) agreeOnLetters() {
	if !maps.Equal(r.clerk.letters, r.m.letters) {
		r.r.Fatalf("handed in: %v, the model: %v; %+v", r.clerk.letters, r.m.letters, r.m)
	}
}

// told holds what the app was told of this request against the model, each thing as often as it happened.
func (r *run) told() {
	all, err := r.Service.Events(r.ctx, r.App, "", math.MaxInt32)
	r.must(err)
	got := map[consent.EventType]int{}
	for _, e := range all {
		if e.Data.ID == r.id && !slices.Contains(unfollowed, e.Type) {
			got[e.Type]++
		}
	}
	if !maps.Equal(got, r.m.events) {
		r.r.Fatalf("the app was told %v, the model %v; %+v", got, r.m.events, r.m)
	}
}
