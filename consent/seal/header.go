package seal

import (
	"encoding/binary"
	"strconv"
	"time"

	"github.com/bohoja/bohoja/consent"
)

// A sealed value is header (4 bytes), nonce (12), ciphertext, tag (16). The header is the class and a big-endian number of
// 24 bits: the hour since 1970 of an hour's key, or the number of an evidence key. It finds the key's file and costs 4 bytes
// in each pending record, where JSON or Tink's own prefix with a time would cost several times that.
const (
	headerSize = 4
	overhead   = headerSize + 12 + 16
	maxNumber  = 1<<24 - 1
)

// keyID is the header: it names a key.
type keyID [headerSize]byte

func newKeyID(class consent.Class, n uint32) keyID {
	var id keyID
	binary.BigEndian.PutUint32(id[:], n)
	id[0] = byte(class)
	return id
}

// hourKey names the key of class for the UTC hour of at.
func hourKey(class consent.Class, at time.Time) keyID {
	return newKeyID(class, uint32(at.Unix()/int64(time.Hour/time.Second))&maxNumber)
}

// keyOf reads the header of a sealed value; ok is false for what cannot be one.
func keyOf(s consent.Sealed) (id keyID, ok bool) {
	if len(s) < overhead {
		return keyID{}, false
	}
	id = keyID(s[:headerSize])
	switch id.class() {
	case consent.ClassHour, consent.ClassRelease, consent.ClassEvidence:
		return id, true
	}
	return keyID{}, false
}

func (id keyID) class() consent.Class { return consent.Class(id[0]) }

func (id keyID) number() int64 { return int64(binary.BigEndian.Uint32(id[:]) & maxNumber) }

// hour is the start of the hour; zero for evidence.
func (id keyID) hour() time.Time {
	if id.class() == consent.ClassEvidence {
		return time.Time{}
	}
	return time.Unix(id.number()*int64(time.Hour/time.Second), 0).UTC()
}

// hourForm is how the name of a key writes its hour.
const hourForm = "2006010215"

// name is the name of the key's file.
func (id keyID) name() string {
	if id.class() == consent.ClassEvidence {
		return rowEvidence + "-" + strconv.FormatInt(id.number(), 10)
	}
	return string(rune(id.class())) + "-" + id.hour().Format(hourForm)
}

// hourOfName reads the name of an hour's key back. ok is false for every other file.
func hourOfName(name string) (id keyID, ok bool) {
	if len(name) != 2+len(hourForm) {
		return keyID{}, false
	}
	at, err := time.Parse(hourForm, name[2:])
	if err != nil {
		return keyID{}, false
	}
	id = hourKey(consent.Class(name[0]), at)
	return id, id.name() == name && (id.class() == consent.ClassHour || id.class() == consent.ClassRelease)
}

// associated is what a ciphertext is bound to: its header and its label. Texts go with their length in front and the
// revision stands last, so no two labels have the same encoding.
func associated(id keyID, l consent.Label) []byte {
	ad := make([]byte, 0, headerSize+len(l.App)+len(l.ID)+len(l.Field)+4*binary.MaxVarintLen16+binary.MaxVarintLen32)
	ad = append(ad, id[:]...)
	for _, text := range [...]string{l.App, l.ID, l.Field} {
		ad = binary.AppendUvarint(ad, uint64(len(text)))
		ad = append(ad, text...)
	}
	return binary.AppendVarint(ad, int64(l.Rev))
}
