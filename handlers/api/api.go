package api

import (
	"context"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/bohoja/bohoja/consent"
	"github.com/bohoja/bohoja/handlers/web"
)

// Door is all that the API asks of a consent.Service. Each resource's file names its own part of it.
type Door interface {
	ages
	clients
	requests
	guardians
	releases
	ends
	disclosures
	subjects
	rights
	events
	webhooks
	marketing
	snapshots
	receipts
	exports
}

// Space is one of the two worlds that keys open: live data, or the test space with a clock that can be moved.
type Space struct {
	Service Door
	Book    func() *consent.Book
	Clock   Clock // nil: it cannot be moved, as in the live space
}

// Options of the API. All but Clock, Networks, Gated and Leaked are required.
type Options struct {
	Live      Space
	Test      Space // for keys that begin with TestPrefix; with a nil Service there is none
	Problems  *web.Problems
	Networks  *web.Networks              // nil: failed keys are not counted by network
	PublicURL string                     // base of every link, without a trailing slash
	PerMinute int                        // requests by key and minute in this process
	Chunk     time.Duration              // how long a list through the gate may stand still; 0: 30 s
	Clock     func() time.Time           // wall clock for the limits; nil: the host's
	Gated     func(allowed, blocked int) // told of each answer of the marketing gate; nil: nobody is
	Leaked    func()                     // told of each live key that came from a browser; nil: only the log is
	Revoked   func(sha256 string) bool   // whether the declared key of this digest (hex) was taken back since; nil: none was
}

// TestPrefix begins the keys of the test space.
const TestPrefix = "bhj_test_"

// API answers the apps.
type API struct {
	live, test *space
	problems   *web.Problems
	public     string
	rates      *rates
	failures   *web.Failures
	document   *document
	chunk      time.Duration
	leaked     func()
	gated      func(allowed, blocked int)
	revoked    func(sha256 string) bool
	retired    map[string]*retirement // by method and path; none goes yet
}

// New reads the embedded description and makes the API. Errors: a description that cannot be read, a fault of the build.
func New(o Options) (*API, error) {
	if o.Clock == nil {
		o.Clock = time.Now
	}
	if o.Revoked == nil {
		o.Revoked = func(string) bool { return false }
	}
	if o.Gated == nil {
		o.Gated = func(int, int) {}
	}
	if o.Leaked == nil {
		o.Leaked = func() {}
	}
	if o.Chunk == 0 {
		o.Chunk = web.PieceTime
	}
	doc, err := newDocument(o.PublicURL)
	if err != nil {
		return nil, err
	}
	return &API{
		live: newSpace(o.Live), test: newSpace(o.Test), problems: o.Problems, public: o.PublicURL,
		rates: newRates(o.PerMinute, o.Clock), failures: web.NewFailures(o.Networks, o.Clock), document: doc,
		leaked: o.Leaked, gated: o.Gated, revoked: o.Revoked, chunk: o.Chunk,
	}, nil
}

// ask is one call by a known app. Who asks is a parameter of every step, never hidden in a context.
type ask struct {
	c     *gin.Context
	space *space
	app   *consent.App
	key   *consent.Key
	book  *consent.Book // of the moment at which the key was found

	public string // base of every link
}

// by names who asks for the audit log.
func (q *ask) by() consent.Actor { return consent.Actor{Kind: consent.ActorApp, Ref: q.key.ID} }

// ctx ends when the one who asks has gone.
func (q *ask) ctx() context.Context { return q.c.Request.Context() }

func (q *ask) id() string { return q.c.Param("id") }
