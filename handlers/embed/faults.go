package embed

import (
	"errors"
	"html/template"
	"net/url"

	"github.com/bohoja/bohoja/consent"
	"github.com/bohoja/bohoja/templates"
)

// fields maps the pointers of a refusal to the fields of the form and to the words for a fault there.
var fields = map[string]struct{ name, code string }{
	"/child/name":     {"child_name", templates.FaultNameForm},
	"/guardian/name":  {"guardian_name", templates.FaultNameForm},
	"/guardian/email": {"guardian_email", templates.FaultEmail},
}

// faultsOf turns a refusal into the page's words; nil for an error that is not about what was typed.
func faultsOf(err error) []templates.Fault {
	e, ok := errors.AsType[*consent.Error](err)
	if !ok {
		return nil
	}
	var out []templates.Fault
	for _, one := range e.Fields {
		f, ok := fields[one.Pointer]
		if !ok {
			continue
		}
		switch one.Code {
		case "required":
			f.code = templates.FaultField
		case templates.FaultGeneric, templates.FaultEmailChild:
			f.code = one.Code
		}
		out = append(out, templates.Fault{Field: f.name, Code: f.code})
	}
	return out
}

// link makes a page's link of an address from the app's list; "" of none.
func link(u *url.URL) template.URL {
	if u == nil {
		return ""
	}
	return templates.Listed(u)
}
