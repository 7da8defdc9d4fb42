package guardian

import (
	"crypto/sha256"
	"errors"

	"github.com/gin-gonic/gin"

	"github.com/bohoja/bohoja/consent"
	"github.com/bohoja/bohoja/templates"
)

// code shows the page on which a letter's short code is typed.
func (p *Pages) code(c *gin.Context) (answer, error) {
	return show(p.codePage(c, "", nil)), nil
}

func (p *Pages) codePage(c *gin.Context, typed string, faults []templates.Fault) templates.Page {
	f := p.frame(nil, c.Query("lang"))
	f.Faults = faults
	return templates.GuardianCode{Frame: f, Action: p.self(c, "/code"), Code: typed}
}

// enter leads to the page of a code. It says the same of every code that leads nowhere, helps with what cannot be one, and a network that tries many of
// them has to wait: a code is short enough to be typed, so it must not be tried at any rate (threat 8).
func (p *Pages) enter(c *gin.Context) (answer, error) {
	typed := c.PostForm("code")
	if err := p.limited(c, p.failures.Check(c.Request)); err != nil {
		return answer{}, err
	}
	for _, s := range p.opt.Spaces {
		path, err := s.ByCode(c, typed)
		if err == nil {
			return seeOther(path), nil
		}
		if !errors.Is(err, consent.ErrNotFound) {
			return answer{}, err
		}
	}
	p.failures.Note(c.Request, sha256.Sum256([]byte(typed)))
	fault := templates.FaultCode
	if !consent.CodeFormed(typed) {
		fault = templates.FaultCodeForm
	}
	return again(p.codePage(c, typed, []templates.Fault{{Field: "code", Code: fault}})), nil
}
