package audit

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/bohoja/bohoja/consent"
)

// book is a folder that is open for writing: the lock is ours, the last segment ends with a whole line, and the hashes are
// those of all lines.
type book struct {
	files   Files
	lock    *os.File
	hashes  hashes
	segment *os.File
	day     string
	size    int64 // of the segment, in bytes
	n       int64 // entries in all segments
	heads   map[string]int64
}

// openBook opens a folder, making it when it is not there. nil without an error: another process writes here.
func openBook(dir string) (*book, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	lock, ours, err := acquire(filepath.Join(dir, lockName))
	if err != nil || !ours {
		return nil, err
	}
	b := &book{files: Files{dir}, lock: lock, heads: map[string]int64{}}
	if err := b.recover(); err != nil {
		return nil, errors.Join(err, b.close())
	}
	return b, nil
}

func (b *book) close() error {
	var errs []error
	for _, f := range []*os.File{b.segment, b.hashes.file, b.lock} {
		if f != nil {
			errs = append(errs, f.Close())
		}
	}
	return errors.Join(errs...)
}

// recover finds where the log ends and mends what a crash left: a torn last line goes, missing hashes are made.
func (b *book) recover() (err error) {
	b.hashes.file, err = os.OpenFile(filepath.Join(b.files.Dir, hashesName), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return err
	}
	if err := cutTorn(filepath.Join(b.files.Dir, checkpointsName)); err != nil {
		return err
	}
	names, err := b.files.segments()
	if err != nil {
		return err
	}
	if len(names) > 0 {
		if err := b.last(names[len(names)-1]); err != nil {
			return err
		}
	}
	return b.rehash(names)
}

// last opens the newest segment behind its last whole line.
func (b *book) last(name string) error {
	path := filepath.Join(b.files.Dir, name)
	if err := cutTorn(path); err != nil {
		return err
	}
	lines := int64(0)
	h, err := b.files.read(name, func(line []byte) error {
		var e consent.Entry
		if err := json.Unmarshal(line, &e); err != nil {
			return fmt.Errorf("%s: a line is no entry", name)
		}
		lines++
		b.heads[e.App] = e.Seq
		return nil
	})
	if err != nil {
		return err
	}
	for app, n := range h.Heads {
		b.heads[app] = max(b.heads[app], n)
	}
	b.n, b.day = h.From+lines, strings.TrimSuffix(name, segmentEnd)
	return b.resume(path)
}

func (b *book) resume(path string) error {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_APPEND, 0o600)
	if err != nil {
		return err
	}
	info, err := f.Stat()
	if err != nil {
		return errors.Join(err, f.Close())
	}
	b.segment, b.size = f, info.Size()
	return nil
}

// cutTorn removes what stands behind the last line's end.
func cutTorn(path string) error {
	text, err := os.ReadFile(path)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil || len(text) == 0 || text[len(text)-1] == '\n' {
		return err
	}
	return os.Truncate(path, int64(bytes.LastIndexByte(text, '\n')+1))
}

// rehash makes the hashes of the lines that have none, as after a crash or when the file was lost.
func (b *book) rehash(names []string) error {
	have, err := b.hashes.records()
	if err != nil {
		return err
	}
	if have >= b.n {
		return b.hashes.cut(b.n)
	}
	for _, name := range names {
		if err := b.rehashSegment(name, have); err != nil {
			return err
		}
	}
	return nil
}

// rehashSegment makes the hashes of a segment's lines, from entry have on.
func (b *book) rehashSegment(name string, have int64) error {
	i, err := b.files.from(name)
	if err != nil {
		return err
	}
	_, err = b.files.read(name, func(line []byte) error {
		i++
		if i <= have {
			return nil
		}
		return b.hashes.add(i-1, line)
	})
	return err
}

// append writes entries into the segment of this day and syncs it; only then they count. After an error the book must be
// closed and opened again.
func (b *book) append(today time.Time, entries []consent.Entry) error {
	if err := b.turn(today.UTC().Format(day)); err != nil {
		return err
	}
	rows := make([][]byte, len(entries))
	var buf bytes.Buffer
	for i, e := range entries {
		line, err := encode(e)
		if err != nil {
			return err
		}
		rows[i] = line
		buf.Write(line)
		buf.WriteByte('\n')
	}
	if _, err := b.segment.Write(buf.Bytes()); err != nil {
		return errors.Join(err, b.segment.Truncate(b.size))
	}
	if err := b.segment.Sync(); err != nil {
		return err
	}
	b.size += int64(buf.Len())
	for i, e := range entries {
		if err := b.hashes.add(b.n, rows[i]); err != nil {
			return err
		}
		b.n++
		b.heads[e.App] = e.Seq
	}
	return nil
}

// turn begins the segment of a new day. A clock that was set back goes on in the last one: days must follow each other.
func (b *book) turn(today string) error {
	if b.segment != nil && today <= b.day {
		return nil
	}
	text, err := json.Marshal(head{Segment: today, From: b.n, Heads: maps.Clone(b.heads)})
	if err != nil {
		return err
	}
	path := filepath.Join(b.files.Dir, today+segmentEnd)
	if err := place(path, append(text, '\n')); err != nil {
		return err
	}
	if b.segment != nil {
		if err := b.segment.Close(); err != nil {
			return err
		}
	}
	b.day = today
	return b.resume(path)
}

// place puts a file there whole or not at all, and not back after a power cut: synced, renamed, and the folder synced.
func place(path string, text []byte) error {
	f, err := os.CreateTemp(filepath.Dir(path), ".new-*")
	if err != nil {
		return err
	}
	defer func() { _ = os.Remove(f.Name()) }() // gone already when all went well
	_, err = f.Write(text)
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	if err := os.Rename(f.Name(), path); err != nil {
		return err
	}
	return syncFolder(filepath.Dir(path))
}

func syncFolder(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
