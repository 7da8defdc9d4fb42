package templates

import (
	"strconv"
	"strings"
	"time"
)

// StaffFrame is what all staff pages share. Who is "" before somebody has signed in.
type StaffFrame struct {
	Frame
	Who   string    // name of who is signed in
	Role  string    // a staff role
	Nav   []NavItem // what this role may open
	Done  string    // key of the words that say what was just done; "" for nothing
	Width string    // "" for wide pages, "narrow" for forms
	Zone  *time.Location
}

// NavItem is one entry of the pages' menu.
type NavItem struct {
	Path string
	Key  string
	Here bool
}

// StaffStyle is the address of the staff's style sheet, which stands on the common one.
func (f StaffFrame) StaffStyle() string { return f.Base + StaticPath("staff.css") }

// RoleName is the role in words.
func (f StaffFrame) RoleName() (string, error) { return f.T("ops.role." + f.Role) }

// Stamp writes a moment for a table, in the profile's zone: the date and the time to the minute.
func (f StaffFrame) Stamp(t time.Time) string {
	if t.IsZero() {
		return "–"
	}
	if f.Zone != nil {
		t = t.In(f.Zone)
	}
	return t.Format("2006-01-02 15:04")
}

// StaffEnter is the sign-in. Form: name, password, code.
type StaffEnter struct {
	StaffFrame
	Name     string // as typed before
	NoCookie bool   // somebody signed in and the browser kept no cookie
	Over     bool   // the session was over
	Joined   bool   // just joined
}

func (StaffEnter) template() string { return "ops/enter" }

// Title implements Page.
func (p StaffEnter) Title() (string, error) { return p.T("ops.enter.title") }

// Picture is a QR code: its dots as the path of an SVG of Size by Size modules, quiet zone included.
type Picture struct {
	Size int
	Path string
}

// Dots makes the path of the dots of a square picture; dot reports whether there is one. A quiet zone of four modules is added
// (ISO/IEC 18004, 9.1).
func Dots(size int, dot func(x, y int) bool) Picture {
	const quiet = 4
	var b strings.Builder
	for y := range size {
		for x := range size {
			if dot(x, y) {
				b.WriteString("M" + strconv.Itoa(x+quiet) + " " + strconv.Itoa(y+quiet) + "h1v1h-1z")
			}
		}
	}
	return Picture{size + 2*quiet, b.String()}
}

// StaffJoin is the page of an invitation. Form: factor, code, password, again. Secret is shown to whom the link was given,
// for the app of the second factor, and is worth nothing before the form is sent.
type StaffJoin struct {
	StaffFrame
	Action  string
	Name    string
	Picture Picture
	Secret  string // in groups of four
	Factor  string // sealed; goes back with the form
}

func (StaffJoin) template() string { return "ops/join" }

// Title implements Page.
func (p StaffJoin) Title() (string, error) { return p.T("ops.join.title") }

// RoleWord is the role that waits, in words.
func (p StaffJoin) RoleWord() (string, error) { return p.T("ops.role." + p.Role) }

// Grouped writes a secret in groups of four, to be typed.
func Grouped(secret string) string {
	var b strings.Builder
	for i, r := range secret {
		if i > 0 && i%4 == 0 {
			b.WriteByte(' ')
		}
		b.WriteRune(r)
	}
	return b.String()
}

// StaffPeople lists who may sign in, and what was changed about it. Forms: people/<name>/disable, people/<name>/leave.
type StaffPeople struct {
	StaffFrame
	People  []StaffPerson
	Changes []StaffChange
}

// StaffPerson is one line of StaffPeople.
type StaffPerson struct {
	Name, Role, State string
	Since             time.Time
	May               bool // may be disabled by who looks
}

// Tone colours the state.
func (p StaffPerson) Tone() string {
	return map[string]string{"active": "good", "invited": "warm", "disabled": "off"}[p.State]
}

// StaffChange is one change of permission.
type StaffChange struct {
	At                   time.Time
	Name, What, Role, By string
}

func (StaffPeople) template() string { return "ops/people" }

// Title implements Page.
func (p StaffPeople) Title() (string, error) { return p.T("ops.people.title") }

// StaffProblem is the page of an error.
type StaffProblem struct {
	StaffFrame
	Status int
	Code   string        // stable; words of its own under ops.problem.<code>, else those of the status
	Retry  time.Duration // when it may work again; 0: not known
	Back   string        // path to go on from
}

func (StaffProblem) template() string { return "ops/problem" }

// Title implements Page.
func (p StaffProblem) Title() (string, error) { return p.T(p.Key() + ".title") }

// Key is where the words stand.
func (p StaffProblem) Key() string {
	for _, name := range []string{p.Code, "s" + strconv.Itoa(p.Status)} {
		if key := "ops.problem." + name; p.Has(key + ".title") {
			return key
		}
	}
	return "ops.problem.other"
}

// Minutes is Retry in whole minutes, at least 1.
func (p StaffProblem) Minutes() int { return Problem{Retry: p.Retry}.Minutes() }
