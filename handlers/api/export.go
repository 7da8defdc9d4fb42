package api

import (
	"context"
	"encoding/hex"
	"net/http"
	"strconv"
	"time"

	"github.com/bohoja/bohoja/consent"
	"github.com/bohoja/bohoja/handlers/web"
)

type exports interface {
	ExportKeys(app *consent.App) consent.ExportKeys
	Export(ctx context.Context, app *consent.App, since time.Time, page func(next time.Time, some []consent.ExportDigest) error) error
	PlainDigests(ctx context.Context, app *consent.App, who []consent.Identity) ([]string, error)
}

// headerNext holds the instant from which to ask for what is added to a list. It stands before the list, which may be long.
const headerNext = "Bohoja-Next"

// listForm is how a list is written.
type listForm struct{ media, head, before, after string }

// listForms are by the name in ?form=.
func listForms(name string) (listForm, bool) {
	switch name {
	case "", "ndjson":
		return listForm{"application/x-ndjson", "", `{"digest":"`, "\"}\n"}, true
	case "csv":
		return listForm{"text/csv", "digest\n", "", "\n"}, true
	}
	return listForm{}, false
}

// export is GET /v1/marketing/export. A fault after the first byte cuts the answer without its end, so that nobody takes half a
// list for all of it.
func (a *API) export(q *ask) error {
	query, err := readQuery(q.c, "form", "since")
	if err != nil {
		return err
	}
	form, ok := listForms(query.Get("form"))
	if !ok {
		return invalid("invalid", "?form", "ndjson or csv")
	}
	since, err := instant(query.Get("since"))
	if err != nil {
		return err
	}
	w := &wire{c: q.c, Paced: web.NewPaced(q.c, a.chunk)}
	var room []byte
	err = q.space.Service.Export(q.ctx(), q.app, since, func(next time.Time, page []consent.ExportDigest) error {
		room = room[:0]
		if !w.begun {
			w.beginList(form.media, next)
			room = append(room, form.head...)
		}
		for i := range page {
			room = append(hex.AppendEncode(append(room, form.before...), page[i][:]), form.after...)
		}
		return w.writeList(room)
	})
	if err != nil && w.begun {
		panic(http.ErrAbortHandler) // the server's own way to cut an answer
	}
	return err
}

// instant reads what Bohoja-Next said; "" is the beginning.
func instant(text string) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	at, err := strconv.ParseInt(text, 10, 64)
	if err != nil || at < 0 {
		return time.Time{}, invalid("invalid", "?since", "the header Bohoja-Next of the answer before")
	}
	return time.UnixMilli(at), nil
}

// beginList sets the headers of a list; its first page sends them.
func (w *wire) beginList(media string, next time.Time) {
	w.begun = true
	h := w.c.Writer.Header()
	web.AnswerHeaders(h)
	h.Set("Content-Type", media)
	h.Set(headerNext, strconv.FormatInt(next.UnixMilli(), 10))
	h.Set("X-Accel-Buffering", "no")
}

// writeList sends a page. The store may stand still no longer than a chunk's time, nor may who reads.
func (w *wire) writeList(page []byte) error {
	_, err := w.Paced.Write(page)
	return err
}

type exportKeys struct {
	App    string      `json:"app"`
	Region string      `json:"region"`
	Bytes  int         `json:"bytes"`
	Keys   []exportKey `json:"keys"`
}

// exportKey is one living key, in hex.
type exportKey struct {
	Email   string `json:"email"`
	Phone   string `json:"phone"`
	Subject string `json:"subject"`
}

// showExportKeys is GET /v1/marketing/export/keys.
func (a *API) showExportKeys(q *ask) error {
	if _, err := readQuery(q.c); err != nil {
		return err
	}
	keys := q.space.Service.ExportKeys(q.app)
	out := exportKeys{App: keys.App, Region: keys.Region, Bytes: consent.ExportSize, Keys: []exportKey{}}
	for _, one := range keys.Keys {
		text := func(kind consent.DigestKind) string { key := one[kind]; return hex.EncodeToString(key[:]) }
		out.Keys = append(out.Keys, exportKey{text(consent.DigestFlagEmail), text(consent.DigestFlagPhone), text(consent.DigestFlagSubject)})
	}
	return answer(q.c, http.StatusOK, out)
}

// plainWarning stands in every answer with digests that have no key.
const plainWarning = "Each of these tells whoever has the address or number that it is a child's. Giving them to an advertising platform is a disclosure of " +
	"children's data to a third party, which needs a lawful ground of its own. Uploading whom you may address instead needs none of this."

// plainDigests is POST /v1/marketing/export/sha256.
func (a *API) plainDigests(q *ask) error {
	_ = http.NewResponseController(q.c.Writer).SetReadDeadline(time.Now().Add(batchTime)) // a recorder in a test has none
	var in struct {
		Identities []identityBody `json:"identities"`
	}
	if _, err := read(q.c, &in); err != nil {
		return err
	}
	who := make([]consent.Identity, len(in.Identities))
	for i, one := range in.Identities {
		who[i] = consent.Identity(one)
	}
	digests, err := q.space.Service.PlainDigests(q.ctx(), q.app, who)
	if err != nil {
		return err
	}
	return answer(q.c, http.StatusOK, struct {
		Warning string   `json:"warning"`
		SHA256  []string `json:"sha256"`
	}{plainWarning, digests})
}
