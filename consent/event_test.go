package consent_test

import (
	"encoding/json"
	"testing"

	"github.com/bohoja/bohoja/consent"
	"github.com/bohoja/bohoja/consent/consenttest"
)

// TestEventsOfTheTestSpaceSaySo: whoever holds a test key chooses the subject and moves the clock, and the webhook's secret
// is the same for both spaces, so that nothing else keeps such an event from being taken for a live account's.
func TestEventsOfTheTestSpaceSaySo(t *testing.T) {
	for _, test := range []bool{true, false} {
		k := consenttest.New(t)
		k.Service.Settings.Test = test
		signup(t, k, ask("user-1"))
		k.Work()
		hooks := k.Hooks.All()
		if len(hooks) == 0 {
			t.Fatal("no webhook")
		}
		for _, j := range hooks {
			var h consent.HookJob
			if err := json.Unmarshal(j.Body, &h); err != nil || h.Data.Test != test {
				t.Errorf("test %v: %s, %v", test, j.Body, err)
			}
		}
		told, err := k.Service.Events(t.Context(), k.App, "", 10)
		if err != nil || len(told) == 0 || !told[0].Data.Test { // the kit's store is that of the test space
			t.Errorf("listed: %+v, %v", told, err)
		}
	}
}
