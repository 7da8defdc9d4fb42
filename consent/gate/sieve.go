package gate

import (
	"encoding/binary"

	"github.com/FastFilter/xorfilter"

	"github.com/bohoja/bohoja/consent"
)

// Sieve implements consent.Filters. Its fingerprints have 16 bits, some 2.26 bytes for each identity: one "perhaps" in 65,536 is
// wrong, so that most questions about a thousand need no second round trip.
func (Filters) Sieve(keys []uint64, short map[consent.DigestKind][16]byte, region string) (consent.Sieve, error) {
	s := &sieve{Offline{Region: region, added: map[uint64]struct{}{}}}
	for i, kind := range consent.FlagKinds {
		key := short[kind]
		s.keys[i] = sipKey{binary.LittleEndian.Uint64(key[:8]), binary.LittleEndian.Uint64(key[8:])}
	}
	if len(keys) == 0 {
		return s, nil
	}
	fuse, err := xorfilter.NewBinaryFuse[uint16](keys)
	s.fuse = fuse
	return s, err
}

// sieve is an Offline that serves every app.
type sieve struct{ Offline }

// Perhaps implements consent.Sieve.
func (s *sieve) Perhaps(app string, one consent.Identity) (perhaps, readable bool) {
	if one.Subject == "" && one.Phone.Empty() && !one.Email.Empty() {
		return s.PerhapsEmail(one.Email.Reveal())
	}
	return s.perhaps(app, one)
}

// Add implements consent.Sieve.
func (s *sieve) Add(short [][8]byte) {
	for _, one := range short {
		s.added[binary.LittleEndian.Uint64(one[:])] = struct{}{}
	}
}

// Size implements consent.Sieve.
func (s *sieve) Size() int { return len(s.added) }
