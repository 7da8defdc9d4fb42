package main

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/bohoja/bohoja/cmd/bohoja/config"
)

// TestLogLines: whatever a value holds, an entry stays one line, is read back as it was written, and names its moment and its zone.
func TestLogLines(t *testing.T) {
	t.Parallel()
	const hostile = "one\ntwo\r\x1b[31m\x00\" level=ERROR {\"level\":\"ERROR\"}\u2028"
	for _, format := range []string{"json", "text"} {
		var out bytes.Buffer
		newLog(&out, config.Log{Level: "info", Format: format}).Warn(hostile, "key", hostile)
		if line := strings.TrimSuffix(out.String(), "\n"); strings.ContainsAny(line, "\n\r\x1b\x00") || strings.HasPrefix(line, "\n") {
			t.Errorf("%s: %q", format, line)
		}
		if format == "text" {
			when, _, _ := strings.Cut(strings.TrimPrefix(out.String(), "time="), " ")
			if _, err := time.Parse(time.RFC3339, when); err != nil || strings.Contains(out.String(), "level=ERROR\n") || !strings.Contains(out.String(), "level=WARN") {
				t.Errorf("%q, %v", out.String(), err)
			}
			continue
		}
		var entry struct{ Time, Level, Msg, Key string }
		err := json.Unmarshal(out.Bytes(), &entry)
		_, zoned := time.Parse(time.RFC3339, entry.Time)
		if err != nil || zoned != nil || entry.Level != "WARN" || entry.Msg != hostile || entry.Key != hostile {
			t.Errorf("%+v, %v, %v", entry, err, zoned)
		}
	}
}
