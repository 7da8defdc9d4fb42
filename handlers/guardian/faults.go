package guardian

import (
	"errors"
	"strings"

	"github.com/bohoja/bohoja/consent"
	"github.com/bohoja/bohoja/templates"
)

// faultWords maps a field and its code to the words of the page; a code alone is looked up when the pair is not there.
var faultWords = map[string]string{
	"decision required":                templates.FaultDecision,
	"purpose required":                 templates.FaultPurpose,
	"guardian_name required":           templates.FaultNameEmpty,
	"guardian_name fact_mismatch":      templates.FaultName,
	"pairing_code fact_mismatch":       templates.FaultPairing,
	"birth_year required":              templates.FaultBirthEmpty,
	"relation required":                templates.FaultRelation,
	"relation not_entitled":            templates.FaultOther,
	"mail_code fact_mismatch":          templates.FaultMailCode,
	"declares required":                templates.FaultDeclares,
	"confirm required":                 templates.FaultConfirm,
	"stop required":                    templates.FaultStop,
	"withdraw required":                templates.FaultScope,
	"purposes required":                templates.FaultNothing,
	"required_purpose":                 templates.FaultRequired,
	"not_a_name":                       templates.FaultNameForm,
	"invalid_date":                     templates.FaultBirth,
	"not_adult":                        templates.FaultNotAdult,
	"guardian_name too_long":           templates.FaultNameForm,
	"code not_found":                   templates.FaultCode,
	"guardian_email guardian_is_child": templates.FaultEmailChild,
}

// faultsOfChild turns the faults of a corrected name or address into the words of the child's page.
func faultsOfChild(faults []templates.Fault) []templates.Fault {
	out := make([]templates.Fault, len(faults))
	for i, f := range faults {
		words := map[string]string{"name": templates.FaultNameForm, "email": templates.FaultEmail}
		switch {
		case f.Code == templates.FaultGeneric, f.Code == templates.FaultEmailChild:
			words[f.Field] = f.Code
		case f.Field == "name" && f.Code == "required":
			words[f.Field] = templates.FaultNameEmpty
		}
		out[i] = templates.Fault{Field: "guardian_" + f.Field, Code: words[f.Field]}
	}
	return out
}

// faultsOf turns an error of the form into the page's words; nil for an error that is not the form's.
func faultsOf(err error) []templates.Fault {
	switch {
	case errors.Is(err, consent.ErrTooFast):
		return []templates.Fault{{Field: "decision", Code: templates.FaultTooFast}}
	case errors.Is(err, consent.ErrStale), errors.Is(err, consent.ErrNotMissed):
		return []templates.Fault{{Field: "decision", Code: templates.FaultStale}}
	case errors.Is(err, consent.ErrCodeSpent):
		return []templates.Fault{{Field: "mail_code", Code: templates.FaultCodeSpent}}
	case consent.CodeOf(err) == "code_limit":
		return []templates.Fault{{Field: "mail_code", Code: templates.FaultCodeLimit}}
	case errors.Is(err, consent.ErrLocked):
		return []templates.Fault{{Field: "guardian_name", Code: templates.FaultLocked}}
	}
	e, ok := errors.AsType[*consent.Error](err)
	if !ok || e.Kind != consent.KindInvalid {
		return nil
	}
	var out []templates.Fault
	for _, f := range e.Fields {
		field := strings.TrimPrefix(f.Pointer, "/")
		out = append(out, templates.Fault{Field: field, Code: wordsOf(field, f.Code)})
	}
	return out
}

func wordsOf(field, code string) string {
	kind, _, _ := strings.Cut(field, ".")
	for _, key := range []string{kind + " " + code, code} {
		if w, ok := faultWords[key]; ok {
			return w
		}
	}
	return code
}
