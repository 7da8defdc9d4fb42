package main

import (
	"bufio"
	"errors"
	"os"
	"path/filepath"
	"runtime"
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
		if err := os.Rename(w.f.Name(), w.name); err != nil {
			return err
		}
		w.f = nil
		if err := syncFolder(filepath.Dir(w.name)); err != nil {
			return err
		}
	}
	return nil
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
