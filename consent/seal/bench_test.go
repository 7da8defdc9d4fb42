package seal

import (
	"bytes"
	"testing"

	"github.com/bohoja/bohoja/consent"
)

var blob = bytes.Repeat([]byte("x"), 400)

// The hot paths allocate what they hand out and, for sealing, the associated data and Tink's own result.
func TestAllocations(t *testing.T) {
	if raceEnabled {
		t.Log("with the race detector pools drop what they hold on purpose; the numbers below are for plain builds")
		return
	}
	v := newWorld(t).open(t)
	s := mustSeal(t, v, consent.ClassHour, start, string(blob))
	for what, c := range map[string]struct {
		most float64
		do   func()
	}{
		"Seal":    {3, func() { _, _ = v.Seal(t.Context(), consent.ClassHour, start, label, blob) }},
		"Open":    {2, func() { _, _ = v.Open(label, s) }},
		"KeyOf":   {0, func() { v.KeyOf(s) }},
		"Digest":  {0, func() { v.Digest(consent.DigestEmail, "parent@example.com") }},
		"Digests": {1, func() { v.Digests(consent.DigestEmail, "parent@example.com") }},
		"Short":   {0, func() { v.Short(consent.DigestFlagEmail, "parent@example.com") }},
	} {
		if n := testing.AllocsPerRun(200, c.do); n > c.most {
			t.Errorf("%s allocates %v times, at most %v", what, n, c.most)
		}
	}
}

func BenchmarkSeal(b *testing.B) {
	v := newWorld(b).open(b)
	b.ReportAllocs()
	for b.Loop() {
		_, _ = v.Seal(b.Context(), consent.ClassHour, start, label, blob)
	}
}

func BenchmarkOpen(b *testing.B) {
	v := newWorld(b).open(b)
	s := mustSeal(b, v, consent.ClassHour, start, string(blob))
	b.ReportAllocs()
	for b.Loop() {
		_, _ = v.Open(label, s)
	}
}

func BenchmarkDigest(b *testing.B) {
	v := newWorld(b).open(b)
	b.ReportAllocs()
	for b.Loop() {
		v.Digest(consent.DigestEmail, "parent@example.com")
	}
}

func BenchmarkDigestParallel(b *testing.B) {
	v := newWorld(b).open(b)
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			v.Digest(consent.DigestEmail, "parent@example.com")
		}
	})
}

func BenchmarkShort(b *testing.B) {
	v := newWorld(b).open(b)
	b.ReportAllocs()
	for b.Loop() {
		v.Short(consent.DigestFlagEmail, "parent@example.com")
	}
}
