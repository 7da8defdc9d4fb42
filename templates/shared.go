package templates

import (
	"strconv"
	"time"
)

// Problem is the page of an error that has no page of its own.
type Problem struct {
	Frame
	Status int           // HTTP status
	Retry  time.Duration // when it may work again; 0: not known
	Back   string        // path of a page to go on from; "" for none
}

func (Problem) template() string { return "shared/problem" }

// Title implements Page.
func (p Problem) Title() (string, error) { return p.T(p.Key() + ".title") }

// Key is where the words of this status stand.
func (p Problem) Key() string {
	if key := "problem.s" + strconv.Itoa(p.Status); p.Has(key + ".title") {
		return key
	}
	return "problem.other"
}

// Minutes is Retry in whole minutes, at least 1.
func (p Problem) Minutes() int { return max(1, int((p.Retry+time.Minute-1)/time.Minute)) }
