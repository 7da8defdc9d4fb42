package audit

import (
	"bytes"
	"os"
	"strings"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/bohoja/bohoja/consent"
)

// row finds the n-th line of a text.
func row(s string, n int) string { return strings.SplitAfter(s, "\n")[n] }

// Each kind of tampering is found, by whoever has the public key alone (threat 21).
func TestTampering(t *testing.T) {
	for name, c := range map[string]struct {
		kind, want string
		do         func(b *bench)
	}{
		"a line changed": {FaultEdit, "entry 3 (line 4 of 2026-03-02.jsonl) is not what was signed", func(b *bench) {
			b.change(today, func(s string) string {
				return strings.Replace(s, row(s, 3), strings.Replace(row(s, 3), "signup", "cancel", 1), 1)
			})
		}},
		"a line and its hashes changed": {FaultEdit, "an entry between 1 and 4", func(b *bench) {
			b.change(today, func(s string) string {
				return strings.Replace(s, row(s, 3), strings.Replace(row(s, 3), "signup", "cancel", 1), 1)
			})
			b.must(os.Remove(b.path(hashesName)))
		}},
		"a line of the second checkpoint": {FaultEdit, "an entry between 5 and 8", func(b *bench) {
			b.change(today, func(s string) string {
				return strings.Replace(s, row(s, 6), strings.Replace(row(s, 6), "signup", "cancel", 1), 1)
			})
			b.must(os.Remove(b.path(hashesName)))
		}},
		"a line removed": {FaultGap, "numbers 3 to 3 are missing", func(b *bench) { b.change(today, func(s string) string { return strings.Replace(s, row(s, 3), "", 1) }) }},
		"two lines turned": {FaultEdit, "number 2 stands behind 3", func(b *bench) {
			b.change(today, func(s string) string { return strings.Replace(s, row(s, 2)+row(s, 3), row(s, 3)+row(s, 2), 1) })
		}},
		"the end cut": {FaultCut, "2 entries at the end are missing: there were 8", func(b *bench) {
			b.change(today, func(s string) string { return strings.Replace(s, row(s, 7)+row(s, 8), "", 1) })
		}},
		"a segment gone": {FaultCut, "8 entries at the end are missing", func(b *bench) { b.must(os.Remove(b.path(today))) }},
		"a segment's head": {FaultEdit, "its head does not say", func(b *bench) {
			b.change(today, func(s string) string { return strings.Replace(s, `"heads":{}`, `"heads":{"x":1}`, 1) })
		}},
		"no line": {FaultForm, "cannot be read", func(b *bench) {
			b.change(today, func(s string) string { return strings.Replace(s, row(s, 3), "?\n", 1) })
		}},
		"a root changed": {FaultSignature, "signed by no key", func(b *bench) {
			b.change(checkpointsName, func(s string) string { return strings.Replace(s, `audit\n4\n`, `audit\n5\n`, 1) })
		}},
		"checkpoints of another key": {FaultSignature, "signed by no key", func(b *bench) {
			signer, text, err := NewSigner(bytes.Repeat([]byte{8}, 32))
			b.must(err)
			b.must(b.keeper.Close())
			b.keeper.opt.Signer, b.keeper.opt.Verifier = signer, text
			b.acts("shop", 1)
			b.pass()
		}},
	} {
		t.Run(name, func(t *testing.T) {
			b := open(t)
			b.acts("shop", 4)
			b.pass()
			b.acts("shop", 4)
			b.pass()
			b.sound(8)
			c.do(b)
			b.amiss(b.verify(nil), c.kind, c.want)
		})
	}
}

// Who holds the folder may cut lines and checkpoints alike; the store's own stream shows it.
func TestCutWithItsCheckpoints(t *testing.T) {
	b := open(t)
	b.acts("shop", 4)
	b.pass()
	b.acts("shop", lagAllowed+4)
	b.pass()
	b.must(b.keeper.Close())
	b.change(checkpointsName, func(s string) string { return row(s, 0) })
	b.change(today, func(s string) string { return strings.Join(strings.SplitAfter(s, "\n")[:5], "") })
	if v := b.verify(nil); !v.Sound() {
		t.Errorf("alone the folder is sound: %+v", v)
	}
	b.amiss(b.verify(b.shelf), FaultCut, "the files end at 4")
	b.streams["shop"][2].Status = consent.Granted
	b.amiss(b.verify(b.shelf), FaultEdit, "number 3 is another entry in the store")
}

// A segment that is missing in the middle.
func TestMissingDay(t *testing.T) {
	b := open(t)
	for range 3 {
		b.acts("shop", 2)
		b.pass()
		b.now = b.now.Add(24 * time.Hour)
	}
	b.must(os.Remove(b.path("2026-03-03" + segmentEnd)))
	v := b.verify(nil)
	b.amiss(v, FaultCut, "begins with entry 5, and there are 2 before it")
	b.amiss(v, FaultGap, "numbers 3 to 4")
}

// What was lost when a backup was restored is told, and is no fault.
func TestRestoredGapIsANotice(t *testing.T) {
	b := open(t)
	b.acts("shop", 3)
	b.streams["shop"] = append(b.streams["shop"], consent.Entry{App: "shop", Seq: 6, At: b.now, Step: consent.ActRestore})
	b.pass()
	v := b.sound(4)
	if len(v.Notices) != 1 || !strings.Contains(v.Notices[0], "numbers 4 to 5 were lost when a backup was restored") {
		t.Errorf("%+v", v)
	}
}

// The frontier gives the roots that tlog gives, at every size.
func TestFrontier(t *testing.T) {
	f, err := os.CreateTemp(t.TempDir(), "")
	if err != nil {
		t.Fatal(err)
	}
	h := hashes{f}
	var tree frontier
	for n := range int64(70) {
		line := []byte{byte(n)}
		if err := h.add(n, line); err != nil {
			t.Fatal(err)
		}
		tree.add(tlog.RecordHash(line))
		want, err := tlog.TreeHash(n+1, h)
		var seeded frontier
		if err := seeded.seed(n+1, h); err != nil {
			t.Fatal(err)
		}
		if err != nil || tree.root() != want || seeded.root() != want {
			t.Fatalf("%d: %v, %v, want %v, %v", n, tree.root(), seeded.root(), want, err)
		}
		if have, err := h.records(); have != n+1 || err != nil {
			t.Fatalf("%d records of %d, %v", have, n+1, err)
		}
	}
}

// A log that nobody wrote is empty and sound.
func TestVerifyNothing(t *testing.T) {
	b := open(t)
	if v := b.verify(nil); !v.Sound() || v.Entries != 0 {
		t.Errorf("%+v", v)
	}
	if _, err := Verifiers("nonsense"); err == nil {
		t.Error("nonsense is a key")
	}
	if _, _, err := NewSigner(nil); err == nil {
		t.Error("no key signs")
	}
}
