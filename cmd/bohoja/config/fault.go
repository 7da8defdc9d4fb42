package config

import (
	"strings"

	"github.com/agnivade/levenshtein"
)

// Codes of faults beside those of package consent.
const (
	FaultUnreadable = "unreadable"     // the file cannot be read, or is not YAML
	FaultUnknown    = "unknown_key"    // no setting has this name
	FaultForm       = "form"           // the value has another form than the setting's
	FaultTwice      = "given_twice"    // one secret in two ways
	FaultRequired   = "required"       // serve cannot do without it
	FaultRange      = "range"          // past what makes sense
	FaultExposed    = "exposed_secret" // a secret where others can read it
)

// Codes of advice.
const (
	AdviceClear = "clear_text" // links or letters travel unencrypted
)

// Fault is one thing wrong with the settings.
type Fault struct {
	Setting string `json:"setting"`         // as in the YAML file: smtp.url, apps[0].id; "" for the file as a whole
	Where   string `json:"where,omitempty"` // bohoja.yaml:12, BOHOJA_SMTP__URL, --set; "" when it is not there at all
	Code    string `json:"code"`
	Detail  string `json:"detail"` // how to mend it, without the value
}

// String is the fault as a line: where it stands, the setting's name, what to do, the code.
func (f Fault) String() string {
	var parts []string
	if f.Where != "" {
		parts = append(parts, f.Where)
	}
	switch name := f.Setting; {
	case name == "" || f.Where == envName(name):
	case strings.HasPrefix(name, "apps"):
		parts = append(parts, name)
	default:
		parts = append(parts, name+" ("+envName(name)+")")
	}
	return strings.Join(append(parts, f.Detail+" ["+f.Code+"]"), ": ")
}

// Faults are all that is wrong.
type Faults []Fault

// Error implements error with one line for each fault.
func (f Faults) Error() string {
	lines := make([]string, len(f))
	for i, one := range f {
		lines[i] = one.String()
	}
	return strings.Join(lines, "\n")
}

// covers reports whether something was already said about the setting or about what it is part of. A file that cannot be
// read covers everything: what would be said beside it are its consequences.
func (f Faults) covers(setting string) bool {
	for _, one := range f {
		if one.Setting == "" && one.Code == FaultUnreadable {
			return true
		}
		told := strings.TrimSuffix(strings.TrimSuffix(one.Setting, "_file"), "_env")
		if told == setting || strings.HasPrefix(setting, told+".") || strings.HasPrefix(setting, told+"[") {
			return true
		}
	}
	return false
}

// didYouMean returns ", did you mean x?" for the nearest of the names, or "" when none is near.
func didYouMean(name string, names []string) string {
	best, near := "", 2+len(name)/8
	for _, n := range names {
		if d := levenshtein.ComputeDistance(strings.ToLower(name), strings.ToLower(n)); d <= near && d < max(len(n), 2) {
			best, near = n, d-1
		}
	}
	if best == "" {
		return ""
	}
	return ", did you mean " + best + "?"
}
