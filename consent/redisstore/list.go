package redisstore

import (
	"context"
	"encoding/base64"
	"slices"
	"strconv"
	"strings"

	"github.com/bohoja/bohoja/consent"
)

// pageMost bounds a page.
const pageMost = 1000

// List implements consent.Reader. What is sealed is not read: Get does. A record that moves on while it is paged through
// is never left out; listed by all statuses it may come once more under its new one.
func (s *Store) List(ctx context.Context, q consent.Query) (consent.Page, error) {
	if q.Limit < 1 || q.Limit > pageMost {
		return consent.Page{}, &consent.Error{Kind: consent.KindInvalid, Code: "invalid", Detail: "limit is 1 to 1000"}
	}
	c, err := parseCursor(q.After)
	if err != nil {
		return consent.Page{}, err
	}
	var found []cursor
	if q.Subject != "" {
		found, err = s.listSubject(ctx, q, c)
	} else {
		found, err = s.listStatus(ctx, q, c)
	}
	if err != nil {
		return consent.Page{}, err
	}
	return s.page(ctx, q, found)
}

// page reads the records of found, which holds one more than the page when there is a next one.
func (s *Store) page(ctx context.Context, q consent.Query, found []cursor) (consent.Page, error) {
	var p consent.Page
	if len(found) > q.Limit {
		found = found[:q.Limit]
		p.Next = found[q.Limit-1].String()
	}
	ids := make([]string, len(found))
	for i, f := range found {
		ids[i] = f.id
	}
	var err error
	p.Records, err = s.gather(ctx, q.App, ids)
	p.Records = slices.DeleteFunc(p.Records, func(r consent.Record) bool { return q.Status != "" && r.Status != q.Status })
	return p, err
}

func (s *Store) listSubject(ctx context.Context, q consent.Query, c cursor) ([]cursor, error) {
	ids, err := s.subject(ctx, q.App, q.Subject, c.id, q.Limit+1)
	found := make([]cursor, len(ids))
	for i, id := range ids {
		found[i] = cursor{status: "-", score: "0", id: id}
	}
	return found, err
}

func (s *Store) listStatus(ctx context.Context, q consent.Query, c cursor) ([]cursor, error) {
	statuses := consent.Statuses
	if q.Status != "" {
		statuses = []consent.Status{q.Status}
	}
	first := 0
	if c.id != "" {
		if first = slices.Index(statuses, c.status); first < 0 {
			return nil, errCursor
		}
	}
	keys := make([]string, len(statuses))
	for i, st := range statuses {
		keys[i] = s.space.names(q.App).in(st)
	}
	val, err := s.scripts["list"].Read(ctx, s.read, keys, strconv.Itoa(first+1), c.score, c.id, strconv.Itoa(q.Limit+1))
	if err != nil {
		return nil, err
	}
	flat, _ := val.([]any)
	var found []cursor
	for i := 0; i+2 < len(flat); i += 3 {
		which, _ := flat[i].(int64)
		id, _ := flat[i+1].(string)
		score, _ := flat[i+2].(string)
		found = append(found, cursor{status: statuses[which-1], id: id, score: score})
	}
	return found, nil
}

// cursor is a place in a list: behind this member. It goes out as opaque text.
type cursor struct {
	status consent.Status
	score  string
	id     string
}

var errCursor = &consent.Error{Kind: consent.KindInvalid, Code: "invalid", Detail: "after is not the next of a page of this list",
	Fields: []consent.FieldError{{Pointer: "?after", Code: "invalid", Detail: "take it from the page before"}}}

// String gives the opaque text.
func (c cursor) String() string {
	return base64.RawURLEncoding.EncodeToString([]byte(string(c.status) + " " + c.score + " " + c.id))
}

func parseCursor(text string) (cursor, error) {
	if text == "" {
		return cursor{}, nil
	}
	raw, err := base64.RawURLEncoding.DecodeString(text)
	f := strings.Split(string(raw), " ")
	if err != nil || len(f) != 3 || !consent.IsID(consent.PrefixRequest, f[2]) {
		return cursor{}, errCursor
	}
	if _, err := strconv.ParseInt(f[1], 10, 64); err != nil {
		return cursor{}, errCursor
	}
	return cursor{consent.Status(f[0]), f[1], f[2]}, nil
}
