package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/bohoja/bohoja/consent"
	"github.com/bohoja/bohoja/consent/redisstore"
)

// desk is where commands for staff stand: one space of the data, without the keys unless they are asked for. What they do
// goes through the same steps as all else, and works while serve runs or not.
type desk struct {
	*world
	house *house
	space *space
}

// testFlag adds --test.
func testFlag(cmd *cobra.Command, test *bool) {
	cmd.Flags().BoolVar(test, "test", false, "work in the test space instead of the live one")
}

// yesFlag adds --yes.
func yesFlag(cmd *cobra.Command, yes *bool) {
	cmd.Flags().BoolVar(yes, "yes", false, "do not ask to type it again")
}

// atDesk opens a space for the time of f.
func (w *world) atDesk(ctx context.Context, test bool, f func(*desk) error) error {
	return w.atHouse(ctx, test, newHouse, f)
}

// atHouse opens a space of a house that open made.
func (w *world) atHouse(ctx context.Context, test bool, open opener, f func(*desk) error) error {
	l := w.inForce()
	if err := l.Err(); err != nil {
		return err
	}
	if l.Settings.Redis.URL.Empty() {
		return usage(errors.New("redis.url (BOHOJA_REDIS__URL) is not set"))
	}
	h, err := open(l.Settings, slog.New(slog.DiscardHandler)) // what is done is told on the terminal
	if err != nil {
		return usage(err)
	}
	defer h.close()
	name := redisstore.Live
	if test {
		name = redisstore.Test
	}
	s, err := h.openStore(ctx, name)
	if err != nil {
		return plain(err)
	}
	return plain(f(&desk{world: w, house: h, space: s}))
}

// plain says a refusal of the service as a sentence for who sits at a terminal.
func plain(err error) error {
	if _, told := errors.AsType[*ended](err); told {
		return err
	}
	e, ok := errors.AsType[*consent.Error](err)
	switch {
	case !ok:
		return err
	case e.Kind == consent.KindInvalid || e.Kind == consent.KindMalformed:
		return usage(errors.New(e.Detail))
	case e.Code == consent.ErrOutcomeUnknown.Code:
		return errors.New("no answer from Redis: it may be done or not. Look, then give the command again; what is done is not done twice")
	case e.Code == consent.ErrUnavailable.Code && e.Err != nil:
		return fmt.Errorf("the store or the key folder cannot be reached, and nothing was done: %w", cause(e))
	case e.RetryAfter > 0:
		return fmt.Errorf("%s; again in %s", e.Detail, span(e.RetryAfter))
	}
	return errors.New(e.Detail)
}

// cause is what the innermost refusal gives as its reason.
func cause(e *consent.Error) error {
	for {
		inner, ok := errors.AsType[*consent.Error](e.Err)
		if !ok || inner.Err == nil {
			return e.Err
		}
		e = inner
	}
}

// staffActor is who acts: the user of the operating system, by number.
func staffActor() consent.Actor {
	if uid := os.Getuid(); uid >= 0 {
		return consent.Actor{Kind: consent.ActorStaff, Ref: strconv.Itoa(uid)}
	}
	return consent.Actor{Kind: consent.ActorStaff, Ref: "cli"}
}

// chosen is the app that --app names, or the only one.
func (d *desk) chosen(id string) (*consent.App, error) {
	ids := d.house.apps()
	if id == "" && len(ids) == 1 {
		id = ids[0]
	}
	if app, ok := d.house.book.Load().Apps[id]; ok {
		return app, nil
	}
	if id == "" {
		return nil, usage(fmt.Errorf("there are several apps; say with --app which one: %s", strings.Join(ids, ", ")))
	}
	return nil, usage(fmt.Errorf("--app: no app has this id; declared are %s", strings.Join(ids, ", ")))
}

// longestAnswer bounds what is read of an answer.
const longestAnswer = 256

// confirm lets name be typed again before what cannot be undone, unless yes. what says what is going to happen.
func (w *world) confirm(yes bool, name, what string) error {
	if yes {
		return nil
	}
	w.fail("%s", what)
	_, _ = fmt.Fprintf(w.err, "Type %s again to go on: ", name)
	line, _ := bufio.NewReader(io.LimitReader(w.stdin, longestAnswer)).ReadString('\n')
	if strings.TrimSpace(line) != name {
		return errors.New("that is something else; nothing was changed (--yes does not ask)")
	}
	return nil
}

// moment writes a time for a table; "" for none.
func moment(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format("2006-01-02 15:04:05Z")
}

// span writes a length of time in the two units that matter.
func span(d time.Duration) string {
	d = d.Abs()
	switch {
	case d < time.Minute:
		return strconv.Itoa(int(d/time.Second)) + "s"
	case d < time.Hour:
		return strconv.Itoa(int(d/time.Minute)) + "m"
	case d < 48*time.Hour:
		return fmt.Sprintf("%dh%02dm", d/time.Hour, d%time.Hour/time.Minute)
	}
	return fmt.Sprintf("%dd%02dh", d/(24*time.Hour), d%(24*time.Hour)/time.Hour)
}

// dash stands in a table for what is not.
func dash(s string) string {
	if s == "" {
		return "-"
	}
	return s
}
