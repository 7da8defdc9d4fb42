package main

import (
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/bohoja/bohoja/consent/staff"
	"github.com/bohoja/bohoja/handlers/web"
)

// TestControlsAsWritten: what consent/README.md says about passwords, tries, sessions, bounds and security events is what the
// constants say.
func TestControlsAsWritten(t *testing.T) {
	t.Parallel()
	raw, err := os.ReadFile("../../consent/README.md")
	if err != nil {
		t.Fatal(err)
	}
	text := strings.Join(strings.Fields(string(raw)), " ")
	hours := func(d time.Duration) int { return int(d / time.Hour) }
	for _, want := range []string{
		fmt.Sprintf("at least %d characters and at most %d bytes", staff.PasswordLeast, staff.PasswordMost),
		fmt.Sprintf("fewer than %d characters left", staff.PasswordLeast),
		fmt.Sprintf("%d tries within %d minutes", staff.TriesMost, int(staff.TriesIn/time.Minute)),
		fmt.Sprintf("%d wrong tries and gets one back every %d seconds", web.FailBurst, int(web.FailEvery/time.Second)),
		fmt.Sprintf("after %d minutes without use (Safety Standard 6) and %d hours after the sign-in", int(staff.IdleFor/time.Minute), hours(staff.WholeFor)),
		fmt.Sprintf("An invitation works for %d hours", hours(staff.InviteFor)),
		fmt.Sprintf("| %d,%03d bytes unless the route says otherwise, within %d seconds |", web.MaxBody/1000, web.MaxBody%1000, int(web.ReadBody/time.Second)),
		fmt.Sprintf("pieces of %d seconds each", int(web.PieceTime/time.Second)),
	} {
		if !strings.Contains(text, want) {
			t.Errorf("the text does not say %q", want)
		}
	}
	_, table, _ := strings.Cut(string(raw), "\n## Security events\n")
	table, _, _ = strings.Cut(table, "\n## ")
	var told []web.Security
	for _, row := range regexp.MustCompile("(?m)^\\| `([a-z_]+)` \\|").FindAllStringSubmatch(table, -1) {
		told = append(told, web.Security(row[1]))
	}
	if !slices.Equal(told, web.SecurityEvents) {
		t.Errorf("the table has %q, the log has %q", told, web.SecurityEvents)
	}
}
