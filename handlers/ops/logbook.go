package ops

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// Logbook is how the audit log and the records stand, as this process knows it.
type Logbook struct {
	Entries  int64     // in files
	Working  bool      // this process writes them; of several processes with one folder one does
	Signed   time.Time // the last checkpoint; zero before the first
	Lag      int64
	Gaps     int64     // numbers found missing
	Restored bool      // the store was put back to an earlier state: safe mode
	Checked  time.Time // when the records were last looked through; zero before the first time
	Findings int       // what did not fit together then
	Reviewed bool      // it was counted
	Unsigned int       // how many months of the access log nobody signed off in time
}

// logbook shows a Logbook at each scrape.
type logbook struct{ read func() Logbook }

// NewLogbook registers the gauges of the audit log. read must not wait.
func NewLogbook(reg prometheus.Registerer, read func() Logbook) { reg.MustRegister(logbook{read}) }

var (
	descEntries  = desc("audit_entries", "Entries of the audit log in this process's folder.")
	descWorking  = desc("audit_working", "1 where this process writes the audit log's files; one of those that share a folder does.")
	descSigned   = desc("audit_signed_timestamp_seconds", "When the last checkpoint was signed.")
	descGaps     = desc("audit_gaps", "Numbers found missing in the audit log since the start.")
	descRestored = desc("store_restored", "1 in safe mode: the store was put back to an earlier state.")
	descFsck     = desc("fsck_findings", "What did not fit together when the records were last looked through.")
	descUnsigned = desc("access_reviews_overdue", "Months of the staff's access log that nobody has signed off in time.")
	descFsckAt   = desc("fsck_timestamp_seconds", "When the records were last looked through.")
)

// Describe implements prometheus.Collector.
func (l logbook) Describe(ch chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{descEntries, descWorking, descSigned, descGaps, descRestored, descFsck, descFsckAt, descUnsigned} {
		ch <- d
	}
}

// Collect implements prometheus.Collector.
func (l logbook) Collect(ch chan<- prometheus.Metric) {
	b := l.read()
	ch <- gauge(descEntries, float64(b.Entries))
	ch <- gauge(descWorking, truth(b.Working))
	ch <- gauge(descGaps, float64(b.Gaps))
	ch <- gauge(descRestored, truth(b.Restored))
	if !b.Signed.IsZero() {
		ch <- gauge(descSigned, float64(b.Signed.Unix()))
	}
	if b.Reviewed {
		ch <- gauge(descUnsigned, float64(b.Unsigned))
	}
	if !b.Checked.IsZero() {
		ch <- gauge(descFsck, float64(b.Findings))
		ch <- gauge(descFsckAt, float64(b.Checked.Unix()))
	}
}

func truth(b bool) float64 {
	if b {
		return 1
	}
	return 0
}
