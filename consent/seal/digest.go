package seal

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"hash"
	"sync"
	"time"

	"github.com/dchest/siphash"

	"github.com/bohoja/bohoja/consent"
	"github.com/bohoja/bohoja/consent/seal/keyfile"
)

// digesters are the keys of digests as of the last refresh.
type digesters struct {
	serving *prf   // for writing what is looked up
	steady  *prf   // for what is derived or compared: the oldest living key
	living  []*prf // for look-ups, the newest first
	short   *shortener
}

func newDigesters(digest, short []keyfile.Key, now time.Time) *digesters {
	d := &digesters{short: &shortener{secret: short[len(short)-1].Secret}}
	serving := keyfile.Serving(digest, now)
	for _, k := range digest {
		p := newPRF(k.Secret)
		d.living = append(d.living, p)
		if k.Name == serving.Name {
			d.serving = p
		}
	}
	d.steady = d.living[len(d.living)-1]
	return d
}

// Digest implements consent.Vault: HMAC-SHA256 of the kind and the text, cut to 16 bytes. Kinds of identities that are flagged
// have a key of their own each, which may be handed out, and so their digest is that of the text alone.
//
// What a code is derived from, and what is compared with one stored digest instead of being looked up under every key, stays
// with the oldest living key: a rotation must change neither the code on a child's screen or in a letter that is under way
// nor the meaning of an Idempotency-Key.
func (v *Vault) Digest(kind consent.DigestKind, text string) consent.Digest {
	d := v.digests.Load()
	switch kind {
	case consent.DigestPairing, consent.DigestShort, consent.DigestIdempotency, consent.DigestBody, consent.DigestReturn:
		return d.steady.digest(kind, text)
	}
	return d.serving.digest(kind, text)
}

// Digests implements consent.Vault.
func (v *Vault) Digests(kind consent.DigestKind, text string) []consent.Digest {
	living := v.digests.Load().living
	out := make([]consent.Digest, len(living))
	for i, p := range living {
		out[i] = p.digest(kind, text)
	}
	return out
}

// ExportKeys implements consent.Vault.
func (v *Vault) ExportKeys(kind consent.DigestKind) [][32]byte {
	var out [][32]byte
	for _, p := range v.digests.Load().living {
		if one, ok := p.lists[kind]; ok {
			out = append(out, one.secret)
		}
	}
	return out
}

// Short implements consent.Vault.
func (v *Vault) Short(kind consent.DigestKind, text string) [8]byte {
	return v.digests.Load().short.sum(kind, text)
}

// ShortKey implements consent.Vault.
func (v *Vault) ShortKey(kind consent.DigestKind) [16]byte {
	k := v.digests.Load().short.key(kind)
	var out [16]byte
	binary.LittleEndian.PutUint64(out[:], k.k0)
	binary.LittleEndian.PutUint64(out[8:], k.k1)
	return out
}

// prf is a keyed pseudo-random function of kind and text.
type prf struct {
	all   hashers
	lists map[consent.DigestKind]*listed
}

// listed is the digest of one kind of flagged identities.
type listed struct {
	hashers
	secret [sha256.Size]byte
}

func newPRF(secret []byte) *prf {
	p := &prf{lists: make(map[consent.DigestKind]*listed, len(consent.FlagKinds))}
	p.all.key(secret)
	for _, kind := range consent.FlagKinds {
		mac := hmac.New(sha256.New, secret)
		_, _ = mac.Write([]byte("\x00list " + kind)) // no kind has an empty name, so nothing else is digested from this
		one := &listed{secret: [sha256.Size]byte(mac.Sum(nil))}
		one.key(one.secret[:])
		p.lists[kind] = one
	}
	return p
}

// digest is the PRF of the kind, with its length in front, and the text; of a flagged kind, that of the text under its own key.
func (p *prf) digest(kind consent.DigestKind, text string) consent.Digest {
	if one, ok := p.lists[kind]; ok {
		return one.digest("", text)
	}
	return p.all.digest(kind, text)
}

// hashers are MACs of one key. They are used again, because setting up a MAC costs twice the digest itself.
type hashers struct{ pool sync.Pool }

// hasher is one MAC with room for its input and its sum. It is wiped before it goes back.
type hasher struct {
	mac  hash.Hash
	text [256]byte
	sum  [sha256.Size]byte
}

func (p *hashers) key(secret []byte) {
	p.pool.New = func() any { return &hasher{mac: hmac.New(sha256.New, secret)} }
}

func (p *hashers) digest(kind consent.DigestKind, text string) consent.Digest {
	h := p.pool.Get().(*hasher)
	used := 0
	if kind != "" {
		h.text[0] = byte(len(kind))
		used = 1 + copy(h.text[1:], kind)
	}
	wrote := 0
	for {
		n := copy(h.text[used:], text)
		_, _ = h.mac.Write(h.text[:used+n])
		wrote = max(wrote, used+n)
		text = text[n:]
		if text == "" {
			break
		}
		used = 0
	}
	d := consent.Digest(h.mac.Sum(h.sum[:0])[:len(consent.Digest{})])
	clear(h.text[:wrote])
	h.mac.Reset() // ready for the next; it also drops the last block of the text
	p.pool.Put(h)
	return d
}

// shortener is SipHash-2-4 with a key per kind, derived from one secret.
type shortener struct {
	secret []byte
	kinds  sync.Map // consent.DigestKind → sipKey
}

type sipKey struct{ k0, k1 uint64 }

func (s *shortener) key(kind consent.DigestKind) sipKey {
	if k, ok := s.kinds.Load(kind); ok {
		return k.(sipKey)
	}
	mac := hmac.New(sha256.New, s.secret)
	_, _ = mac.Write([]byte(kind))
	sum := mac.Sum(nil)
	k := sipKey{binary.LittleEndian.Uint64(sum), binary.LittleEndian.Uint64(sum[8:])}
	s.kinds.Store(kind, k)
	return k
}

func (s *shortener) sum(kind consent.DigestKind, text string) [8]byte {
	k := s.key(kind)
	var room [256]byte
	var out [8]byte
	binary.LittleEndian.PutUint64(out[:], siphash.Hash(k.k0, k.k1, append(room[:0], text...)))
	clear(room[:])
	return out
}
