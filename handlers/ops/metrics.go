package ops

import (
	"runtime"
	"slices"
	"strconv"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"

	"github.com/bohoja/bohoja/handlers/web"
)

// Metrics are the counters of a process. Their labels come from fixed lists, route patterns and declared apps: never an
// id, an address or a path.
type Metrics struct {
	requests  *prometheus.CounterVec
	latency   *prometheus.HistogramVec
	tries     *prometheus.CounterVec
	trying    *prometheus.HistogramVec
	decisions *prometheus.CounterVec
	decoys    prometheus.Counter
	acts      acts
	leaks     prometheus.Counter
	returns   prometheus.Counter
	security  *prometheus.CounterVec
}

// buckets of durations, in seconds: from a read out of memory to what a waiting person gives up on.
var buckets = []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10}

// NewMetrics registers the counters, with those of the Go runtime and of the process. It panics when the registry has
// them already: that is a fault of the wiring.
func NewMetrics(reg prometheus.Registerer, version string) *Metrics {
	m := &Metrics{
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "bohoja_http_requests_total", Help: "Requests answered, by route pattern, method and class of status.",
		}, []string{"route", "method", "class"}),
		latency: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "bohoja_http_request_seconds", Help: "Time to answer a request.", Buckets: buckets,
		}, []string{"route", "method"}),
		tries: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "bohoja_outbox_tries_total", Help: "Tries of letters and webhooks, by what became of them.",
		}, []string{"kind", "outcome"}),
		trying: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "bohoja_outbox_try_seconds", Help: "Time that a try of a letter or webhook took.", Buckets: buckets,
		}, []string{"kind"}),
		decisions: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "bohoja_decisions_total", Help: "How requests went on; a decision that is sent twice may count twice.",
		}, []string{"result"}),
		decoys: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "bohoja_decoys_total", Help: "Forms sent by programs that pressed the button which people never meet; nothing was decided.",
		}),
	}
	m.leaks = prometheus.NewCounter(prometheus.CounterOpts{
		Name: "bohoja_keys_in_browsers_total", Help: "Calls with a live secret key that came from a browser and were refused; the log names app and key. Revoke it.",
	})
	m.returns = prometheus.NewCounter(prometheus.CounterOpts{
		Name: "bohoja_letters_returned_total", Help: "Letters that came back after the mail server had taken them; child and app are told of an invitation.",
	})
	m.security = prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "bohoja_security_events_total", Help: "Security events, by their name in the log.",
	}, []string{"event"})
	for _, e := range web.SecurityEvents {
		m.security.WithLabelValues(string(e))
	}
	for _, r := range Results {
		m.decisions.WithLabelValues(r) // 0, so that an alert on "none for hours" has a series to look at
	}
	m.acts = newActs(reg)
	reg.MustRegister(m.requests, m.latency, m.tries, m.trying, m.decisions, m.decoys, m.leaks, m.returns, m.security, build(version),
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

func build(version string) prometheus.Collector {
	g := prometheus.NewGaugeVec(prometheus.GaugeOpts{
		Name: "bohoja_build_info", Help: "Always 1; the labels tell which build this is.",
	}, []string{"version", "go"})
	g.WithLabelValues(version, runtime.Version()).Set(1)
	return g
}

// Requests counts the requests of an engine; add it with Use before the routes. A panic counts as 5xx.
func (m *Metrics) Requests(clock func() time.Time) gin.HandlerFunc {
	return func(c *gin.Context) {
		start, whole := clock(), false
		defer func() {
			class := "5xx"
			if whole {
				class = strconv.Itoa(c.Writer.Status()/100) + "xx"
			}
			m.request(c, class, clock().Sub(start))
		}()
		c.Next()
		whole = true
	}
}

func (m *Metrics) request(c *gin.Context, class string, took time.Duration) {
	route := c.FullPath()
	if route == "" {
		route = "none"
	}
	method := c.Request.Method
	if !slices.Contains(methods, method) {
		method = "other" // anybody can make one up
	}
	m.requests.WithLabelValues(route, method, class).Inc()
	m.latency.WithLabelValues(route, method).Observe(took.Seconds())
}

// Decoyed counts a press of the decoy.
func (m *Metrics) Decoyed() { m.decoys.Inc() }

// Secured counts a security event.
func (m *Metrics) Secured(e web.Security) { m.security.WithLabelValues(string(e)).Inc() }

// Leaked counts a live secret key that came from a browser.
func (m *Metrics) Leaked() { m.leaks.Inc() }

// Returned counts a letter that came back.
func (m *Metrics) Returned() { m.returns.Inc() }

var methods = []string{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}

// Try counts one try of the outbox. kind and outcome must come from the outbox's own lists.
func (m *Metrics) Try(kind, outcome string, took time.Duration) {
	m.tries.WithLabelValues(kind, outcome).Inc()
	m.trying.WithLabelValues(kind).Observe(took.Seconds())
}
