package rows

import (
	"bytes"
	"errors"
	"io"
	"os"
	"strings"
	"testing"
)

// TestSpool: what waits comes out as it went in; on disk it has no name and cannot be read.
func TestSpool(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("TMPDIR", dir)
	for _, n := range []int{0, 1, 1000, 300_000} {
		s := &Spool{}
		want := strings.Repeat("canary@example.com\n", n)
		for rest := want; rest != ""; {
			piece := rest[:min(len(rest), 70_001)]
			if _, err := s.Write([]byte(piece)); err != nil {
				t.Fatal(err)
			}
			rest = rest[len(piece):]
		}
		if large := n == 300_000; (s.file != nil) != large {
			t.Fatalf("%d rows: a file: %v", n, s.file != nil)
		} else if large {
			unreadable(t, s.file)
		}
		if names, err := os.ReadDir(dir); err != nil || len(names) > 0 {
			t.Errorf("%d rows left %v, %v", n, names, err)
		}
		var got bytes.Buffer
		if err := s.SendTo(&got); err != nil || got.String() != want {
			t.Errorf("%d rows came back as %d bytes of %d: %v", n, got.Len(), len(want), err)
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}
}

func unreadable(t *testing.T, file *os.File) {
	t.Helper()
	disk, err := io.ReadAll(io.NewSectionReader(file, 0, 1<<30))
	if err != nil || len(disk) < 1<<20 {
		t.Fatalf("%d bytes on disk: %v", len(disk), err)
	}
	if bytes.Contains(disk, []byte("canary")) {
		t.Error("the file can be read")
	}
}

// TestSpoolNoticesChanges: what waits on disk comes back as it went, or not at all: no bit, no piece, and not the end can be changed.
func TestSpoolNoticesChanges(t *testing.T) {
	whole := int64(spoolPiece + 16)
	for name, change := range map[string]func(*os.File) error{
		"a bit": func(f *os.File) error {
			b := make([]byte, 1)
			_, err := f.ReadAt(b, 100)
			b[0] ^= 1
			_, err2 := f.WriteAt(b, 100)
			return errors.Join(err, err2)
		},
		"two pieces turned": func(f *os.File) error {
			one, two := make([]byte, whole), make([]byte, whole)
			_, err := f.ReadAt(one, 0)
			_, err2 := f.ReadAt(two, whole)
			_, err3 := f.WriteAt(append(two, one...), 0)
			return errors.Join(err, err2, err3)
		},
		"a piece gone": func(f *os.File) error { return f.Truncate(whole) },
		"the end cut":  func(f *os.File) error { return f.Truncate(2*whole - 50) },
		"nothing":      func(*os.File) error { return nil },
	} {
		s := &Spool{}
		if _, err := s.Write(bytes.Repeat([]byte("row\n"), spoolMemory/4)); err != nil {
			t.Fatal(err)
		}
		list := bytes.Repeat([]byte("canary@example.com\n"), 2*spoolPiece/19+100)
		if _, err := s.Write(list); err != nil {
			t.Fatal(err)
		}
		if err := change(s.file); err != nil {
			t.Fatal(err)
		}
		var got bytes.Buffer
		if err := s.SendTo(&got); errors.Is(err, errSpool) != (name != "nothing") {
			t.Errorf("%s: %v, %d bytes", name, err, got.Len())
		}
		if name == "nothing" && !bytes.HasSuffix(got.Bytes(), list) {
			t.Error("another list came back")
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}
}

func TestSpoolWithoutDisk(t *testing.T) {
	t.Setenv("TMPDIR", "/nowhere")
	s := &Spool{}
	if _, err := s.Write(make([]byte, spoolMemory+1)); err == nil {
		t.Error("a list was kept nowhere")
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}

// Where an open file keeps its name, it lies there no longer than it is open.
func TestSpoolKeepsItsName(t *testing.T) {
	file, err := os.CreateTemp(t.TempDir(), "list")
	if err != nil {
		t.Fatal(err)
	}
	s := &Spool{file: file}
	s.hide(func(string) error { return os.ErrPermission })
	if _, err := os.Stat(file.Name()); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(file.Name()); !os.IsNotExist(err) {
		t.Errorf("the list lies on the disk: %v", err)
	}
}
