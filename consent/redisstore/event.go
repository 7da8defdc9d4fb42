package redisstore

import (
	"context"
	"strconv"
	"strings"
	"time"

	"github.com/bohoja/bohoja/consent"
	"github.com/bohoja/bohoja/consent/redisstore/script"
)

// encodeEvent writes an event's data as six words, and three of a rights request, which takes half the memory of JSON. None of them holds a space.
func encodeEvent(d consent.EventData) string {
	words := []string{d.ID, d.Subject, string(d.Status), string(d.Custody), d.Reason, strings.Join(d.Purposes, ",")}
	if r := d.Right; r != nil {
		words = append(words, r.ID, string(r.Kind), string(r.Status))
	}
	return strings.Join(words, " ")
}

func decodeEvent(v map[string]any) consent.Event {
	f := values{}
	for name, value := range v {
		f[name], _ = value.(string)
	}
	e := consent.Event{ID: f["e"], Type: consent.EventType(f["t"]), At: f.time("a")}
	d := strings.Split(f["d"], " ")
	if len(d) >= 6 {
		e.Data = consent.EventData{
			ID: d[0], Subject: d[1], Status: consent.Status(d[2]), Custody: consent.Custody(d[3]), Reason: d[4],
			Purposes: values{"p": d[5]}.list("p"),
		}
	}
	if len(d) == 9 {
		e.Data.Right = &consent.RightData{
			ID: d[6], Kind: consent.RightKind(d[7]), Status: consent.RightStatus(d[8]),
		}
	}
	return e
}

// Events implements consent.Reader. After is the id of the last event that was seen, "" for the oldest. An id that is
// no longer kept begins with the oldest that is: events may come twice, none is left out.
func (s *Store) Events(ctx context.Context, app, after string, limit int) ([]consent.Event, error) {
	from, err := s.position(ctx, app, after)
	if err != nil {
		return nil, err
	}
	found, err := s.read.XRangeN(ctx, s.space.names(app).events(), from, "+", int64(limit)).Result()
	if err != nil {
		return nil, script.Fault(err)
	}
	out := make([]consent.Event, len(found))
	for i, m := range found {
		out[i] = decodeEvent(m.Values)
		out[i].Data.Test = s.space == Test // a space's events are all of one kind
	}
	return out, nil
}

// skew is how far the host that named an event may be off the store's clock, both ways.
const skew = 5 * time.Minute

// position is where to go on in the stream behind the event with this id. The stream is ordered by the store's time and an
// id tells its host's, so it is looked for around there.
func (s *Store) position(ctx context.Context, app, after string) (string, error) {
	if after == "" {
		return "-", nil
	}
	named, ok := consent.TimeOf(consent.PrefixEvent, after)
	if !ok {
		return "", &consent.Error{Kind: consent.KindInvalid, Code: "invalid", Detail: "after is not the id of an event"}
	}
	offset, err := s.offset(ctx)
	if err != nil {
		return "", err
	}
	// The stream's own ids know no offset, and when the event was named the offset was anything up to today's.
	from, to := streamID(named.Add(-time.Duration(offset)*time.Millisecond-skew)), streamID(named.Add(skew))
	for next := from; ; {
		some, err := s.read.XRangeN(ctx, s.space.names(app).events(), next, to, 1000).Result()
		if err != nil {
			return "", script.Fault(err)
		}
		for _, m := range some {
			if m.Values["e"] == after {
				return "(" + m.ID, nil
			}
		}
		if len(some) < 1000 {
			return from, nil
		}
		next = "(" + some[len(some)-1].ID
	}
}

func streamID(t time.Time) string { return strconv.FormatInt(max(t.UnixMilli(), 0), 10) }
