package escrow

import (
	"bytes"
	"cmp"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/bohoja/bohoja/consent/seal/keyfile"
)

// signing is the name of a key that signs letters.
var signing = regexp.MustCompile(`^dkim-[a-z0-9-]{1,63}\.pem$`)

// class is the word before the number of a key of a row; "" for a key of an hour and for what is no key.
func class(base string) string {
	word, _, _ := strings.Cut(base, "-")
	if _, ok := keyfile.Number(word, base); !ok || len(word) == 1 || !keyfile.ValidName(base) {
		return ""
	}
	return word
}

// check refuses what is no long-lived key: another place, another name, the key of an hour, damage.
func (f File) check() error {
	_, base, ok := part(f.Path)
	switch {
	case !ok:
		return fmt.Errorf("%q is no place of a long-lived key", f.Path)
	case signing.MatchString(base):
		if block, _ := pem.Decode(f.Content); block == nil || !strings.HasSuffix(block.Type, "PRIVATE KEY") {
			return fmt.Errorf("%s is damaged", f.Path)
		}
		return nil
	case class(base) == "":
		return fmt.Errorf("%q is no name of a long-lived key", f.Path)
	}
	if _, err := keyfile.Decode(base, f.Content); err != nil {
		return fmt.Errorf("%s is damaged", f.Path)
	}
	return nil
}

// Fingerprint tells whether two places have the same key, and nothing of the key itself; "" for a key that signs letters,
// whose public half is in the DNS.
func (f File) Fingerprint() string {
	_, base, _ := part(f.Path)
	k, err := keyfile.Decode(base, f.Content)
	if err != nil {
		return ""
	}
	return k.Fingerprint()
}

// Collect reads the long-lived keys below dir, the older of a row first. A damaged one is an error: a copy of it would be
// taken for a good one until it is needed. A folder without keys gives none.
func Collect(dir string) ([]File, error) {
	var files []File
	for _, p := range parts {
		entries, err := os.ReadDir(filepath.Join(dir, filepath.FromSlash(p)))
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, err
		}
		for _, e := range entries {
			if !e.Type().IsRegular() || class(e.Name()) == "" && !signing.MatchString(e.Name()) {
				continue
			}
			f := File{Path: p + "/" + e.Name()}
			if f.Content, err = os.ReadFile(f.at(dir)); err == nil {
				err = f.check()
			}
			if err != nil {
				return nil, err
			}
			files = append(files, f)
		}
	}
	slices.SortFunc(files, older)
	return files, nil
}

// older orders files by folder, class and number.
func older(a, b File) int {
	dirA, baseA, _ := part(a.Path)
	dirB, baseB, _ := part(b.Path)
	wordA, wordB := class(baseA), class(baseB)
	n, _ := keyfile.Number(wordA, baseA)
	m, _ := keyfile.Number(wordB, baseB)
	return cmp.Or(strings.Compare(dirA, dirB), strings.Compare(wordA, wordB), n-m, strings.Compare(baseA, baseB))
}

// at is where the file lies.
func (f File) at(dir string) string { return filepath.Join(dir, filepath.FromSlash(f.Path)) }

// Plan says what bringing a copy back would do to a folder of keys.
type Plan struct {
	Missing   []File // absent below dir
	Destroyed []File // absent, too, while a newer key of the row is there: somebody destroyed it
	There     []File // the same key is there
	Differ    []File // another key is there under this name
	Unsaved   []File // below dir, and not in the copy
}

// Compare plans to bring files back below dir, and changes nothing.
func Compare(dir string, files []File) (p Plan, err error) {
	have, err := Collect(dir)
	if err != nil {
		return p, err
	}
	mine := map[string][]byte{}
	newest := map[string]int{} // by folder and class
	for _, f := range have {
		mine[f.Path] = f.Content
		row, n := f.row()
		newest[row] = max(newest[row], n)
	}
	files = slices.Clone(files)
	slices.SortFunc(files, older)
	for _, f := range files {
		content, there := mine[f.Path]
		row, n := f.row()
		switch {
		case there && f.same(content):
			p.There = append(p.There, f)
		case there:
			p.Differ = append(p.Differ, f)
		case n < newest[row]:
			p.Destroyed = append(p.Destroyed, f)
		default:
			p.Missing = append(p.Missing, f)
		}
		delete(mine, f.Path)
	}
	p.Unsaved = slices.DeleteFunc(have, func(f File) bool { _, left := mine[f.Path]; return !left })
	return p, nil
}

// same reports whether content is the file of the same key.
func (f File) same(content []byte) bool {
	if print := f.Fingerprint(); print != "" {
		return print == File{Path: f.Path, Content: content}.Fingerprint()
	}
	return bytes.Equal(f.Content, content)
}

// row is the row of a key, with its folder, and the key's number in it; 0 for a key that has no row.
func (f File) row() (string, int) {
	dir, base, _ := part(f.Path)
	word := class(base)
	n, _ := keyfile.Number(word, base)
	return dir + "/" + word, n
}

// Restore writes files below dir, durably and over nothing. The older of a row come first, so that a call that was cut short
// can be given again: what is missing then is newer than what is there.
func Restore(dir string, files []File) error {
	files = slices.Clone(files)
	slices.SortFunc(files, older)
	for _, f := range files {
		if err := f.restore(dir); err != nil {
			return err
		}
	}
	return nil
}

func (f File) restore(dir string) error {
	if err := f.check(); err != nil {
		return err
	}
	folder, err := keyfile.OpenFolder(filepath.Dir(f.at(dir)))
	if err != nil {
		return err
	}
	base := filepath.Base(f.at(dir))
	if signing.MatchString(base) {
		return folder.Put(base, f.Content)
	}
	k, err := keyfile.Decode(base, f.Content)
	if err != nil {
		return err
	}
	winner, _, err := folder.Make(k)
	if err == nil && winner.Fingerprint() != k.Fingerprint() {
		return fmt.Errorf("another %s is there", f.Path)
	}
	return err
}
