package rehearsal

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"time"

	"github.com/bohoja/bohoja/consent"
)

// Act makes one step of a part and leaves the next. The outbox calls it; a step that is made again changes nothing.
//
// Errors: consent.ErrMoot when there is nothing left to act on (the request ended, or another link replaced this one);
// those of the step.
func (c *Cast) Act(ctx context.Context, app *consent.App, body []byte) error {
	var a act
	if err := json.Unmarshal(body, &a); err != nil {
		return err
	}
	var err error
	switch a.Step {
	case stepOpen:
		err = c.open(ctx, a)
	case stepCheck:
		err = c.check(ctx, app, a)
	case stepDecide:
		_, err = c.o.Stage.Decide(ctx, a.Token, a.Proof, "yes", false)
	}
	return over(err)
}

// over turns what means "nothing left to do" into ErrMoot.
func over(err error) error {
	for _, end := range []error{
		consent.ErrNotPending, consent.ErrReplaced, consent.ErrLinkExpired, consent.ErrNotFound, consent.ErrLocked, consent.ErrStale,
	} {
		if errors.Is(err, end) {
			return consent.ErrMoot
		}
	}
	return err
}

// pause is how long a reader stays on a page.
func (c *Cast) pause() time.Duration { return c.o.Read + entrance }

// open reads the page.
func (c *Cast) open(ctx context.Context, a act) error {
	v, err := c.o.Stage.Open(ctx, a.Token)
	if err != nil || v.Proof == "" {
		return err
	}
	if a.Part == scanner {
		return c.scan(ctx, a, v)
	}
	a.Step, a.Proof = stepCheck, v.Proof
	return c.leave(ctx, a, c.pause())
}

// visits is how often the scanner comes; real ones do it three to ten times.
const visits = 10

// scan follows the link again and again and sends the form as a machine can fill it: every box ticked, and without the one
// fact that is in no letter. Each time the answer must be no.
func (c *Cast) scan(ctx context.Context, a act, v consent.View) error {
	ticked := agreed(v.Record.Asked, "", "")
	for range visits {
		if _, err := c.o.Stage.Open(ctx, a.Token); err != nil {
			return err
		}
		_, err := c.o.Stage.Check(ctx, a.Token, v.Proof, ticked)
		if err != nil && consent.KindOf(err) != consent.KindInvalid {
			return err
		}
	}
	return nil
}

// check sends the answers and reads the check page.
func (c *Cast) check(ctx context.Context, app *consent.App, a act) error {
	answers := consent.Answers{Decision: consent.DecideDecline}
	switch a.Part {
	case notMine:
		answers.Decision = consent.DecideNotMine
	case approve, slow:
		rec, err := c.o.Stage.Show(ctx, app, a.Request)
		if err != nil {
			return err
		}
		code, err := c.screen(ctx, rec)
		if err != nil || code == "" {
			return err
		}
		answers = agreed(rec.Asked, nameIn(app.Language(rec.Locale)), code)
	}
	got, err := c.o.Stage.Check(ctx, a.Token, a.Proof, answers)
	if err != nil || got.Proof == "" {
		return err
	}
	a.Step, a.Proof = stepDecide, got.Proof
	return c.leave(ctx, a, c.pause())
}

// screen reads the pairing code where a guardian reads it: on the child's waiting page. It is "" once nobody waits.
func (c *Cast) screen(ctx context.Context, rec consent.Record) (string, error) {
	page, err := c.o.Stage.ChildPage(rec)
	if err != nil {
		return "", err
	}
	_, token, _ := strings.Cut(page, "/k/")
	w, err := c.o.Stage.Wait(ctx, token)
	return w.PairingCode, err
}

// names are what the part types as its own name, by language.
var names = map[string]string{"ko": "시험보호자", "en": "Test Guardian"}

func nameIn(lang string) string {
	if name, ok := names[lang]; ok {
		return name
	}
	return names["en"]
}

// agreed are the answers of somebody who agrees to these purposes.
func agreed(purposes []string, name, code string) consent.Answers {
	a := consent.Answers{
		Decision: consent.DecideGrant, Purposes: map[string]string{}, Name: name, Code: code,
		Year: "1985", Month: "3", Day: "4", Relation: consent.Relations[0], Declares: true,
	}
	for _, p := range purposes {
		a.Purposes[p] = "yes"
	}
	return a
}
