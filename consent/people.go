package consent

import "encoding/json"

// Child is the one whose data waits. Every field that belongs to a person hides itself.
type Child struct {
	Age       int     // completed years as told; -1 when not given
	BirthDate Private // "2014-03-02"; empty when not given
	Name      Private // any name by which the guardian knows the child
	Email     Private
	Phone     Private
	Locale    string
}

// Guardian is one who is asked to decide.
type Guardian struct {
	Name   Private
	Email  Private
	Phone  Private
	Locale string
}

// People are all persons of one request; they are sealed as one value.
type People struct {
	Child     Child
	Guardians []Guardian // the first is the one whom the child named
}

// peopleJSON is the form of People inside its sealing, with short names, since it is stored for every request.
type peopleJSON struct {
	Age       int            `json:"a"`
	BirthDate string         `json:"b,omitempty"`
	Name      string         `json:"n"`
	Email     string         `json:"e,omitempty"`
	Phone     string         `json:"p,omitempty"`
	Locale    string         `json:"l,omitempty"`
	Guardians []guardianJSON `json:"g"`
}

type guardianJSON struct {
	Name   string `json:"n"`
	Email  string `json:"e,omitempty"`
	Phone  string `json:"p,omitempty"`
	Locale string `json:"l,omitempty"`
}

// encode gives the plaintext to be sealed.
func (p People) encode() ([]byte, error) {
	c := p.Child
	j := peopleJSON{
		Age: c.Age, BirthDate: c.BirthDate.Reveal(), Name: c.Name.Reveal(),
		Email: c.Email.Reveal(), Phone: c.Phone.Reveal(), Locale: c.Locale,
	}
	for _, g := range p.Guardians {
		j.Guardians = append(j.Guardians, guardianJSON{g.Name.Reveal(), g.Email.Reveal(), g.Phone.Reveal(), g.Locale})
	}
	return json.Marshal(j)
}

// decodePeople reads what encode wrote.
func decodePeople(plain []byte) (People, error) {
	var j peopleJSON
	if err := json.Unmarshal(plain, &j); err != nil {
		return People{}, err
	}
	p := People{Child: Child{
		Age: j.Age, BirthDate: Secret(j.BirthDate), Name: Secret(j.Name),
		Email: Secret(j.Email), Phone: Secret(j.Phone), Locale: j.Locale,
	}}
	for _, g := range j.Guardians {
		p.Guardians = append(p.Guardians, Guardian{Secret(g.Name), Secret(g.Email), Secret(g.Phone), g.Locale})
	}
	return p, nil
}

// Evidence is the proof of a decision: what was agreed, to which text, how and when. It is sealed under the evidence
// key and holds no item of the child's data. The guardian's birth date is compared and never kept; Adult and the day of
// the comparison are.
type Evidence struct {
	Method       Method   `json:"method"`
	Clause       string   `json:"clause"` // number in Enforcement Decree 17-2(1), KR-04
	Guardian     int      `json:"guardian"`
	TypedName    string   `json:"typed_name"` // as typed by the guardian: the fact for later visits
	Fact         string   `json:"fact"`       // FactName, FactCode or FactFiled
	Relation     string   `json:"relation"`
	Declared     bool     `json:"declared"`
	Adult        bool     `json:"adult"`
	AdultOn      string   `json:"adult_on"` // "2026-11-23", the profile's zone
	Terms        string   `json:"terms"`
	Notice       string   `json:"notice"`
	Granted      []string `json:"granted"`
	Refused      []string `json:"refused,omitempty"`
	Locale       string   `json:"locale"` // in which language the text was read
	At           int64    `json:"at"`     // Unix milliseconds
	OperatorName string   `json:"operator"`

	// Of a consent on paper or by telephone:
	Ref         string `json:"ref,omitempty"`      // where the paper lies, or the number of the call
	FiledBy     string `json:"filed_by,omitempty"` // ids of the two members of staff
	ConfirmedBy string `json:"confirmed_by,omitempty"`
}

// The facts that open the way to a grant.
const (
	FactName = "name"
	FactCode = "code"
	// FactFiled is none of them: the proof is a paper or a call, which two members of staff vouch for.
	FactFiled = "filed"
)
