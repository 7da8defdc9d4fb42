package ops

import (
	"context"

	"github.com/bohoja/bohoja/consent"
)

// Results are the labels of bohoja_decisions_total.
var Results = []string{"asked", "granted", "refused", "not_mine", "expired", "cancelled", "withdrawn", "reduced"}

// Counted returns the store with its successful decisions counted. It adds nothing else: no call, no wait, no error.
func (m *Metrics) Counted(s consent.Store) consent.Store { return &counted{s, m} }

type counted struct {
	consent.Store
	m *Metrics
}

func (c *counted) tell(result string, err error) {
	if err == nil {
		c.m.decisions.WithLabelValues(result).Inc()
	}
}

// Signup implements consent.Store.
func (c *counted) Signup(ctx context.Context, d consent.Draft) (consent.Record, bool, error) {
	rec, replayed, err := c.Store.Signup(ctx, d)
	if !replayed {
		c.tell("asked", err)
	}
	return rec, replayed, err
}

// Grant implements consent.Store.
func (c *counted) Grant(ctx context.Context, m consent.Mutation, g consent.Granting) (consent.Record, error) {
	rec, err := c.Store.Grant(ctx, m, g)
	c.tell("granted", err)
	c.m.acts.granted(rec, err)
	return rec, err
}

// Decline implements consent.Store.
func (c *counted) Decline(ctx context.Context, m consent.Mutation, d consent.Declining) (consent.Record, error) {
	rec, err := c.Store.Decline(ctx, m, d)
	result := "refused"
	if d.Reason == consent.ReasonNotMine {
		result = "not_mine"
	}
	c.tell(result, err)
	c.m.acts.gone(d.Reason, err)
	if err == nil {
		c.m.acts.took(result, rec)
	}
	return rec, err
}

// Expire implements consent.Store.
func (c *counted) Expire(ctx context.Context, m consent.Mutation, reason string) (consent.Record, error) {
	rec, err := c.Store.Expire(ctx, m, reason)
	c.tell("expired", err)
	c.m.acts.gone(reason, err)
	return rec, err
}

// Cancel implements consent.Store.
func (c *counted) Cancel(ctx context.Context, m consent.Mutation, reason string) (consent.Record, error) {
	rec, err := c.Store.Cancel(ctx, m, reason)
	c.tell("cancelled", err)
	c.m.acts.gone("cancelled", err)
	return rec, err
}

// Withdraw implements consent.Store. Taking some purposes out of a consent counts as "reduced".
func (c *counted) Withdraw(ctx context.Context, m consent.Mutation, w consent.Withdrawing) (consent.Record, error) {
	rec, err := c.Store.Withdraw(ctx, m, w)
	result := "reduced"
	if rec.Status == consent.Withdrawn {
		result = "withdrawn"
		c.m.acts.gone("withdrawn", err)
	}
	c.tell(result, err)
	return rec, err
}
