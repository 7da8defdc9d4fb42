package ops

import (
	"context"
	"log/slog"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/bohoja/bohoja/handlers/web"
)

// Options of the listener. Log, Problems and Registry are required.
type Options struct {
	Log      *slog.Logger
	Problems *web.Problems
	Registry *prometheus.Registry
	Checks   []Check                         // of readiness; none: always ready until Drain
	Warnings []Check                         // told beside a readiness that they do not end
	Reload   func(ctx context.Context) error // nil: POST /reload is not offered
	Clock    func() time.Time                // for the age of results; nil: the host's
}

// Ops serves the pages.
type Ops struct {
	opt      Options
	draining atomic.Bool
	ready    readiness
	warnings readiness
}

// New makes the pages.
func New(opt Options) *Ops {
	if opt.Clock == nil {
		opt.Clock = time.Now
	}
	of := func(checks []Check) readiness { return readiness{checks: checks, clock: opt.Clock, log: opt.Log} }
	return &Ops{opt: opt, ready: of(opt.Checks), warnings: of(opt.Warnings)}
}

// Routes adds the pages to a router.
func (o *Ops) Routes(r gin.IRouter) {
	r.Use(plain)
	read(r, "/livez", o.live)
	read(r, "/readyz", o.readyz)
	read(r, "/metrics", gin.WrapH(promhttp.HandlerFor(o.opt.Registry, promhttp.HandlerOpts{})))
	if o.opt.Reload != nil {
		r.POST("/reload", o.opt.Problems.Handle(o.reload))
	}
}

func read(r gin.IRouter, path string, h gin.HandlerFunc) {
	r.GET(path, h)
	r.HEAD(path, h)
}

// plain sets the headers of answers that no browser should keep or run.
func plain(c *gin.Context) { web.AnswerHeaders(c.Writer.Header()) }

// Drain makes /readyz answer 503 from now on, whatever the checks say. Call it first when the process is to stop.
func (o *Ops) Drain() { o.draining.Store(true) }

func (o *Ops) live(c *gin.Context) { c.JSON(http.StatusOK, gin.H{"status": "live"}) }

func (o *Ops) readyz(c *gin.Context) {
	reasons := o.ready.reasons(c.Request.Context())
	if o.draining.Load() {
		reasons = append([]Reason{{Check: "process", Code: "draining", Detail: "the process is stopping"}}, reasons...)
	}
	if len(reasons) > 0 {
		c.JSON(http.StatusServiceUnavailable, gin.H{"status": "not_ready", "reasons": reasons})
		return
	}
	answer := gin.H{"status": "ready"}
	if warnings := o.warnings.reasons(c.Request.Context()); len(warnings) > 0 {
		answer["warnings"] = warnings
	}
	c.JSON(http.StatusOK, answer)
}
