package link

import (
	"testing"

	"github.com/bohoja/bohoja/consent"
)

// A page view redeems a link once. Most of these are the JSON decoder's; the bound keeps new ones out.
func TestAllocations(t *testing.T) {
	l := open(t, t.TempDir())
	c := claims()
	token := mint(t, l, c)
	for what, f := range map[string]struct {
		most float64
		do   func()
	}{
		"Mint":   {45, func() { _, _ = l.Mint(c) }},
		"Redeem": {60, func() { _, _ = l.Redeem(consent.LinkDecide, token, now) }},
		"refuse": {0, func() { _, _ = l.Redeem(consent.LinkDecide, "wp-login.php?", now) }},
	} {
		if n := testing.AllocsPerRun(200, f.do); n > f.most {
			t.Errorf("%s allocates %v times, at most %v", what, n, f.most)
		} else {
			t.Logf("%s allocates %v times", what, n)
		}
	}
}

func BenchmarkMint(b *testing.B) {
	l := open(b, b.TempDir())
	c := claims()
	b.ReportAllocs()
	for b.Loop() {
		_, _ = l.Mint(c)
	}
}

func BenchmarkRedeem(b *testing.B) {
	l := open(b, b.TempDir())
	token := mint(b, l, claims())
	b.ReportAllocs()
	for b.Loop() {
		_, _ = l.Redeem(consent.LinkDecide, token, now)
	}
}

func BenchmarkRedeemUnknownKey(b *testing.B) {
	l, other := open(b, b.TempDir()), open(b, b.TempDir())
	token := mint(b, other, claims())
	b.ReportAllocs()
	for b.Loop() {
		_, _ = l.Redeem(consent.LinkDecide, token, now)
	}
}

func BenchmarkVerifyReceipt(b *testing.B) {
	r := openReceipts(b, b.TempDir())
	token := mintReceipt(b, r, receipt())
	b.ReportAllocs()
	for b.Loop() {
		_, _ = r.Verify(token)
	}
}
