package templates

import "strings"

// FieldID is the id of a form field's first control, to which the error summary links.
func FieldID(name string) string { return "f-" + strings.ReplaceAll(name, ".", "-") }

// Field is a text input with its words.
type Field struct {
	Name, Label, Hint, Value string
	Fault, Problem           string // what is wrong, and the word that stands before it
	Mode, Complete           string // inputmode and autocomplete; "" leaves them out
	Size                     string // "", "narrow" or "date": how wide it looks
}

// ID is the id of the input.
func (f Field) ID() string { return FieldID(f.Name) }

// Described lists the ids of hint and fault for aria-describedby.
func (f Field) Described() string { return described(f.ID(), f.Hint, f.Fault) }

// As sets autocomplete.
func (f Field) As(complete string) Field { f.Complete = complete; return f }

// Digits asks phones for their number keys.
func (f Field) Digits() Field { f.Mode = "numeric"; return f }

// Mail asks phones for their address keys.
func (f Field) Mail() Field { f.Mode = "email"; return f }

// Narrow makes the input short.
func (f Field) Narrow() Field { f.Size = "narrow"; return f }

// Choices is a group of radio buttons, none of which is chosen by the page itself (KR-09).
type Choices struct {
	Name, Legend, Hint string
	Tag                string // "required" or "optional" in words, beside the legend; "" for none
	Must               bool   // Tag says required
	Fault, Problem     string
	Options            []Option
}

// ID is the id of the first option.
func (c Choices) ID() string { return FieldID(c.Name) }

// Described lists the ids of hint and fault for aria-describedby.
func (c Choices) Described() string { return described(c.ID(), c.Hint, c.Fault) }

// Option is one radio button or checkbox.
type Option struct {
	ID, Name, Value, Label, Hint string
	Checked                      bool
}

func described(id, hint, fault string) string {
	var ids []string
	if hint != "" {
		ids = append(ids, id+"-hint")
	}
	if fault != "" {
		ids = append(ids, id+"-fault")
	}
	return strings.Join(ids, " ")
}

// Hidden is a field that the server gives itself, such as a proof.
type Hidden struct{ Name, Value string }

// Input makes the field with this name from the words key.label and, where it is there, key.hint.
func (f Frame) Input(name, key, value string) (Field, error) {
	field := Field{Name: name, Value: value}
	var err error
	if field.Label, err = f.T(key + ".label"); err != nil {
		return Field{}, err
	}
	if field.Hint, err = f.maybe(key + ".hint"); err != nil {
		return Field{}, err
	}
	field.Fault, field.Problem, err = f.trouble(name)
	return field, err
}

// Choose makes the group with this name from the words key.legend, key.hint and, for each value, key.<value> and
// key.<value>_hint. chosen is what the reader answered before, "" for nothing.
func (f Frame) Choose(name, key, chosen string, values ...string) (Choices, error) {
	c := Choices{Name: name}
	var err error
	if c.Legend, err = f.T(key + ".legend"); err != nil {
		return Choices{}, err
	}
	if c.Hint, err = f.maybe(key + ".hint"); err != nil {
		return Choices{}, err
	}
	if c.Options, err = f.options(name, key, chosen, values); err != nil {
		return Choices{}, err
	}
	c.Fault, c.Problem, err = f.trouble(name)
	return c, err
}

func (f Frame) options(name, key, chosen string, values []string) ([]Option, error) {
	var out []Option
	for i, v := range values {
		label, err := f.T(key + "." + v)
		if err != nil {
			return nil, err
		}
		hint, err := f.maybe(key + "." + v + "_hint")
		if err != nil {
			return nil, err
		}
		id := FieldID(name)
		if i > 0 {
			id += "-" + v
		}
		out = append(out, Option{ID: id, Name: name, Value: v, Label: label, Hint: hint, Checked: v == chosen})
	}
	return out, nil
}

// Tick makes one checkbox from the words key.label and key.hint. It is ticked only when the reader had ticked it.
func (f Frame) Tick(name, key string, ticked bool) (Choices, error) {
	label, err := f.T(key + ".label")
	if err != nil {
		return Choices{}, err
	}
	c := Choices{Name: name, Options: []Option{{ID: FieldID(name), Name: name, Value: "yes", Label: label, Checked: ticked}}}
	if c.Options[0].Hint, err = f.maybe(key + ".hint"); err != nil {
		return Choices{}, err
	}
	c.Fault, c.Problem, err = f.trouble(name)
	return c, err
}

// maybe is T for words that need not be there.
func (f Frame) maybe(key string) (string, error) {
	if !f.Has(key) {
		return "", nil
	}
	return f.T(key)
}

// trouble returns the fault of the fields and the word before it, both empty when there is none.
func (f Frame) trouble(fields ...string) (fault, problem string, err error) {
	if fault, err = f.FaultOf(fields...); err != nil || fault == "" {
		return "", "", err
	}
	problem, err = f.T("shared.problem")
	return fault, problem, err
}
