//go:build proof

package proof

import (
	"encoding/binary"
	"io/fs"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
)

// disk is what testdata/disk.c knows of the files of a redis-server.
type disk struct {
	t     *testing.T
	lib   string
	notes string
}

const diskRows = 4096

// newDisk builds the library and an empty table.
func newDisk(t *testing.T) *disk {
	t.Helper()
	dir := t.TempDir()
	d := &disk{t: t, lib: filepath.Join(dir, "disk.so"), notes: filepath.Join(dir, "notes")}
	out, err := exec.CommandContext(t.Context(), "gcc", "-O2", "-Wall", "-Werror", "-shared", "-fPIC", "-o", d.lib, "testdata/disk.c", "-ldl").CombinedOutput()
	if err != nil {
		t.Fatalf("gcc, which .ci/tools proof installs: %v\n%s", err, out)
	}
	if err := os.WriteFile(d.notes, make([]byte, diskRows*16), 0o600); err != nil {
		t.Fatal(err)
	}
	return d
}

// env makes a redis-server tell this disk.
func (d *disk) env(more ...string) []string {
	return append([]string{"LD_PRELOAD=" + d.lib, "BOHOJA_DISK_NOTES=" + d.notes}, more...)
}

// lengths is what is surely kept of each file, by inode.
func (d *disk) lengths() map[uint64]int64 {
	d.t.Helper()
	text, err := os.ReadFile(d.notes)
	if err != nil {
		d.t.Fatal(err)
	}
	out := map[uint64]int64{}
	for ; len(text) >= 16; text = text[16:] {
		if inode := binary.NativeEndian.Uint64(text); inode != 0 {
			out[inode] = int64(binary.NativeEndian.Uint64(text[8:]))
		}
	}
	return out
}

// cut takes from every file below dir what a power cut may take: all that was not synced, or, torn, a part of it. It
// returns how many bytes are gone. What folders say is taken as kept. Nobody may have the files open.
func (d *disk) cut(dir string, torn *rand.Rand) (gone int64) {
	d.t.Helper()
	kept := d.lengths()
	err := filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil || !e.Type().IsRegular() || e.Name() == "log" {
			return err
		}
		info, err := e.Info()
		if err != nil {
			return err
		}
		left := min(info.Size(), kept[info.Sys().(*syscall.Stat_t).Ino])
		if torn != nil {
			left += torn.Int64N(info.Size() - left + 1)
		}
		gone += info.Size() - left
		return os.Truncate(path, left)
	})
	if err != nil {
		d.t.Fatal(err)
	}
	return gone
}
