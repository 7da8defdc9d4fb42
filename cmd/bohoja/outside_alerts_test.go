//go:build outside

package main

import (
	"os/exec"
	"testing"
)

// TestOutsideAlerts: the alert rules do what they say. Prometheus' own promtool walks their tests.
func TestOutsideAlerts(t *testing.T) {
	t.Parallel()
	cmd := exec.Command("promtool", "test", "rules", "alerts_test.yml")
	cmd.Dir = "deploy"
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	t.Logf("%s", out)
}
