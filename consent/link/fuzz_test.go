package link

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/bohoja/bohoja/consent"
)

// Whatever comes in a URL: no panic, and nothing redeems but the one token that was minted, in any of its torn forms.
func FuzzRedeem(f *testing.F) {
	l := open(f, f.TempDir())
	c := claims()
	good := mint(f, l, c)
	parts := strings.Split(good, ".")
	for _, seed := range []string{
		good, good + ")", "", ".", "..", "...", "a.b.c", parts[0] + ".." + parts[2], parts[0] + "." + parts[1] + ".",
		"eyJhbGciOiJub25lIn0." + parts[1] + ".", "bnVsbA.bnVsbA.bnVsbA", "W10.W10.W10", "e30.e30.e30", parts[0] + ".bnVsbA." + parts[2],
		"eyJhbGciOiJIUzI1NiIsImtpZCI6bnVsbH0." + parts[1] + "." + parts[2], strings.Repeat("A", maxLength), "\xff\xfe", good + "\n",
	} {
		f.Add(seed, int64(0))
	}
	f.Add(good, int64(2*time.Hour))
	f.Fuzz(func(t *testing.T, token string, after int64) {
		at := now.Add(time.Duration(after))
		got, err := l.Redeem(c.Audience, token, at)
		minted := strings.TrimRight(token, torn) == good
		switch {
		case !minted && (!errors.Is(err, consent.ErrNotFound) || got != consent.Claims{}):
			t.Errorf("%q: %+v, %v", token, got, err)
		case minted && got != c:
			t.Errorf("the genuine token says %+v", got)
		case minted && at.Before(c.Expires) != (err == nil):
			t.Errorf("at %v the genuine token gives %v", at, err)
		}
	})
}

// Any sound claims come back as they went in.
func FuzzMint(f *testing.F) {
	l := open(f, f.TempDir())
	f.Add("shop", 1, 0, int64(1800000000))
	f.Add("숍\x00\"<", 1<<30, 9, int64(1))
	f.Add("", -1, -1, int64(-1))
	f.Add("\xff", 1, 1, int64(1<<62))
	f.Fuzz(func(t *testing.T, app string, gen, guardian int, expires int64) {
		c := consent.Claims{
			Audience: consent.LinkWithdraw, App: strings.ToValidUTF8(app, "?"), ID: consent.NewID(consent.PrefixRequest, now),
			Gen: gen, Guardian: guardian, Expires: time.Unix(expires, 0).UTC(),
		}
		token, err := l.Mint(c)
		if err != nil {
			return
		}
		if got, err := l.Redeem(c.Audience, token, time.Unix(0, 0)); err != nil || got != c {
			t.Errorf("minted %+v, redeemed %+v, %v", c, got, err)
		}
	})
}
