package audit

import (
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/bohoja/bohoja/consent"
)

const today = "2026-03-02" + segmentEnd

// Everything that the streams hold lies in files, signed, and only then may be trimmed.
func TestKeeperTakesOver(t *testing.T) {
	b := open(t)
	b.acts("shop", 3*page+7)
	b.acts("other", 2)
	b.act(consent.StaffLedger, consent.Entry{Step: consent.ActStaff, By: consent.ActorStaff, Ref: "s1", Note: "s2 viewer"})
	b.pass()
	v := b.sound(3*page + 10)
	if v.Checkpoints != 1 || v.Covered != v.Entries || v.Compared != v.Entries || v.Apps["shop"] != (Range{1, 3*page + 7, 3*page + 7}) || v.Apps[consent.StaffLedger].Last != 1 {
		t.Errorf("%+v", v)
	}
	if b.trims["shop"] != 3*page+7 {
		t.Errorf("trimmed up to %v", b.trims)
	}
	if st := b.keeper.State(); !st.Working || st.Size != v.Entries || !st.Signed.Equal(b.now) || st.Gaps != 0 {
		t.Errorf("%+v", st)
	}
	if !strings.HasPrefix(b.out.String(), `{"checkpoint":"bohoja-audit\n1510\n`) {
		t.Errorf("standard output has %s", b.out.String())
	}
	info, err := os.Stat(b.path(today))
	if b.must(err); info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v", info.Mode())
	}
}

// A checkpoint each minute while the log grows, and one an hour while it stands still.
func TestKeeperSigns(t *testing.T) {
	b := open(t)
	count := func() int { return strings.Count(b.out.String(), "checkpoint") }
	b.acts("shop", 1)
	b.pass()
	b.acts("shop", 1)
	b.now = b.now.Add(checkpointEvery - time.Second)
	b.must(b.keeper.RunOnce(t.Context()))
	if n := count(); n != 1 {
		t.Errorf("%d within a minute", n)
	}
	b.now = b.now.Add(time.Second)
	b.must(b.keeper.RunOnce(t.Context()))
	b.pass()
	if n := count(); n != 2 {
		t.Errorf("%d, and nothing was new", n)
	}
	b.now = b.now.Add(quietEvery)
	b.pass()
	if n := count(); n != 3 {
		t.Errorf("%d after a quiet hour", n)
	}
	b.sound(2)
}

// One process writes a folder, another takes over when it ends, and a folder of one's own gets the whole log.
func TestOneKeeperForAFolder(t *testing.T) {
	b := open(t)
	b.acts("shop", 2)
	b.pass()
	second := b.another(b.dir)
	b.must(second.RunOnce(t.Context()))
	if second.State().Working {
		t.Fatal("two write one folder")
	}
	b.must(b.keeper.Close())
	b.acts("shop", 2)
	b.must(second.RunOnce(t.Context()))
	if !second.State().Working {
		t.Error("nobody took over")
	}
	b.sound(4)
	elsewhere := b.another(b.path("elsewhere"))
	b.must(elsewhere.RunOnce(t.Context()))
	b.dir = b.path("elsewhere")
	b.sound(4)
}

// Days have segments; a clock that goes back goes on in the last one.
func TestSegments(t *testing.T) {
	b := open(t)
	for _, step := range []time.Duration{0, 24 * time.Hour, -24 * time.Hour, 48 * time.Hour} {
		b.now = b.now.Add(step)
		b.acts("shop", 2)
		b.pass()
	}
	names, err := Files{b.dir}.segments()
	if err != nil || len(names) != 3 {
		t.Errorf("%v, %v", names, err)
	}
	b.sound(8)
	heads, err := Files{b.dir}.Heads()
	if err != nil || heads["shop"] != 8 {
		t.Errorf("%v, %v", heads, err)
	}
}

// What a crash can leave: half a line, hashes that are missing, too few or too many, half a checkpoint.
func TestKeeperRecovers(t *testing.T) {
	for name, crash := range map[string]func(b *bench){
		"half a line": func(b *bench) { b.change(today, func(s string) string { return s + `{"app":"shop","se` }) },
		"a line whose hashes are missing": func(b *bench) {
			line, err := encode(b.act("shop", consent.Entry{Step: consent.StepInvite}))
			b.must(err)
			b.change(today, func(s string) string { return s + string(line) + "\n" })
		},
		"no hashes":         func(b *bench) { b.must(os.Remove(b.path(hashesName))) },
		"too few hashes":    func(b *bench) { b.change(hashesName, func(s string) string { return s[:len(s)-40] }) },
		"too many hashes":   func(b *bench) { b.change(hashesName, func(s string) string { return s + strings.Repeat("x", 100) }) },
		"half a checkpoint": func(b *bench) { b.change(checkpointsName, func(s string) string { return s + `"bohoja-au` }) },
		"a new file":        func(b *bench) { b.must(os.WriteFile(b.path(".new-1"), []byte("x"), 0o600)) },
	} {
		t.Run(name, func(t *testing.T) {
			b := open(t)
			b.acts("shop", 5)
			b.pass()
			b.must(b.keeper.Close())
			crash(b)
			b.acts("shop", 5)
			b.pass()
			if v := b.sound(int64(len(b.streams["shop"]))); v.Covered != v.Entries {
				t.Errorf("%+v", v)
			}
		})
	}
}

// A fault of the source or the disk loses nothing: the next pass goes on.
func TestKeeperGoesOn(t *testing.T) {
	b := open(t)
	b.acts("shop", 2)
	b.pass()
	b.acts("shop", 2)
	b.must(b.keeper.book.segment.Close())
	if err := b.keeper.RunOnce(t.Context()); err == nil {
		t.Error("a file that cannot be written is no error")
	}
	b.err = consent.ErrUnavailable
	if err := b.keeper.RunOnce(t.Context()); !errors.Is(err, consent.ErrUnavailable) {
		t.Error(err)
	}
	b.err = nil
	b.pass()
	b.sound(4)
}

// Segments go when their last entry is past its time, never before a year, and what is left still verifies.
func TestRetention(t *testing.T) {
	b := open(t)
	b.keeper.opt.Keep = time.Hour // the floor counts
	for range 4 {
		b.acts("shop", 3)
		b.pass()
		b.now = b.now.Add(200 * 24 * time.Hour)
	}
	names, err := Files{b.dir}.segments()
	if err != nil || len(names) != 3 {
		t.Fatalf("%v, %v", names, err)
	}
	v := b.verify(nil)
	if !v.Sound() || v.Entries != 9 || v.Covered != 12 || v.Apps["shop"] != (Range{4, 12, 9}) {
		t.Errorf("%+v", v)
	}
	b.change(names[0], func(s string) string { return strings.Replace(s, "signup", "forget", 1) })
	b.amiss(b.verify(nil), FaultEdit, "entry 4 ")
}

// A store that was put back is told, and its entries are not mixed with those of the files.
func TestKeeperRefusesARestoredStore(t *testing.T) {
	b := open(t)
	b.acts("shop", 5)
	b.pass()
	b.streams["shop"] = b.streams["shop"][:3]
	if err := b.keeper.RunOnce(t.Context()); !errors.Is(err, ErrBehind) {
		t.Error(err)
	}
	b.amiss(b.verify(b.shelf), FaultCut, "a backup was restored")
}

// Numbers that are missing in the stream are counted, told and shown for ever.
func TestGapInTheStream(t *testing.T) {
	b := open(t)
	b.acts("shop", 6)
	b.streams["shop"] = append(b.streams["shop"][:2:2], b.streams["shop"][4:]...)
	b.pass()
	if st := b.keeper.State(); st.Gaps != 2 || !strings.Contains(b.log.String(), "audit entries are missing") {
		t.Errorf("%+v %s", st, b.log.String())
	}
	b.amiss(b.verify(nil), FaultGap, "numbers 3 to 4 are missing")
}

// Trail follows a record through segments.
func TestTrail(t *testing.T) {
	b := open(t)
	id := consent.NewID(consent.PrefixRequest, b.now)
	last := int64(0)
	for _, step := range []consent.Step{consent.StepSignup, consent.StepInvite, consent.StepGrant} {
		b.acts("shop", 2)
		b.acts("other", 9)
		last = b.act("shop", consent.Entry{Step: step, ID: id, Prev: last}).Seq
		b.pass()
		b.now = b.now.Add(24 * time.Hour)
	}
	all, err := Files{b.dir}.Trail("shop", last)
	if err != nil || len(all) != 3 || all[0].Step != consent.StepSignup || all[2].Seq != last {
		t.Errorf("%+v, %v", all, err)
	}
	if all, err := (Files{b.dir + "none"}).Trail("shop", last); err != nil || len(all) != 0 {
		t.Errorf("%+v, %v", all, err)
	}
}
