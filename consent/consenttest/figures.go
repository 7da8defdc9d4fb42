package consenttest

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"time"
)

// FiguresFile names the file to which suites append their figures, a line each; unset: they are only logged. `make proof`
// prints it as a table.
const FiguresFile = "BOHOJA_PROOF_FIGURES"

// Figures are what a proof has counted.
type Figures struct {
	Suite        string        // "P1 kill -9 of Redis"
	Acknowledged int           // answers of success that a client had and wrote down
	Lost         int           // of these, how many are not there afterwards
	Raw          int           // things done or told a second time, and known as the same by their id
	Duplicates   int           // of these, how many had a second effect
	Ungranted    int           // data handed over without a grant
	Mails        int           // letters lost
	Recovery     time.Duration // longest time from Redis' return to the first success; 0: not measured
	More         string        // what else this suite shows
}

// Tell logs the figures and adds them to the table.
func (f Figures) Tell(t testing.TB) {
	t.Helper()
	recovery := "-"
	if f.Recovery > 0 {
		recovery = fmt.Sprintf("%.2f s", f.Recovery.Seconds())
	}
	t.Logf("%s: %d acknowledged, %d lost, %d raw duplicates, %d duplicate effects, %d released without a grant, %d mails lost, recovery %s; %s",
		f.Suite, f.Acknowledged, f.Lost, f.Raw, f.Duplicates, f.Ungranted, f.Mails, recovery, f.More)
	name := os.Getenv(FiguresFile)
	if name == "" {
		return
	}
	file, err := os.OpenFile(name, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	columns := []string{
		f.Suite, fmt.Sprint(f.Acknowledged), fmt.Sprint(f.Lost), fmt.Sprint(f.Raw), fmt.Sprint(f.Duplicates), fmt.Sprint(f.Ungranted),
		fmt.Sprint(f.Mails), recovery, f.More,
	}
	if _, err := file.WriteString(strings.Join(columns, "|") + "\n"); err != nil {
		t.Fatal(err)
	}
}

// Sound fails the test unless nothing was lost, doubled or released without a grant.
func (f Figures) Sound(t testing.TB) {
	t.Helper()
	if f.Acknowledged == 0 {
		t.Errorf("%s: nothing was acknowledged, so nothing is shown", f.Suite)
	}
	if f.Lost+f.Duplicates+f.Ungranted+f.Mails > 0 {
		t.Errorf("%s: %+v", f.Suite, f)
	}
}
