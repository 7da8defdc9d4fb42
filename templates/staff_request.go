package templates

import (
	"slices"
	"strconv"
	"time"

	"github.com/bohoja/bohoja/consent"
)

// StaffRequest is the page of one request: masked, with what can be done about it. Forms below Self: resend, correct (name,
// email), reopen, lift, cancel and withdraw (sure), destroy (typed), reveal (field, reason, ticket).
type StaffRequest struct {
	StaffFrame
	AppTitle, Self, Back string

	ID, Subject       string
	Status, Custody   string
	Method            string
	Mail, MailHint    string
	MailCode          int // SMTP code of the letter that came back; 0: none
	MailAt            time.Time
	Created, Deadline time.Time
	At                time.Time // when it was decided or ended
	Now               time.Time
	Locked, NameMiss  bool
	Purposes          []string // in words
	ChildName         string   // masked
	Guardians         []consent.MaskedGuardian
	MayReveal         bool
	Acts              []string          // what this role may do in this state
	Opened            string            // the form that comes back with a fault
	Was               map[string]string // what was typed into it
	Trail             []StaffEntry
	Letters           []StaffLetter // the newest first
	Calls             []StaffCall   // of webhooks that told of this request, among some of its app's
	CallsBack         bool          // they are not the last ones
	CallsNext         string        // path that looks among older ones; "" when there are none
	Rights            []StaffRight
	File              string         // path of the form for a consent on paper or by telephone; "" where there is none
	Filed             *StaffFiled    // such a consent, which waits for its second person
	Amend             string         // path of the form for a guardian's new name or address after the grant; "" where there is none
	Amending          *StaffAmending // such a correction, which waits
	Paper             bool           // a scan of the paper is kept and may be seen (form scan: scan_ticket)
}

// StaffEntry is one line of a request's history.
type StaffEntry struct {
	At                  time.Time
	Step, By, Ref, Note string
}

func (StaffRequest) template() string { return "ops/request" }

// Title implements Page. The id of a request names nobody.
func (p StaffRequest) Title() (string, error) {
	words, err := p.T("ops.case.title")
	return words + " " + p.ID, err
}

// Tone colours the status.
func (p StaffRequest) Tone() string { return toneOf(p.Status) }

// Pending reports whether the guardian may still answer.
func (p StaffRequest) Pending() bool { return p.Status == string(consent.Pending) }

// TimeLeft is the time until the deadline in words.
func (p StaffRequest) TimeLeft() (string, error) { return p.Left(p.Now, p.Deadline) }

// Open reports whether a form is shown open: the one that came back with a fault.
func (p StaffRequest) Open(act string) bool { return p.Opened == act }

// Typed is what was typed into a field before.
func (p StaffRequest) Typed(field string) string { return p.Was[field] }

// NeedsSure reports whether an act asks for a tick of its own.
func (p StaffRequest) NeedsSure(act string) bool {
	return act == "cancel" || act == "withdraw" || act == "lift" || act == "grant" || act == "endorse"
}

// Grave reports whether an act cannot be undone.
func (p StaffRequest) Grave(act string) bool {
	return act == "cancel" || act == "withdraw" || act == "destroy"
}

// Sure is the tick of an act.
func (p StaffRequest) Sure(act string) (Choices, error) {
	label, err := p.T("ops.act." + act + ".sure")
	if err != nil {
		return Choices{}, err
	}
	c := Choices{Name: "sure", Options: []Option{{ID: FieldID("sure") + "-" + act, Name: "sure", Value: "yes", Label: label}}}
	if p.Opened == act {
		c.Options[0].ID = FieldID("sure")
		c.Fault, c.Problem, err = p.trouble("sure")
	}
	return c, err
}

// MailTone colours the state of the letter.
func (p StaffRequest) MailTone() string {
	return mailTone(p.Mail)
}

// MailWords say in plain words what became of the letter.
func (p StaffRequest) MailWords() (string, error) {
	if p.Mail == string(consent.MailBounced) {
		return p.smtpWords(p.MailCode)
	}
	if p.letterless() {
		return p.T("ops.mail_text.letterless")
	}
	return p.T("ops.mail_text." + p.Mail)
}

// letterless reports whether no letter went out because the way of this consent begins without one.
func (p StaffRequest) letterless() bool {
	return p.Mail == string(consent.MailNotSent) && p.MailHint == ""
}

// unreachable reports whether there is nobody to whom a letter could go.
func (p StaffRequest) unreachable() bool {
	return len(p.Guardians) > 0 && !slices.ContainsFunc(p.Guardians, func(g consent.MaskedGuardian) bool { return g.Email != "" })
}

func (p StaffRequest) smtpWords(code int) (string, error) {
	if key := "ops.smtp.c" + strconv.Itoa(code); p.Has(key) {
		return p.T(key)
	}
	return p.T("ops.smtp.other")
}

// Questions are what a caller is asked before anything is said (KR-19), as far as the answers can be compared here.
func (p StaffRequest) Questions() []string {
	if len(p.Guardians) == 0 {
		return []string{"id", "app"}
	}
	return []string{"id", "child", "address"}
}

// Say are two or three plain sentences for the caller. None of them holds anything of a person.
func (p StaffRequest) Say() ([]string, error) {
	keys := p.sentences()
	when, err := p.Moment(p.Local(p.Deadline))
	if err != nil {
		return nil, err
	}
	due, err := p.amendDue()
	if err != nil {
		return nil, err
	}
	out := make([]string, len(keys))
	for i, key := range keys {
		if out[i], err = p.T("ops.tell."+key, "until", when, "due", due, "name", p.AppTitle); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// sentences are the keys of what the caller is told: how the request stands, what is in its way, and its deadline.
func (p StaffRequest) sentences() []string {
	switch {
	case p.Pending():
		return slices.Compact(slices.Concat([]string{p.Status}, p.inTheWay(), []string{"deadline"}))
	case p.Status != string(consent.Granted):
		return []string{p.Status}
	case p.Amending != nil && p.Amending.Endorser != "" && p.Amending.Due.IsZero():
		return []string{p.Status, "amend_untold"}
	case p.Amending != nil && p.Amending.Endorser != "":
		return []string{p.Status, "amend_waits"}
	case p.Amending != nil:
		return []string{p.Status, "amending"}
	case p.unreachable():
		return []string{"granted_letterless"}
	}
	return []string{p.Status}
}

// inTheWay is the key of what holds a waiting request up; none when nothing does.
func (p StaffRequest) inTheWay() []string {
	switch {
	case p.Filed != nil && p.Filed.Other:
		return []string{"filed_other"}
	case p.Filed != nil:
		return []string{"filed"}
	case p.letterless():
		if key := "by_" + p.Method; p.Has("ops.tell." + key) {
			return []string{key}
		}
	case p.Locked:
		return []string{"locked"}
	case p.Mail != string(consent.MailSent):
		return []string{"mail_" + p.Mail}
	case p.NameMiss:
		return []string{"misnamed"}
	}
	return nil
}

// amendDue is when a guardian's correction takes effect, in words; "" when none does.
func (p StaffRequest) amendDue() (string, error) {
	if p.Amending == nil || p.Amending.Due.IsZero() {
		return "", nil
	}
	return p.Moment(p.Local(p.Amending.Due))
}

// StaffRevealed shows one field in clear. The answer's Refresh header leads back to the request after a minute.
type StaffRevealed struct {
	StaffFrame
	Field, Value, Back string
}

func (StaffRevealed) template() string { return "ops/revealed" }

// Title implements Page.
func (p StaffRevealed) Title() (string, error) { return p.T("ops.revealed.title") }

// Actor is who made a step, in words.
func (p StaffRequest) Actor(kind string) (string, error) {
	if kind == "" {
		kind = "none"
	}
	return p.T("ops.actor." + kind)
}
