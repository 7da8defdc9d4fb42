package templates

import (
	"slices"
	"strings"

	"github.com/bohoja/bohoja/consent"
)

// letterPart makes one section, or none when the letter has nothing to say there.
type letterPart func(w *letterWriter) []Section

// letterPlans says what each letter consists of, in order. An invitation holds everything that the guardian consents to in
// its body, so that it can be read and kept without opening anything (KR-04 no. 5, KR-06, KR-07).
var letterPlans = map[consent.LetterKind][]letterPart{
	consent.LetterInvite:    {factsPart, openPart, codePart, askedPart, refusalPart, rightsPart, realPart},
	consent.LetterRemind:    {factsPart, openPart, codePart, askedPart, refusalPart, rightsPart, realPart},
	consent.LetterGranted:   {factsPart, withdrawPart, agreedPart, refusedPart, rightsPart, realPart},
	consent.LetterConfirm:   {factsPart, withdrawPart, agreedPart, refusedPart, rightsPart, realPart},
	consent.LetterDeclined:  {factsPart, destroyedPart, keptAfterRefusalPart},
	consent.LetterWithdrawn: {factsPart, inForcePart, withdrawPart, keptPart, rightsPart},
	consent.LetterErased:    {factsPart, inForcePart, withdrawPart, keptPart, rightsPart},
	consent.LetterProve:     {provePart, factsPart, proveStrangerPart, realPart},
	consent.LetterLocked:    {factsPart, openPart, codePart, lockedMinePart, lockedStrangerPart, realPart},

	consent.LetterAmending: {factsPart, objectPart, realPart},
	consent.LetterAmended:  {factsPart, withdrawPart, inForcePart, rightsPart, realPart},
	consent.LetterReplaced: {factsPart, realPart},

	consent.LetterRightsReceived: {factsPart, portalPart, rightsWaitPart, realPart},
	consent.LetterRightsAnswered: {factsPart, portalPart, realPart},
	consent.LetterPortal:         {factsPart, enterPart, portalStrangerPart, realPart},
}

// LetterKinds lists every kind of letter in the order of a request's way.
func LetterKinds() []consent.LetterKind {
	return []consent.LetterKind{
		consent.LetterInvite, consent.LetterRemind, consent.LetterLocked, consent.LetterGranted, consent.LetterConfirm,
		consent.LetterDeclined, consent.LetterProve, consent.LetterWithdrawn, consent.LetterErased,
		consent.LetterAmending, consent.LetterAmended, consent.LetterReplaced,
		consent.LetterRightsReceived, consent.LetterRightsAnswered, consent.LetterPortal,
	}
}

// objectPart leads to the page that stops a correction.
func objectPart(w *letterWriter) []Section {
	return []Section{{
		Tone: "tint", Heading: w.of("stop.title"), Paras: []string{w.of("stop.text")},
		Action: &Action{Label: w.of("stop.button"), URL: w.l.Link, Note: w.say("mail.url")},
	}}
}

// factsPart says by when, who asks and about whom.
func factsPart(w *letterWriter) []Section {
	say := func(key string) string { return w.say("mail.facts." + key) }
	if w.l.Kind == consent.LetterPortal {
		return []Section{{Facts: filled([]Fact{
			w.time(), {Label: say("operator"), Value: w.app}, {Label: say("phone"), Value: line(w.l.Operator.Phone)},
		})}}
	}
	facts := []Fact{
		w.time(),
		w.right(),
		{Label: say("child"), Value: w.child()},
		{Label: say("app"), Value: w.app},
		{Label: say("operator"), Value: line(w.l.Operator.Name.In(w.lang))},
		{Label: say("phone"), Value: line(w.l.Operator.Phone)},
		{Label: say("case"), Value: w.l.Case, Code: true},
		{Label: say("right_id"), Value: w.l.Right.ID, Code: true},
	}
	return []Section{{Facts: filled(facts)}}
}

// child is the masked name and the year of birth, by which siblings are told apart.
func (w *letterWriter) child() string {
	if w.l.Child == "" || w.l.Born == "" {
		return line(w.l.Child)
	}
	return w.say("mail.facts.born", "child", line(w.l.Child), "year", w.l.Born)
}

// time is the moment that matters in this letter.
func (w *letterWriter) time() Fact {
	switch w.l.Kind {
	case consent.LetterInvite, consent.LetterRemind, consent.LetterLocked:
		return Fact{
			Label: w.say("mail.facts.deadline"), Value: w.say("mail.until", "moment", w.moment(w.l.Deadline)), Weighty: true, Below: true,
		}
	case consent.LetterGranted, consent.LetterConfirm, consent.LetterDeclined:
		return Fact{Label: w.say("mail.facts.decided"), Value: w.moment(w.l.Decided)}
	case consent.LetterErased:
		return Fact{Label: w.say("mail.facts.erased"), Value: w.moment(w.l.Deadline)}
	case consent.LetterAmending:
		return Fact{Label: w.say("mail.facts.amend_due"), Value: w.moment(w.l.Deadline), Weighty: true, Below: true}
	case consent.LetterRightsReceived:
		return Fact{Label: w.say("mail.facts.due"), Value: w.say("mail.until", "moment", w.moment(w.l.Right.DueAt)), Weighty: true, Below: true}
	case consent.LetterRightsAnswered:
		return Fact{Label: w.say("mail.facts.answered"), Value: w.moment(w.l.Right.AnsweredAt)}
	case consent.LetterPortal:
		return Fact{Label: w.say("mail.facts.link_until"), Value: w.say("mail.until", "moment", w.moment(w.l.Deadline)), Weighty: true, Below: true}
	}
	return Fact{}
}

// right says what was asked for, in a letter about a rights request.
func (w *letterWriter) right() Fact {
	if w.l.Right.ID == "" {
		return Fact{}
	}
	return Fact{Label: w.say("mail.facts.right"), Value: w.say("rights.kind." + string(w.l.Right.Kind)), Weighty: true}
}

// portalPart leads to the portal's first page: a fresh link is asked for there, so that an old letter opens nothing.
func portalPart(w *letterWriter) []Section {
	if w.l.Portal == "" {
		return nil
	}
	return []Section{{
		Tone: "tint", Paras: []string{w.of("portal")}, Action: &Action{Label: w.say("mail.portal_button"), URL: w.l.Portal, Note: w.say("mail.url")},
	}}
}

// enterPart is the portal's own fresh link.
func enterPart(w *letterWriter) []Section {
	return []Section{{
		Tone: "tint", Paras: []string{w.of("asks")}, Action: &Action{Label: w.say("mail.portal_button"), URL: w.l.Link, Note: w.say("mail.url")},
	}}
}

func rightsWaitPart(w *letterWriter) []Section {
	key := "mail.rights_received.wait." + string(w.l.Right.Kind)
	return []Section{{Heading: w.say("mail.rights_received.wait.title"), Paras: paragraphs(w.say(key))}}
}

func portalStrangerPart(w *letterWriter) []Section {
	return []Section{{Heading: w.of("stranger.title"), Paras: paragraphs(w.of("stranger.text"))}}
}

// filled drops facts without a value.
func filled(facts []Fact) []Fact {
	return slices.DeleteFunc(facts, func(f Fact) bool { return f.Value == "" })
}

func openPart(w *letterWriter) []Section {
	if w.l.Link == "" {
		return nil
	}
	return []Section{{Tone: "tint", Action: &Action{Label: w.say("mail.button"), URL: w.l.Link, Note: w.say("mail.url")}}}
}

func codePart(w *letterWriter) []Section {
	if w.l.Code == "" || w.l.CodePage == "" {
		return nil
	}
	return []Section{{
		Heading: w.say("mail.code.title"), Paras: []string{w.say("mail.code.text")},
		Facts: []Fact{
			{Value: w.l.CodePage, URL: w.l.CodePage},
			{Label: w.say("mail.code.code"), Value: w.l.Code, Weighty: true, Code: true},
		},
	}}
}

// provePart is the code for the page of a withdrawal. It has no link: whoever reads mail by machine must not come to that
// page from the letter that opens it.
func provePart(w *letterWriter) []Section {
	return []Section{{Tone: "tint", Facts: []Fact{
		{Label: w.say("mail.code.code"), Value: w.l.Code, Weighty: true, Code: true},
		{Label: w.say("mail.prove.until"), Value: w.say("mail.until", "moment", w.moment(w.l.Deadline))},
	}}}
}

func proveStrangerPart(w *letterWriter) []Section {
	return []Section{{Heading: w.say("mail.prove.stranger.title"), Paras: paragraphs(w.say("mail.prove.stranger.text"))}}
}

func withdrawPart(w *letterWriter) []Section {
	if w.l.Withdraw == "" {
		return nil
	}
	text := w.say("mail.withdraw.text")
	if w.l.Amend.Name() { // which name is asked for from now on, without saying it
		text = w.say("mail.amended.name")
	}
	return []Section{{
		Tone: "tint", Heading: w.say("mail.withdraw.title"), Paras: []string{text},
		Action: &Action{Label: w.say("mail.withdraw.button"), URL: w.l.Withdraw, Note: w.say("mail.url")},
	}}
}

func askedPart(w *letterWriter) []Section {
	s := Section{
		Heading: w.say("mail.purposes.title"), Paras: []string{w.say("mail.purposes.text")}, Purposes: w.purposes(w.l.Purposes, true),
	}
	return []Section{w.handedToNobody(s)}
}

func agreedPart(w *letterWriter) []Section {
	s := Section{Heading: w.say("mail.purposes.agreed"), Purposes: w.purposes(w.l.Purposes, false)}
	return []Section{w.handedToNobody(s)}
}

func inForcePart(w *letterWriter) []Section {
	if !w.inForce() {
		return nil
	}
	return []Section{{Heading: w.say("mail.purposes.inforce"), Purposes: w.purposes(w.l.Purposes, false)}}
}

// handedToNobody says so when no purpose has a recipient.
func (w *letterWriter) handedToNobody(s Section) Section {
	if !slices.ContainsFunc(s.Purposes, func(p LetterPurpose) bool { return len(p.Recipients) > 0 }) {
		s.List = []string{w.say("mail.purposes.nobody")}
	}
	return s
}

func refusedPart(w *letterWriter) []Section {
	if len(w.l.Refused) == 0 {
		return nil
	}
	var list []string
	for _, p := range w.l.Refused {
		list = append(list, line(p.Why.In(w.lang)))
	}
	return []Section{{Heading: w.say("mail.refused.title"), Paras: []string{w.say("mail.refused.text")}, List: list}}
}

func refusalPart(w *letterWriter) []Section {
	return []Section{{Heading: w.say("mail.refusal.title"), Paras: paragraphs(w.say("mail.refusal.text"))}}
}

func rightsPart(w *letterWriter) []Section {
	list := append(points(w.say("mail.rights.list")), w.say("mail.rights.contact"))
	if url := line(w.l.Operator.PolicyURL); url != "" {
		list = append(list, w.say("mail.policy")+": "+url)
	}
	return []Section{{Heading: w.say("mail.rights.title"), List: list}}
}

// realPart tells how to know a true letter. It names only ways that do not need the letter's own link.
func realPart(w *letterWriter) []Section {
	list := []string{w.say("mail.real.never")}
	if w.l.Link != "" && w.l.Kind != consent.LetterPortal && w.l.Kind != consent.LetterAmending {
		list = append(list, w.say("mail.real.asks"))
	}
	if w.l.Code != "" && w.l.CodePage != "" {
		list = append(list, w.say("mail.real.site"))
	}
	call := "mail.real.call"
	if w.l.Kind == consent.LetterPortal { // there is no one case to name
		call = "mail.real.phone"
	}
	return []Section{{Tone: "warm", Heading: w.say("mail.real.title"), List: append(list, w.say(call))}}
}

// destroyedPart says what is gone. The items are named, their values never were known here.
func destroyedPart(w *letterWriter) []Section {
	var items []string
	for _, p := range w.l.Purposes {
		for _, label := range consent.ItemLabels(w.l.App, p.Items, w.lang) {
			if !slices.Contains(items, label) {
				items = append(items, label)
			}
		}
	}
	data := w.say("mail.destroyed.nodata")
	if len(items) > 0 {
		data = w.say("mail.destroyed.data", "items", line(strings.Join(items, ", ")))
	}
	return []Section{{
		Heading: w.say("mail.destroyed.title"),
		List:    []string{data, w.say("mail.destroyed.child"), w.say("mail.destroyed.guardian")},
	}}
}

func keptAfterRefusalPart(w *letterWriter) []Section {
	return []Section{{Heading: w.say("mail.kept.title"), List: points(w.say("mail.kept.refusal"))}}
}

func keptPart(w *letterWriter) []Section {
	return []Section{{Heading: w.say("mail.kept.title"), Paras: []string{w.say("mail.kept.consent")}}}
}

func lockedMinePart(w *letterWriter) []Section {
	return []Section{{Heading: w.say("mail.locked.mine.title"), Paras: paragraphs(w.say("mail.locked.mine.text"))}}
}

func lockedStrangerPart(w *letterWriter) []Section {
	return []Section{{Heading: w.say("mail.locked.stranger.title"), Paras: paragraphs(w.say("mail.locked.stranger.text"))}}
}

// purposes tells each purpose; asking adds what follows a no.
func (w *letterWriter) purposes(list []consent.Purpose, asking bool) []LetterPurpose {
	var out []LetterPurpose
	for i, p := range list {
		lp := LetterPurpose{N: i + 1, Why: line(p.Why.In(w.lang)), Required: p.Required, Tag: w.tag(p), Facts: w.uses(p, asking)}
		for _, r := range p.Recipients {
			lp.Recipients = append(lp.Recipients, w.recipient(r))
		}
		out = append(out, lp)
	}
	return out
}

func (w *letterWriter) tag(p consent.Purpose) string {
	if p.Required {
		return w.say("mail.purposes.required")
	}
	return w.say("mail.purposes.optional")
}

// uses are items, retention and what follows a no (KR-06). Retention and sensitive items are weighty (KR-10).
func (w *letterWriter) uses(p consent.Purpose, asking bool) []Fact {
	say := func(key string) string { return w.say("mail.purposes." + key) }
	facts := []Fact{{Label: say("items"), Value: w.labels(p.Items), Weighty: p.Sensitive != nil}}
	if s := p.Sensitive; s != nil {
		why := line(s.Why.In(w.lang)) + " (" + line(s.Law) + ")"
		facts = append(facts, Fact{Label: say("sensitive"), Value: why, Weighty: true})
	}
	facts = append(facts, Fact{Label: say("keep"), Value: line(p.Keep.In(w.lang)), Weighty: true})
	if asking {
		facts = append(facts, Fact{Label: say("refuse"), Value: line(p.Refuse.In(w.lang))})
	}
	return filled(facts)
}

// recipient is one third party: who, what for, what, how long (KR-07). The right to refuse is the purpose's own choice.
func (w *letterWriter) recipient(r consent.Recipient) []Fact {
	say := func(key string) string { return w.say("mail.purposes." + key) }
	return filled([]Fact{
		{Label: say("who"), Value: line(r.Name.In(w.lang)), Weighty: true},
		{Label: say("who_why"), Value: line(r.Why.In(w.lang))},
		{Label: say("who_items"), Value: w.labels(r.Items)},
		{Label: say("who_keep"), Value: line(r.Keep.In(w.lang)), Weighty: true},
	})
}

func (w *letterWriter) labels(ids []string) string {
	return line(strings.Join(consent.ItemLabels(w.l.App, ids, w.lang), ", "))
}
