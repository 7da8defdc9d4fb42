package ops

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/bohoja/bohoja/consent"
)

func (f *fakeStore) Acknowledge(context.Context, consent.Mutation) (consent.Record, error) {
	return f.rec, f.err
}

func (f *fakeStore) Lapse(context.Context, consent.Mutation) (consent.Record, error) {
	return f.rec, f.err
}

func (f *fakeStore) Try(context.Context, consent.Mutation, consent.Trial) (consent.Record, error) {
	return f.rec, f.err
}

func (f *fakeStore) Refund(context.Context, consent.Mutation, bool) error { return f.err }

func (f *fakeStore) Look(context.Context, consent.Mutation, consent.Step) (consent.Record, error) {
	return f.rec, f.err
}

// Each act is counted once, under a word of a fixed list, and only when it was done.
func TestActs(t *testing.T) {
	reg := prometheus.NewRegistry()
	m := NewMetrics(reg, "v")
	born := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	fake := &fakeStore{rec: consent.Record{ID: "cr_1", Method: consent.MethodEmailLink, CreatedAt: born, DecidedAt: born.Add(10 * time.Minute)}}
	s := m.Counted(fake)
	act := func() {
		ctx, by := t.Context(), consent.Mutation{}
		_ = all(t, s)
		_, _ = s.Acknowledge(ctx, by)
		_, _ = s.Lapse(ctx, by)
		_, _ = s.Try(ctx, by, consent.Trial{})
		_, _ = s.Try(ctx, by, consent.Trial{Code: true})
		_ = s.Refund(ctx, by, true)
		_, _ = s.Look(ctx, by, consent.ActReveal)
	}
	act()
	fake.err = consent.ErrUnavailable
	act()
	m.Redis(time.Millisecond, false)
	m.Redis(time.Second, true)
	m.Gate(3, 1)
	m.Leaked()
	has(t, scrape(t, reg),
		`bohoja_grants_total{method="email_link"} 1`, `bohoja_deciding_seconds_sum{result="granted"} 600`, `bohoja_deciding_seconds_count{result="refused"} 1`,
		`bohoja_destroyed_total{reason="acknowledged"} 1`, `bohoja_destroyed_total{reason="lapsed"} 1`, `bohoja_destroyed_total{reason="refused"} 1`,
		`bohoja_second_fact_total{fact="name",result="tried"} 1`, `bohoja_second_fact_total{fact="name",result="hit"} 0`,
		`bohoja_second_fact_total{fact="code",result="tried"} 1`, `bohoja_second_fact_total{fact="code",result="hit"} 1`,
		`bohoja_looks_total{act="reveal"} 1`, `bohoja_redis_seconds_count{result="failed"} 1`,
		`bohoja_gate_answers_total{answer="allowed"} 3`, `bohoja_keys_in_browsers_total 1`, `bohoja_gate_answers_total{answer="blocked"} 1`)
}

// The audit log, the mark and the last check of the records show; what nobody has looked at yet is absent, not zero.
func TestLogbook(t *testing.T) {
	reg := prometheus.NewRegistry()
	book := Logbook{Entries: 7, Working: true, Lag: 2, Gaps: 1, Restored: true}
	NewLogbook(reg, func() Logbook { return book })
	text := scrape(t, reg)
	has(t, text, "bohoja_audit_entries 7", "bohoja_audit_working 1", "bohoja_audit_gaps 1", "bohoja_store_restored 1")
	if strings.Contains(text, "bohoja_fsck_") || strings.Contains(text, "access_reviews") || strings.Contains(text, "signed") {
		t.Errorf("told before it is known:\n%s", text)
	}
	book.Signed, book.Checked, book.Findings = time.Unix(5, 0), time.Unix(6, 0), 3
	book.Reviewed, book.Unsigned = true, 2
	has(t, scrape(t, reg), "bohoja_access_reviews_overdue 2", "bohoja_audit_signed_timestamp_seconds 5", "bohoja_fsck_timestamp_seconds 6", "bohoja_fsck_findings 3")
}
