package audit

import (
	"errors"
	"os"

	"golang.org/x/mod/sumdb/tlog"
)

// hashes is the file of the tree's stored hashes (tlog.StoredHashIndex), 32 bytes each. It holds nothing that the segments
// do not say, save for segments that were removed when their time was over.
type hashes struct{ file *os.File }

// ReadHashes implements tlog.HashReader.
func (h hashes) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	out := make([]tlog.Hash, len(indexes))
	for i, at := range indexes {
		if _, err := h.file.ReadAt(out[i][:], at*tlog.HashSize); err != nil {
			return nil, errors.New("hashes: the file is too short")
		}
	}
	return out, nil
}

// records is how many entries the file has all hashes of.
func (h hashes) records() (int64, error) {
	info, err := h.file.Stat()
	if err != nil {
		return 0, err
	}
	whole := info.Size() / tlog.HashSize
	low, high := int64(0), whole
	for low < high {
		mid := (low + high + 1) / 2
		if tlog.StoredHashCount(mid) <= whole {
			low = mid
		} else {
			high = mid - 1
		}
	}
	return low, nil
}

// add appends the hashes of entry n, whose line this is.
func (h hashes) add(n int64, line []byte) error {
	more, err := tlog.StoredHashes(n, line, h)
	if err != nil {
		return err
	}
	buf := make([]byte, 0, len(more)*tlog.HashSize)
	for _, one := range more {
		buf = append(buf, one[:]...)
	}
	_, err = h.file.WriteAt(buf, tlog.StoredHashCount(n)*tlog.HashSize)
	return err
}

// leaf is the stored hash of entry n.
func (h hashes) leaf(n int64) (tlog.Hash, error) {
	all, err := h.ReadHashes([]int64{tlog.StoredHashIndex(0, n)})
	if err != nil {
		return tlog.Hash{}, err
	}
	return all[0], nil
}

// cut shortens the file to what belongs to n entries.
func (h hashes) cut(n int64) error { return h.file.Truncate(tlog.StoredHashCount(n) * tlog.HashSize) }

// frontier is the tree of all entries so far, reduced to what a root needs: a hash for each bit of their number.
type frontier struct {
	n    int64
	part [63]tlog.Hash
}

// seed takes the first n entries' part from stored hashes.
func (f *frontier) seed(n int64, h hashes) error {
	f.n = n
	done := int64(0)
	for level := 62; level >= 0; level-- {
		if n&(1<<level) == 0 {
			continue
		}
		got, err := h.ReadHashes([]int64{tlog.StoredHashIndex(level, done>>level)})
		if err != nil {
			return err
		}
		f.part[level], done = got[0], done+1<<level
	}
	return nil
}

// add appends an entry's leaf.
func (f *frontier) add(leaf tlog.Hash) {
	level := 0
	for ; f.n&(1<<level) != 0; level++ {
		leaf = tlog.NodeHash(f.part[level], leaf)
	}
	f.part[level] = leaf
	f.n++
}

// root is the tree's root (RFC 6962, 2.1).
func (f *frontier) root() tlog.Hash {
	var root tlog.Hash
	first := true
	for level := range f.part {
		if f.n&(1<<level) == 0 {
			continue
		}
		if first {
			root, first = f.part[level], false
		} else {
			root = tlog.NodeHash(f.part[level], root)
		}
	}
	return root
}
