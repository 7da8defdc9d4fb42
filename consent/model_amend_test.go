//go:build proof

package consent_test

import (
	"fmt"
	"slices"
	"time"

	"github.com/bohoja/bohoja/consent"
)

// What became of corrections: each is to be met.
const (
	cameIntoEffect = "in effect"
	cameToNothing  = "fell away"
	cameAnother    = "replaced by another"
	cameAlone      = "refused to one alone"
	cameStopped    = "stopped by the link"
	cameTooLate    = "too late to stop"
	cameBack       = "taken back"
)

var outcomes = []string{cameIntoEffect, cameToNothing, cameAnother, cameAlone, cameStopped, cameTooLate, cameBack}

// amendSteps are those of which walks about corrections are made: among all the others they would seldom meet.
var amendSteps = []string{
	"enter", "enter, unseen", "enter another's", "endorse as one", "endorse as two", "endorse, unseen", "object", "retract",
	"tell too soon", "enact too soon", "withdraw as typed", "withdraw part", "join meanwhile", "old link", "a moment", "an hour", "a day", "two days",
}

// change is a guardian's correction after the grant, as the model has it.
type change struct {
	no, guardian  int
	name, address string // "": as it was
	by, endorser  string
	told          bool          // and then it takes effect
	left          time.Duration // so long from now
	others        bool          // the people are others than when it was entered
}

func (c change) what() consent.AmendWhat {
	switch {
	case c.name == "":
		return consent.AmendAddress
	case c.address == "":
		return consent.AmendName
	}
	return consent.AmendBoth
}

// join adds a guardian: what waits is of other people then.
func (m *model) join(p keeper) {
	m.people = append(m.people, p)
	if m.waiting != nil {
		m.waiting.others = true
	}
}

// passCorrection lets the one that waits take effect when its time has come, or fall away.
func (m *model) passCorrection(d time.Duration) {
	c := m.waiting
	if c == nil || !c.told {
		return
	}
	if c.left -= d; c.left > 0 {
		return
	}
	m.waiting = nil
	if !c.others {
		m.enact(*c)
	}
}

func (m *model) enact(c change) {
	p := &m.people[c.guardian]
	m.post(post{kind: consent.LetterAmended, guardian: c.guardian})
	if c.address != "" {
		m.post(post{kind: consent.LetterReplaced, to: p.address})
		m.former = append(m.former, p.address)
		p.address = c.address
		p.moved++
	}
	if c.name != "" {
		p.name = c.name
	}
	m.corrected = append(m.corrected, c)
	m.tell(consent.EventAmended)
}

// isCorrected reports whether the correction under this number took effect.
func (m *model) isCorrected(no int) bool {
	return slices.ContainsFunc(m.corrected, func(c change) bool { return c.no == no })
}

// endorse is what confirming the one under this number says, of people that were seen.
func (m *model) endorse(no int, by string) string {
	c := m.waiting
	switch {
	case m.needsConsent() != "":
		return m.needsConsent()
	case c == nil:
		return "not_amending"
	case c.no != no || c.others:
		return "stale"
	case c.by == by:
		return "same_person"
	}
	return ""
}

// retract is what taking back the one under this number says.
func (m *model) retract(no int) string {
	switch {
	case m.needsConsent() != "":
		return m.needsConsent()
	case m.isCorrected(no):
		return "not_amending"
	}
	return ""
}

// stops reports whether the link of the letter about this correction stops it.
func (m *model) stops(c change) bool { return m.waiting != nil && m.waiting.no == c.no }

// corrections are all that a record should have of them.
func (m *model) corrections() []string {
	all := []string{fmt.Sprint(m.amends)}
	if c := m.waiting; c != nil {
		all = append(all, fmt.Sprint("waits ", c.no, c.guardian, c.what(), c.by, c.endorser, c.told, c.others))
	}
	for _, c := range m.corrected {
		all = append(all, fmt.Sprint(c.no, c.guardian, c.what(), c.by, c.endorser))
	}
	for _, p := range m.people {
		all = append(all, fmt.Sprint("links ", m.gen+p.moved))
	}
	return all
}
