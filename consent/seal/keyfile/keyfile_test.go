package keyfile

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

var noon = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

// killed is the variable by which a test starts its own binary as a process that is killed between write and link.
const killed = "KEYFILE_TEST_KILLED"

func TestMain(m *testing.M) {
	if dir := os.Getenv(killed); dir != "" {
		f := Folder{path: dir, killing: func() {
			fmt.Println("written")
			select {}
		}}
		_, _, _ = f.Make(New("h-2026112312", noon, noon))
		os.Exit(1)
	}
	os.Exit(m.Run())
}

func open(t *testing.T) Folder {
	t.Helper()
	f, err := OpenFolder(filepath.Join(t.TempDir(), "keys", "short"))
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func make1(t *testing.T, f Folder, name string) Key {
	t.Helper()
	k, made, err := f.Make(New(name, noon, noon.Add(time.Hour)))
	if err != nil || !made {
		t.Fatalf("Make(%s): made %v, %v", name, made, err)
	}
	return k
}

func TestMadeKeyReadsBack(t *testing.T) {
	f := open(t)
	k := make1(t, f, "h-2026112312")
	got, err := f.Read(k.Name)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got.Secret, k.Secret) || got.ID != k.ID || !got.Made.Equal(noon) || !got.From.Equal(noon) || !got.Dies.Equal(noon.Add(time.Hour)) {
		t.Errorf("read %+v, made %+v", got, k)
	}
	if len(got.Secret) != SecretSize || len(got.ID) != 8 {
		t.Errorf("secret of %d bytes, id %q", len(got.Secret), got.ID)
	}
	if got.Fingerprint() != k.Fingerprint() {
		t.Error("the file and the key that was made have different fingerprints")
	}
}

func TestTheFirstOfANameWins(t *testing.T) {
	f := open(t)
	first := make1(t, f, "h-2026112312")
	second, made, err := f.Make(New("h-2026112312", noon, noon))
	if err != nil || made {
		t.Fatalf("made %v, %v", made, err)
	}
	if !bytes.Equal(second.Secret, first.Secret) {
		t.Error("the second maker holds another key than the first")
	}
}

func TestManyMakersOneKey(t *testing.T) {
	f := open(t)
	var wg sync.WaitGroup
	prints := make([]string, 16)
	var makers sync.Map
	for i := range prints {
		wg.Go(func() {
			k, made, err := f.Make(New("h-2026112312", noon, noon))
			if err != nil {
				t.Error(err)
			}
			if made {
				makers.Store(i, true)
			}
			prints[i] = k.Fingerprint()
		})
	}
	wg.Wait()
	for _, p := range prints {
		if p != prints[0] {
			t.Errorf("fingerprints %s and %s", p, prints[0])
		}
	}
	n := 0
	makers.Range(func(any, any) bool { n++; return true })
	if n != 1 {
		t.Errorf("%d makers think they made the key", n)
	}
	if left := list(t, f); len(left) != 1 {
		t.Errorf("the folder holds %v", left)
	}
}

func TestOwnerOnly(t *testing.T) {
	f := open(t)
	make1(t, f, "h-2026112312")
	for path, want := range map[string]fs.FileMode{
		f.Path(): 0o700, filepath.Dir(f.Path()): 0o700, filepath.Join(f.Path(), "h-2026112312"): 0o600,
	} {
		info, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		if info.Mode().Perm() != want {
			t.Errorf("%s is %o, want %o", path, info.Mode().Perm(), want)
		}
	}
	if f.Loose() {
		t.Error("a 0700 folder counts as open to others")
	}
	if err := os.Chmod(f.Path(), 0o755); err != nil {
		t.Fatal(err)
	}
	if !f.Loose() {
		t.Error("a 0755 folder does not count as open to others")
	}
}

func TestUnusableFolderIsNamed(t *testing.T) {
	blocked := filepath.Join(t.TempDir(), "keys")
	if err := os.WriteFile(blocked, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := OpenFolder(filepath.Join(blocked, "short"))
	if err == nil || !strings.Contains(err.Error(), blocked) || !strings.Contains(err.Error(), "BOHOJA_KEYS__DIR") {
		t.Errorf("the error does not say which folder and how to mend it: %v", err)
	}
}

func TestFolderThatVanished(t *testing.T) {
	f := open(t)
	if err := os.Remove(f.Path()); err != nil {
		t.Fatal(err)
	}
	if f.Exists() {
		t.Error("it exists")
	}
	if _, _, err := f.Make(New("h-1", noon, noon)); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("Make: %v", err)
	}
	if _, err := f.Read("h-1"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("Read: %v", err)
	}
	if _, err := f.Names(); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("Names: %v", err)
	}
	if _, err := f.Sweep(); err == nil {
		t.Error("Sweep finds nothing wrong")
	}
}

func TestDamagedFiles(t *testing.T) {
	f := open(t)
	for i, content := range []string{"", "{", "[]", `{"kid":"a","key":"AAAA"}`, `{"key":"` + strings.Repeat("A", 43) + `="}`, "\x00\x00"} {
		name := fmt.Sprintf("h-%d", i)
		if err := os.WriteFile(f.file(name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := f.Read(name); !errors.Is(err, ErrCorrupt) {
			t.Errorf("%q reads with %v", content, err)
		}
	}
}

func TestNamesThatAreNoKeys(t *testing.T) {
	f := open(t)
	make1(t, f, "h-2026112312")
	for _, name := range []string{"tide", tempPrefix + "0011", "h-2026112312.bak", "README"} {
		if err := os.WriteFile(f.file(name), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	names, err := f.Names()
	if err != nil || len(names) != 1 || names[0] != "h-2026112312" {
		t.Errorf("names %v, %v", names, err)
	}
	outside := filepath.Join(filepath.Dir(f.Path()), "x-1")
	if err := os.WriteFile(outside, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"", "../x-1", "a/b-1", "h-", "H-1", "h-1\n", ".."} {
		if _, _, err := f.Make(New(name, noon, noon)); err == nil {
			t.Errorf("Make(%q) made a key", name)
		}
		if err := f.Remove(name); err == nil {
			t.Errorf("Remove(%q) did not object", name)
		}
		if _, err := f.Read(name); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("Read(%q): %v", name, err)
		}
	}
	if _, err := os.Stat(outside); err != nil {
		t.Error("a file outside the folder is gone")
	}
}

func TestRemove(t *testing.T) {
	f := open(t)
	make1(t, f, "h-2026112312")
	for range 2 { // the second time it is gone already
		if err := f.Remove("h-2026112312"); err != nil {
			t.Fatal(err)
		}
	}
	if left := list(t, f); len(left) != 0 {
		t.Errorf("left: %v", left)
	}
}

// A process is killed after it has written the temporary file and before it links it.
func TestKilledBeforeTheLink(t *testing.T) {
	f := open(t)
	cmd := exec.CommandContext(t.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), killed+"="+f.Path())
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if line, err := bufio.NewReader(out).ReadString('\n'); line != "written\n" {
		t.Fatalf("the child said %q, %v", line, err)
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait()

	left := list(t, f)
	if len(left) != 1 || !strings.HasPrefix(left[0], tempPrefix) {
		t.Fatalf("the kill left %v", left)
	}
	if names, err := f.Names(); err != nil || len(names) != 0 {
		t.Errorf("a half-made key counts as one: %v, %v", names, err)
	}
	k := make1(t, f, "h-2026112312")
	if n, err := f.Sweep(); err != nil || n != 0 {
		t.Errorf("a file that may still be in the making was swept: %d, %v", n, err)
	}
	old := time.Now().Add(-staleAfter - time.Minute)
	if err := os.Chtimes(f.file(left[0]), old, old); err != nil {
		t.Fatal(err)
	}
	if n, err := f.Sweep(); err != nil || n != 1 {
		t.Errorf("swept %d, %v", n, err)
	}
	if left := list(t, f); len(left) != 1 || left[0] != k.Name {
		t.Errorf("after the sweep: %v", left)
	}
}

func TestFingerprintTellsKeysApart(t *testing.T) {
	a, b := New("h-1", noon, noon), New("h-1", noon, noon)
	if a.Fingerprint() == b.Fingerprint() {
		t.Error("two keys have one fingerprint")
	}
	for what, change := range map[string]func(*Key){
		"name": func(k *Key) { k.Name = "h-2" }, "death": func(k *Key) { k.Dies = noon.Add(time.Hour) }, "id": func(k *Key) { k.ID = "00000000" },
	} {
		c := a
		change(&c)
		if c.Fingerprint() == a.Fingerprint() {
			t.Errorf("another %s has the same fingerprint", what)
		}
	}
	if strings.Contains(string(a.encode()), a.Fingerprint()) {
		t.Error("the fingerprint is part of the file")
	}
}

func TestKeyPrintsItsNameAlone(t *testing.T) {
	k := New("h-1", noon, noon)
	var b bytes.Buffer
	slog.New(slog.NewJSONHandler(&b, nil)).Info("x", "key", k)
	fmt.Fprintf(&b, "%v %+v %#v %s %x %d", k, k, k, k, k, &k)
	for _, form := range []string{"%x", "%s", "%v", "%q"} {
		if strings.Contains(b.String(), fmt.Sprintf(form, k.Secret)) {
			t.Errorf("the secret shows in %s", b.String())
		}
	}
	if !strings.Contains(b.String(), "h-1 h-1 h-1 h-1 h-1 h-1") {
		t.Errorf("printed: %s", b.String())
	}
}

func list(t *testing.T, f Folder) (names []string) {
	t.Helper()
	entries, err := os.ReadDir(f.Path())
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}
