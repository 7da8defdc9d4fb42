package gate

import (
	"fmt"
	"testing"

	"github.com/dchest/siphash"

	"github.com/bohoja/bohoja/consent"
)

// BenchmarkPerhapsEmail asks a filter of a million about addresses that are not in it: canonicalise, digest, look up.
func BenchmarkPerhapsEmail(b *testing.B) {
	keys := make([]uint64, 1_000_000)
	for i := range keys {
		keys[i] = siphash.Hash(1, 2, fmt.Appendf(nil, "child.%d@example.com", i))
	}
	filter, err := Filters{}.Build(keys)
	if err != nil {
		b.Fatal(err)
	}
	o := &Offline{keys: [3]sipKey{{1, 2}}, added: map[uint64]struct{}{}}
	if err := o.load(filter); err != nil {
		b.Fatal(err)
	}
	all := make([]string, 1<<14)
	for i := range all {
		all[i] = fmt.Sprintf("Adult.%d@example.com", i)
	}
	var room [256]byte
	b.Run("canonical", func(b *testing.B) {
		for i := 0; b.Loop(); i++ {
			_, _ = consent.AppendCanonical(room[:0], all[i%len(all)])
		}
	})
	b.Run("digest", func(b *testing.B) {
		text := []byte("adult.12345@example.com")
		for b.Loop() {
			siphash.Hash(1, 2, text)
		}
	})
	b.Run("whole", func(b *testing.B) {
		b.ReportAllocs()
		for i := 0; b.Loop(); i++ {
			o.PerhapsEmail(all[i%len(all)])
		}
	})
}
