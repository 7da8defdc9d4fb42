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
	"time"

	"github.com/gin-gonic/gin"

	"github.com/bohoja/bohoja/consent"
	"github.com/bohoja/bohoja/consent/gate/rows"
	"github.com/bohoja/bohoja/handlers/web"
)

// chunkTime bounds each reading and each writing of a list: a run takes as long as it takes, as long as something moves.
const chunkTime = 30 * time.Second

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
	wire := &wire{c: q.c, control: http.NewResponseController(q.c.Writer), chunk: a.chunk, media: list.media, run: run.ID}
	list.options.Judge = a.judge(q, list)
	counts, err := q.run(wire, list.options)
	run.Rows, run.Kept, run.Blocked, run.Unreadable = counts.Rows, counts.Kept, counts.Blocked, counts.Unreadable
	run.State = consent.RunDone
	if err != nil {
		run.State = consent.RunBroken
	}
	saved := q.endRun(run)
	if err = errors.Join(err, saved); err == nil {
		return wire.close(counts.Blocked)
	}
	if wire.begun {
		panic(http.ErrAbortHandler) // the server's own way to cut an answer
	}
	return listFault(err)
}

// run filters what comes in over the wire. Through a proxy the answer begins when all of the list is here.
func (q *ask) run(wire *wire, options rows.Options) (rows.Counts, error) {
	if !throughProxy(q.c.Request) {
		return rows.Filter(q.ctx(), wire, wire, options)
	}
	kept := &spool{}
	defer func() { _ = kept.Close() }()
	counts, err := rows.Filter(q.ctx(), kept, wire, options)
	if err == nil {
		err = kept.sendTo(wire)
	}
	return counts, err
}

// endRun notes the end also when the one who asked has gone, but waits no longer than a step takes.
func (q *ask) endRun(run consent.Run) error {
	ctx, stop := context.WithTimeout(context.WithoutCancel(q.ctx()), 5*time.Second)
	defer stop()
	return q.space.Service.EndRun(ctx, q.app, run)
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
		l.as = asEmail
	}
	if !slices.Contains([]string{asEmail, asPhone, asSubject}, l.as) {
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
	return l, err
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
		return web.ErrMedia
	}
	kind, params, err := mime.ParseMediaType(values[0])
	if err != nil {
		return web.ErrMedia
	}
	switch kind {
	case "text/csv":
	case "application/x-ndjson":
		l.options.Format = rows.NDJSON
		if l.options.Column == "" {
			return invalid("required", "?column", "the name of the member")
		}
	default:
		return web.ErrMedia
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
	return func(ctx context.Context, cells []string) ([]rows.Verdict, error) {
		query.Who = query.Who[:0]
		for _, cell := range cells {
			query.Who = append(query.Who, identityOf(l.as, cell))
		}
		got, err := a.gate(ctx, q, query)
		if err != nil {
			return nil, err
		}
		out := make([]rows.Verdict, len(got))
		for i, one := range got {
			switch {
			case one.Allowed:
				out[i] = rows.Allowed
			case one.Reason != consent.GateUnreadable:
				out[i] = rows.Blocked
			}
		}
		return out, nil
	}
}

// listFault makes a refusal of a list that cannot be filtered.
func listFault(err error) error {
	for _, one := range []struct {
		err     error
		pointer string
	}{
		{rows.ErrColumn, "?column"}, {rows.ErrTwice, "?column"}, {rows.ErrHeader, "?header"}, {rows.ErrTooLong, ""},
		{rows.ErrEncoding, "?encoding"},
	} {
		if errors.Is(err, one.err) {
			return invalid("invalid", one.pointer, one.err.Error())
		}
	}
	return err
}

// wire is the connection of a run: the list comes in and goes out over it at the same time.
type wire struct {
	c       *gin.Context
	control *http.ResponseController
	chunk   time.Duration
	begun   bool
	media   string
	run     string
}

// Read implements io.Reader with a time of its own for each piece.
func (w *wire) Read(p []byte) (int, error) {
	_ = w.control.SetReadDeadline(time.Now().Add(w.chunk))
	return w.c.Request.Body.Read(p)
}

// Write implements io.Writer, and sends at once what it is given.
func (w *wire) Write(p []byte) (int, error) {
	w.begin()
	_ = w.control.SetWriteDeadline(time.Now().Add(w.chunk))
	n, err := w.c.Writer.Write(p)
	if err == nil {
		err = w.flush()
	}
	return n, err
}

func (w *wire) flush() error {
	err := w.control.Flush()
	if errors.Is(err, http.ErrNotSupported) {
		return nil
	}
	return err
}

func (w *wire) begin() {
	if w.begun {
		return
	}
	w.begun = true
	// Not sooner: a refusal leaves the list unread, which net/http clears away in its ordinary way alone. HTTP/2 has both
	// directions by itself; a recorder in a test has none.
	_ = w.control.EnableFullDuplex()
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
