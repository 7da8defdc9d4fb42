package keyfile

import (
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// maxNumber bounds the number of a key in a row: values sealed under a key name it in three bytes.
const maxNumber = 1<<24 - 1

// Row is the keys of one purpose that follow each other for years: "evidence-1", "evidence-2" … A new one is added by
// Rotate, older ones stay usable until they are destroyed. It is safe for concurrent use.
type Row struct {
	folder Folder
	name   string
	mu     sync.Mutex
	keys   []Key // the newest first; replaced, never changed
}

// OpenRow reads the keys of this name and makes the first one when there is none. made tells that it did.
func OpenRow(folder Folder, name string, now time.Time) (r *Row, made bool, err error) {
	r = &Row{folder: folder, name: name}
	if err := r.Refresh(); err != nil {
		return nil, false, err
	}
	if len(r.Keys()) == 0 {
		_, made, err = folder.Make(New(r.numbered(1), now, time.Time{}))
		err = errors.Join(err, r.Refresh())
	}
	return r, made, err
}

// Keys returns the keys, the newest first, as of the last Refresh. The slice must not be changed.
func (r *Row) Keys() []Key {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.keys
}

// ByID returns the key with this id. One that is not known yet is looked for in the folder, where another process may have
// put it; that costs a listing of a folder with a handful of files.
func (r *Row) ByID(id string) (Key, bool) {
	if k, ok := find(r.Keys(), id); ok {
		return k, true
	}
	if r.Refresh() != nil {
		return Key{}, false
	}
	return find(r.Keys(), id)
}

func find(keys []Key, id string) (Key, bool) {
	i := slices.IndexFunc(keys, func(k Key) bool { return k.ID == id })
	if i < 0 {
		return Key{}, false
	}
	return keys[i], true
}

// Newest returns the newest key that serves at now. When none does (the clock went back), it is the oldest.
func (r *Row) Newest(now time.Time) Key { return Serving(r.Keys(), now) }

// Serving returns the first of keys, which begin with the newest, that serves at now, or else the last. There must be one.
func Serving(keys []Key, now time.Time) Key {
	for _, k := range keys {
		if !k.From.After(now) {
			return k
		}
	}
	return keys[len(keys)-1]
}

// Refresh takes up keys that another process has made and forgets those that were destroyed. A damaged file is an error.
func (r *Row) Refresh() error {
	r.mu.Lock() // before the listing: an older listing must not undo a newer one
	defer r.mu.Unlock()
	names, err := r.folder.Names()
	if err != nil {
		return err
	}
	keys, err := r.read(names)
	if err == nil {
		r.keys = keys
	}
	return err
}

// read returns the keys of these names that belong to the row; keys that are known already are not read again.
func (r *Row) read(names []string) ([]Key, error) {
	var keys []Key
	for _, name := range names {
		if _, ok := Number(r.name, name); !ok {
			continue
		}
		k, err := r.key(name)
		if errors.Is(err, fs.ErrNotExist) {
			continue // destroyed since the listing
		}
		if err != nil {
			return nil, err
		}
		keys = append(keys, k)
	}
	slices.SortFunc(keys, func(a, b Key) int { return r.number(b.Name) - r.number(a.Name) })
	return keys, nil
}

func (r *Row) key(name string) (Key, error) {
	if i := slices.IndexFunc(r.keys, func(k Key) bool { return k.Name == name }); i >= 0 {
		return r.keys[i], nil
	}
	return r.folder.Read(name)
}

// Rotate adds a key that serves from the given time on. Two processes that rotate at once add one key and both get it.
func (r *Row) Rotate(now, from time.Time) (Key, error) {
	if err := r.Refresh(); err != nil {
		return Key{}, err
	}
	keys := r.Keys()
	if len(keys) == 0 { // a lost row must be brought back, not begun anew
		return Key{}, fmt.Errorf("keyfile: no %s key is left in %s", r.name, r.folder.path)
	}
	next := r.number(keys[0].Name) + 1
	if next > maxNumber {
		return Key{}, fmt.Errorf("keyfile: no number is left for another %s key", r.name)
	}
	k := New(r.numbered(next), now, time.Time{})
	k.From = from.UTC().Truncate(time.Millisecond)
	winner, _, err := r.folder.Make(k)
	return winner, errors.Join(err, r.Refresh())
}

func (r *Row) numbered(n int) string { return r.name + "-" + strconv.Itoa(n) }

func (r *Row) number(name string) int {
	n, _ := Number(r.name, name)
	return n
}

// Number returns the number of a key's name in the row: 3 of "evidence-3" in "evidence".
func Number(row, name string) (int, bool) {
	digits, ok := strings.CutPrefix(name, row+"-")
	if !ok || strings.HasPrefix(digits, "0") {
		return 0, false
	}
	n, err := strconv.Atoi(digits)
	return n, err == nil && n <= maxNumber
}
