package escrow

import (
	"archive/tar"
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"filippo.io/age"

	"github.com/bohoja/bohoja/consent/seal/keyfile"
)

var noon = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

// who is someone who can open copies.
func who(t testing.TB) *age.X25519Identity {
	t.Helper()
	id, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	return id
}

const letterKey = "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"

// folder makes a folder of keys with these names, and what is no business of a copy.
func folder(t *testing.T, names ...string) string {
	t.Helper()
	dir := t.TempDir()
	for _, name := range names {
		f, err := keyfile.OpenFolder(filepath.Join(dir, filepath.Dir(name)))
		if err != nil {
			t.Fatal(err)
		}
		if strings.HasSuffix(name, ".pem") {
			err = f.Put(filepath.Base(name), []byte(letterKey))
		} else {
			_, _, err = f.Make(keyfile.New(filepath.Base(name), noon, time.Time{}))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func paths(files []File) (out []string) {
	for _, f := range files {
		out = append(out, f.Path)
	}
	return out
}

var all = []string{"long/dkim-bohoja.pem", "long/digest-1", "long/evidence-1", "long/evidence-2", "long/evidence-10", "test/long/evidence-1"}

// TestCopy: the long-lived keys of both spaces come back as they were, the older first, for each recipient alone; keys of an
// hour, the mark and half-made files are in no copy.
func TestCopy(t *testing.T) {
	t.Parallel()
	dir := folder(t, append(slices.Clone(all), "short/h-2026112312", "short/r-2026112312", "test/short/h-2026112312", "long/h-2026112312")...)
	for _, name := range []string{"short/tide", "long/.making-x", "long/notes.txt"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte("x"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	files, err := Collect(dir)
	if err != nil || !slices.Equal(paths(files), all) {
		t.Fatalf("collected are %v, %v", paths(files), err)
	}
	one, two := who(t), who(t)
	var sealed bytes.Buffer
	if err := Write(&sealed, files, noon, one.Recipient(), two.Recipient()); err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		if k, err := keyfile.Decode(filepath.Base(f.Path), f.Content); err == nil && bytes.Contains(sealed.Bytes(), []byte(base64.StdEncoding.EncodeToString(k.Secret))) {
			t.Errorf("%s can be read in the copy", f.Path)
		}
	}
	for _, id := range []*age.X25519Identity{one, two} {
		got, err := Read(bytes.NewReader(sealed.Bytes()), id)
		if err != nil || !slices.EqualFunc(got, files, func(a, b File) bool { return a.Path == b.Path && bytes.Equal(a.Content, b.Content) }) {
			t.Fatalf("read are %v, %v", paths(got), err)
		}
		fresh := t.TempDir()
		if err := Restore(fresh, got); err != nil {
			t.Fatal(err)
		}
		if p, err := Compare(fresh, files); err != nil || len(p.There) != len(all) || len(p.Unsaved) != 0 {
			t.Errorf("brought back are %v, %v", p, err)
		}
	}
	if _, err := Read(bytes.NewReader(sealed.Bytes()), who(t)); !errors.Is(err, ErrCopy) {
		t.Errorf("a stranger: %v", err)
	}
}

// TestCopyIsWhole: a copy that was cut or changed anywhere brings nothing back.
func TestCopyIsWhole(t *testing.T) {
	t.Parallel()
	files, err := Collect(folder(t, all...))
	if err != nil {
		t.Fatal(err)
	}
	id := who(t)
	var sealed bytes.Buffer
	if err := Write(&sealed, files, noon, id.Recipient()); err != nil {
		t.Fatal(err)
	}
	whole := sealed.Bytes()
	for at := 0; at < len(whole); at += 97 {
		changed := slices.Clone(whole)
		changed[at] ^= 1
		for what, content := range map[string][]byte{"changed": changed, "cut": whole[:at]} {
			if got, err := Read(bytes.NewReader(content), id); !errors.Is(err, ErrCopy) || got != nil {
				t.Errorf("%s at %d: %v, %v", what, at, paths(got), err)
			}
		}
	}
	if _, err := Read(bytes.NewReader(append(slices.Clone(whole), "more"...)), id); !errors.Is(err, ErrCopy) {
		t.Errorf("lengthened: %v", err)
	}
}

// TestForgedCopy: whoever knows the public key can make a copy. It leads to no other place, and holds nothing but long-lived keys.
func TestForgedCopy(t *testing.T) {
	t.Parallel()
	id := who(t)
	good, err := os.ReadFile(filepath.Join(folder(t, "long/evidence-1"), "long", "evidence-1"))
	if err != nil {
		t.Fatal(err)
	}
	link := tar.Header{Typeflag: tar.TypeSymlink, Name: "long/evidence-1", Linkname: "/etc/passwd"}
	for what, headers := range map[string][]tar.Header{
		"a way up":              {{Name: "long/../../evidence-1"}},
		"a way up first":        {{Name: "../long/evidence-1"}},
		"a whole path":          {{Name: "/long/evidence-1"}},
		"a folder deeper":       {{Name: "long/x/evidence-1"}},
		"keys of an hour":       {{Name: "short/h-2026112312"}},
		"an hour's key in long": {{Name: "long/h-2026112312"}},
		"another space":         {{Name: "live/long/evidence-1"}},
		"a number with zeros":   {{Name: "long/evidence-01"}},
		"a hidden file":         {{Name: "long/.making-1"}},
		"no key":                {{Name: "long/notes.txt"}},
		"no letter's key":       {{Name: "long/dkim-x.pem"}},
		"a link":                {link},
		"one key twice":         {{Name: "long/evidence-1"}, {Name: "long/evidence-1"}},
		"nothing":               nil,
	} {
		var sealed bytes.Buffer
		w, err := age.Encrypt(&sealed, id.Recipient())
		if err != nil {
			t.Fatal(err)
		}
		archive := tar.NewWriter(w)
		for _, h := range headers {
			h.Mode = 0o600
			if h.Typeflag == 0 {
				h.Typeflag, h.Size = tar.TypeReg, int64(len(good))
			}
			if err := archive.WriteHeader(&h); err != nil {
				t.Fatal(err)
			}
			if h.Size > 0 {
				_, _ = archive.Write(good)
			}
		}
		if err := errors.Join(archive.Close(), w.Close()); err != nil {
			t.Fatal(err)
		}
		if got, err := Read(&sealed, id); err == nil {
			t.Errorf("%s: %v was read", what, paths(got))
		}
	}
	if err := Restore(t.TempDir(), []File{{Path: "../evidence-1", Content: good}}); err == nil {
		t.Error("a file was put elsewhere")
	}
}

// TestCompare: what is missing, what was destroyed, what differs, what the copy lacks.
func TestCompare(t *testing.T) {
	t.Parallel()
	files, err := Collect(folder(t, "long/evidence-1", "long/evidence-2", "long/link-1", "long/digest-1", "long/dkim-a.pem"))
	if err != nil {
		t.Fatal(err)
	}
	dir := folder(t, "long/link-1", "long/siphash-1")
	if err := Restore(dir, files[2:]); err == nil || !strings.Contains(err.Error(), "another long/link-1") { // digest, dkim and evidence-1 stand before
		t.Fatalf("another key was passed over: %v", err)
	}
	dir = folder(t, "long/link-1", "long/siphash-1")
	second := slices.IndexFunc(files, func(f File) bool { return f.Path == "long/evidence-2" })
	if err := Restore(dir, files[second:second+1]); err != nil {
		t.Fatal(err)
	}
	p, err := Compare(dir, files)
	got := fmt.Sprint(paths(p.Missing), paths(p.Destroyed), paths(p.There), paths(p.Differ), paths(p.Unsaved), err)
	if want := "[long/dkim-a.pem long/digest-1] [long/evidence-1] [long/evidence-2] [long/link-1] [long/siphash-1] <nil>"; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

// TestCollectRefusesDamage: a copy of a damaged key would be taken for a good one until it is needed.
func TestCollectRefusesDamage(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"long/evidence-2", "test/long/link-1", "long/dkim-b.pem"} {
		dir := folder(t, all...)
		if err := os.WriteFile(filepath.Join(dir, name), []byte("{}"), 0o600); err == nil {
			_, err = Collect(dir)
			if err == nil || !strings.Contains(err.Error(), name+" is damaged") {
				t.Errorf("%s: %v", name, err)
			}
		} else if os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o700) != nil {
			t.Fatal(err)
		}
	}
	if files, err := Collect(filepath.Join(t.TempDir(), "nowhere")); err != nil || len(files) != 0 {
		t.Errorf("nowhere: %v, %v", files, err)
	}
}

// TestFilesHide: neither a file nor an error prints what is in it.
func TestFilesHide(t *testing.T) {
	t.Parallel()
	f := File{Path: "long/evidence-1", Content: []byte("canary")}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%x", "%q"} {
		if got := fmt.Sprintf(verb, f); got != f.Path {
			t.Errorf("%s prints %s", verb, got)
		}
	}
	if _, err := Identities(strings.NewReader("AGE-SECRET-KEY-canary")); err == nil || strings.Contains(err.Error(), "canary") {
		t.Errorf("identities: %v", err)
	}
}

// FuzzRead: whatever stands in the archive of a copy, what is read of it are sound long-lived keys, each once.
func FuzzRead(f *testing.F) {
	id := who(f)
	var sound bytes.Buffer
	w := tar.NewWriter(&sound)
	content := []byte(`{"kid":"aabbccdd","made":1,"from":1,"key":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="}`)
	_ = w.WriteHeader(&tar.Header{Typeflag: tar.TypeReg, Name: "long/evidence-1", Mode: 0o600, Size: int64(len(content))})
	_, _ = w.Write(content)
	_ = w.Close()
	f.Add(sound.Bytes())
	f.Add([]byte("long/evidence-1"))
	f.Fuzz(func(t *testing.T, archive []byte) {
		var sealed bytes.Buffer
		w, err := age.Encrypt(&sealed, id.Recipient())
		if err != nil {
			t.Fatal(err)
		}
		_, _ = w.Write(archive)
		_ = w.Close()
		files, err := Read(&sealed, id)
		seen := map[string]bool{}
		for _, file := range files {
			dir, base, ok := part(file.Path)
			if err == nil && (!ok || file.check() != nil || seen[file.Path] || filepath.Join(dir, base) != filepath.FromSlash(file.Path)) {
				t.Errorf("%q was read", file.Path)
			}
			seen[file.Path] = true
		}
	})
}
