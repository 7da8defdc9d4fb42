package templates

import (
	"html/template"
	"net/url"
	"strconv"
	"strings"

	"rsc.io/qr"
)

// The pages of the hosted sign-up at /start/{app}: the same words in the same order as in <guardian-consent>. Every form
// carries what was answered before in hidden fields, sealed where it must not be changed; act names the button.

// Framed is what a page inside a frame of the app's own page tells its script. Without an Origin the page is in no frame.
type Framed struct {
	Origin string // of the host's page, to which alone the script speaks
	Nonce  string // of the host's element
	Ticket string // the child's answer about its age, kept for the session
	Token  string // the answers, sealed, for the host's form; "" on all pages but the last
	Adult  bool   // whoever answers needs no guardian, and the host's form may go on without a token
}

// Script is the address of the script that a framed page runs.
func (f Frame) Script() string { return f.Base + StaticPath("frame.js") }

// StartAge is the first page: a neutral question. Form fields: birth_year, birth_month, birth_day, ticket.
type StartAge struct {
	Frame
	Action                          string
	BirthYear, BirthMonth, BirthDay string
	Leave                           template.URL // back to the app; "" hides it
}

func (StartAge) template() string { return "child/start-age" }

// Title implements Page.
func (p StartAge) Title() (string, error) { return p.T("child.start.age.title") }

// Birth are the three inputs of the birth date.
func (p StartAge) Birth() (Birth, error) {
	return GuardianOpen{Frame: p.Frame, Answers: Answers{
		BirthYear: p.BirthYear, BirthMonth: p.BirthMonth, BirthDay: p.BirthDay,
	}}.Birth()
}

// StartAsk is the second: the notice, and only then whom to ask. Form fields: child_name, guardian_name, guardian_email,
// Hidden; act = unknown says that the child does not know the address.
type StartAsk struct {
	Frame
	Action        string
	Notice        Notice
	ChildName     string
	GuardianName  string
	GuardianEmail string
	Hidden        []Hidden
	Leave         template.URL
}

func (StartAsk) template() string { return "child/start-ask" }

// Title implements Page.
func (p StartAsk) Title() (string, error) { return p.T("child.start.ask.title") }

// Shown is the notice as the page shows it.
func (p StartAsk) Shown() ChildNoticePage { return ChildNoticePage{Frame: p.Frame, Notice: p.Notice} }

// StartCheck is the third: the address once more, large. act = back returns to the page before.
type StartCheck struct {
	Frame
	Action     string
	Email      string
	Suggestion string // a domain that was probably meant; "" for none
	Hidden     []Hidden
	Leave      template.URL
}

func (StartCheck) template() string { return "child/start-check" }

// Title implements Page.
func (p StartCheck) Title() (string, error) { return p.T("child.start.check.title") }

// Local and Domain are the two halves of the address, which may break between them and nowhere else.
func (p StartCheck) Local() string { return strings.SplitAfterN(p.Email, "@", 2)[0] }

// Domain is what stands behind the @.
func (p StartCheck) Domain() string {
	_, domain, _ := strings.Cut(p.Email, "@")
	return domain
}

// StartUnknown tells a child that does not know the address how to go on. act = back returns with what was typed.
type StartUnknown struct {
	Frame
	Action string
	Hidden []Hidden
	Leave  template.URL
}

func (StartUnknown) template() string { return "child/start-unknown" }

// Title implements Page.
func (p StartUnknown) Title() (string, error) { return p.T("child.start.unknown.title") }

// StartDone is the last: the guardian was asked. The child's own page can be taken along as a picture for a phone.
type StartDone struct {
	Frame
	ChildPage string
	Pairing   string
	Return    template.URL // back to the app; "" hides it
}

func (StartDone) template() string { return "child/start-done" }

// Title implements Page.
func (p StartDone) Title() (string, error) { return p.T("child.start.done.title") }

// Picture is the address of the child's page as a picture for a phone's camera. Error: an address too long for one.
func (p StartDone) Picture() (template.HTML, error) { return QR(p.ChildPage) }

// StartTaken is the last page inside a frame: the host's form has the answers now.
type StartTaken struct {
	Frame
	Action string
	Hidden []Hidden
	Email  string
}

func (StartTaken) template() string { return "child/start-taken" }

// Title implements Page.
func (p StartTaken) Title() (string, error) { return p.T("child.start.taken.title") }

// Why a sign-up at /start ends without a request.
const (
	StartAdult   = "adult"   // whoever signs up needs no guardian
	StartOver    = "over"    // the leave to ask is over, or was used
	StartPending = "pending" // a guardian is being asked already
	StartPaused  = "paused"  // the same guardian said no only just now
)

// StartEnd is the page of such an end.
type StartEnd struct {
	Frame
	Why    string
	Return template.URL
}

func (StartEnd) template() string { return "child/start-end" }

// Title implements Page.
func (p StartEnd) Title() (string, error) { return p.T(p.Key() + ".title") }

// Key is where the words of this end stand.
func (p StartEnd) Key() string { return "child.start.end." + p.Why }

// Listed vouches for an address to which a page may lead: it stands in the app's own list, which admits https and the private
// schemes of mobile apps alone.
func Listed(u *url.URL) template.URL { return template.URL(u.String()) } //nolint:gosec // see above

// QR draws a text as a picture for a camera: a path in an SVG, so that it needs no image and no script. It has the quiet
// zone of four modules that ISO/IEC 18004 asks for, and is black on white in every colour scheme. Error: a text that is too long.
func QR(text string) (template.HTML, error) {
	code, err := qr.Encode(text, qr.L)
	if err != nil {
		return "", err
	}
	const quiet = 4
	var d strings.Builder
	for y := range code.Size {
		for x := 0; x < code.Size; x++ {
			from := x
			for x < code.Size && code.Black(x, y) {
				x++
			}
			if x > from {
				writeRun(&d, from+quiet, y+quiet, x-from)
			}
		}
	}
	side := strconv.Itoa(code.Size + 2*quiet)
	return template.HTML(`<svg class="qr" viewBox="0 0 ` + side + ` ` + side + `" aria-hidden="true" focusable="false" shape-rendering="crispEdges">` + //nolint:gosec // digits and letters of a path alone
		`<rect width="` + side + `" height="` + side + `" fill="#fff"/><path fill="#000" d="` + d.String() + `"/></svg>`), nil
}

// writeRun adds a row of black modules to a path.
func writeRun(d *strings.Builder, x, y, width int) {
	d.WriteString("M" + strconv.Itoa(x) + " " + strconv.Itoa(y) + "h" + strconv.Itoa(width) + "v1h-" + strconv.Itoa(width) + "z")
}
