package gate

import (
	"bytes"
	"encoding/binary"
	"errors"

	"github.com/FastFilter/xorfilter"
	"github.com/dchest/siphash"

	"github.com/bohoja/bohoja/consent"
)

// Filters implements consent.Filters with binary fuse filters of 8 bits: some 1.13 bytes for each identity, and one answer
// in 256 of "perhaps" is wrong. What is in it is never answered with no.
type Filters struct{}

// Build implements consent.Filters.
func (Filters) Build(keys []uint64) ([]byte, error) {
	if len(keys) == 0 {
		return []byte{}, nil // contains nothing
	}
	f, err := xorfilter.NewBinaryFuse[uint8](keys)
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	b.Grow(len(f.Fingerprints) + 64)
	err = f.Save(&b)
	return b.Bytes(), err
}

// A snapshot in its encoded form is the line below, then in little-endian the instant (8 bytes), the number of identities (8),
// three keys of SipHash-2-4 (16 each: e-mail, telephone, subject), app and region (each with one byte of its length), and the
// filter, empty when there is nobody.
const magic = "bohoja snapshot 1\n"

// Encode writes a snapshot in the form of GET /v1/marketing/snapshot.
func Encode(s consent.Snapshot) []byte {
	b := make([]byte, 0, len(s.Filter)+256)
	b = append(b, magic...)
	b = binary.LittleEndian.AppendUint64(b, uint64(s.Since))
	b = binary.LittleEndian.AppendUint64(b, uint64(s.Count))
	for _, kind := range consent.FlagKinds {
		key := s.Keys[kind]
		b = append(b, key[:]...)
	}
	for _, text := range []string{s.App, s.Region} {
		b = append(append(b, byte(len(text))), text...)
	}
	return append(b, s.Filter...)
}

// errSnapshot is bytes that Encode did not write.
var errSnapshot = errors.New("not a snapshot of the marketing gate")

// Offline answers by a snapshot. It is safe for concurrent use, save Add.
type Offline struct {
	Since  int64 // as of when it is whole, for the next question for what was added
	Count  int
	App    string
	Region string

	keys  [3]sipKey
	fuse  contains // nil: nobody
	added map[uint64]struct{}
}

type sipKey struct{ k0, k1 uint64 }

// contains is a fuse filter of any width.
type contains interface{ Contains(key uint64) bool }

// Decode reads what Encode wrote.
func Decode(b []byte) (*Offline, error) {
	rest, ok := bytes.CutPrefix(b, []byte(magic))
	if !ok || len(rest) < 8+8+3*16+2 {
		return nil, errSnapshot
	}
	o := &Offline{added: map[uint64]struct{}{}}
	next := func() uint64 {
		v := binary.LittleEndian.Uint64(rest)
		rest = rest[8:]
		return v
	}
	o.Since, o.Count = int64(next()), int(next())
	for i := range o.keys {
		o.keys[i] = sipKey{next(), next()}
	}
	for _, text := range []*string{&o.App, &o.Region} {
		if len(rest) == 0 || len(rest) < 1+int(rest[0]) {
			return nil, errSnapshot
		}
		end := 1 + int(rest[0]) // as a byte, 1+255 would be 0
		*text, rest = string(rest[1:end]), rest[end:]
	}
	return o, o.load(rest)
}

func (o *Offline) load(b []byte) error {
	if len(b) == 0 {
		if o.Count != 0 {
			return errSnapshot
		}
		return nil
	}
	if !sound(b) {
		return errSnapshot
	}
	fuse, err := xorfilter.LoadBinaryFuse[uint8](bytes.NewReader(b))
	if err == nil {
		o.fuse = fuse
	}
	return err
}

// sound reports whether the bytes are a filter whose look-ups stay inside it: seed (8 bytes), length of a segment, its mask,
// number of segments, their length, number of fingerprints (4 each), fingerprints.
func sound(b []byte) bool {
	const head = 8 + 5*4
	if len(b) < head {
		return false
	}
	word := func(i int) uint64 { return uint64(binary.LittleEndian.Uint32(b[8+4*i:])) }
	length, mask, all, prints := word(0), word(1), word(3), word(4)
	return length > 0 && length&(length-1) == 0 && mask == length-1 && all > 0 && all%length == 0 && all+2*length <= prints &&
		uint64(len(b)) == head+prints
}

// Add puts in what came since the snapshot. Nobody may ask meanwhile.
func (o *Offline) Add(short []uint64) {
	for _, k := range short {
		o.added[k] = struct{}{}
	}
}

// Added is how many Add has put in.
func (o *Offline) Added() int { return len(o.added) }

// Perhaps reports whether the gate may know one of the identity's members; false is sure, as of Since. readable is false
// when one cannot be read, and then nothing may be sent.
func (o *Offline) Perhaps(one consent.Identity) (perhaps, readable bool) {
	return o.perhaps(o.App, one)
}

func (o *Offline) perhaps(app string, one consent.Identity) (perhaps, readable bool) {
	texts, ok := consent.CanonicalOf(Phones{}, o.Region, app, one)
	if !ok {
		return true, false
	}
	for _, t := range texts {
		for i, kind := range consent.FlagKinds {
			if t.Kind == kind && o.contains(i, []byte(t.Text.Reveal())) {
				return true, true
			}
		}
	}
	return false, true
}

// PerhapsEmail is Perhaps for an address alone. It takes no memory for addresses of plain ASCII.
func (o *Offline) PerhapsEmail(address string) (perhaps, readable bool) {
	var room [256]byte
	text, ok := consent.AppendCanonical(room[:0], address)
	if !ok {
		return true, false
	}
	return o.contains(0, text), true
}

func (o *Offline) contains(kind int, text []byte) bool {
	k := siphash.Hash(o.keys[kind].k0, o.keys[kind].k1, text)
	if o.fuse != nil && o.fuse.Contains(k) {
		return true
	}
	if len(o.added) == 0 {
		return false
	}
	_, ok := o.added[k]
	return ok
}
