package keyfile

import (
	"errors"
	"os"
	"sync"
	"testing"
	"time"
)

func openRow(t *testing.T, f Folder) *Row {
	t.Helper()
	r, _, err := OpenRow(f, "evidence", noon)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func names(r *Row) (out []string) {
	for _, k := range r.Keys() {
		out = append(out, k.Name)
	}
	return out
}

func TestRowMakesItsFirstKeyOnce(t *testing.T) {
	f := open(t)
	a, made, err := OpenRow(f, "evidence", noon)
	if err != nil || !made {
		t.Fatalf("made %v, %v", made, err)
	}
	b, made, err := OpenRow(f, "evidence", noon)
	if err != nil || made {
		t.Fatalf("the second time: made %v, %v", made, err)
	}
	if a.Keys()[0].Fingerprint() != b.Keys()[0].Fingerprint() {
		t.Error("the second opening has another key")
	}
	if got := names(a); len(got) != 1 || got[0] != "evidence-1" {
		t.Errorf("keys %v", got)
	}
	if !a.Keys()[0].Dies.IsZero() {
		t.Error("a long-lived key names its death")
	}
}

func TestRotateIsSeenByOthers(t *testing.T) {
	f := open(t)
	a, b := openRow(t, f), openRow(t, f)
	second, err := a.Rotate(noon, noon.Add(time.Minute))
	if err != nil || second.Name != "evidence-2" {
		t.Fatalf("%v, %v", second, err)
	}
	if got := a.Newest(noon).Name; got != "evidence-1" {
		t.Errorf("before its time %s serves", got)
	}
	if got := a.Newest(noon.Add(time.Minute)).Name; got != "evidence-2" {
		t.Errorf("at its time %s serves", got)
	}
	if got := a.Newest(noon.Add(-time.Hour)).Name; got != "evidence-1" {
		t.Errorf("with a clock that went back %s serves", got)
	}
	if k, ok := b.ByID(second.ID); !ok || k.Name != "evidence-2" {
		t.Errorf("the other process finds %v, %v", k, ok)
	}
	if _, ok := b.ByID("ffffffff"); ok {
		t.Error("an unknown id was found")
	}
}

// The tenth key is newer than the ninth, though its name sorts before it.
func TestNewestByNumberNotByText(t *testing.T) {
	f := open(t)
	r := openRow(t, f)
	for range 10 {
		if _, err := r.Rotate(noon, noon); err != nil {
			t.Fatal(err)
		}
	}
	if got := names(r); got[0] != "evidence-11" || got[1] != "evidence-10" || got[10] != "evidence-1" {
		t.Errorf("order %v", got)
	}
}

func TestTwoRotationsAtOnceAddOneKey(t *testing.T) {
	f := open(t)
	rows := []*Row{openRow(t, f), openRow(t, f)}
	var wg sync.WaitGroup
	got := make([]Key, len(rows))
	for i, r := range rows {
		wg.Go(func() {
			var err error
			if got[i], err = r.Rotate(noon, noon); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	// They may also follow each other; what must not be is one name with two keys.
	if got[0].Name == got[1].Name && got[0].Fingerprint() != got[1].Fingerprint() {
		t.Errorf("%v has two keys", got[0])
	}
}

func TestDestroyedKeyIsForgottenAndRowNeverBeginsAnew(t *testing.T) {
	f := open(t)
	r := openRow(t, f)
	if _, err := r.Rotate(noon, noon); err != nil {
		t.Fatal(err)
	}
	if err := f.Remove("evidence-1"); err != nil {
		t.Fatal(err)
	}
	if err := r.Refresh(); err != nil {
		t.Fatal(err)
	}
	if got := names(r); len(got) != 1 || got[0] != "evidence-2" {
		t.Errorf("keys %v", got)
	}
	if err := f.Remove("evidence-2"); err != nil {
		t.Fatal(err)
	}
	if _, err := r.Rotate(noon, noon); err == nil {
		t.Error("a lost row was begun anew")
	}
}

func TestDamagedKeyStopsTheRow(t *testing.T) {
	f := open(t)
	if err := os.WriteFile(f.file("evidence-1"), []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, _, err := OpenRow(f, "evidence", noon); !errors.Is(err, ErrCorrupt) {
		t.Errorf("opened with %v", err)
	}
}

func TestNumber(t *testing.T) {
	for name, want := range map[string]int{"evidence-1": 1, "evidence-16777215": 16777215} {
		if n, ok := Number("evidence", name); !ok || n != want {
			t.Errorf("%s: %d, %v", name, n, ok)
		}
	}
	for _, name := range []string{"evidence-", "evidence-01", "evidence-16777216", "digest-1", "evidence-x", "evidence"} {
		if n, ok := Number("evidence", name); ok {
			t.Errorf("%s is number %d", name, n)
		}
	}
}
