package templates

import "github.com/bohoja/bohoja/consent"

// Purpose is one purpose in the page's language, with the guardian's answer to it.
type Purpose struct {
	ID         string
	Required   bool
	Why        string
	Items      []string // labels
	Keep       string
	Refuse     string // what follows a no
	Sensitive  string // why sensitive items are asked, with the law; "" when there are none
	Recipients []Recipient
	Answer     string // "yes", "no" or "": not answered
}

// Recipient is a third party to whom the purpose hands data (KR-07).
type Recipient struct {
	Name, Why string
	Items     []string
	Keep      string
}

// PurposesOf translates the purposes with these ids, in the app's own order and without answers.
func PurposesOf(app *consent.App, ids []string, lang string) []Purpose {
	var out []Purpose
	for _, p := range app.Chosen(ids) {
		out = append(out, Purpose{
			ID: p.ID, Required: p.Required, Why: p.Why.In(lang), Items: consent.ItemLabels(app, p.Items, lang),
			Keep: p.Keep.In(lang), Refuse: p.Refuse.In(lang), Sensitive: sensitive(p.Sensitive, lang),
			Recipients: recipients(app, p.Recipients, lang),
		})
	}
	return out
}

func sensitive(s *consent.Sensitive, lang string) string {
	if s == nil {
		return ""
	}
	return s.Why.In(lang) + " (" + s.Law + ")"
}

func recipients(app *consent.App, rs []consent.Recipient, lang string) []Recipient {
	var out []Recipient
	for _, r := range rs {
		out = append(out, Recipient{
			Name: r.Name.In(lang), Why: r.Why.In(lang), Items: consent.ItemLabels(app, r.Items, lang), Keep: r.Keep.In(lang),
		})
	}
	return out
}

// Answered returns the purposes with the answers filled in; answers maps ids to "yes" or "no".
func Answered(purposes []Purpose, answers map[string]string) []Purpose {
	out := make([]Purpose, len(purposes))
	for i, p := range purposes {
		p.Answer = answers[p.ID]
		out[i] = p
	}
	return out
}
