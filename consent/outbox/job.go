package outbox

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/bohoja/bohoja/consent"
)

// Job is a job as its worker and staff see it.
type Job struct {
	App      string
	ID       string // the same in every try, so receivers tell a repetition by it
	Kind     consent.JobKind
	Body     []byte    // as it was put
	Fence    int64     // needed to finish it
	Attempts int       // earlier deliveries that failed and count for the back-off
	Faults   int       // earlier tries in which this program itself failed
	Enqueued time.Time // by the store's clock, UTC
	Last     string    // code of the last failure, "" for none
	At       time.Time // when it was claimed; in lists: when it is due, when its lease ends, or when it was buried
}

// Held reports whether a worker has the job, as far as the store knows: its lease may be over.
func (j Job) Held() bool { return j.Fence%2 == 1 }

// Parse reads what the scripts keep (put.lua).
func Parse(app, id, value string) (Job, error) {
	f := strings.SplitN(value, " ", 7)
	if len(f) != 7 {
		return Job{}, fmt.Errorf("outbox: job %s of app %s cannot be read", id, app)
	}
	var n [4]int64
	for i := range n {
		var err error
		if n[i], err = strconv.ParseInt(f[i], 10, 64); err != nil {
			return Job{}, fmt.Errorf("outbox: job %s of app %s cannot be read", id, app)
		}
	}
	j := Job{
		App: app, ID: id, Fence: n[0], Attempts: int(n[1]), Faults: int(n[2]), Enqueued: millis(n[3]),
		Kind: consent.JobKind(f[5]), Body: []byte(f[6]),
	}
	if f[4] != none {
		j.Last = f[4]
	}
	return j, nil
}

// none stands in a value for "no code".
const none = "-"

func millis(ms int64) time.Time { return time.UnixMilli(ms).UTC() }

// longest code that is kept.
const codeLength = 40

// code makes s fit to stand as one word of a value: it comes from stages and error codes, never from a remote text.
func code(s string) string {
	s = strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z', r >= '0' && r <= '9', r == '_', r == '.':
			return r
		}
		return '_'
	}, strings.ToLower(s))
	if len(s) > codeLength {
		s = s[:codeLength]
	}
	if s == "" {
		return none
	}
	return s
}
