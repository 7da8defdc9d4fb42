package redisstore

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/bohoja/bohoja/consent"
)

// A flag's value is four digits of its last month (counted from January 2000), a letter for its reason, eight bytes for
// offline filters and its source. The scripts read the month alone: the later end wins.
const flagHead = 4 + 1 + 8

// reasons by letter. The letters are for ever: the store holds them.
var reasons = map[string]string{"p": consent.FlagPending, "m": consent.FlagPolicy, "w": consent.FlagWithdrawn}

func months(d consent.Date) int { return (d.Year-2000)*12 + int(d.Month) - 1 }

func encodeFlag(f consent.Flag) string {
	letter := "m"
	for l, reason := range reasons {
		if reason == f.Reason {
			letter = l
		}
	}
	return fmt.Sprintf("%04d%s%s%s", months(f.Ends), letter, f.Short[:], strings.TrimPrefix(f.Source, consent.PrefixRequest))
}

// lasts reports whether a flag has not ended on the day. What cannot be read blocks: a doubt never permits advertising.
func lasts(value string, today consent.Date) bool {
	if len(value) < flagHead {
		return true
	}
	last, err := strconv.Atoi(value[:4])
	return err != nil || months(today) <= last
}
