package config

import (
	"slices"
	"strings"

	"github.com/bohoja/bohoja/consent"
)

const prefix = "BOHOJA_"

// Names under the prefix that are no settings: which file to read, the key of commands that call the API, and the secret by
// which `webhooks listen` signs. The last two may also be given as a file, by the name with _FILE behind it.
const (
	FileVariable = "BOHOJA_CONFIG"
	KeyVariable  = "BOHOJA_API_KEY"
	HookVariable = "BOHOJA_WEBHOOK_SECRET"
)

// extra are those variables, for the check that knows a typing error.
var extra = []string{FileVariable, KeyVariable, KeyVariable + fileSuffix, HookVariable, HookVariable + fileSuffix}

const fileSuffix = "_FILE"

// Extra reads a secret that is no setting: the variable of this name, or the file that its _FILE names; empty when neither
// is set. Errors: a Faults that names the variable.
func Extra(environ []string, name string) (consent.Private, error) {
	values := environMap(environ)
	file := values[name+fileSuffix]
	switch {
	case file == "":
		return consent.Secret(values[name]), nil // of an unset variable it is empty
	case values[name] != "":
		return consent.Private{}, Faults{{"", name, FaultTwice, "give the secret once: " + name + " or " + name + fileSuffix}}
	}
	d := &decoder{readFile: readBounded}
	text, detail := d.fromFile(file)
	if detail != "" {
		return consent.Private{}, Faults{{"", name + fileSuffix, FaultUnreadable, detail}}
	}
	return consent.Secret(text), nil
}

// ambient are variables that a container platform sets by itself when the service's own name is bohoja (BOHOJA_PORT,
// BOHOJA_SERVICE_HOST, BOHOJA_PORT_8080_TCP_ADDR …). Nobody typed them, so they are no typing errors.
func ambient(name string) bool {
	return name == "BOHOJA_PORT" || strings.HasPrefix(name, "BOHOJA_PORT_") || strings.HasPrefix(name, "BOHOJA_SERVICE_")
}

// envName is the variable of a setting: smtp.url → BOHOJA_SMTP__URL.
func envName(setting string) string {
	return prefix + strings.ToUpper(strings.ReplaceAll(setting, ".", "__"))
}

// readEnviron makes a layer of the environment. An empty variable counts as absent: compose files write ${X:-}.
func readEnviron(environ []string) (*node, Faults) {
	root, faults := newMapping("environment"), Faults(nil)
	values := environMap(environ) // of a variable that stands twice the last one counts, as everywhere
	for _, name := range sortedKeys(values) {
		value := values[name]
		rest, ours := strings.CutPrefix(name, prefix)
		if !ours || value == "" || slices.Contains(extra, name) || ambient(name) {
			continue
		}
		setting := strings.ToLower(strings.ReplaceAll(rest, "__", "."))
		switch {
		case rest != strings.ToUpper(rest) || slices.Contains(strings.Split(setting, "."), ""):
			faults = append(faults, unknownVariable(name, setting))
		case setting == "apps" || strings.HasPrefix(setting, "apps."):
			faults = append(faults, Fault{setting, name, FaultUnknown, "apps are declared in the YAML file"})
		case !known(setting), !root.put(setting, value, name):
			faults = append(faults, unknownVariable(name, setting))
		}
	}
	return root, faults
}

func unknownVariable(name, setting string) Fault {
	names := Names()
	for i, n := range names {
		names[i] = envName(n)
	}
	return Fault{setting, name, FaultUnknown, "no setting has this name" + didYouMean(name, names)}
}

// readSet makes a layer of --set name=value. Secrets are refused there: every user of the host can read a command line.
func readSet(pairs []string) (*node, Faults) {
	root, faults := newMapping("--set"), Faults(nil)
	for _, pair := range pairs {
		name, value, ok := strings.Cut(pair, "=")
		switch where := "--set " + name; {
		case !ok:
			faults = append(faults, Fault{"", "--set", FaultForm, "write --set name=value"})
		case isSecret(name):
			faults = append(faults, Fault{name, where, FaultExposed, "a secret does not belong on a command line; use " + envName(name) + "_FILE"})
		case !known(name):
			faults = append(faults, Fault{name, where, FaultUnknown, "no setting has this name" + didYouMean(name, Names())})
		case !root.put(name, value, where):
			faults = append(faults, Fault{name, where, FaultTwice, "give the setting once"})
		}
	}
	return root, faults
}
