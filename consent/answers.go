package consent

import (
	"context"
	"errors"
	"slices"
	"strings"

	"golang.org/x/text/unicode/norm"
)

// checkGrant checks every field of a yes, and then the second fact: a form that is wrong otherwise tests no name.
func (s *Service) checkGrant(ctx context.Context, out *Checked, p *proof, a Answers) error {
	var f faults
	checkChoices(&f, out, a)
	s.checkIdentity(&f, a)
	if err := f.err(); err != nil {
		return invalidAs(err)
	}
	fact, err := s.tryFact(ctx, &out.View, a.Name, a.Code)
	if err != nil {
		return err
	}
	out.Name, out.Relation = strings.TrimSpace(a.Name), a.Relation
	out.Birth, _ = readBirth(a) // checked above
	p.Name, p.Fact, p.Relation, p.Adult = out.Name, fact, a.Relation, true
	p.Granted, p.Refused = purposeIDs(out.Granted), purposeIDs(out.Refused)
	return nil
}

// checkChoices sorts the purposes into granted and refused (KR-08: each on its own; KR-11: refusing an optional one costs nothing).
func checkChoices(f *faults, out *Checked, a Answers) {
	for _, purpose := range out.Purposes {
		pointer := "/purpose." + purpose.ID
		switch choice := a.Purposes[purpose.ID]; {
		case choice == "yes":
			out.Granted = append(out.Granted, purpose)
		case choice == "no" && purpose.Required:
			f.add(pointer, "required_purpose", "this one is needed; to refuse it, do not agree at all")
		case choice == "no":
			out.Refused = append(out.Refused, purpose)
		default:
			f.add(pointer, "required", "yes or no")
		}
	}
}

// checkIdentity checks what the guardian says of themselves.
func (s *Service) checkIdentity(f *faults, a Answers) {
	if strings.TrimSpace(a.Name) == "" {
		f.add("/guardian_name", "required", "your name is needed")
	} else if len([]rune(a.Name)) > MaxName || hasResidentNumber(a.Name) || letters(a.Name) == 0 {
		// With the pairing code it need not match, but it is kept as evidence, and as the fact by which consent is withdrawn.
		f.add("/guardian_name", "not_a_name", "a name has letters, at most 64, and is not a number")
	}
	birth, err := readBirth(a)
	p := s.Book().Profile
	switch {
	case strings.TrimSpace(a.Year+a.Month+a.Day) == "":
		f.add("/birth_year", "required", "your date of birth is needed")
	case err != nil:
		f.add("/birth_year", "invalid_date", "year, month and day of your birth")
	case !p.IsAdult(birth, s.Clock()):
		f.add("/birth_year", "not_adult", "a guardian must be of age")
	}
	switch {
	case a.Relation == RelationOther:
		f.add("/relation", "not_entitled", "only a parent or an appointed guardian can agree")
	case !slices.Contains(Relations, a.Relation):
		f.add("/relation", "required", "mother, father or legal_guardian")
	}
	if !a.Declares {
		f.add("/declares", "required", "say that you are this child's legal guardian")
	}
}

// readBirth reads a birth date from three fields, or from one into which the whole date was pasted, as 2015.03.04.
func readBirth(a Answers) (Date, error) {
	digits := func(s string) []string {
		return strings.FieldsFunc(norm.NFKC.String(s), func(r rune) bool { return r < '0' || r > '9' })
	}
	var parts []string
	for _, field := range []string{a.Year, a.Month, a.Day} {
		parts = append(parts, digits(field)...)
	}
	if len(parts) == 1 && len(parts[0]) == len("20150304") {
		parts = []string{parts[0][:4], parts[0][4:6], parts[0][6:]}
	}
	if len(parts) != 3 || len(parts[0]) != 4 || len(parts[1]) > 2 || len(parts[2]) > 2 {
		return Date{}, errDate
	}
	return ParseDate(parts[0] + "-" + pad2(parts[1]) + "-" + pad2(parts[2]))
}

func pad2(s string) string { return strings.Repeat("0", 2-len(s)) + s }

// invalidAs makes a page's error speak with the code of a refused required purpose, since the page turns on it.
func invalidAs(err error) error {
	e, ok := errors.AsType[*Error](err)
	if !ok {
		return err
	}
	for _, one := range e.Fields {
		if one.Code == "required_purpose" {
			e.Code, e.Detail = one.Code, one.Detail
		}
	}
	return e
}
