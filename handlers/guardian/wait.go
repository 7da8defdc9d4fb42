package guardian

import (
	"context"
	"errors"
	"net/http"

	"github.com/gin-gonic/gin"

	"github.com/bohoja/bohoja/consent"
	"github.com/bohoja/bohoja/templates"
)

// Waiter is what the child's page needs.
type Waiter interface {
	Wait(ctx context.Context, token string) (consent.Waiting, error)
	WaitResend(ctx context.Context, token string) (consent.Waiting, error)
	WaitCancel(ctx context.Context, token string) (consent.Waiting, error)
	WaitCorrect(ctx context.Context, token string, g consent.Guardian) (consent.Waiting, error)
}

// wait shows the child how the request stands. It writes nothing.
func (p *Pages) wait(c *gin.Context) (answer, error) {
	token := c.Param("token")
	w, err := p.space(consent.LinkChild, token).Wait(c, token)
	if err != nil {
		return p.deadChild(c, err)
	}
	page := p.waitPage(c, w)
	page.Sent, page.Saved = c.Query("sent") == "1", c.Query("saved") == "1"
	return show(page), nil
}

func (p *Pages) deadChild(c *gin.Context, err error) (answer, error) {
	status := http.StatusGone
	switch {
	case errors.Is(err, consent.ErrNotFound):
		status = http.StatusNotFound
	case !errors.Is(err, consent.ErrLinkExpired):
		return answer{}, err
	}
	return with(status, templates.ChildDead{Frame: p.frame(nil, c.Query("lang"))}), nil
}

func (p *Pages) waitPage(c *gin.Context, w consent.Waiting) templates.ChildWait {
	f := p.frame(w.App, lang(c, w.Locale))
	f.Test = w.Test
	zone := w.Book.Profile.Zone
	page := templates.ChildWait{
		Frame: f, Action: p.self(c, "/k/"), Status: w.Record.Status, Now: w.Now.In(zone), Deadline: w.Record.ExpiresAt.In(zone),
		Pairing: w.PairingCode, Way: w.Way(), Mail: w.Record.Mail, Hint: w.Record.MailHint, MailTo: w.Guardian, NameMiss: w.Record.NameMiss,
		Resend: w.Record.Mail == consent.MailSent || w.Record.Mail == consent.MailQueued, NewName: w.Misnamed(), NewAddress: w.Readdress(),
	}
	if page.Way != "" {
		page.MailTo, page.Pairing = "", "" // no letter went there, and no page asks for the code
	}
	if w.Record.Status == consent.Granted {
		page.Continue = w.App.ContinueURL
	}
	return page
}

// act carries out what the child pressed.
func (p *Pages) act(c *gin.Context) (answer, error) {
	if err := c.Request.ParseForm(); err != nil {
		return answer{}, &consent.Error{Kind: consent.KindMalformed, Code: "malformed", Detail: "the form cannot be read", Err: err}
	}
	token := c.Param("token")
	door := p.space(consent.LinkChild, token)
	if c.PostForm("act") == "correct" {
		return p.correct(c, door, token)
	}
	var err error
	path := p.self(c, "/k/")
	switch c.PostForm("act") {
	case "resend":
		_, err = door.WaitResend(c, token)
		path = withQuery(path, "sent=1")
	case "cancel":
		if c.PostForm("sure") == "yes" {
			_, err = door.WaitCancel(c, token)
		}
	}
	if err != nil && !errors.Is(err, consent.ErrNotPending) {
		return p.deadChild(c, err)
	}
	return seeOther(path), nil
}

// correct sets anew what is wrong with name or address, or shows the page with what is still wrong.
func (p *Pages) correct(c *gin.Context, door Door, token string) (answer, error) {
	name, email := c.PostForm("guardian_name"), c.PostForm("guardian_email")
	w, err := door.WaitCorrect(c, token, consent.Guardian{Name: consent.Secret(name), Email: consent.Secret(email)})
	switch {
	case err == nil:
		return seeOther(withQuery(p.self(c, "/k/"), "saved=1")), nil
	case errors.Is(err, consent.ErrNotPending), errors.Is(err, consent.ErrStale):
		return seeOther(p.self(c, "/k/")), nil
	}
	faults := faultsOf(err)
	if faults == nil {
		return p.deadChild(c, err)
	}
	page := p.waitPage(c, w)
	page.Name, page.Email, page.Faults = name, email, faultsOfChild(faults)
	return again(page), nil
}

func withQuery(path, query string) string {
	for _, r := range path {
		if r == '?' {
			return path + "&" + query
		}
	}
	return path + "?" + query
}
