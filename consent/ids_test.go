package consent

import (
	"math"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestIDs(t *testing.T) {
	at := time.UnixMilli(1_800_000_000_000)
	var ids []string
	for i := range 100 {
		ids = append(ids, NewID(PrefixRequest, at.Add(time.Duration(i)*time.Millisecond)))
	}
	if !slices.IsSorted(ids) {
		t.Error("ids do not sort by time")
	}
	if len(slices.Compact(ids)) != 100 {
		t.Error("two ids are the same")
	}
	if !IsID(PrefixRequest, ids[0]) || IsID(PrefixEvent, ids[0]) {
		t.Errorf("IsID(%q)", ids[0])
	}
	for _, bad := range []string{"", "cr_", "cr_" + strings.Repeat("0", 25), "cr_" + strings.Repeat("u", 26), "cr_" + strings.Repeat("0", 25) + "}", "cr_" + strings.Repeat("A", 26), "cr_" + strings.Repeat("0", 25) + "\n", "cr_" + strings.Repeat("\r\n", 13)} {
		if IsID(PrefixRequest, bad) {
			t.Errorf("IsID(%q)", bad)
		}
	}
}

func TestCodes(t *testing.T) {
	var d Digest
	for i := range d {
		d[i] = byte(i * 37)
	}
	c := spell(d, shortLength)
	if len(c) != shortLength || strings.ContainsAny(c, "01OIL") {
		t.Errorf("code %q", c)
	}
	letters := map[rune]bool{}
	for n := range 1 << 10 {
		d[0], d[1] = byte(n), byte(n>>8)
		for i := range d[2:] {
			d[i+2] = byte(n * (i + 3))
		}
		for _, r := range spell(d, shortLength) {
			letters[r] = true
		}
	}
	if bits := math.Log2(float64(len(letters))) * shortLength; bits < 38 {
		t.Errorf("%d letters, %d of them in a code: %.1f bits", len(letters), shortLength, bits)
	}
	for _, typed := range []string{"abcd-2345", " ABCD 2345 ", "ABCD2345", "a b c d–2 3 4 5"} {
		if normalCode(typed) != "ABCD2345" {
			t.Errorf("normalCode(%q) = %q", typed, normalCode(typed))
		}
	}
}
