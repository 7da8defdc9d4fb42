package web

import (
	"log/slog"
	"time"

	"github.com/gin-gonic/gin"
)

// Options of an engine. Log and Problems are required.
type Options struct {
	Log      *slog.Logger
	Problems *Problems
	Clock    func() time.Time // wall clock for ids, durations and read deadlines; nil: the host's
	Bodies   map[string]int64 // bytes of a body by route pattern where it is not MaxBody; below 0: no bound
	Read     time.Duration    // time for a body to arrive; 0: ReadBody
}

// NewEngine builds a gin engine with the chain of this package's doc, and with those of gin's defaults switched off
// that a service like this must not have: it trusts no proxy (Networks does that by the settings), prints no path, dumps
// no header, redirects no path, and answers a wrong method with 405 and Allow.
func NewEngine(o Options) *gin.Engine {
	if o.Clock == nil {
		o.Clock = time.Now
	}
	if gin.Mode() == gin.DebugMode {
		gin.SetMode(gin.ReleaseMode) // gin knows one mode for the whole process; debug prints every route
	}
	e := gin.New()
	e.ForwardedByClientIP = false
	e.RemoteIPHeaders = nil
	e.RedirectTrailingSlash = false
	e.RedirectFixedPath = false
	e.HandleMethodNotAllowed = true
	e.UseRawPath = true // an encoded slash stays inside its segment
	e.UnescapePathValues = true
	e.MaxMultipartMemory = MaxBody
	_ = e.SetTrustedProxies(nil) // of no addresses none can be wrong
	e.Use(RequestID(o.Clock), Framing(), AccessLog(o.Log, o.Clock), Recover(o.Log, o.Problems), Limit(o))
	e.NoRoute(func(c *gin.Context) { o.Problems.Write(c, ErrNoRoute) })
	e.NoMethod(func(c *gin.Context) { o.Problems.Write(c, ErrMethod) })
	return e
}
