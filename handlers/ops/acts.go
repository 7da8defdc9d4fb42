package ops

import (
	"context"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/bohoja/bohoja/consent"
)

// acts are the counters of what the store's steps did.
type acts struct {
	grants    *prometheus.CounterVec
	deciding  *prometheus.HistogramVec
	facts     *prometheus.CounterVec
	destroyed *prometheus.CounterVec
	looks     *prometheus.CounterVec
	gate      *prometheus.CounterVec
	redis     *prometheus.HistogramVec
}

// days are buckets of how long guardians take, in seconds: from those who sit beside the child to the last hours of the deadline.
var days = []float64{60, 300, 900, 3600, 4 * 3600, 12 * 3600, 24 * 3600, 48 * 3600, 72 * 3600, 96 * 3600, 119 * 3600}

// Results of a try of the second fact. A try is counted before it is compared, so misses are tried less hit.
const (
	factTried = "tried"
	factHit   = "hit"
)

func newActs(reg prometheus.Registerer) acts {
	counter := func(name, help, label string, values ...string) *prometheus.CounterVec {
		c := prometheus.NewCounterVec(prometheus.CounterOpts{Name: "bohoja_" + name, Help: help}, []string{label})
		for _, v := range values {
			c.WithLabelValues(v)
		}
		reg.MustRegister(c)
		return c
	}
	a := acts{
		grants:    counter("grants_total", "Consents given, by the way in which the guardian was confirmed.", "method", string(consent.MethodEmailLink)),
		destroyed: counter("destroyed_total", "Held data destroyed, by reason.", "reason", "acknowledged", "lapsed", consent.ReasonDeadline),
		looks:     counter("looks_total", "Looks of staff at records, by act.", "act", string(consent.ActView), string(consent.ActReveal)),
		gate:      counter("gate_answers_total", "Answers of the marketing gate; a question that failed is none.", "answer", "allowed", "blocked"),
		facts: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "bohoja_second_fact_total", Help: "Tries of the second fact. Wrong ones are tried less hit.",
		}, []string{"fact", "result"}),
		deciding: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "bohoja_deciding_seconds", Help: "Time from the signup to the guardian's answer.", Buckets: days,
		}, []string{"result"}),
		redis: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "bohoja_redis_seconds", Help: "Time of one round trip to Redis.", Buckets: buckets,
		}, []string{"result"}),
	}
	for _, fact := range []string{consent.FactName, consent.FactCode} {
		a.facts.WithLabelValues(fact, factTried)
		a.facts.WithLabelValues(fact, factHit)
	}
	reg.MustRegister(a.facts, a.deciding, a.redis)
	return a
}

// Redis counts one round trip.
func (m *Metrics) Redis(took time.Duration, failed bool) {
	result := "ok"
	if failed {
		result = "failed"
	}
	m.acts.redis.WithLabelValues(result).Observe(took.Seconds())
}

// Gate counts the gate's answers to one question.
func (m *Metrics) Gate(allowed, blocked int) {
	m.acts.gate.WithLabelValues("allowed").Add(float64(allowed))
	m.acts.gate.WithLabelValues("blocked").Add(float64(blocked))
}

// granted counts a consent by its method, and how long it took.
func (a *acts) granted(rec consent.Record, err error) {
	if err == nil {
		a.grants.WithLabelValues(string(rec.Method)).Inc()
		a.took("granted", rec)
	}
}

func (a *acts) took(result string, rec consent.Record) {
	if !rec.DecidedAt.IsZero() {
		a.deciding.WithLabelValues(result).Observe(rec.DecidedAt.Sub(rec.CreatedAt).Seconds())
	}
}

func (a *acts) gone(reason string, err error) {
	if err == nil {
		a.destroyed.WithLabelValues(reason).Inc()
	}
}

func (a *acts) fact(code bool, result string, err error) {
	if err != nil {
		return
	}
	fact := consent.FactName
	if code {
		fact = consent.FactCode
	}
	a.facts.WithLabelValues(fact, result).Inc()
}

// Acknowledge implements consent.Store.
func (c *counted) Acknowledge(ctx context.Context, m consent.Mutation) (consent.Record, error) {
	rec, err := c.Store.Acknowledge(ctx, m)
	c.m.acts.gone("acknowledged", err)
	return rec, err
}

// Lapse implements consent.Store.
func (c *counted) Lapse(ctx context.Context, m consent.Mutation) (consent.Record, error) {
	rec, err := c.Store.Lapse(ctx, m)
	c.m.acts.gone("lapsed", err)
	return rec, err
}

// Try implements consent.Store.
func (c *counted) Try(ctx context.Context, m consent.Mutation, t consent.Trial) (consent.Record, error) {
	rec, err := c.Store.Try(ctx, m, t)
	c.m.acts.fact(t.Code, factTried, err)
	return rec, err
}

// Refund implements consent.Store.
func (c *counted) Refund(ctx context.Context, m consent.Mutation, code bool) error {
	err := c.Store.Refund(ctx, m, code)
	c.m.acts.fact(code, factHit, err)
	return err
}

// Look implements consent.Store.
func (c *counted) Look(ctx context.Context, m consent.Mutation, act consent.Step) (consent.Record, error) {
	rec, err := c.Store.Look(ctx, m, act)
	if err == nil {
		c.m.acts.looks.WithLabelValues(string(act)).Inc()
	}
	return rec, err
}
