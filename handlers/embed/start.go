package embed

import (
	"crypto/rand"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/bohoja/bohoja/consent"
	"github.com/bohoja/bohoja/handlers/web"
	"github.com/bohoja/bohoja/templates"
)

// Results of a hosted sign-up, told to the return URL. The truth is the webhook, or a GET.
const (
	resultPending   = "pending"
	resultCancelled = "cancelled"
	resultNotNeeded = "not_needed" // whoever signed up is old enough
)

// journey is one sign-up on the hosted page. All of it travels in the address and in hidden fields: there is no cookie.
type journey struct {
	c     *gin.Context
	app   *consent.App
	space Space
	base  string

	client string // token; "" without one
	state  string // comes back as it came
	back   *url.URL
	framed templates.Framed
	ticket string // of the question about the age; "" before
}

// The parameters of the page. All but those of the frame are the app's; ticket keeps the first answer over a change of language.
var parameters = []string{"token", "state", "return_url", "locale", "lang", "test", "ticket", "mode", "origin", "nonce"}

// Bounds of what a page carries along, in bytes.
const (
	maxState = 512
	maxNonce = 64
)

var (
	errReturn = &consent.Error{Kind: consent.KindMalformed, Code: "return_url_not_listed", Detail: "only the app's own return_urls, exactly as listed"}
	errQuery  = &consent.Error{Kind: consent.KindMalformed, Code: "malformed", Detail: "the address of this page is not whole"}
)

// enter reads the address. Errors: ErrNoRoute, malformed, return_url_not_listed, origin_not_listed.
func (e *Embed) enter(c *gin.Context) (*journey, error) {
	app, err := e.app(c)
	if err != nil {
		return nil, err
	}
	q, err := url.ParseQuery(c.Request.URL.RawQuery)
	if err != nil {
		return nil, errQuery
	}
	for name, values := range q {
		if len(values) > 1 || !slices.Contains(parameters, name) {
			return nil, errQuery
		}
	}
	j := &journey{c: c, app: app, base: e.opt.Base, client: q.Get("token"), state: q.Get("state"), ticket: q.Get("ticket")}
	if len(j.state) > maxState {
		return nil, errQuery
	}
	j.space = e.space(app, j.client, q.Get("test") != "")
	if q.Get("mode") == "frame" {
		return j, j.enterFrame(q)
	}
	return j, j.enterReturn(q)
}

// enterFrame checks for whom the frame is: it speaks to one listed origin, and names the nonce of the element there.
func (j *journey) enterFrame(q url.Values) error {
	j.framed = templates.Framed{Origin: q.Get("origin"), Nonce: q.Get("nonce")}
	if !slices.Contains(j.app.Origins, j.framed.Origin) {
		return errOrigin
	}
	if j.framed.Nonce == "" || len(j.framed.Nonce) > maxNonce {
		return errQuery
	}
	return nil
}

// enterReturn finds where the child goes back to: an address of the app's list, exactly, else the first of it.
func (j *journey) enterReturn(q url.Values) error {
	want := q.Get("return_url")
	if want == "" && len(j.app.ReturnURLs) > 0 {
		want = j.app.ReturnURLs[0]
	}
	if want == "" {
		return nil
	}
	if !consent.MayReturn(j.app, want) {
		return errReturn
	}
	var err error
	j.back, err = url.Parse(want)
	return err
}

// leave is the link back to the app with the result; nil inside a frame, and where the app lists no address.
func (j *journey) leave(result, request string) *url.URL {
	if j.back == nil {
		return nil
	}
	to := *j.back
	q := to.Query()
	q.Set("result", result)
	if j.state != "" {
		q.Set("state", j.state)
	}
	if request != "" {
		q.Set("request", request)
	}
	to.RawQuery = q.Encode()
	return &to
}

// self is the page's own address with all that it carries. Without the ticket it begins anew.
func (j *journey) query(ticket string) url.Values {
	q := j.c.Request.URL.Query()
	q.Del("ticket")
	if ticket != "" {
		q.Set("ticket", ticket)
	}
	return q
}

func (j *journey) action() string {
	path := j.base + "/start/" + url.PathEscape(j.app.ID)
	if q := j.query("").Encode(); q != "" {
		path += "?" + q
	}
	return path
}

// frame is what all pages of the journey share.
func (e *Embed) startFrame(j *journey, faults []templates.Fault) templates.Frame {
	f := e.frame(j.c, j.app)
	f.Test, f.Faults, f.Framed, f.Query = j.space.Test, faults, j.framed, j.query(j.ticket)
	f.Framed.Ticket = j.ticket
	return f
}

// show answers with a page of the journey. Its policy names the return URLs, and in a frame the origins that may hold it.
func (e *Embed) show(j *journey, status int, p templates.Page) error {
	return e.write(j.c, status, p, func(h http.Header) {
		if j.framed.Origin != "" {
			web.FrameHeaders(h, nil, j.app.Origins)
			return
		}
		web.StartHeaders(h, j.app.ReturnURLs)
	})
}

// showStart is GET /start/{app}. It changes nothing.
func (e *Embed) showStart(c *gin.Context) error {
	j, err := e.enter(c)
	if err != nil {
		return err
	}
	if err := e.admit(j); err != nil {
		return e.end(j, err)
	}
	if j.ticket == "" {
		return e.askAge(j, http.StatusOK, born{}, nil)
	}
	return e.judged(j)
}

// admit lets in who has a client token. Without one, an app that lists origins takes sign-ups of browsers.
func (e *Embed) admit(j *journey) error {
	if j.client != "" {
		_, err := j.space.ReadClient(j.app, j.client)
		return err
	}
	if len(j.app.Origins) == 0 {
		return consent.ErrClientToken
	}
	return nil
}

// start is POST /start/{app}: the step that the form names.
func (e *Embed) start(c *gin.Context) error {
	j, err := e.enter(c)
	if err != nil {
		return err
	}
	if err := web.CheckForm(c.Request); err != nil {
		return err
	}
	if err := e.admit(j); err != nil {
		return e.end(j, err)
	}
	j.ticket = c.PostForm("ticket")
	switch {
	case c.PostForm("step") == "age" && j.ticket == "":
		return e.takeAge(j)
	case c.PostForm("step") == "age", c.PostForm("act") == "back":
		return e.judged(j)
	case c.PostForm("act") == "unknown":
		return e.unknown(j)
	case c.PostForm("step") == "ask":
		return e.takeAnswers(j)
	case c.PostForm("step") == "check":
		return e.send(j)
	}
	return errQuery
}

// born is a birth date as it was typed.
type born struct{ year, month, day string }

func (e *Embed) askAge(j *journey, status int, b born, faults []templates.Fault) error {
	return e.show(j, status, templates.StartAge{
		Frame: e.startFrame(j, faults), Action: j.action(), BirthYear: b.year, BirthMonth: b.month, BirthDay: b.day,
		Leave: link(j.leave(resultCancelled, "")),
	})
}

// takeAge judges the birth date. Whatever is answered, it is sealed and comes along from now on.
func (e *Embed) takeAge(j *journey) error {
	b := born{j.c.PostForm("birth_year"), j.c.PostForm("birth_month"), j.c.PostForm("birth_day")}
	_, ticket, err := j.space.EmbedAge(j.c, j.app, consent.Secret(consent.JoinDate(b.year, b.month, b.day)))
	if consent.KindOf(err) == consent.KindInvalid {
		return e.askAge(j, http.StatusUnprocessableEntity, b, []templates.Fault{{Field: "birth_year", Code: templates.FaultBorn}})
	}
	if err != nil {
		return err
	}
	j.ticket = ticket
	return e.judged(j)
}

// judged goes on by the ticket: to the notice, or back to the app.
func (e *Embed) judged(j *journey) error {
	under, err := j.space.ReadAge(j.app, j.ticket)
	if errors.Is(err, consent.ErrAgeTicket) {
		j.ticket = ""
		return e.askAge(j, http.StatusOK, born{}, nil)
	}
	if err != nil {
		return err
	}
	if !under {
		f := e.startFrame(j, nil)
		f.Framed.Adult = true
		return e.show(j, http.StatusOK, templates.StartEnd{Frame: f, Why: templates.StartAdult, Return: link(j.leave(resultNotNeeded, ""))})
	}
	return e.ask(j, http.StatusOK, nil)
}

// ask shows the notice, and then asks for the guardian's name and address, and for nothing more about them (KR-02).
func (e *Embed) ask(j *journey, status int, faults []templates.Fault) error {
	f := e.startFrame(j, faults)
	n, err := e.notice(j.app, f.Lang)
	if err != nil {
		return err
	}
	post := j.c.PostForm
	return e.show(j, status, templates.StartAsk{
		Frame: f, Action: j.action(), Notice: n, Leave: link(j.leave(resultCancelled, "")),
		ChildName: post("child_name"), GuardianName: post("guardian_name"), GuardianEmail: post("guardian_email"),
		Hidden: []templates.Hidden{{Name: "ticket", Value: j.ticket}, {Name: "notice", Value: n.Version}},
	})
}

// typed carries on what was typed, so that a way back loses nothing.
func (j *journey) typed(more ...templates.Hidden) []templates.Hidden {
	out := append([]templates.Hidden{{Name: "ticket", Value: j.ticket}}, more...)
	for _, name := range []string{"child_name", "guardian_name", "guardian_email"} {
		out = append(out, templates.Hidden{Name: name, Value: j.c.PostForm(name)})
	}
	return out
}

func (e *Embed) unknown(j *journey) error {
	return e.show(j, http.StatusOK, templates.StartUnknown{
		Frame: e.startFrame(j, nil), Action: j.action(), Hidden: j.typed(), Leave: link(j.leave(resultCancelled, "")),
	})
}

// takeAnswers checks the answers, and shows the address once more before anything is sent.
func (e *Embed) takeAnswers(j *journey) error {
	post, l := j.c.PostForm, lang(j.c, j.app)
	if e.shown(j.app, l, post("notice")) != nil {
		return e.ask(j, http.StatusOK, nil) // the notice has changed: it is read anew
	}
	if j.client == "" {
		if err := e.limits.take(j.c.Request, j.app); err != nil {
			return err
		}
	}
	in := consent.Embedding{
		Origin: j.framed.Origin, Client: j.client, Age: j.ticket, Notice: post("notice"),
		Child:    consent.Child{Name: consent.Secret(post("child_name")), Locale: l},
		Guardian: consent.Guardian{Name: consent.Secret(post("guardian_name")), Email: consent.Secret(post("guardian_email")), Locale: l},
	}
	if j.client == "" && j.framed.Origin == "" {
		in.Subject = "s_" + strings.ToLower(rand.Text()) // the app learns it with the request
	}
	token, _, warnings, err := j.space.Embed(j.c, j.app, in)
	if faults := faultsOf(err); faults != nil {
		return e.ask(j, http.StatusUnprocessableEntity, faults)
	}
	if err != nil {
		return e.end(j, err)
	}
	return e.show(j, http.StatusOK, templates.StartCheck{
		Frame: e.startFrame(j, nil), Action: j.action(), Email: post("guardian_email"), Suggestion: suggested(warnings),
		Hidden: j.typed(templates.Hidden{Name: "answers", Value: token}), Leave: link(j.leave(resultCancelled, "")),
	})
}

// send makes the request. In a frame it is the host's server that does, with the answers that its form gets.
func (e *Embed) send(j *journey) error {
	token := j.c.PostForm("answers")
	f := e.startFrame(j, nil)
	if j.framed.Origin != "" {
		f.Framed.Token = token
		return e.show(j, http.StatusOK, templates.StartTaken{Frame: f, Action: j.action(), Hidden: j.typed(), Email: j.c.PostForm("guardian_email")})
	}
	made, err := j.space.Signup(j.c, j.app, consent.Actor{Kind: consent.ActorChild}, consent.Signup{Embed: token, Body: []byte(token)})
	if err != nil {
		return e.end(j, err)
	}
	f.Languages = nil // the page answers a form, and the child's page has the switch
	return e.show(j, http.StatusOK, templates.StartDone{
		Frame: f, ChildPage: made.ChildPage, Pairing: made.PairingCode, Return: link(j.leave(resultPending, made.Record.ID)),
	})
}

// end shows why nothing is asked, in words for a child; an error of another kind stays one.
func (e *Embed) end(j *journey, err error) error {
	why, status := "", http.StatusConflict
	switch consent.CodeOf(err) {
	case consent.ErrClientToken.Code, consent.ErrEmbedToken.Code, consent.ErrEmbedUsed.Code:
		why, status = templates.StartOver, http.StatusGone
	case consent.ErrAgeTicket.Code:
		j.ticket = ""
		return e.askAge(j, http.StatusOK, born{}, nil)
	case "already_pending":
		why = templates.StartPending
	case "recently_refused":
		why = templates.StartPaused
	default:
		return err
	}
	return e.show(j, status, templates.StartEnd{Frame: e.startFrame(j, nil), Why: why, Return: link(j.leave(resultCancelled, ""))})
}
