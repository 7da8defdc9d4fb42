// Package keyfile keeps keys as files: one key a file, which is written whole or not at all and never written again.
//
// A file is made under a temporary name, fsynced and then link(2)ed to its own name. link fails when the name is taken, so
// of several processes that make the same key at once one wins, and all of them read the winner's file. Since no file is
// ever rewritten, a new key of a long-lived row is one more file ("evidence-2"), and destroying a key is removing its file.
// This holds on local disks and on NFS.
package keyfile

import (
	"cmp"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// tempPrefix begins the names of files that are being written. No key's name begins so.
const tempPrefix = ".making-"

// staleAfter is how old a temporary file must be before Sweep takes it for one that a crash left behind.
const staleAfter = 10 * time.Minute

// Folder is a folder of key files. It is safe for concurrent use by goroutines and by processes.
type Folder struct {
	path    string
	killing func() // a test's hook between the finished temporary file and its link; nil otherwise
}

// OpenFolder opens the folder at path, creates it (0700) when it is absent, and proves that it can be written.
// The error names the folder and says how to mend it.
func OpenFolder(path string) (Folder, error) {
	f := Folder{path: path}
	if err := os.MkdirAll(path, 0o700); err != nil {
		return f, f.explain(err)
	}
	_, err := f.Sweep()
	return f, err
}

// explain says which folder cannot be used and what to do about it.
func (f Folder) explain(err error) error {
	return fmt.Errorf("the key folder %s cannot be used: %w; it must be a folder that user id %d can read and write "+
		"(chown it, or set BOHOJA_KEYS__DIR to another)", f.path, err, os.Getuid())
}

// Path is where the folder is.
func (f Folder) Path() string { return f.path }

// Loose reports whether others than the owner may read or enter the folder.
func (f Folder) Loose() bool {
	info, err := os.Stat(f.path)
	return err == nil && info.Mode().Perm()&0o077 != 0
}

// Exists reports whether the folder is there. Any other trouble than its absence counts as being there.
func (f Folder) Exists() bool {
	_, err := os.Stat(f.path)
	return !errors.Is(err, fs.ErrNotExist)
}

// Make gives the key k.Name to the folder, unless that name is taken, and returns the key that the folder then holds: k, or
// the one that was there first. made tells whether this call made it.
func (f Folder) Make(k Key) (winner Key, made bool, err error) {
	if !ValidName(k.Name) {
		return Key{}, false, fmt.Errorf("keyfile: %q cannot name a key", k.Name)
	}
	if err := f.link(k.Name, k.encode()); err != nil && !errors.Is(err, fs.ErrExist) {
		return Key{}, false, f.explain(err)
	}
	// Read even after a success: over NFS a repeated link can report "exists" for what was our own first try.
	winner, err = f.Read(k.Name)
	return winner, err == nil && string(winner.Secret) == string(k.Secret), err
}

// Put writes a file that is a key of another form, whole or not at all and over nothing. Errors: fs.ErrExist, or the operating system's.
func (f Folder) Put(name string, content []byte) error {
	if name != filepath.Base(name) || strings.HasPrefix(name, ".") {
		return fmt.Errorf("keyfile: %q cannot name a key", name)
	}
	return f.link(name, content)
}

// link gives content a name in the folder, durably. Error: fs.ErrExist when the name is taken, which is as durable then.
func (f Folder) link(name string, content []byte) error {
	temp, err := f.write(content)
	if err != nil {
		return err
	}
	defer func() { _ = os.Remove(temp) }() // what is left of it after a crash is swept
	if f.killing != nil {
		f.killing()
	}
	taken := os.Link(temp, f.file(name))
	if taken != nil && !errors.Is(taken, fs.ErrExist) {
		return taken
	}
	return cmp.Or(f.sync(), taken)
}

// write writes content to a new temporary file and fsyncs it.
func (f Folder) write(content []byte) (name string, err error) {
	var random [8]byte
	_, _ = rand.Read(random[:])
	name = f.file(tempPrefix + hex.EncodeToString(random[:]))
	file, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return "", err
	}
	_, err = file.Write(content)
	err = errors.Join(err, file.Sync(), file.Close())
	if err != nil {
		_ = os.Remove(name)
	}
	return name, err
}

// Read returns the key of this name. Errors: fs.ErrNotExist, ErrCorrupt, or the operating system's.
func (f Folder) Read(name string) (Key, error) {
	if !ValidName(name) {
		return Key{}, fs.ErrNotExist
	}
	content, err := os.ReadFile(f.file(name))
	if errors.Is(err, fs.ErrNotExist) {
		content, err = f.readAnew(name)
	}
	if err != nil {
		return Key{}, err
	}
	return decode(name, content)
}

// readAnew looks again after listing the folder. An NFS client may remember for a while that a name was absent; opening the
// folder makes it ask. Without this a key that another host has just made would count as lost.
func (f Folder) readAnew(name string) ([]byte, error) {
	if _, err := os.ReadDir(f.path); err != nil {
		return nil, err
	}
	return os.ReadFile(f.file(name))
}

// Names returns the names of all keys, sorted. Files that are not keys are left out.
func (f Folder) Names() ([]string, error) {
	entries, err := os.ReadDir(f.path)
	if err != nil {
		return nil, err
	}
	names := make([]string, 0, len(entries))
	for _, e := range entries {
		if ValidName(e.Name()) && e.Type().IsRegular() {
			names = append(names, e.Name())
		}
	}
	return names, nil
}

// Remove destroys the key of this name and fsyncs the folder. A key that is not there is no error.
func (f Folder) Remove(name string) error {
	if !ValidName(name) {
		return fmt.Errorf("keyfile: %q cannot name a key", name)
	}
	if err := os.Remove(f.file(name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return f.sync()
}

// Sweep proves that the folder can be written and removes temporary files that a crash left behind, telling how many.
// Their age is taken by the clock of the file system that dates them, which on NFS is another host's.
func (f Folder) Sweep() (int, error) {
	probe, err := f.write(nil)
	if err != nil {
		return 0, f.explain(err)
	}
	defer func() { _ = os.Remove(probe) }()
	info, err := os.Stat(probe)
	if err != nil {
		return 0, f.explain(err)
	}
	entries, err := os.ReadDir(f.path)
	if err != nil {
		return 0, f.explain(err)
	}
	return f.removeStale(entries, info.ModTime().Add(-staleAfter)), nil
}

func (f Folder) removeStale(entries []os.DirEntry, before time.Time) (removed int) {
	for _, e := range entries {
		if !strings.HasPrefix(e.Name(), tempPrefix) {
			continue
		}
		info, err := e.Info()
		if err == nil && info.ModTime().Before(before) && os.Remove(f.file(e.Name())) == nil {
			removed++
		}
	}
	return removed
}

func (f Folder) file(name string) string { return filepath.Join(f.path, name) }

// sync makes the folder's own entries durable.
func (f Folder) sync() error {
	d, err := os.Open(f.path)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
