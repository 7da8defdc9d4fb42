package seal

import (
	"crypto/hmac"
	"crypto/sha256"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/dchest/siphash"

	"github.com/bohoja/bohoja/consent"
)

var kinds = []consent.DigestKind{
	consent.DigestEmail, consent.DigestPair, consent.DigestCode, consent.DigestIdempotency, consent.DigestBody,
	consent.DigestFlagEmail, consent.DigestFlagPhone, consent.DigestFlagSubject, consent.DigestPairing, consent.DigestShort,
}

// texts cross every edge of the hasher's room.
func texts() []string {
	out := []string{"", "a", "parent@example.com", "김보호"}
	for n := 240; n < 262; n++ {
		out = append(out, strings.Repeat("x", n))
	}
	return append(out, strings.Repeat("y", 511), strings.Repeat("y", 512), strings.Repeat("z", 65536))
}

// The digest is what the standard library's HMAC gives of the kind's length, the kind and the text.
func TestDigestIsHMAC(t *testing.T) {
	v := newWorld(t).open(t)
	secret := v.rows[rowDigest].Keys()[0].Secret
	for range 2 { // the second round uses the hashers again
		for _, text := range texts() {
			mac := hmac.New(sha256.New, secret)
			mac.Write([]byte{byte(len(consent.DigestEmail))})
			mac.Write([]byte(string(consent.DigestEmail) + text))
			if got := v.Digest(consent.DigestEmail, text); got != consent.Digest(mac.Sum(nil)[:16]) {
				t.Errorf("a text of %d bytes", len(text))
			}
		}
	}
}

func TestKindsAreApart(t *testing.T) {
	v := newWorld(t).open(t)
	seen, short := map[consent.Digest]string{}, map[[8]byte]string{}
	for _, kind := range kinds {
		for _, text := range texts() {
			what := string(kind) + "/" + text
			d, s := v.Digest(kind, text), v.Short(kind, text)
			if other, taken := seen[d]; taken {
				t.Errorf("%.40s and %.40s have one digest", what, other)
			}
			if other, taken := short[s]; taken {
				t.Errorf("%.40s and %.40s have one short digest", what, other)
			}
			seen[d], short[s] = what, what
		}
	}
	if v.Digest("ab", "c") == v.Digest("a", "bc") {
		t.Error("the border between kind and text is not part of the digest")
	}
}

func TestDigestsNeedTheKey(t *testing.T) {
	a, b := newWorld(t).open(t), newWorld(t).open(t)
	if a.Digest(consent.DigestEmail, "x") == b.Digest(consent.DigestEmail, "x") || a.Short(consent.DigestEmail, "x") == b.Short(consent.DigestEmail, "x") {
		t.Error("two folders give one digest")
	}
}

func TestDigestsOutliveTheProcess(t *testing.T) {
	w := newWorld(t)
	a, b := w.open(t), w.open(t)
	if a.Digest(consent.DigestEmail, "x") != b.Digest(consent.DigestEmail, "x") || a.Short(consent.DigestEmail, "x") != b.Short(consent.DigestEmail, "x") {
		t.Error("a restart changes digests")
	}
	if d := a.Digests(consent.DigestEmail, "x"); len(d) != 1 || d[0] != a.Digest(consent.DigestEmail, "x") {
		t.Error("the only key's digest is not the one for look-ups")
	}
}

func TestShortIsSipHash(t *testing.T) {
	v := newWorld(t).open(t)
	mac := hmac.New(sha256.New, v.rows[rowShort].Keys()[0].Secret)
	mac.Write([]byte(consent.DigestFlagEmail))
	for _, text := range texts() {
		h := siphash.New(mac.Sum(nil)[:16])
		_, _ = h.Write([]byte(text))
		want := h.Sum(nil)
		if got := v.Short(consent.DigestFlagEmail, text); !slices.Equal(got[:], want) {
			t.Errorf("a text of %d bytes: %x, want %x", len(text), got, want)
		}
	}
}

func TestDigestsAtOnce(t *testing.T) {
	v := newWorld(t).open(t)
	all := texts()
	var want []consent.Digest
	for _, text := range all {
		want = append(want, v.Digest(consent.DigestEmail, text))
	}
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for i, text := range all {
				if v.Digest(consent.DigestEmail, text) != want[i] {
					t.Errorf("text %d has another digest when several are made at once", i)
				}
				v.Short(kinds[i%len(kinds)], text)
			}
		})
	}
	wg.Go(func() { _ = v.RunOnce(t.Context()) })
	wg.Wait()
}

// A hasher that goes back to the pool holds nothing of the person whose address it digested.
func TestHashersAreWiped(t *testing.T) {
	for _, kind := range []consent.DigestKind{consent.DigestEmail, consent.DigestFlagEmail} {
		p := newPRF(make([]byte, 32))
		pool := &p.all.pool
		if one, ok := p.lists[kind]; ok {
			pool = &one.pool
		}
		var made []*hasher
		fresh := pool.New
		pool.New = func() any {
			h := fresh().(*hasher)
			made = append(made, h)
			return h
		}
		p.digest(kind, "parent@example.com")
		if len(made) == 0 || strings.Contains(string(made[0].text[:]), "parent") {
			t.Errorf("%s: the address is still in the hasher", kind)
		}
	}
}

// The digest of a flagged identity can be computed with the key that is handed out, and with that key no digest of another kind.
func TestExportKeys(t *testing.T) {
	w := newWorld(t)
	v := w.open(t)
	seen := map[[32]byte]bool{}
	for _, kind := range consent.FlagKinds {
		keys := v.ExportKeys(kind)
		if len(keys) != 1 || seen[keys[0]] {
			t.Fatalf("%s: %d keys, or one of another kind", kind, len(keys))
		}
		seen[keys[0]] = true
		mac := hmac.New(sha256.New, keys[0][:])
		mac.Write([]byte("kid@example.com"))
		want := consent.Digest(mac.Sum(nil)[:16])
		if v.Digest(kind, "kid@example.com") != want || v.Digests(kind, "kid@example.com")[0] != want {
			t.Errorf("%s: the digest is not the HMAC of the text", kind)
		}
		if v.Digest(consent.DigestEmail, "kid@example.com") == want {
			t.Errorf("%s: the key opens digests of guardians", kind)
		}
	}
	for _, kind := range kinds {
		if !slices.Contains(consent.FlagKinds, kind) && v.ExportKeys(kind) != nil {
			t.Errorf("the key of %s is handed out", kind)
		}
	}
}
