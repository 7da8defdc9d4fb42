package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/bohoja/bohoja/handlers/ops"
)

// shipped reads a file of deploy/.
func shipped(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("deploy", name))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// Each alert leads to a section of the runbook that says four things, and each section has its alert.
func TestRunbook(t *testing.T) {
	t.Parallel()
	rules, book := shipped(t, "alerts.yml"), shipped(t, "RUNBOOK.md")
	var alerts, sections []string
	for _, m := range regexp.MustCompile(`(?m)- alert: (\w+)$`).FindAllStringSubmatch(rules, -1) {
		alerts = append(alerts, m[1])
	}
	for _, part := range strings.Split(book, "\n## ")[1:] {
		name, body, _ := strings.Cut(part, "\n")
		sections = append(sections, name)
		for _, said := range []string{"**People notice:**", "**Look:**", "**Do:**", "**Do not:**"} {
			if !strings.Contains(body, said) {
				t.Errorf("%s does not say %s", name, said)
			}
		}
	}
	if !slices.Equal(alerts, sections) || len(alerts) < 14 {
		t.Errorf("alerts  %v\nsections %v", alerts, sections)
	}
	for _, name := range alerts {
		if !strings.Contains(rules, "deploy/RUNBOOK.md#"+strings.ToLower(name)+"\n") {
			t.Errorf("no runbook_url leads to %s", name)
		}
	}
}

// Every metric that a rule or the board asks for is one that the service has: a renamed one would never fire.
func TestRulesAskForWhatIsThere(t *testing.T) {
	t.Parallel()
	reg := prometheus.NewRegistry()
	m := ops.NewMetrics(reg, "v")
	m.Redis(0, false)
	ops.NewLogbook(reg, func() ops.Logbook { return ops.Logbook{} })
	known := map[string]bool{}
	descs := make(chan *prometheus.Desc, 200)
	reg.Describe(descs)
	ops.NewGauges(t.Context(), prometheus.NewRegistry(), nil, nil).Describe(descs)
	close(descs)
	for d := range descs {
		known[regexp.MustCompile(`fqName: "([^"]+)"`).FindStringSubmatch(d.String())[1]] = true
	}
	asked := regexp.MustCompile(`bohoja_[a-z_]+`)
	for _, file := range []string{"alerts.yml", "grafana.json", "alerts_test.yml"} {
		for _, name := range asked.FindAllString(shipped(t, file), -1) {
			if !known[name] && !known[strings.TrimSuffix(name, "_bucket")] {
				t.Errorf("%s asks for %s, which is not there", file, name)
			}
		}
	}
}

// The board can be read, and no two panels lie on each other.
func TestBoard(t *testing.T) {
	t.Parallel()
	var board struct {
		Panels []struct {
			Title   string
			GridPos struct{ X, Y int }
			Targets []struct{ Expr string }
		}
	}
	if err := json.Unmarshal([]byte(shipped(t, "grafana.json")), &board); err != nil || len(board.Panels) < 20 {
		t.Fatal(len(board.Panels), err)
	}
	seen := map[[2]int]bool{}
	for _, p := range board.Panels {
		at := [2]int{p.GridPos.X, p.GridPos.Y}
		if seen[at] || p.Title == "" || len(p.Targets) != 1 || p.Targets[0].Expr == "" {
			t.Errorf("%+v", p)
		}
		seen[at] = true
	}
}
