package consenttest

import (
	"fmt"
	"slices"
	"strconv"
	"time"
)

// WrongCode is this code of six digits, or the next one that a telephone does not show about now: of a million one is right by chance.
func WrongCode(code string, now time.Time, shows func(at time.Time) string) string {
	var right []string
	for step := -2 * time.Minute; step <= 2*time.Minute; step += 30 * time.Second {
		right = append(right, shows(now.Add(step)))
	}
	for slices.Contains(right, code) {
		n, _ := strconv.Atoi(code) // shows gave it, so it is a number
		code = fmt.Sprintf("%06d", (n+1)%1_000_000)
	}
	return code
}
