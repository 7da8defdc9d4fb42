package redisstore

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/bohoja/bohoja/consent"
	"github.com/bohoja/bohoja/consent/redisstore/script"
)

// target names a webhook by its URL, of which nothing can be read: a path may hold a token of the receiver.
func target(url string) string {
	sum := sha256.Sum256([]byte(url))
	return hex.EncodeToString(sum[:16])
}

// NoteAttempt implements consent.Hooks. The log is kept by Redis' own time, as the events are, so it knows no offset.
func (s *Store) NoteAttempt(ctx context.Context, url string, a consent.Attempt, to consent.Switch) error {
	offset, err := s.offset(ctx)
	if err != nil {
		return err
	}
	n := s.space.names(a.App)
	_, err = s.scripts["attempt"].Run(ctx, s.write, []string{n.tries(), n.off()},
		strconv.FormatInt(offset, 10), target(url), string(to), ms(consent.EventsKept), encodeAttempt(a))
	return err
}

// encodeAttempt writes nine words and the hint, which may hold spaces. None of the words does; an empty one is "-".
func encodeAttempt(a consent.Attempt) string {
	words := []string{
		millis(a.At), ms(a.Took), a.Event, string(a.Type), strconv.Itoa(a.Hook), a.Host, strconv.Itoa(a.Code), a.Stage, a.About,
	}
	for i, w := range words {
		if w == "" {
			words[i] = "-"
		}
	}
	return strings.Join(append(words, a.Hint), " ")
}

func decodeAttempt(app, text string) (consent.Attempt, bool) {
	w := strings.SplitN(text, " ", 9)
	if len(w) != 9 {
		return consent.Attempt{}, false
	}
	for i := range w[:8] {
		if w[i] == "-" {
			w[i] = ""
		}
	}
	about, hint := aboutAndHint(w[8])
	took, _ := strconv.ParseInt(w[1], 10, 64)
	hook, _ := strconv.Atoi(w[4])
	code, _ := strconv.Atoi(w[6])
	return consent.Attempt{
		At: values{"at": w[0]}.time("at"), Took: time.Duration(took) * time.Millisecond, App: app, About: about, Event: w[2],
		Type: consent.EventType(w[3]), Hook: hook, Host: w[5], Code: code, Stage: w[7], Hint: hint,
	}, true
}

// aboutAndHint takes the ninth word from the hint. Entries that an older version wrote have none.
func aboutAndHint(rest string) (about, hint string) {
	first, after, _ := strings.Cut(rest, " ")
	switch {
	case first == "-":
		return "", after
	case consent.IsID(consent.PrefixRequest, first):
		return first, after
	}
	return "", rest
}

// streamForm is an id of a stream, the cursor of the delivery log.
var streamForm = regexp.MustCompile(`^[0-9]{1,15}-[0-9]{1,10}$`)

var errHookCursor = &consent.Error{
	Kind: consent.KindInvalid, Code: "invalid", Detail: "after is not next of the page before",
	Fields: []consent.FieldError{{Pointer: "?after", Code: "invalid", Detail: "take it from the page before"}},
}

// Attempts implements consent.Hooks.
func (s *Store) Attempts(ctx context.Context, app, after string, limit int) ([]consent.Attempt, string, error) {
	from := "+"
	if after != "" {
		if !streamForm.MatchString(after) {
			return nil, "", errHookCursor
		}
		from = "(" + after
	}
	found, err := s.read.XRevRangeN(ctx, s.space.names(app).tries(), from, "-", int64(limit)).Result()
	if err != nil {
		return nil, "", script.Fault(err)
	}
	var all []consent.Attempt
	for _, m := range found {
		text, _ := m.Values["a"].(string)
		if a, ok := decodeAttempt(app, text); ok {
			all = append(all, a)
		}
	}
	if len(found) < limit {
		return all, "", nil
	}
	return all, found[len(found)-1].ID, nil
}

// Off implements consent.Hooks.
func (s *Store) Off(ctx context.Context, app, url string) (bool, error) {
	off, err := s.read.HExists(ctx, s.space.names(app).off(), target(url)).Result()
	return off, script.Fault(err)
}

// Event implements consent.Hooks.
func (s *Store) Event(ctx context.Context, app, id string) (consent.Event, error) {
	if !consent.IsID(consent.PrefixEvent, id) {
		return consent.Event{}, consent.ErrNotFound
	}
	place, err := s.position(ctx, app, id)
	if err != nil {
		return consent.Event{}, err
	}
	at, found := strings.CutPrefix(place, "(")
	if !found { // it is no longer kept, and place is where the search began
		return consent.Event{}, consent.ErrNotFound
	}
	one, err := s.read.XRangeN(ctx, s.space.names(app).events(), at, at, 1).Result()
	if errors.Is(err, redis.Nil) || err == nil && len(one) == 0 {
		return consent.Event{}, consent.ErrNotFound
	}
	if err != nil {
		return consent.Event{}, script.Fault(err)
	}
	e := decodeEvent(one[0].Values)
	e.Data.Test = s.space == Test
	return e, nil
}

// Leave implements consent.Hooks.
func (s *Store) Leave(ctx context.Context, app string, jobs []consent.Job) error {
	offset, err := s.offset(ctx)
	if err != nil {
		return err
	}
	args := []any{strconv.FormatInt(offset, 10)}
	for _, j := range jobs {
		args = append(args, j.ID, ms(j.After), string(j.Kind), j.Body)
	}
	n := s.space.names(app)
	_, err = s.scripts[leave].Run(ctx, s.write, []string{n.due(), n.jobs()}, args...)
	return err
}
