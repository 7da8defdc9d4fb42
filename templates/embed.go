package templates

// embedKeys are the words of <guardian-consent>: those of the hosted sign-up, so that both doors say the same, and faults.
var embedKeys = []string{
	"child.start.next",
	"child.start.age.heading", "child.start.age.text", "child.start.age.year", "child.start.age.month", "child.start.age.day",
	"child.start.ask.heading", "child.start.ask.text", "child.start.ask.about", "child.start.ask.unknown",
	"child.start.ask.child_name.label", "child.start.ask.child_name.hint", "child.start.ask.guardian_name.label",
	"child.start.ask.guardian_name.hint", "child.start.ask.guardian_email.label", "child.start.ask.guardian_email.hint",
	"child.start.check.heading", "child.start.check.text", "child.start.check.send", "child.start.check.back",
	"child.start.unknown.heading", "child.start.unknown.text", "child.start.unknown.kept", "child.start.unknown.back",
	"child.embed.ready", "child.embed.thanks", "child.embed.change", "child.embed.off", "child.embed.elsewhere", "child.embed.missing",
	"shared.problem", "fault." + FaultBorn, "fault." + FaultField, "fault." + FaultNameForm, "fault." + FaultEmail,
	"fault." + FaultEmailChild, "fault." + FaultGeneric, "fault." + faultOther,
}

// EmbedWords are the words of the element in the frame's language, by key. "child.start.check.suggest" keeps its
// placeholder, since only the browser knows the address. Error: a word that is missing.
func EmbedWords(f Frame) (map[string]string, error) {
	out := make(map[string]string, len(embedKeys)+1)
	for _, key := range embedKeys {
		text, err := f.T(key)
		if err != nil {
			return nil, err
		}
		out[key] = text
	}
	text, err := f.T("child.start.check.suggest", "domain", "{domain}")
	out["child.start.check.suggest"] = text
	return out, err
}
