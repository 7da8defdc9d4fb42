package templates

import (
	"strings"
	"time"
)

// StaffMe is one's own page: who one is, and where one is signed in. Forms: leave/all; sessions with seat and password.
type StaffMe struct {
	StaffFrame
	Here   *StaffSeat // the session that looks; nil when it is not known any more
	Others []StaffSeat
	Seat   string // as chosen before
}

// StaffSeat is a session.
type StaffSeat struct {
	ID, Device  string // Device as staff.DeviceOf says it; "" when it is not known
	Began, Seen time.Time
}

// EveryOther is the choice of all sessions but the one that looks.
const EveryOther = "others"

func (StaffMe) template() string { return "ops/me" }

// Title implements Page.
func (p StaffMe) Title() (string, error) { return p.T("ops.me.title") }

// Device tells a device in words.
func (f StaffFrame) Device(device string) (string, error) {
	program, system, ok := strings.Cut(device, " ")
	if !ok {
		program, system = "other", "other"
	}
	a, err := f.T("ops.device." + program)
	if err != nil || system == "other" {
		return a, err
	}
	b, err := f.T("ops.device." + system)
	return a + " · " + b, err
}

// When tells since when a session is, and when it was used last.
func (f StaffFrame) When(s StaffSeat) (string, error) {
	return f.T("ops.me.when", "began", f.Stamp(s.Began), "seen", f.Stamp(s.Seen))
}

// Choice is the group of the other sessions, with all of them as the last choice.
func (p StaffMe) Choice() (Choices, error) {
	c, err := p.Choose("seat", "ops.me.seat", p.Seat)
	if err != nil {
		return Choices{}, err
	}
	for _, one := range p.Others {
		label, err := p.Device(one.Device)
		if err != nil {
			return Choices{}, err
		}
		hint, err := p.When(one)
		if err != nil {
			return Choices{}, err
		}
		c.Options = append(c.Options, p.seatOption(len(c.Options), one.ID, label, hint))
	}
	all, err := p.T("ops.me.every_other")
	c.Options = append(c.Options, p.seatOption(len(c.Options), EveryOther, all, ""))
	return c, err
}

func (p StaffMe) seatOption(i int, value, label, hint string) Option {
	id := FieldID("seat")
	if i > 0 {
		id += "-" + value
	}
	return Option{ID: id, Name: "seat", Value: value, Label: label, Hint: hint, Checked: value == p.Seat}
}

// StaffPassword is the form for another password. Fields: current, code, password, again.
type StaffPassword struct{ StaffFrame }

func (StaffPassword) template() string { return "ops/password" }

// Title implements Page.
func (p StaffPassword) Title() (string, error) { return p.T("ops.me.password") }

// StaffFactor is the form for another second factor. Fields: current, code (of the old one), factor, fresh (code of the new one).
// Secret is worth nothing before the form is sent.
type StaffFactor struct {
	StaffFrame
	Picture Picture
	Secret  string // in groups of four
	Factor  string // sealed; goes back with the form
}

func (StaffFactor) template() string { return "ops/factor" }

// Title implements Page.
func (p StaffFactor) Title() (string, error) { return p.T("ops.me.factor") }
