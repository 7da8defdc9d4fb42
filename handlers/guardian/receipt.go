package guardian

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"

	"github.com/gin-gonic/gin"

	"github.com/bohoja/bohoja/consent"
	"github.com/bohoja/bohoja/handlers/web"
	"github.com/bohoja/bohoja/templates"
)

// Receiver is what the pages of receipts and of old terms need.
type Receiver interface {
	OpenReceipt(ctx context.Context, token string) (consent.ReceiptView, error)
	SignedReceipt(ctx context.Context, token string) (string, error)
	ReadTerms(ctx context.Context, app, version string) (*consent.App, error)
}

// receipts adds the pages. All are read alone: there is nothing to post.
func (p *Pages) receipts(r gin.IRouter) {
	for _, method := range []string{http.MethodGet, http.MethodHead} {
		r.Handle(method, "/r/:token", p.serve(p.receipt))
		r.Handle(method, "/r/:token/signed", p.signed)
		r.Handle(method, "/terms/:app/:version", p.terms)
	}
}

// receipt is GET /r/{token}: the receipt to read and print. Where there is none any more it tells what became of the consent.
func (p *Pages) receipt(c *gin.Context) (answer, error) {
	token := c.Param("token")
	v, err := p.space(consent.LinkReceipt, token).OpenReceipt(c, token)
	if err != nil {
		return answer{}, err
	}
	if v.Receipt.App == nil {
		v.View.Receipt, v.View.Withdraw, v.View.Undo = "", "", ""
		return show(p.result(c, v.View)), nil
	}
	return show(p.receiptPage(c, v)), nil
}

func (p *Pages) receiptPage(c *gin.Context, v consent.ReceiptView) templates.Page {
	f, r := p.viewFrame(c, v.View), v.Receipt
	zone := v.Book.Profile.Zone
	page := templates.GuardianReceipt{
		Frame: f, Status: r.Record.Status, Agreed: r.Agreed.In(zone), Method: r.Method, Case: r.Record.ID, Terms: r.Terms,
		Text: p.opt.Base + consent.TermsPath(v.App.ID, r.Terms), Signed: p.opt.Base + "/r/" + url.PathEscape(c.Param("token")) + "/signed",
		Portal: v.Public + "/my", Keys: v.Public + consent.KeysPath(v.Test),
	}
	if f.Lang != "" {
		page.Text += "?lang=" + f.Lang
	}
	if r.Record.Status == consent.Withdrawn {
		page.Ended = r.Record.EndedAt.In(zone)
	}
	for _, a := range r.Record.Amended {
		page.Amended = append(page.Amended, templates.ReceiptAmended{What: a.What, At: a.At.In(zone)})
	}
	for _, one := range templates.PurposesOf(r.App, slices.Concat(r.Granted, r.Refused), f.Lang) {
		page.Purposes = append(page.Purposes, templates.PortalPurpose{
			Purpose: one, On: slices.Contains(r.Record.InForce(), one.ID), Was: slices.Contains(r.Granted, one.ID),
		})
	}
	return page
}

// signed is GET /r/{token}/signed: the same for programs, to be kept as a file.
func (p *Pages) signed(c *gin.Context) {
	token := c.Param("token")
	signed, err := p.space(consent.LinkReceipt, token).SignedReceipt(c, token)
	if err != nil {
		p.serve(func(*gin.Context) (answer, error) { return answer{}, err })(c)
		return
	}
	web.GuardianHeaders(c.Writer.Header())
	c.Header("Content-Disposition", "attachment; filename=receipt.jwt")
	c.Data(http.StatusOK, "application/jwt", []byte(signed))
}

// terms is GET /terms/{app}/{version}, a public page: what was agreed to stays readable by its version.
func (p *Pages) terms(c *gin.Context) {
	now, ok := p.opt.Book().Apps[c.Param("app")]
	for _, s := range p.opt.Spaces {
		if !ok {
			break
		}
		then, err := s.ReadTerms(c, now.ID, c.Param("version"))
		switch {
		case err == nil:
			lang := lang(c, web.Language(c.Request, now.Languages))
			p.write(c, answer{status: http.StatusOK, page: templates.TermsOf(p.opt.Book(), then, now, lang, p.opt.Base)})
			return
		case !errors.Is(err, consent.ErrNotFound):
			p.opt.Problems.Page(c, err)
			return
		}
	}
	p.opt.Problems.Page(c, web.ErrNoRoute)
}
