package templates

import "time"

// The pages under /dev serve whoever tries the service out. They exist only in the dev command and are in English; the
// demo shop, which plays a customer's sign-up, is in every language.

// DevIndex is /dev: where everything is, and what to try.
type DevIndex struct {
	Frame
	PublicURL string
	Key       string // the test key, printed in full: it opens nothing but this playground
	Curl      string // a first call to try
}

func (DevIndex) template() string { return "dev/index" }

// Title implements Page.
func (DevIndex) Title() (string, error) { return "Try it out", nil }

// DevMail is one caught letter.
type DevMail struct {
	URL     string // of its page
	To      string
	Subject string
	Kind    string
	At      time.Time
	Code    string   // short code; "" when it has none
	Links   []string // all links in the order of the letter
}

// DevInbox is /dev/inbox: the letters that were sent, the newest first.
type DevInbox struct {
	Frame
	To      string // only letters to this address; "" for all
	Letters []DevMail
}

func (DevInbox) template() string { return "dev/inbox" }

// Title implements Page.
func (DevInbox) Title() (string, error) { return "Inbox", nil }

// DevLetter is one letter. Its HTML stands in a frame that may do nothing, and links open outside of it.
// Form of the fake scanner: an empty post to ScanURL.
type DevLetter struct {
	Frame
	Mail    DevMail
	BodyURL string // address of the HTML part alone
	Text    string
	Headers []DevHeader
	ScanURL string // "" when there is no link to scan
	Scanned string // what the scanner did just now, in words; "" before
}

// DevHeader is one line of a letter's head.
type DevHeader struct{ Name, Value string }

func (DevLetter) template() string { return "dev/letter" }

// Title implements Page.
func (DevLetter) Title() (string, error) { return "Letter", nil }

// DevClock is /dev/clock: the clock of the test space. Form field: by, a length such as 24h.
type DevClock struct {
	Frame
	Action string
	Now    time.Time
	Ahead  time.Duration // by how much it was moved
	By     string        // as typed before
}

func (DevClock) template() string { return "dev/clock" }

// Title implements Page.
func (DevClock) Title() (string, error) { return "Clock", nil }

// Stamp is a time as developers read it.
func (DevClock) Stamp(t time.Time) string { return t.Format("2006-01-02 15:04:05 MST") }

// Steps are the lengths offered as buttons.
func (DevClock) Steps() []string { return []string{"10m", "1h", "24h", "72h", "119h"} }

// Field is the field for a length of one's own.
func (p DevClock) Field() Field {
	f := Field{Name: "by", Label: "Another length", Hint: "For example 26h or 90m", Value: p.By, Size: "narrow"}
	f.Fault, f.Problem, _ = p.trouble("by")
	return f
}

// DevHook is one webhook call that was received.
type DevHook struct {
	At       time.Time
	Type     string
	ID       string // webhook-id
	Verified bool   // its signature fits
	Body     string
}

// DevHooks is /dev/webhooks: the calls, the newest first.
type DevHooks struct {
	Frame
	Calls    []DevHook
	Attempts []DevAttempt // the same from the sender's side, also those that did not arrive
}

// DevAttempt is one try to deliver an event.
type DevAttempt struct {
	At     time.Time
	Took   time.Duration
	Type   string
	ID     string // webhook-id
	Host   string // of the target
	Result string // "204", or the stage at which it failed
}

func (DevHooks) template() string { return "dev/hooks" }

// Title implements Page.
func (DevHooks) Title() (string, error) { return "Webhooks", nil }

// Clock is the time of day as logs show it.
func (f Frame) Clock(t time.Time) string { return t.Format("15:04:05") }
