package guardian

import (
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/bohoja/bohoja/consent"
	"github.com/bohoja/bohoja/templates"
)

// The hidden field that tells the check page's form from the first one.
const (
	stepField = "step"
	stepCheck = "check"
)

// decide takes a form: that of the page leads to the check page, that of the check page decides.
func (p *Pages) decide(c *gin.Context) (answer, error) {
	if err := c.Request.ParseForm(); err != nil {
		return answer{}, &consent.Error{Kind: consent.KindMalformed, Code: "malformed", Detail: "the form cannot be read", Err: err}
	}
	switch c.PostForm(stepField) {
	case stepCheck:
		return p.confirm(c)
	case stepUndo:
		return p.undo(c)
	case stepUndoCheck:
		return p.confirmUndo(c)
	}
	return p.check(c)
}

// check shows the answers again, or the page with what is wrong.
func (p *Pages) check(c *gin.Context) (answer, error) {
	token := c.Param("token")
	checked, err := p.space(consent.LinkDecide, token).Check(c, token, c.PostForm("proof"), readAnswers(c))
	if err == nil && checked.Record.Status != consent.Pending {
		return seeOther(p.self(c, "/c/")), nil
	}
	switch {
	case err == nil:
		return show(p.checkPage(c, checked, nil)), nil
	case errors.Is(err, consent.ErrMisnamed):
		return show(templates.GuardianMisnamed{
			Frame: p.viewFrame(c, checked.View), Action: p.self(c, "/c/"), Deadline: checked.Deadline.In(checked.Book.Profile.Zone),
		}), nil
	case checked.Proof == "": // the link itself is at fault
		return answer{}, err
	}
	return p.askAgain(c, checked.View, err)
}

// askAgain shows the page with everything typed kept and what is wrong named.
func (p *Pages) askAgain(c *gin.Context, v consent.View, err error) (answer, error) {
	faults := faultsOf(err)
	if faults == nil {
		return answer{}, err
	}
	page := p.openPage(c, v, typed{answers: shown(c), purposes: chosen(c), faults: faults})
	if errors.Is(err, consent.ErrLocked) {
		return with(http.StatusTooManyRequests, page), nil
	}
	return again(page), nil
}

// confirm carries out what the check page asked.
func (p *Pages) confirm(c *gin.Context) (answer, error) {
	token, proof := c.Param("token"), c.PostForm("proof")
	door := p.space(consent.LinkDecide, token)
	v, err := door.Decide(c, token, proof, c.PostForm("confirm"), c.PostForm("block") == "yes")
	switch {
	case err == nil, errors.Is(err, consent.ErrNotPending):
		return seeOther(p.self(c, "/c/")), nil // decided, perhaps in another tab: the link shows the result
	case v.Proof == "":
		return answer{}, err
	case errors.Is(err, consent.ErrStale), errors.Is(err, consent.ErrTooFast), errors.Is(err, consent.ErrLocked):
		return p.askAgain(c, v, err)
	}
	checked, recheckErr := door.Recheck(c, token, proof)
	if recheckErr != nil {
		return answer{}, recheckErr
	}
	if errors.Is(err, consent.ErrBack) {
		return show(p.openPage(c, v, keptOf(checked))), nil
	}
	faults := faultsOf(err)
	if faults == nil {
		return answer{}, err
	}
	return again(p.checkPage(c, checked, faults)), nil
}

func (p *Pages) checkPage(c *gin.Context, k consent.Checked, faults []templates.Fault) templates.Page {
	f := p.viewFrame(c, k.View)
	f.Faults = faults
	t := keptOf(k)
	page := templates.GuardianCheck{
		Frame: f, Action: p.self(c, "/c/"), Adult: k.Book.Profile.Adult, Answers: t.answers, Proof: k.Proof,
		Block: c.PostForm("block") == "yes", Hidden: []templates.Hidden{{Name: stepField, Value: stepCheck}},
	}
	if k.Decision == consent.DecideGrant {
		page.Purposes = templates.Answered(templates.PurposesOf(k.App, k.Record.Asked, f.Lang), t.purposes)
	}
	if k.Birth != (consent.Date{}) {
		page.Birth = time.Date(k.Birth.Year, k.Birth.Month, k.Birth.Day, 0, 0, 0, 0, k.Book.Profile.Zone)
	}
	return page
}

// keptOf is what the check page carries of the answers, for going back to the page.
func keptOf(k consent.Checked) typed {
	t := typed{purposes: map[string]string{}, answers: templates.Answers{
		Decision: string(k.Decision), Name: k.Name, Relation: k.Relation, Declares: k.Relation != "",
	}}
	for _, one := range k.Granted {
		t.purposes[one.ID] = "yes"
	}
	for _, one := range k.Refused {
		t.purposes[one.ID] = "no"
	}
	return t
}

func readAnswers(c *gin.Context) consent.Answers {
	return consent.Answers{
		Decision: consent.Decision(c.PostForm("decision")), Purposes: chosen(c),
		Name: c.PostForm("guardian_name"), Code: c.PostForm("pairing_code"),
		Year: c.PostForm("birth_year"), Month: c.PostForm("birth_month"), Day: c.PostForm("birth_day"),
		Relation: c.PostForm("relation"), Declares: c.PostForm("declares") == "yes", Misnamed: c.PostForm("misnamed") == "yes",
	}
}

// shown are the answers as the page shows them again.
func shown(c *gin.Context) templates.Answers {
	return templates.Answers{
		Decision: c.PostForm("decision"), Name: c.PostForm("guardian_name"), PairingCode: c.PostForm("pairing_code"),
		BirthYear: c.PostForm("birth_year"), BirthMonth: c.PostForm("birth_month"), BirthDay: c.PostForm("birth_day"),
		Relation: c.PostForm("relation"), Declares: c.PostForm("declares") == "yes",
	}
}

// chosen are the fields purpose.<id>.
func chosen(c *gin.Context) map[string]string {
	out := map[string]string{}
	for name, values := range c.Request.PostForm {
		if id, ok := strings.CutPrefix(name, "purpose."); ok && len(values) > 0 {
			out[id] = values[0]
		}
	}
	return out
}
