package consent

import (
	"os"
	"strings"
	"testing"
)

// TestDiagram holds the drawing in doc.go's neighbour, README.md, against the table of moves, so that it cannot lie.
func TestDiagram(t *testing.T) {
	readme, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(readme), "```mermaid\n"+Diagram()+"```") {
		t.Errorf("README.md does not hold the diagram of the moves; it should read:\n%s", Diagram())
	}
}

func TestMoves(t *testing.T) {
	steps := []Step{StepSignup, StepGrant, StepDecline, StepExpire, StepCancel, StepWithdraw, StepAgeOut}
	want := map[Status]map[Step]Status{
		"":      {StepSignup: Pending},
		Pending: {StepGrant: Granted, StepDecline: Declined, StepExpire: Expired, StepCancel: Cancelled},
		Granted: {StepWithdraw: Withdrawn, StepAgeOut: AgedOut},
	}
	for _, from := range append([]Status{""}, Statuses...) {
		for _, step := range steps {
			to, ok := Next(from, step)
			if wantTo, wantOK := want[from][step]; to != wantTo || ok != wantOK {
				t.Errorf("Next(%q, %q) = %q, %v; want %q, %v", from, step, to, ok, wantTo, wantOK)
			}
		}
	}
}

func TestNothingLeavesAnEnd(t *testing.T) {
	for _, m := range Moves {
		if m.From != "" && m.From.Ended() {
			t.Errorf("%s leads out of the end %s", m.Step, m.From)
		}
		if m.To == Granted && m.Step != StepGrant {
			t.Errorf("%s reaches granted", m.Step)
		}
	}
}
