package seal

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/bohoja/bohoja/consent"
)

func TestList(t *testing.T) {
	w := newWorld(t)
	v := w.open(t)
	mustSeal(t, v, consent.ClassHour, start, "x")
	mustSeal(t, v, consent.ClassRelease, start, "x")
	keys, err := v.List()
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, k := range keys {
		names = append(names, k.Class+" "+k.Name)
		if !k.Made.Equal(start) || k.Damaged || k.Dead {
			t.Errorf("%s: made %v, damaged %v, dead %v", k.Name, k.Made, k.Damaged, k.Dead)
		}
		if short := len(k.Class) == 1; short == k.Dies.IsZero() {
			t.Errorf("%s dies %v", k.Name, k.Dies)
		}
		if s := fmt.Sprintf("%v %+v %#v", k, k, k); s != strings.Join([]string{k.Name, k.Name, k.Name}, " ") {
			t.Errorf("it prints %q", s)
		}
	}
	want := []string{"h h-2026112315", "r r-2026112315", "digest digest-1", "evidence evidence-1", "siphash siphash-1"}
	if !slices.Equal(names, want) {
		t.Errorf("listed %q", names)
	}
	w.clock.set(start.Add(pending + time.Hour))
	if keys, _ = v.List(); !keys[0].Dead || keys[1].Dead {
		t.Error("the hour's key, and it alone, is dead by now")
	}
}

func TestRotateEvidence(t *testing.T) {
	w := newWorld(t)
	v, other := w.open(t), w.open(t)
	old := mustSeal(t, v, consent.ClassEvidence, start, "old")
	k, err := v.Rotate(t.Context(), "evidence")
	if err != nil || k.Name != "evidence-2" || !k.From.Equal(start.Add(settle)) {
		t.Fatalf("rotated: %v from %v, %v", k, k.From, err)
	}
	if s := mustSeal(t, v, consent.ClassEvidence, start, "x"); s[3] != 1 {
		t.Error("the new key serves before its time")
	}
	w.clock.set(start.Add(settle))
	mustRun(t, v)
	s := mustSeal(t, v, consent.ClassEvidence, start, "new")
	if s[3] != 2 {
		t.Error("the new key does not serve")
	}
	opens(t, other, s, "new")
	opens(t, other, old, "old")
	if w.prints.held["evidence-2"] == "" {
		t.Error("the new key was not claimed")
	}
}

// Half-done rotation: a process that has not heard of the new key writes digests that all others find, and finds all of theirs.
func TestRotateDigest(t *testing.T) {
	w := newWorld(t)
	a, b := w.open(t), w.open(t)
	const who = "parent@example.com"
	old := a.Digest(consent.DigestEmail, who)
	if _, err := a.Rotate(t.Context(), "digest"); err != nil {
		t.Fatal(err)
	}
	if a.Digest(consent.DigestEmail, who) != old {
		t.Error("a new key writes before others can have taken it up")
	}
	mustRun(t, b) // b's own pass, within the settling time
	w.clock.set(start.Add(settle))
	mustRun(t, a)
	written := a.Digest(consent.DigestEmail, who)
	if written == old {
		t.Error("the new key does not serve after its time")
	}
	found := b.Digests(consent.DigestEmail, who)
	if len(found) != 2 || found[0] != written || found[1] != old {
		t.Error("the other process does not look under both keys, the newest first")
	}
	if b.Digest(consent.DigestEmail, who) != old {
		t.Error("b has not passed again yet")
	}
	if !slices.Contains(a.Digests(consent.DigestEmail, who), b.Digest(consent.DigestEmail, who)) {
		t.Error("a does not find what b writes")
	}
}

// A code on a child's screen or in a letter, and an Idempotency-Key, mean after a rotation what they meant before.
func TestRotationChangesNoCode(t *testing.T) {
	w := newWorld(t)
	v := w.open(t)
	steady := []consent.DigestKind{consent.DigestPairing, consent.DigestShort, consent.DigestIdempotency, consent.DigestBody, consent.DigestReturn}
	before := map[consent.DigestKind]consent.Digest{}
	for _, kind := range steady {
		before[kind] = v.Digest(kind, "cr_01")
	}
	if _, err := v.Rotate(t.Context(), "digest"); err != nil {
		t.Fatal(err)
	}
	w.clock.set(start.Add(settle))
	mustRun(t, v)
	for _, kind := range steady {
		if v.Digest(kind, "cr_01") != before[kind] {
			t.Errorf("%s changed", kind)
		}
	}
}

// A rotated key that another folder's process has claimed already never serves.
func TestRotatedKeyThatDiffers(t *testing.T) {
	w := newWorld(t)
	v := w.open(t)
	old := v.Digest(consent.DigestEmail, "x")
	w.prints.held["digest-2"] = "another"
	if _, err := v.Rotate(t.Context(), "digest"); !errors.Is(err, consent.ErrKeysDiffer) {
		t.Fatalf("rotated with %v", err)
	}
	w.clock.set(start.Add(settle))
	for range 2 {
		if err := v.RunOnce(t.Context()); !errors.Is(err, consent.ErrKeysDiffer) {
			t.Errorf("the pass says %v", err)
		}
		if v.Digest(consent.DigestEmail, "x") != old {
			t.Error("a key that lost its claim serves")
		}
	}
}

func TestWhatCannotBeRotated(t *testing.T) {
	v := newWorld(t).open(t)
	for _, what := range []string{"siphash", "h", "link", "", "../evidence"} {
		if _, err := v.Rotate(t.Context(), what); err == nil {
			t.Errorf("%q was rotated", what)
		}
	}
}

func TestDestroy(t *testing.T) {
	w := newWorld(t)
	v := w.open(t)
	s := mustSeal(t, v, consent.ClassEvidence, start, "x")
	for name, want := range map[string]error{
		"evidence-1": ErrNewest, "digest-1": ErrNewest, "siphash-1": ErrNewest,
		"evidence-2": consent.ErrNotFound, "h-2026112301": consent.ErrNotFound, "../long/digest-1": consent.ErrNotFound, "": consent.ErrNotFound,
	} {
		if err := v.Destroy(name); !errors.Is(err, want) {
			t.Errorf("%q: %v, want %v", name, err, want)
		}
	}
	if _, err := v.Rotate(t.Context(), "evidence"); err != nil {
		t.Fatal(err)
	}
	if err := v.Destroy("evidence-1"); !errors.Is(err, ErrNewest) {
		t.Errorf("the key that still serves: %v", err)
	}
	if err := v.Destroy("evidence-2"); !errors.Is(err, ErrNewest) {
		t.Errorf("the key that will serve: %v", err)
	}
	w.clock.set(start.Add(settle))
	mustRun(t, v)
	if err := v.Destroy("evidence-1"); err != nil {
		t.Fatal(err)
	}
	if w.has("evidence-1") {
		t.Error("the file is still there")
	}
	refuses(t, v, s, consent.ErrUnreadable)
	mustSeal(t, v, consent.ClassEvidence, start, "x")
}
