package templates

import (
	"strconv"
	"time"
)

// Number writes a count with its thousands parted.
func (f StaffFrame) Number(n int) string {
	s := strconv.Itoa(n)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// Many is Count in the page's language; {count} is the number with its thousands parted.
func (f StaffFrame) Many(key string, n int) (string, error) {
	return Words(f.Lang).Count(key, n, "count", f.Number(n))
}

// Local is a time in the profile's zone.
func (f StaffFrame) Local(t time.Time) time.Time {
	if f.Zone == nil {
		return t
	}
	return t.In(f.Zone)
}

// StaffBoard is the overview of one app.
type StaffBoard struct {
	StaffFrame
	Now    time.Time
	Behind int // log entries that the lists have not seen yet
	// Reviews are months of the access log that nobody signed off in time; told to who may.
	Reviews int
	Apps    []StaffTab
	Tiles   []StaffTile
	Todo    []StaffTile
	Funnel  []StaffStage
	Days    []StaffDay
	Ages    []StaffAge
}

// StaffTab is one app to choose.
type StaffTab struct {
	Name, Path string
	Here       bool
}

// StaffTile is a number that leads to its list. Tone is "", "warm" or "bad".
type StaffTile struct {
	Key, Path, Tone string
	N               int
}

// StaffStage is one stage of the funnel.
type StaffStage struct {
	Key      string
	N        int
	Path     string
	Share    string // of those who were asked
	Y, Width int    // of its bar
}

// StaffDay is the funnel of one day.
type StaffDay struct {
	Day    string
	Counts []StaffTile
}

// StaffAge is one column of the histogram: hours that are left.
type StaffAge struct {
	From, Until  int // Until 0: and more
	N            int
	Path         string
	Near         bool
	X, Y, Height int
}

// Measures of the charts, in the units of their viewBox.
const (
	chartWide = 400
	chartHigh = 140
	barStep   = 32
)

// SetFunnel computes bars and shares. counts are in the order of keys; paths may be "".
func (p *StaffBoard) SetFunnel(keys []string, counts []int, paths []string) {
	for i, key := range keys {
		s := StaffStage{Key: key, N: counts[i], Path: paths[i], Y: i * barStep, Share: "–"}
		if counts[0] > 0 {
			s.Width = min(chartWide, counts[i]*chartWide/counts[0])
			s.Share = strconv.Itoa(counts[i]*100/counts[0]) + " %"
		}
		p.Funnel = append(p.Funnel, s)
	}
}

// FunnelHeight is the height of the funnel's chart.
func (p StaffBoard) FunnelHeight() int { return len(p.Funnel)*barStep - 8 }

// SetAges computes the columns. hours are where each begins, paths lead to who stands there.
func (p *StaffBoard) SetAges(hours, counts []int, paths []string) {
	most := 1
	for _, n := range counts {
		most = max(most, n)
	}
	for i, from := range hours {
		a := StaffAge{From: from, N: counts[i], X: 4 + i*40, Near: from < 24, Path: paths[i], Height: counts[i] * chartHigh / most}
		if i+1 < len(hours) {
			a.Until = hours[i+1]
		}
		if counts[i] > 0 {
			a.Height = max(a.Height, 3)
		}
		a.Y = 148 - a.Height
		p.Ages = append(p.Ages, a)
	}
}

func (StaffBoard) template() string { return "ops/board" }

// Title implements Page.
func (p StaffBoard) Title() (string, error) { return p.T("ops.board.title") }

// StaffRow is one request in a list. Nothing in it is of a person.
type StaffRow struct {
	ID, Subject, Status, Mail, Path string
	Created, At                     time.Time // At: the deadline while pending, else when it ended or was decided
}

// Tone colours the status.
func (r StaffRow) Tone() string { return toneOf(r.Status) }

func toneOf(status string) string {
	return map[string]string{"pending": "warm", "granted": "good", "declined": "bad", "withdrawn": "bad"}[status]
}

// StaffList is one work list.
type StaffList struct {
	StaffFrame
	AppTitle string
	Work     string    // key of its words below ops.work
	From     time.Time // deadlines from here on; zero: open
	Until    time.Time // deadlines before this; zero: open
	Day      string    // asked on this day; "": on all that the list has
	Rows     []StaffRow
	Back     string
	Next     string // path of the next page; "" on the last
	Export   string // path of the file; "" when the role may not
}

func (StaffList) template() string { return "ops/list" }

// Title implements Page.
func (p StaffList) Title() (string, error) { return p.T("ops.work." + p.Work + ".title") }

// StaffHooks lists the last calls of an app's webhooks.
type StaffHooks struct {
	StaffFrame
	AppTitle string
	Work     string // "hooks", or "dead": letters and webhooks that were given up
	Back     string
	Next     string
	Calls    []StaffCall
}

// StaffCall is one of them.
type StaffCall struct {
	At                       time.Time
	Type, Host, Result, Hint string
	Good                     bool
}

func (StaffHooks) template() string { return "ops/hooks" }

// Title implements Page.
func (p StaffHooks) Title() (string, error) { return p.T("ops.work." + p.Work + ".title") }

// StaffSearch finds requests. Form: text. What was typed is not shown again: it may be an address.
type StaffSearch struct {
	StaffFrame
	Asked bool
	Rows  []StaffRow
}

func (StaffSearch) template() string { return "ops/search" }

// Title implements Page.
func (p StaffSearch) Title() (string, error) { return p.T("ops.search.title") }
