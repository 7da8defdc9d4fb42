package guardian

import (
	"context"
	"errors"
	"slices"

	"github.com/gin-gonic/gin"

	"github.com/bohoja/bohoja/consent"
	"github.com/bohoja/bohoja/templates"
)

// Withdrawer is what the page of a withdrawal needs.
type Withdrawer interface {
	OpenWithdraw(ctx context.Context, token string) (consent.View, error)
	CheckWithdraw(ctx context.Context, token, form string, w consent.Wish) (consent.Withdrawal, error)
	AskCode(ctx context.Context, token, form string) (consent.View, error)
	RecheckWithdraw(ctx context.Context, token, form string) (consent.Withdrawal, error)
	ConfirmWithdraw(ctx context.Context, token, form, confirm string) (consent.View, error)
}

// openWithdraw shows what is in force. It writes nothing.
func (p *Pages) openWithdraw(c *gin.Context) (answer, error) {
	token := c.Param("token")
	v, err := p.space(consent.LinkWithdraw, token).OpenWithdraw(c, token)
	if err != nil {
		return answer{}, err
	}
	if v.Record.Status != consent.Granted {
		return show(p.result(c, v)), nil
	}
	return show(p.withdrawPage(c, v, wish{})), nil
}

// wish is what came with the form.
type wish struct {
	name, code, scope string
	purposes          map[string]string
	faults            []templates.Fault
}

func readWish(c *gin.Context) wish {
	return wish{name: c.PostForm("guardian_name"), code: c.PostForm("mail_code"), scope: c.PostForm("withdraw"), purposes: chosen(c)}
}

// ends are the purposes that a wish names; none means the whole consent.
func (w wish) ends() []string {
	if w.scope != templates.WithdrawSome {
		return nil
	}
	var out []string
	for id, yes := range w.purposes {
		if yes == "yes" {
			out = append(out, id)
		}
	}
	slices.Sort(out)
	return out
}

// faults names what is missing in a wish.
func (w wish) missing() []templates.Fault {
	var out []templates.Fault
	if w.name == "" && w.code == "" { // with the mailed code the name is not needed
		out = append(out, templates.Fault{Field: "guardian_name", Code: templates.FaultNameEmpty})
	}
	switch {
	case w.scope != templates.WithdrawAll && w.scope != templates.WithdrawSome:
		out = append(out, templates.Fault{Field: "withdraw", Code: templates.FaultScope})
	case w.scope == templates.WithdrawSome && len(w.ends()) == 0:
		out = append(out, templates.Fault{Field: "purpose", Code: templates.FaultNothing})
	}
	return out
}

func (p *Pages) withdrawPage(c *gin.Context, v consent.View, w wish) templates.Page {
	f := p.viewFrame(c, v)
	f.Faults = w.faults
	return templates.GuardianWithdraw{
		Frame: f, Action: p.self(c, "/w/"), Since: v.Record.DecidedAt.In(v.Book.Profile.Zone), EraseBy: v.EraseDue,
		Purposes: templates.Answered(templates.PurposesOf(v.App, v.Record.Granted, f.Lang), w.purposes),
		Name:     w.name, Scope: w.scope, Proof: v.Proof, MailCode: w.code, LockedUntil: locked(v),
		CodeSent: v.CodeSent(), WaysOn: v.Record.Tries > 0 || v.CodeSent(), // KR-17: from the first miss on
	}
}

// withdraw takes a form: the first leads to the check page, that of the check page withdraws.
func (p *Pages) withdraw(c *gin.Context) (answer, error) {
	if err := c.Request.ParseForm(); err != nil {
		return answer{}, &consent.Error{Kind: consent.KindMalformed, Code: "malformed", Detail: "the form cannot be read", Err: err}
	}
	switch c.PostForm(stepField) {
	case stepCheck:
		return p.confirmWithdraw(c)
	case templates.StepAskCode:
		return p.askCode(c)
	}
	return p.checkWithdraw(c)
}

// askCode mails the guardian a code that does instead of the name. The page says so, also when the last one is still fresh.
func (p *Pages) askCode(c *gin.Context) (answer, error) {
	token := c.Param("token")
	v, err := p.space(consent.LinkWithdraw, token).AskCode(c, token, c.PostForm("proof"))
	if err != nil && v.Proof != "" {
		return p.wishAgain(c, v, wish{}, err)
	}
	return seeOther(p.self(c, "/w/")), err
}

func (p *Pages) checkWithdraw(c *gin.Context) (answer, error) {
	token, w := c.Param("token"), readWish(c)
	door := p.space(consent.LinkWithdraw, token)
	if w.faults = w.missing(); w.faults != nil {
		v, err := door.OpenWithdraw(c, token)
		if err != nil || v.Record.Status != consent.Granted {
			return seeOther(p.self(c, "/w/")), err
		}
		return again(p.withdrawPage(c, v, w)), nil
	}
	checked, err := door.CheckWithdraw(c, token, c.PostForm("proof"), consent.Wish{Name: w.name, Code: w.code, Purposes: w.ends()})
	switch {
	case err == nil && checked.Record.Status != consent.Granted:
		return seeOther(p.self(c, "/w/")), nil
	case err == nil:
		return show(p.withdrawCheck(c, checked, nil)), nil
	case checked.Proof == "":
		return answer{}, err
	}
	return p.wishAgain(c, checked.View, w, err)
}

func (p *Pages) withdrawCheck(c *gin.Context, w consent.Withdrawal, faults []templates.Fault) templates.Page {
	f := p.viewFrame(c, w.View)
	f.Faults = faults
	page := templates.GuardianWithdrawCheck{
		Frame: f, Action: p.self(c, "/w/"), Scope: templates.WithdrawAll, Proof: w.Proof,
		Ended:  templates.PurposesOf(w.App, w.Record.Granted, f.Lang),
		Hidden: []templates.Hidden{{Name: stepField, Value: stepCheck}},
	}
	if len(w.Purposes) > 0 {
		page.Scope = templates.WithdrawSome
		page.Ended, page.Stays = split(page.Ended, w.Purposes)
	}
	return page
}

// split parts what ends from what stays.
func split(all []templates.Purpose, ends []consent.Purpose) (ended, stays []templates.Purpose) {
	for _, one := range all {
		if slices.ContainsFunc(ends, func(e consent.Purpose) bool { return e.ID == one.ID }) {
			ended = append(ended, one)
		} else {
			stays = append(stays, one)
		}
	}
	return ended, stays
}

// confirmWithdraw carries out what the check page asked. What ends is read before: afterwards the form is worth nothing.
func (p *Pages) confirmWithdraw(c *gin.Context) (answer, error) {
	token, proof := c.Param("token"), c.PostForm("proof")
	door := p.space(consent.LinkWithdraw, token)
	checked, err := door.RecheckWithdraw(c, token, proof)
	switch {
	case err != nil && checked.Proof == "": // the link itself is at fault
		return answer{}, err
	case err != nil:
		return p.wishAgain(c, checked.View, wish{}, err)
	case checked.Record.Status != consent.Granted:
		return seeOther(p.self(c, "/w/")), nil
	}
	v, err := door.ConfirmWithdraw(c, token, proof, c.PostForm("confirm"))
	switch {
	case err == nil && v.Record.Status == consent.Granted:
		return show(p.withdrawnPart(c, v, checked.Purposes)), nil
	case err == nil, errors.Is(err, consent.ErrEnded):
		return seeOther(p.self(c, "/w/")), nil // the link shows the result
	case v.Proof == "":
		return answer{}, err
	case errors.Is(err, consent.ErrBack):
		return show(p.withdrawPage(c, v, wish{})), nil
	}
	faults := faultsOf(err)
	if faults == nil {
		return answer{}, err
	}
	return again(p.withdrawCheck(c, checked, faults)), nil
}

// wishAgain shows the page with what is wrong with a wish. The name that is asked here is the one of the grant.
func (p *Pages) wishAgain(c *gin.Context, v consent.View, w wish, err error) (answer, error) {
	if w.faults = faultsOf(err); w.faults == nil {
		return answer{}, err
	}
	for i, f := range w.faults {
		switch f.Code {
		case templates.FaultName:
			w.faults[i].Code = templates.FaultSigned
		case templates.FaultLocked:
			w.faults[i].Code = templates.FaultShut
		}
	}
	return again(p.withdrawPage(c, v, w)), nil
}

// withdrawnPart says what ended and what stays. The link itself shows the form again, for the rest.
func (p *Pages) withdrawnPart(c *gin.Context, v consent.View, ended []consent.Purpose) templates.Page {
	page := templates.GuardianWithdrawn{
		Frame: p.viewFrame(c, v), At: v.Now.In(v.Book.Profile.Zone), Days: templates.GuardianWithdraw{EraseBy: v.EraseDue}.Days(), Case: v.Record.ID,
	}
	page.Stays = templates.PurposesOf(v.App, v.Record.Granted, page.Lang)
	var ids []string
	for _, one := range ended {
		ids = append(ids, one.ID)
	}
	page.Ended = templates.PurposesOf(v.App, ids, page.Lang)
	return page
}
