package api

import (
	"context"
	"errors"
	"io"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strconv"

	"github.com/gin-gonic/gin"

	"github.com/bohoja/bohoja/consent"
	"github.com/bohoja/bohoja/consent/gate"
	"github.com/bohoja/bohoja/consent/gate/rows"
	"github.com/bohoja/bohoja/handlers/web"
)

// The headers of a run.
const (
	headerRun     = "Bohoja-Run"
	headerBlocked = "Bohoja-Blocked"
)

// filter is POST /v1/marketing/filter. The list streams in and out at the same time, so whoever sends all of it before
// reading blocks itself and is cut; through a proxy it goes out when all of it has come in. Rows of people who must not get what is to be sent are left out.
//
// Before the first byte of the answer every fault is a problem document. Afterwards a fault cuts the answer without its end
// (no last chunk), so that nobody takes half a list for all of it; filter-runs tells of it.
func (a *API) filter(q *ask) error {
	list, err := readList(q)
	if err != nil {
		return err
	}
	run, err := q.space.Service.StartRun(q.ctx(), q.app, list.kind)
	if err != nil {
		return err
	}
	wire := &wire{c: q.c, Paced: web.NewPaced(q.c, a.chunk), media: list.media, run: run.ID}
	list.options.Judge = a.judge(q, list)
	counts, err := q.run(wire, list.options)
	saved := gate.End(q.ctx(), q.space.Service, q.app, run, counts, err)
	if err = errors.Join(err, saved); err == nil {
		return wire.close(counts.Blocked)
	}
	if wire.begun {
		panic(http.ErrAbortHandler) // the server's own way to cut an answer
	}
	return listFault(err)
}

// throughProxy tells whether a proxy stands between. Proxies such as nginx hand on no more of a request once its answer has begun, so
// a list that came through one is answered when all of it is here.
func throughProxy(r *http.Request) bool {
	for _, name := range []string{"X-Forwarded-For", "Forwarded", "Via"} {
		if r.Header.Get(name) != "" {
			return true
		}
	}
	return false
}

// run filters what comes in over the wire. Through a proxy the answer begins when all of the list is here.
func (q *ask) run(wire *wire, options rows.Options) (rows.Counts, error) {
	if !throughProxy(q.c.Request) {
		return rows.Filter(q.ctx(), wire, wire, options)
	}
	kept := &rows.Spool{}
	defer func() { _ = kept.Close() }()
	counts, err := rows.Filter(q.ctx(), kept, wire, options)
	if err == nil {
		err = kept.SendTo(wire)
	}
	return counts, err
}

// errListMedia is web.ErrMedia in the words of this call.
var errListMedia = &web.Refusal{
	Status: http.StatusUnsupportedMediaType, Title: "Unsupported media type", Code: "unsupported_media_type",
	Detail: "the list must be text/csv or application/x-ndjson",
}

// list is what the query of a run says.
type list struct {
	kind, basis, as, media string
	options                rows.Options
}

// readList reads query and content type. Errors: invalid, unexpected_field, unsupported_media_type.
func readList(q *ask) (list, error) {
	query, err := readQuery(q.c, "kind", "basis", "column", "number", "header", "as", "encoding")
	if err != nil {
		return list{}, err
	}
	l := list{kind: query.Get("kind"), basis: query.Get("basis"), as: query.Get("as")}
	if l.as == "" {
		l.as = gate.AsEmail
	}
	if !slices.Contains(gate.Columns, l.as) {
		return list{}, invalid("invalid", "?as", "email, phone or subject")
	}
	if err := l.column(query); err != nil {
		return list{}, err
	}
	if err := l.form(q.c.Request.Header, query.Get("encoding")); err != nil {
		return list{}, err
	}
	probe := q.query(l.kind, l.basis) // refuses kind and basis before anything is read
	_, err = q.space.Service.Gate(q.ctx(), q.app, probe)
	return l, asParameters(err)
}

func (l *list) column(query url.Values) error {
	l.options.Column, l.options.Header = query.Get("column"), query.Get("header") == "yes"
	if text := query.Get("number"); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 || n > 10_000 {
			return invalid("invalid", "?number", "the column's place, from 1")
		}
		l.options.Number = n
	}
	if (l.options.Column == "") == (l.options.Number == 0) {
		return invalid("required", "?column", "the name of the column, or its number; not both")
	}
	if h := query.Get("header"); h != "" && (h != "yes" && h != "no" || l.options.Number == 0) {
		return invalid("invalid", "?header", "yes or no, with a number: a named column needs a header")
	}
	return nil
}

// form reads the content type. A charset in it is the encoding, unless the query names one.
func (l *list) form(h http.Header, encoding string) error {
	values := h.Values("Content-Type")
	if len(values) != 1 || len(h.Values("Content-Encoding")) > 0 {
		return errListMedia
	}
	kind, params, err := mime.ParseMediaType(values[0])
	if err != nil {
		return errListMedia
	}
	switch kind {
	case "text/csv":
	case "application/x-ndjson":
		l.options.Format = rows.NDJSON
		if l.options.Column == "" {
			return invalid("required", "?column", "the name of the member")
		}
	default:
		return errListMedia
	}
	if encoding == "" {
		encoding = params["charset"]
	}
	l.options.Encoding, l.media = encoding, values[0]
	return nil
}

// judge asks the gate about cells. Its errors mean no for all that was not written yet.
func (a *API) judge(q *ask, l list) rows.Judge {
	query := q.query(l.kind, l.basis)
	query.Reasons = false
	return gate.Judge(l.as, func(ctx context.Context, who []consent.Identity) ([]consent.GateAnswer, error) {
		query.Who = who
		return a.gate(ctx, q, query)
	})
}

// listFault makes a refusal of a list that cannot be filtered.
func listFault(err error) error {
	switch {
	case errors.Is(err, rows.ErrColumn):
		return invalid("invalid", "?column", "the list has no such column")
	case errors.Is(err, rows.ErrTwice):
		return invalid("invalid", "?column", "the list has this column twice")
	case errors.Is(err, rows.ErrHeader):
		return invalid("invalid", "?column", "the first row is no header: it holds an identity that is blocked")
	case errors.Is(err, rows.ErrTooLong):
		return invalid("invalid", "", "a row is longer than 1 MiB; a quotation mark may be open")
	case errors.Is(err, rows.ErrEncoding):
		return invalid("invalid", "?encoding", "this encoding is not known: utf-8, cp949, utf-16le or utf-16be")
	}
	return err
}

// wire is the connection of a run: the list comes in and goes out over it at the same time.
type wire struct {
	*web.Paced
	c     *gin.Context
	begun bool
	media string
	run   string
}

// Write implements io.Writer, and sends at once what it is given.
func (w *wire) Write(p []byte) (int, error) {
	w.begin()
	return w.Paced.Write(p)
}

func (w *wire) begin() {
	if w.begun {
		return
	}
	w.begun = true
	// Not sooner: a refusal leaves the list unread, which net/http clears away in its ordinary way alone. HTTP/2 has both
	// directions by itself; a recorder in a test has none.
	_ = w.Control.EnableFullDuplex()
	h := w.c.Writer.Header()
	web.AnswerHeaders(h)
	h.Set("Content-Type", w.media)
	h.Set("Trailer", headerBlocked)
	h.Set(headerRun, w.run)
	h.Set("X-Accel-Buffering", "no") // nginx would hold the answer back, and the list would stop coming
	w.c.Status(http.StatusOK)
}

// close ends the answer. Only now its last chunk goes out.
func (w *wire) close(blocked int64) error {
	w.begin()
	w.c.Writer.WriteHeaderNow()
	w.c.Writer.Header().Set(headerBlocked, strconv.FormatInt(blocked, 10))
	return nil
}

var _ io.ReadWriter = (*wire)(nil)
