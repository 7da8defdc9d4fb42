package consent

import (
	"maps"
	"regexp"
	"slices"
	"strings"
)

// The forms of ids. An app's id is a part of every key of the store ({app}); a purpose's and an item's are names of form
// fields; a key's id stands in the audit log.
var (
	appForm  = regexp.MustCompile(`^[a-z0-9-]{1,32}$`)
	idForm   = regexp.MustCompile(`^[a-z0-9_-]{1,32}$`)
	itemForm = regexp.MustCompile(`^[A-Za-z0-9_-]{1,64}$`)
	hashForm = regexp.MustCompile(`^[0-9a-f]{64}$`)
)

// hashOfNothing is the SHA-256 of the empty text: a key that was never made.
const hashOfNothing = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

// residentItems are names under which a resident registration number would be asked (KR-24).
var residentItems = []string{"rrn", "resident_number", "resident_registration_number", "jumin", "jumin_number"}

// app checks one app. Its keys are checked apart, since their digests must differ over all apps.
func (c *checker) app(at string, a *App) {
	c.id(at+".id", a.ID, appForm, "write 1 to 32 of a-z, 0-9 and -")
	langs := c.languages(at+".languages", a.Languages)
	c.text(at+".name", a.Name, langs)
	c.methods(at+".methods", a)
	for i, o := range a.Origins {
		c.origin(index(at+".origins", i), o)
	}
	for i, u := range a.ReturnURLs {
		c.back(index(at+".return_urls", i), u)
	}
	if a.ContinueURL != "" {
		c.back(at+".continue_url", a.ContinueURL)
	}
	c.hooks(at+".webhooks", a.Webhooks)
	c.purposes(at, a, langs)
	c.items(at+".items", a, langs)
}

// id asks for a value of this form.
func (c *checker) id(path, id string, form *regexp.Regexp, detail string) {
	switch {
	case id == "":
		c.fault(path, FaultMissing, detail)
	case !form.MatchString(id):
		c.fault(path, FaultMalformed, detail)
	}
}

// keys checks an app's keys. used holds the digests of all apps: one key must not open two of them.
func (c *checker) keys(path string, keys []Key, used seen) {
	if len(keys) == 0 {
		c.advise(path, AdviceKeys, "nobody can call for this app; `bohoja apps key new` makes a key")
	}
	ids := seen{}
	for i, k := range keys {
		at := index(path, i)
		c.once(ids, at+".id", k.ID, "another key of this app has this id")
		c.once(used, at+".sha256", k.SHA256, "another key has this digest; each key belongs to one app")
		c.id(at+".id", k.ID, idForm, "write 1 to 32 of a-z, 0-9, _ and -")
		c.id(at+".sha256", k.SHA256, hashForm, "write the key's SHA-256 as 64 lower-case hexadecimal digits")
		if k.SHA256 == hashOfNothing {
			c.fault(at+".sha256", FaultMalformed, "this is the digest of an empty key; `bohoja apps key new` makes one")
		}
		c.scopes(at+".scopes", k.Scopes)
	}
}

func (c *checker) scopes(path string, scopes []string) {
	if len(scopes) == 0 {
		c.fault(path, FaultMissing, "list what the key may do: "+strings.Join(Scopes, ", "))
	}
	twice := seen{}
	for i, s := range scopes {
		c.once(twice, index(path, i), s, "this scope is listed already")
		if !slices.Contains(Scopes, s) {
			c.fault(index(path, i), FaultUnknown, "the scopes are "+strings.Join(Scopes, ", "))
		}
	}
}

// methods checks by which ways an app takes consents.
func (c *checker) methods(path string, a *App) {
	if len(a.Methods) == 0 {
		c.fault(path, FaultMissing, "list at least one, such as email_link")
	}
	twice := seen{}
	for i, m := range a.Methods {
		at := index(path, i)
		c.once(twice, at, string(m), "this method is listed already")
		switch {
		case Clauses[m] == "":
			c.fault(at, FaultUnknown, "the methods are "+methodNames())
		case c.profile.Name != "" && !slices.Contains(c.profile.Methods, m):
			c.fault(at, FaultMethod, "the profile "+c.profile.Name+" does not accept this method")
		case c.profile.Name == "US" && viaMail(m) && discloses(a):
			c.fault(at, FaultMethod, "US: e-mail proves nothing where a purpose discloses to recipients (16 CFR 312.5); use another method")
		}
	}
	if c.profile.Name != "US" && discloses(a) && len(a.Methods) > 0 && !slices.ContainsFunc(a.Methods, strong) {
		c.advise(path, AdviceMethod, "a purpose gives data to others and a mailbox is the only proof; offer identity, paper or site_sms")
	}
}

// methodNames lists the methods in the order of allMethods.
func methodNames() string {
	names := make([]string, len(allMethods))
	for i, m := range allMethods {
		names[i] = string(m)
	}
	return strings.Join(names, ", ")
}

func viaMail(m Method) bool { return m == MethodEmailLink || m == MethodEmailReply }

func strong(m Method) bool { return m == MethodIdentity || m == MethodPaper || m == MethodSiteSMS }

func discloses(a *App) bool {
	return slices.ContainsFunc(a.Purposes, func(p Purpose) bool { return len(p.Recipients) > 0 })
}

// items checks the labels: every item of a purpose has one in each language, of the app's own or built in.
func (c *checker) items(path string, a *App, langs []string) {
	used := seen{}
	for _, p := range a.Purposes {
		for _, item := range p.Items {
			if itemForm.MatchString(item) && !used[item] {
				c.label(path+"."+item, item, a, langs)
			}
			used[item] = true
		}
	}
	for _, item := range slices.Sorted(maps.Keys(a.Items)) {
		if !used[item] {
			c.advise(path+"."+item, AdviceItem, "no purpose names this item")
		}
	}
}

// label asks for the item's words in each language. An app that labels an item itself does so in all of them: a page
// must not mix its words with built-in ones.
func (c *checker) label(path, item string, a *App, langs []string) {
	for _, l := range langs {
		own := a.Items[item][l]
		switch {
		case strings.ContainsFunc(own, unprintable):
			c.fault(path+"."+l, FaultMalformed, "write one line without control characters")
		case strings.TrimSpace(own) != "", len(a.Items[item]) == 0 && ItemKnown(nil, item, l):
		default:
			c.fault(path+"."+l, FaultLabel, "say in each language what this item is; no built-in label stands in for it")
		}
	}
}
