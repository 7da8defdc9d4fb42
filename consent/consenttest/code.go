package consenttest

import (
	"fmt"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"
)

// WrongCode is this code, or the next one that the telephone with the secret does not show about now: of a million one is right by chance.
func WrongCode(t testing.TB, secret, code string, now time.Time) string {
	t.Helper()
	var shown []string
	for step := -2 * time.Minute; step <= 2*time.Minute; step += 30 * time.Second {
		c, err := totp.GenerateCode(secret, now.Add(step))
		must(t, err)
		shown = append(shown, c)
	}
	n, err := strconv.Atoi(code)
	must(t, err)
	for slices.Contains(shown, code) {
		n = (n + 1) % 1_000_000
		code = fmt.Sprintf("%06d", n)
	}
	return code
}
