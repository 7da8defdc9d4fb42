package main

import (
	"bufio"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"syscall"
	"time"
)

// whole is a file that gets its name when all of it is written and synced; until then it lies beside it under another, for
// its owner alone to read.
type whole struct {
	*bufio.Writer
	f    *os.File
	name string
}

func newWhole(name string) (*whole, error) {
	f, err := os.CreateTemp(filepath.Dir(name), "."+filepath.Base(name)+".*")
	if err != nil {
		return nil, err
	}
	return &whole{bufio.NewWriterSize(f, 1<<18), f, name}, nil
}

// discard removes what has no name of its own yet.
func (w *whole) discard() {
	if w.f != nil {
		_ = w.f.Close()
		_ = os.Remove(w.f.Name())
	}
}

// keep gives files their names, in this order, once all of them are on the disk.
func keep(files ...*whole) error {
	for _, w := range files {
		if err := errors.Join(w.Flush(), w.f.Sync(), w.f.Close()); err != nil {
			return err
		}
	}
	for _, w := range files {
		if err := replace(w.f.Name(), w.name, os.Rename, held); err != nil {
			return err
		}
		w.f = nil
		if err := syncFolder(filepath.Dir(w.name)); err != nil {
			return err
		}
	}
	return nil
}

// renameTries is how often a file is given its name, renamePause apart: on Windows a scanner may hold a new file for a moment, and nobody can
// take the name of a file that is open.
const (
	renameTries = 10
	renamePause = 200 * time.Millisecond
)

// replace gives a file its name, in place of what has it. The error tells what to do about a program that holds it.
func replace(from, to string, rename func(from, to string) error, held func(error) bool) error {
	for try := 1; ; try++ {
		err := rename(from, to)
		if err == nil || !held(err) {
			return err
		}
		if try == renameTries {
			return fmt.Errorf("%w: close the program that has %s open, and run this again", err, filepath.Base(to))
		}
		time.Sleep(renamePause)
	}
}

// held reports whether another program has the file. Elsewhere than on Windows that is no reason to wait.
func held(err error) bool {
	const sharing = syscall.Errno(32) // ERROR_SHARING_VIOLATION
	return runtime.GOOS == "windows" && (errors.Is(err, fs.ErrPermission) || errors.Is(err, sharing))
}

// syncFolder makes a name survive a power cut. Windows knows no such thing for folders.
func syncFolder(dir string) error {
	if runtime.GOOS == "windows" {
		return nil
	}
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
