package seal

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/bohoja/bohoja/consent"
)

func TestRoundTrip(t *testing.T) {
	w := newWorld(t)
	v := w.open(t)
	for class, name := range map[consent.Class]string{
		consent.ClassHour: "h-2026112315", consent.ClassRelease: "r-2026112315", consent.ClassEvidence: "evidence-1",
	} {
		for _, plain := range []string{"", "김하늘", strings.Repeat("x", 1<<16)} {
			s := mustSeal(t, v, class, start, plain)
			opens(t, v, s, plain)
			opens(t, w.open(t), s, plain) // another process, which has only the files
			if len(s) != len(plain)+32 {
				t.Errorf("%d bytes are sealed into %d", len(plain), len(s))
			}
			if len(plain) > 0 && bytes.Contains(s, []byte(plain)) {
				t.Error("the plain text shows in the sealed value")
			}
		}
		if !w.has(name) {
			t.Errorf("there is no key %s", name)
		}
	}
}

// What is sealed is opened by the standard library's AES-256-GCM with the key of the file: no mode or cipher of our own.
func TestSealIsAESGCM(t *testing.T) {
	v := newWorld(t).open(t)
	for _, class := range []consent.Class{consent.ClassHour, consent.ClassRelease, consent.ClassEvidence} {
		s := mustSeal(t, v, class, start, "김하늘")
		id, ok := keyOf(s)
		if !ok {
			t.Fatal("the value names no key")
		}
		secret := v.cached(id).file.Secret
		block, err := aes.NewCipher(secret)
		if err != nil || len(secret) != 32 {
			t.Fatalf("a key of %d bytes, %v", len(secret), err)
		}
		gcm, err := cipher.NewGCM(block)
		if err != nil {
			t.Fatal(err)
		}
		nonce, sealed := s[headerSize:headerSize+gcm.NonceSize()], s[headerSize+gcm.NonceSize():]
		if plain, err := gcm.Open(nil, nonce, sealed, associated(id, label)); err != nil || string(plain) != "김하늘" {
			t.Errorf("class %c: %q, %v", class, plain, err)
		}
	}
}

func TestSameTextNeverSealsTheSame(t *testing.T) {
	v := newWorld(t).open(t)
	if bytes.Equal(mustSeal(t, v, consent.ClassHour, start, "x"), mustSeal(t, v, consent.ClassHour, start, "x")) {
		t.Error("equal texts are recognisable")
	}
}

// Each part of the label is bound: a ciphertext that is moved to another record, or rolled back, does not open.
func TestLabelIsBound(t *testing.T) {
	v := newWorld(t).open(t)
	s := mustSeal(t, v, consent.ClassHour, start, "김하늘")
	for what, l := range map[string]consent.Label{
		"app":      {App: "game", ID: "cr_01", Field: "people", Rev: 1},
		"id":       {App: "shop", ID: "cr_02", Field: "people", Rev: 1},
		"field":    {App: "shop", ID: "cr_01", Field: "data", Rev: 1},
		"revision": {App: "shop", ID: "cr_01", Field: "people", Rev: 2},
		"shift":    {App: "shopcr", ID: "_01", Field: "people", Rev: 1},
		"empty":    {},
	} {
		if plain, err := v.Open(l, s); !errors.Is(err, consent.ErrUnreadable) {
			t.Errorf("with another %s it opens: %q, %v", what, plain, err)
		}
	}
	opens(t, v, s, "김하늘")
}

func TestEveryBitOfASealedValueCounts(t *testing.T) {
	w := newWorld(t)
	v := w.open(t)
	mustSeal(t, v, consent.ClassRelease, start, "x")
	mustSeal(t, v, consent.ClassHour, start.Add(-time.Hour), "x")
	s := mustSeal(t, v, consent.ClassHour, start, "김하늘")
	for i := range s {
		for bit := range 8 {
			bad := bytes.Clone(s)
			bad[i] ^= 1 << bit
			if plain, err := v.Open(label, bad); !errors.Is(err, consent.ErrUnreadable) {
				t.Fatalf("byte %d, bit %d: opened %q, %v", i, bit, plain, err)
			}
		}
	}
	for n := range s {
		refuses(t, v, s[:n], consent.ErrUnreadable)
	}
	refuses(t, v, append(bytes.Clone(s), 0), consent.ErrUnreadable)
}

// The header is part of what is authenticated: even under equal keys a value cannot pass for one of another class or hour.
func TestHeaderIsAuthenticated(t *testing.T) {
	w := newWorld(t)
	v := w.open(t)
	s := mustSeal(t, v, consent.ClassHour, start, "x")
	from, to := filepath.Join(w.dir, shortFolder, "h-2026112315"), filepath.Join(w.dir, shortFolder, "r-2026112315")
	if err := os.Link(from, to); err != nil {
		t.Fatal(err)
	}
	bad := bytes.Clone(s)
	bad[0] = byte(consent.ClassRelease)
	refuses(t, v, bad, consent.ErrUnreadable)
}

func TestKeyOf(t *testing.T) {
	w := newWorld(t)
	v := w.open(t)
	hour := time.Date(2026, 11, 23, 15, 0, 0, 0, time.UTC)
	for class, dies := range map[consent.Class]time.Time{
		consent.ClassHour: hour.Add(time.Hour + pending), consent.ClassRelease: hour.Add(time.Hour + window), consent.ClassEvidence: {},
	} {
		s := mustSeal(t, v, class, start, "x")
		want := hour
		if class == consent.ClassEvidence {
			want = time.Time{}
		}
		if h, d := v.KeyOf(s); !h.Equal(want) || !d.Equal(dies) {
			t.Errorf("%c: hour %v, dies %v", class, h, d)
		}
	}
	if h, d := v.KeyOf(consent.Sealed("junk")); !h.IsZero() || !d.IsZero() {
		t.Errorf("junk: %v, %v", h, d)
	}
}

// The file decides when its key dies, not the settings of the process that reads it; without the file, the settings do.
func TestDeathIsInTheFile(t *testing.T) {
	w := newWorld(t)
	s := mustSeal(t, w.open(t), consent.ClassHour, start, "x")
	opt := w.options()
	opt.Pending = time.Hour
	v, err := Open(t.Context(), opt)
	if err != nil {
		t.Fatal(err)
	}
	end := time.Date(2026, 11, 23, 16, 0, 0, 0, time.UTC)
	if _, dies := v.KeyOf(s); !dies.Equal(end.Add(pending)) {
		t.Errorf("dies %v", dies)
	}
	if err := v.Destroy("h-2026112315"); err != nil {
		t.Fatal(err)
	}
	if _, dies := v.KeyOf(s); !dies.Equal(end.Add(time.Hour)) {
		t.Errorf("without the file: dies %v", dies)
	}
}

// A key that has died opens and seals nothing, though its file and its memory are still there.
func TestDeathByTheClock(t *testing.T) {
	w := newWorld(t)
	v := w.open(t)
	for class, life := range map[consent.Class]time.Duration{consent.ClassHour: pending, consent.ClassRelease: window} {
		w.clock.set(start)
		s := mustSeal(t, v, class, start, "x")
		dies := time.Date(2026, 11, 23, 16, 0, 0, 0, time.UTC).Add(life)
		w.clock.set(dies.Add(-time.Millisecond))
		opens(t, v, s, "x")
		w.clock.set(dies)
		refuses(t, v, s, consent.ErrUnreadable)
		refuses(t, w.open(t), s, consent.ErrUnreadable)
		if !w.has(fmt.Sprintf("%c-2026112315", class)) {
			t.Fatal("the file is gone already, so this test shows nothing")
		}
		if _, err := v.Seal(t.Context(), class, start, label, []byte("x")); !errors.Is(err, consent.ErrUnreadable) {
			t.Errorf("a dead key seals: %v", err)
		}
	}
}

// KR-12: what was collected cannot be read 120 hours later, at whatever minute of its hour it came.
func TestNothingIsReadableAfter120Hours(t *testing.T) {
	for _, minute := range []time.Duration{0, time.Nanosecond, 30 * time.Minute, time.Hour - time.Nanosecond} {
		w := newWorld(t)
		collected := start.Truncate(time.Hour).Add(minute)
		w.clock.set(collected)
		v := w.open(t)
		s := mustSeal(t, v, consent.ClassHour, collected, "x")
		w.clock.set(collected.Add(pending - time.Nanosecond))
		opens(t, v, s, "x") // until the deadline it must open
		w.clock.set(collected.Add(120 * time.Hour))
		refuses(t, v, s, consent.ErrUnreadable)
	}
}

func TestKeysAreMadeOnlyNearTheClock(t *testing.T) {
	w := newWorld(t)
	v := w.open(t)
	for _, away := range []time.Duration{-time.Hour, time.Hour} {
		mustSeal(t, v, consent.ClassHour, start.Add(away), "x")
	}
	for _, away := range []time.Duration{-48 * time.Hour, -2 * time.Hour, 2 * time.Hour, 24 * time.Hour} {
		if _, err := v.Seal(t.Context(), consent.ClassHour, start.Add(away), label, nil); !errors.Is(err, consent.ErrUnreadable) {
			t.Errorf("%v away: %v", away, err)
		}
	}
	w.clock.set(start.Add(48 * time.Hour))
	mustSeal(t, v, consent.ClassHour, start.Add(time.Hour), "x") // an old key that is there goes on sealing
	if _, err := v.Seal(t.Context(), consent.Class('x'), start, label, nil); err == nil {
		t.Error("an unknown class seals")
	}
}

func TestLostShortFolder(t *testing.T) {
	w := newWorld(t)
	s := mustSeal(t, w.open(t), consent.ClassHour, start, "x")
	e := mustSeal(t, w.open(t), consent.ClassEvidence, start, "kept")
	if err := os.RemoveAll(filepath.Join(w.dir, shortFolder)); err != nil {
		t.Fatal(err)
	}
	v := w.open(t)
	refuses(t, v, s, consent.ErrUnreadable)
	opens(t, v, e, "kept")
	// Under the lost key's name there is no second key: the store still remembers the first.
	if _, err := v.Seal(t.Context(), consent.ClassHour, start, label, nil); !errors.Is(err, consent.ErrKeysDiffer) {
		t.Errorf("sealed anew with %v", err)
	}
	w.clock.set(start.Add(time.Hour))
	mustSeal(t, v, consent.ClassHour, start.Add(time.Hour), "x")
}

// A running process lets its keys go when their folder is destroyed, and cannot make new ones until it is back.
func TestShortFolderDestroyedUnderARunningProcess(t *testing.T) {
	w := newWorld(t)
	v := w.open(t)
	s := mustSeal(t, v, consent.ClassHour, start, "x")
	if err := os.RemoveAll(filepath.Join(w.dir, shortFolder)); err != nil {
		t.Fatal(err)
	}
	if err := v.RunOnce(t.Context()); !errors.Is(err, consent.ErrUnavailable) {
		t.Errorf("the pass says %v", err)
	}
	refuses(t, v, s, consent.ErrUnreadable)
	_, err := v.Seal(t.Context(), consent.ClassHour, start, label, nil)
	if !errors.Is(err, consent.ErrUnavailable) || !strings.Contains(err.Error(), w.dir) {
		t.Errorf("sealed with %v", err)
	}
}

// When the whole folder is out of reach (a mount is missing), values are not taken for lost: that would end requests.
func TestFolderOutOfReachIsNotLoss(t *testing.T) {
	w := newWorld(t)
	v := w.open(t)
	s := mustSeal(t, w.open(t), consent.ClassHour, start, "x")
	if err := os.Rename(w.dir, w.dir+".away"); err != nil {
		t.Fatal(err)
	}
	refuses(t, v, s, consent.ErrUnavailable)
	if err := v.RunOnce(t.Context()); !errors.Is(err, consent.ErrUnavailable) {
		t.Errorf("the pass says %v", err)
	}
	if err := os.Rename(w.dir+".away", w.dir); err != nil {
		t.Fatal(err)
	}
	opens(t, v, s, "x")
}

func TestDamagedHourKey(t *testing.T) {
	w := newWorld(t)
	s := mustSeal(t, w.open(t), consent.ClassHour, start, "x")
	if err := os.WriteFile(filepath.Join(w.dir, shortFolder, "h-2026112315"), []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	v := w.open(t)
	refuses(t, v, s, consent.ErrUnreadable)
	if _, err := v.Seal(t.Context(), consent.ClassHour, start, label, nil); !errors.Is(err, consent.ErrUnavailable) {
		t.Errorf("sealed with %v", err)
	}
}

func TestOwnerOnly(t *testing.T) {
	w := newWorld(t)
	v := w.open(t)
	mustSeal(t, v, consent.ClassHour, start, "x")
	mustSeal(t, v, consent.ClassRelease, start, "x")
	files := 0
	err := filepath.WalkDir(w.dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := d.Info()
		want := fs.FileMode(0o600)
		if d.IsDir() {
			want = 0o700
		} else {
			files++
		}
		if err == nil && info.Mode().Perm() != want {
			t.Errorf("%s is %o", path, info.Mode().Perm())
		}
		return err
	})
	if err != nil || files != 6 { // five keys and the id of a folder
		t.Errorf("%d files, %v", files, err)
	}
}

func TestUnusableFolder(t *testing.T) {
	w := newWorld(t)
	if err := os.WriteFile(w.dir, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := Open(t.Context(), w.options())
	if err == nil || !strings.Contains(err.Error(), w.dir) || !strings.Contains(err.Error(), "BOHOJA_KEYS__DIR") {
		t.Errorf("opened with %v", err)
	}
}

func TestOptionsAreChecked(t *testing.T) {
	for what, change := range map[string]func(*Options){
		"dir": func(o *Options) { o.Dir = "" }, "prints": func(o *Options) { o.Prints = nil }, "clock": func(o *Options) { o.Clock = nil },
		"pending": func(o *Options) { o.Pending = 0 }, "window": func(o *Options) { o.Window = 0 },
	} {
		opt := newWorld(t).options()
		change(&opt)
		if _, err := Open(t.Context(), opt); err == nil {
			t.Errorf("without %s it opens", what)
		}
	}
}

func FuzzOpen(f *testing.F) {
	w := newWorld(f)
	v := w.open(f)
	good := mustSeal(f, v, consent.ClassHour, start, "x")
	f.Add([]byte(good), "shop")
	f.Add([]byte("h"), "")
	f.Add(make([]byte, overhead), "shop")
	f.Add(append([]byte("e\x00\x00\x01"), make([]byte, 40)...), "shop")
	f.Fuzz(func(t *testing.T, s []byte, app string) {
		l := label
		l.App = app
		_, err := v.Open(l, s)
		if (err == nil) != (bytes.Equal(s, good) && app == label.App) {
			t.Errorf("opened with %v", err)
		}
		v.KeyOf(s)
	})
}

func FuzzAssociated(f *testing.F) {
	f.Add("shop", "cr_1", "people", 1, "shopc", "r_1", "people", 1)
	f.Add("", "", "", 0, "", "", "", -1)
	f.Fuzz(func(t *testing.T, a1, i1, f1 string, r1 int, a2, i2, f2 string, r2 int) {
		one, two := consent.Label{App: a1, ID: i1, Field: f1, Rev: r1}, consent.Label{App: a2, ID: i2, Field: f2, Rev: r2}
		if bytes.Equal(associated(keyID{}, one), associated(keyID{}, two)) != (one == two) {
			t.Errorf("%+v and %+v", one, two)
		}
	})
}
