package outbox

import (
	"testing"
	"time"

	"github.com/bohoja/bohoja/consent"
)

// TestWebhookSchedule: a receiver that is away is tried for 75 hours, as Standard Webhooks has it, at growing pauses, and then no more.
func TestWebhookSchedule(t *testing.T) {
	rule := Rules()[consent.JobWebhook]
	var whole, before time.Duration
	for tries := 0; ; tries++ {
		pause, more := rule.step(tries)
		if !more {
			if tries != len(rule.Backoff) {
				t.Errorf("it ends after %d pauses", tries)
			}
			break
		}
		if pause <= before {
			t.Errorf("the pause after the %dth failure is %s, no longer than the one before", tries+1, pause)
		}
		whole, before = whole+pause, pause
	}
	if whole.Truncate(time.Hour) != 75*time.Hour {
		t.Errorf("it is tried for %s", whole)
	}
}
