package api

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"net/http"
	"strconv"
	"time"

	"github.com/bohoja/bohoja/consent"
	"github.com/bohoja/bohoja/consent/gate"
	"github.com/bohoja/bohoja/handlers/web"
)

type snapshots interface {
	Snapshot(ctx context.Context, app *consent.App) (consent.Snapshot, error)
	SnapshotAdded(ctx context.Context, app *consent.App, since int64) (short [][8]byte, next int64, err error)
}

type addedAnswer struct {
	Added string `json:"added"` // base64 of 8 bytes each
	Next  string `json:"next"`  // for the next ?since=; all that was flagged before this moment has been told
}

// snapshotTime is how long a snapshot of some ten million identities may take to be built and sent.
const snapshotTime = 5 * time.Minute

// showSnapshot is GET /v1/marketing/snapshot, with and without ?since=.
func (a *API) showSnapshot(q *ask) error {
	query, err := readQuery(q.c, "since")
	if err != nil {
		return err
	}
	if since := query.Get("since"); since != "" {
		return q.showAdded(since)
	}
	_ = http.NewResponseController(q.c.Writer).SetWriteDeadline(time.Now().Add(snapshotTime)) // a recorder in a test has none
	snap, err := q.space.Service.Snapshot(q.ctx(), q.app)
	if err != nil {
		return err
	}
	body := gate.Encode(snap)
	sum := sha256.Sum256(body)
	tag := `"` + hex.EncodeToString(sum[:16]) + `"`
	h := q.c.Writer.Header()
	web.AnswerHeaders(h)
	h.Set("ETag", tag)
	if q.c.GetHeader("If-None-Match") == tag {
		q.c.Status(http.StatusNotModified)
		return nil
	}
	q.c.Data(http.StatusOK, "application/octet-stream", body)
	return nil
}

func (q *ask) showAdded(since string) error {
	at, err := strconv.ParseInt(since, 10, 64)
	if err != nil || at < 0 {
		return invalid("invalid", "?since", "next of the answer before, or the instant in the snapshot")
	}
	short, next, err := q.space.Service.SnapshotAdded(q.ctx(), q.app, at)
	if err != nil {
		return err
	}
	all := make([]byte, 0, 8*len(short))
	for _, one := range short {
		all = append(all, one[:]...)
	}
	return answer(q.c, http.StatusOK, addedAnswer{base64.StdEncoding.EncodeToString(all), strconv.FormatInt(next, 10)})
}
