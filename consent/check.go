package consent

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"golang.org/x/text/language"
)

// Declared is what the operator has declared, before anybody relies on it.
type Declared struct {
	Profile      string // name of a Profile
	Operator     Operator
	Gate         Gate
	Apps         []App
	Pending      time.Duration // the hard deadline that the settings ask for
	Locales      []string      // languages in which pages and letters exist; empty: not checked
	PrivateHooks bool          // webhooks may lie on loopback and private ranges
}

// Fault is one thing wrong with a declaration.
type Fault struct {
	Path   string `json:"path"`   // as in the YAML file: apps[0].purposes[1].why.en
	Code   string `json:"code"`   // stable: one of the FaultXxx or AdviceXxx
	Detail string `json:"detail"` // an English sentence that says how to mend it; never a secret
}

// Faults are all that is wrong, in the order of the file.
type Faults []Fault

// Error implements error with one line for each fault.
func (f Faults) Error() string {
	lines := make([]string, len(f))
	for i, one := range f {
		lines[i] = one.Path + ": " + one.Detail + " (" + one.Code + ")"
	}
	return strings.Join(lines, "\n")
}

// The codes of faults.
const (
	FaultMissing    = "missing"                      // a value that must be there is not
	FaultEmptyText  = "empty_text"                   // a text lacks a listed language (KR-06, KR-07)
	FaultMalformed  = "malformed"                    // a value has another form than it must have
	FaultDuplicate  = "duplicate"                    // the same value stands twice where it must be one
	FaultUnknown    = "unknown"                      // a value is none of the known ones
	FaultMarketing  = "purpose_forbidden_for_minors" // policy 9-3-라: no advertising, prizes, games or events
	FaultSensitive  = "sensitive_without_law"        // policy chapter 2: sensitive items need a law that asks for them
	FaultLabel      = "missing_label"                // an item that guardians could not read
	FaultUndeclared = "undeclared_item"              // a recipient would get what its purpose does not name
	FaultDeadline   = "deadline"                     // past the profile's (KR-12), or none
	FaultMethod     = "method_forbidden"             // the profile forbids it here (US-1..3)
	FaultInsecure   = "insecure_url"                 // plain http where others can read along
	FaultScheme     = "scheme_forbidden"             // a scheme that runs or reads things in a browser
	FaultPrivate    = "private_target"               // a webhook into the own network without leave
	FaultSecret     = "secret"                       // a webhook's secret is missing or too weak
	FaultResident   = "resident_number"              // KR-24: never asked, under no purpose
)

// The codes of advice: nothing is refused for it.
const (
	AdviceMethod    = "stronger_method"      // data goes to others, and a mailbox is the only proof
	AdviceRecipient = "recipient_required"   // a required purpose with recipients leaves no own choice (KR-07, US-1)
	AdviceMarketing = "looks_like_marketing" // a purpose is named like one that is forbidden
	AdviceKeys      = "no_keys"              // nobody can call for this app
	AdviceItem      = "unused_item"          // a label that no purpose uses
)

// Check returns everything that is wrong with the declarations, nil when they may be relied on.
func (d Declared) Check() Faults {
	c := newChecker(d)
	c.all(d)
	return c.faults
}

// Advise returns what is allowed and yet better done otherwise.
func (d Declared) Advise() Faults {
	c := newChecker(d)
	c.all(d)
	return c.advice
}

// Book checks the declarations and makes a Book of them. The error is a Faults.
func (d Declared) Book() (*Book, error) {
	c := newChecker(d)
	c.all(d)
	if len(c.faults) > 0 {
		return nil, c.faults
	}
	if d.Gate.Scope == "" {
		d.Gate.Scope = GateOperator
	}
	return NewBook(c.profile, d.Operator, d.Gate, d.Apps)
}

// checker collects faults and advice on one pass over the declarations.
type checker struct {
	profile Profile // the zero value while it is not known
	locales []string
	private bool // webhooks may lie on private ranges
	faults  Faults
	advice  Faults
}

func newChecker(d Declared) *checker {
	return &checker{locales: d.Locales, private: d.PrivateHooks}
}

func (c *checker) fault(path, code, detail string) {
	c.faults = append(c.faults, Fault{path, code, detail})
}

func (c *checker) advise(path, code, detail string) {
	c.advice = append(c.advice, Fault{path, code, detail})
}

func (c *checker) all(d Declared) {
	c.law(d)
	c.operator(d.Operator, spoken(d.Apps))
	if s := d.Gate.Scope; s != "" && s != GateOperator && s != GateApp {
		c.fault("gate.scope", FaultUnknown, "write operator or app")
	}
	if len(d.Apps) == 0 {
		c.fault("apps", FaultMissing, "declare at least one app")
	}
	ids, keys := seen{}, seen{}
	for i := range d.Apps {
		at := fmt.Sprintf("apps[%d]", i)
		c.once(ids, at+".id", d.Apps[i].ID, "another app has this id")
		c.app(at, &d.Apps[i])
		c.keys(at+".keys", d.Apps[i].Keys, keys)
	}
}

// law checks the profile and what it bounds.
func (c *checker) law(d Declared) {
	p, err := ProfileFor(d.Profile)
	if err != nil || d.Profile != strings.ToUpper(d.Profile) {
		c.fault("profile", FaultUnknown, "write KR, US or EU- and a country, such as EU-DE")
	} else {
		c.profile = p
	}
	switch longest := c.profile.MaxPending; {
	case d.Pending <= 0:
		c.fault("pending.ttl", FaultDeadline, "a request must have a deadline, such as 119h")
	case longest > 0 && d.Pending > longest:
		c.fault("pending.ttl", FaultDeadline, fmt.Sprintf("the profile %s allows at most %dh", d.Profile, int(longest.Hours())))
	}
}

// operator checks who answers for the data: every letter and page shows it.
func (c *checker) operator(o Operator, langs []string) {
	c.text("operator.name", o.Name, langs)
	if strings.TrimSpace(o.Phone) == "" {
		c.fault("operator.phone", FaultMissing, "guardians must be able to call somebody")
	}
	switch _, ok := ParseMailbox(o.Email); {
	case o.Email == "":
		c.fault("operator.email", FaultMissing, "guardians must be able to write to somebody")
	case !ok:
		c.fault("operator.email", FaultMalformed, "write one address, such as privacy@shop.example")
	}
	if len(o.Officer) > 0 {
		c.text("operator.officer", o.Officer, langs)
	}
	c.page("operator.site_url", o.SiteURL)
	c.page("operator.policy_url", o.PolicyURL)
}

// text asks for a text in each of the languages: what a guardian cannot read was not told (KR-06).
func (c *checker) text(path string, t Text, langs []string) {
	for _, l := range langs {
		switch s := t[l]; {
		case strings.TrimSpace(s) == "":
			c.fault(path+"."+l, FaultEmptyText, "write this text in every listed language")
		case strings.ContainsFunc(s, unprintable):
			c.fault(path+"."+l, FaultMalformed, "write one line without control characters")
		}
	}
}

// unprintable holds for control characters, which would break a subject line or a plain-text letter, and for
// characters that turn the direction of what follows.
func unprintable(r rune) bool {
	return unicode.IsControl(r) || r >= '\u202a' && r <= '\u202e' || r >= '\u2066' && r <= '\u2069'
}

// languages checks an app's list of languages and returns those that texts must speak.
func (c *checker) languages(path string, langs []string) []string {
	if len(langs) == 0 {
		c.fault(path, FaultMissing, "list at least one language, such as ko")
	}
	twice := seen{}
	for i, l := range langs {
		at := index(path, i)
		c.once(twice, at, l, "this language is listed already")
		switch tag, err := language.Parse(l); {
		case err != nil || tag.String() != l:
			c.fault(at, FaultMalformed, "write a language tag, such as ko, en or zh-Hant")
		case len(c.locales) > 0 && !slices.Contains(c.locales, l):
			c.fault(at, FaultUnknown, "pages and letters speak "+strings.Join(c.locales, ", "))
		}
	}
	return langs
}

// seen remembers values that must stand only once.
type seen map[string]bool

// once tells of a value that stands a second time. Empty values are another fault's business.
func (c *checker) once(s seen, path, value, detail string) {
	if value != "" && s[value] {
		c.fault(path, FaultDuplicate, detail)
	}
	s[value] = true
}

// spoken returns every language of the apps: the operator's own texts must speak them all.
func spoken(apps []App) []string {
	var out []string
	for _, a := range apps {
		for _, l := range a.Languages {
			if !slices.Contains(out, l) {
				out = append(out, l)
			}
		}
	}
	if len(out) == 0 {
		return []string{"ko"}
	}
	return out
}

func index(path string, i int) string { return path + "[" + strconv.Itoa(i) + "]" }
