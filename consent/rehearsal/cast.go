package rehearsal

import (
	"context"
	"encoding/json"
	"strings"
	"time"

	"github.com/bohoja/bohoja/consent"
)

// Stage is what the cast needs of a consent.Service.
type Stage interface {
	Show(ctx context.Context, app *consent.App, id string) (consent.Record, error)
	ChildPage(rec consent.Record) (string, error)
	Wait(ctx context.Context, token string) (consent.Waiting, error)
	Open(ctx context.Context, token string) (consent.View, error)
	Check(ctx context.Context, token, form string, a consent.Answers) (consent.Checked, error)
	Decide(ctx context.Context, token, form, confirm string, block bool) (consent.View, error)
}

// Outbox takes the acts that follow.
type Outbox interface {
	Leave(ctx context.Context, app string, jobs []consent.Job) error
}

// Options are what a Cast needs. All are required.
type Options struct {
	Stage  Stage
	Outbox Outbox
	Mail   consent.Courier // of all other letters
	Played consent.Courier // of letters to a part: an inbox to look at, or nowhere
	Read   time.Duration   // what a reader takes at least: the shortest time between a page and its answer
}

// Cast is the courier of a test space: it delivers letters, and plays their receivers where they are parts.
type Cast struct{ o Options }

// New makes a Cast.
func New(o Options) *Cast { return &Cast{o} }

// Parts of the cast: the local part of an address at consent.TestDomain, without what stands behind a plus.
const (
	approve = "approve"
	refuse  = "refuse"
	notMine = "not-mine"
	bounce  = "bounce"
	scanner = "scanner"
	slow    = "slow"
)

// partOf is the part that an address plays; false for an address elsewhere.
func partOf(address string) (string, bool) {
	box, ok := consent.ParseMailbox(address)
	if !ok {
		return "", false
	}
	return strings.CutSuffix(box.Canonical.Reveal(), "@"+consent.TestDomain)
}

// Deliver implements consent.Courier. A letter to a part also leaves the part's first act, once however often it is tried.
func (c *Cast) Deliver(ctx context.Context, l consent.Letter) error {
	part, plays := partOf(l.To.Reveal())
	if !plays {
		return c.o.Mail.Deliver(ctx, l)
	}
	if part == bounce {
		return &consent.DeliveryError{Class: consent.Never, Code: 550, Stage: "rcpt"}
	}
	if err := c.o.Played.Deliver(ctx, l); err != nil || !answers(part, l.Kind) {
		return err
	}
	_, token, _ := strings.Cut(l.Link, "/c/")
	return c.leave(ctx, act{App: l.App.ID, Request: l.Case, Part: part, Token: token, Of: l.ID, Step: stepOpen}, entrance)
}

// entrance is the time between the letter and its reader: the letter's own event comes first.
const entrance = 300 * time.Millisecond

// answers reports whether a part acts on this letter.
func answers(part string, k consent.LetterKind) bool {
	switch part {
	case approve, refuse, notMine, scanner:
		return k == consent.LetterInvite
	case slow:
		return k == consent.LetterRemind
	}
	return false
}

// The steps of an act.
const (
	stepOpen   = "open"
	stepCheck  = "check"
	stepDecide = "decide"
)

// act is the body of a consent.JobAct.
type act struct {
	App     string `json:"app"`
	Request string `json:"r"`
	Part    string `json:"p"`
	Token   string `json:"t"`
	Of      string `json:"of"` // id of the letter, which names the acts that follow from it
	Step    string `json:"s"`
	Proof   string `json:"f,omitempty"` // of the page before, sealed
}

func (c *Cast) leave(ctx context.Context, a act, after time.Duration) error {
	body, err := json.Marshal(a)
	if err != nil {
		return err
	}
	return c.o.Outbox.Leave(ctx, a.App, []consent.Job{{ID: "act_" + a.Step + "_" + a.Of, Kind: consent.JobAct, After: after, Body: body}})
}
