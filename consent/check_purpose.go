package consent

import (
	"slices"
	"strings"
)

// marketingKinds are the kinds of purposes that children under the threshold are spared, whatever a guardian would say
// (policy 9-3-라). The words are compared in lower case and without a plural's s.
var marketingKinds = []string{"marketing", "ad", "advertising", "advertisement", "promotion", "offer", "newsletter", "prize", "game", "event"}

func isMarketing(word string) bool {
	word = strings.ToLower(strings.TrimSpace(word))
	return slices.Contains(marketingKinds, word) || slices.Contains(marketingKinds, strings.TrimSuffix(word, "s"))
}

// purposes checks all purposes of an app.
func (c *checker) purposes(at string, a *App, langs []string) {
	if len(a.Purposes) == 0 {
		c.fault(at+".purposes", FaultMissing, "declare what the data is for: at least one purpose")
	}
	ids := seen{}
	for i, p := range a.Purposes {
		path := index(at+".purposes", i)
		c.once(ids, path+".id", p.ID, "another purpose of this app has this id")
		c.purpose(path, p, langs)
	}
}

// purpose checks one purpose: use, items, retention and what follows a refusal are told in every language (KR-06), and
// so is the child's own text (KR-03).
func (c *checker) purpose(at string, p Purpose, langs []string) {
	c.id(at+".id", p.ID, idForm, "write 1 to 32 of a-z, 0-9, _ and -")
	c.kind(at, p)
	c.text(at+".why", p.Why, langs)
	c.text(at+".child", p.Child, langs)
	c.text(at+".keep", p.Keep, langs)
	c.text(at+".refuse", p.Refuse, langs)
	c.asked(at+".items", p)
	c.sensitive(at, p, langs)
	for i, r := range p.Recipients {
		c.recipient(index(at+".recipients", i), r, p, langs)
	}
	if p.Required && len(p.Recipients) > 0 {
		c.advise(at+".recipients", AdviceRecipient, "giving data to others should be a choice of its own; move it to an optional purpose")
	}
}

// kind refuses what is only said to be refused, and every kind that is not known: an unknown word must not be a way around.
func (c *checker) kind(at string, p Purpose) {
	switch {
	case isMarketing(p.Kind):
		c.fault(at+".kind", FaultMarketing, "children get no advertising, prizes, games or events, and no consent changes that; remove the purpose")
	case p.Kind != "":
		c.fault(at+".kind", FaultUnknown, "leave kind out: a purpose has none, unless it is one that is refused")
	case isMarketing(p.ID):
		c.advise(at+".id", AdviceMarketing, "this sounds like a purpose that is forbidden for children; make sure that it is not")
	}
}

// asked checks the items of a purpose.
func (c *checker) asked(path string, p Purpose) {
	if len(p.Items) == 0 {
		c.fault(path, FaultMissing, "name the data that this purpose needs")
	}
	twice := seen{}
	for i, item := range p.Items {
		at := index(path, i)
		c.once(twice, at, item, "this item is listed already")
		c.id(at, item, itemForm, "write 1 to 64 of A-Z, a-z, 0-9, _ and -")
		if slices.Contains(residentItems, snake(item)) {
			c.fault(at, FaultResident, "resident registration numbers may not be processed; remove the item")
		}
	}
}

// sensitive asks for the law behind belief, family, schooling, health, social activity and biometrics (policy chapter 2).
func (c *checker) sensitive(at string, p Purpose, langs []string) {
	if p.Sensitive != nil {
		if strings.TrimSpace(p.Sensitive.Law) == "" {
			c.fault(at+".sensitive.law", FaultMissing, "name the law and article that asks for these items")
		}
		c.text(at+".sensitive.why", p.Sensitive.Why, langs)
		return
	}
	for i, item := range p.Items {
		if ItemSensitive(snake(item)) != "" {
			c.fault(index(at+".items", i), FaultSensitive, "this is a sensitive item; say by which law and why: sensitive: {law, why}")
		}
	}
}

// snake brings the usual ways to write an id into one: bloodType, Blood-Type and blood_type are the same item.
func snake(id string) string {
	var b strings.Builder
	for i, r := range id {
		upper := r >= 'A' && r <= 'Z'
		if upper && i > 0 && id[i-1] >= 'a' && id[i-1] <= 'z' {
			b.WriteByte('_')
		}
		b.WriteRune(r)
	}
	return strings.ReplaceAll(strings.ToLower(b.String()), "-", "_")
}

// recipient checks the five things that are told of a third party (KR-07); the fifth, the right to refuse, is the choice itself.
func (c *checker) recipient(at string, r Recipient, p Purpose, langs []string) {
	c.text(at+".name", r.Name, langs)
	c.text(at+".why", r.Why, langs)
	c.text(at+".keep", r.Keep, langs)
	if len(r.Items) == 0 {
		c.fault(at+".items", FaultMissing, "name the items that this recipient gets")
	}
	for i, item := range r.Items {
		if !slices.Contains(p.Items, item) {
			c.fault(index(at+".items", i), FaultUndeclared, "the purpose itself does not name this item")
		}
	}
}
