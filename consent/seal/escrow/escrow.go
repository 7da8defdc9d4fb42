// Package escrow copies the long-lived keys into one encrypted file, and brings them back from it.
//
// The copy is a tar archive inside age (age-encryption.org/v1), so that it can also be opened where this program is not:
// `age -d -i KEY COPY | tar x`. It is encrypted to public keys; the host that makes it cannot open it. age says nothing of who
// made a copy: whoever knows the public key can make one, so a copy is kept where its owner alone writes, and the fingerprints are
// compared. Keys of an hour are in no copy, since a copy would keep alive what is promised to die (KR-12).
package escrow

import (
	"archive/tar"
	"errors"
	"fmt"
	"io"
	"path"
	"slices"
	"strings"
	"time"

	"filippo.io/age"
)

// parts are the folders, below that of all keys, whose files live for years: those of the live space and of the test space.
var parts = []string{"long", "test/long"}

// Bounds of a copy. A service that rotates each class monthly for a century has 7,000 keys.
const (
	maxFiles = 20_000
	maxFile  = 64 << 10 // bytes
)

// ErrCopy is a file that is no copy of keys, was made for other identities, or is damaged.
var ErrCopy = errors.New("this is no copy of keys that these identities open, or it is damaged")

// File is the file of a key. It prints as its path.
type File struct {
	Path    string // below the folder of keys, with slashes: "long/evidence-1"
	Content []byte `json:"-"`
}

// Format implements fmt.Formatter: every verb prints the path alone.
func (f File) Format(s fmt.State, _ rune) { _, _ = io.WriteString(s, f.Path) }

// Recipients reads public keys (age1…), one a line; lines that begin with # are left out. Error: the line that is none.
func Recipients(text string) ([]age.Recipient, error) {
	return age.ParseRecipients(strings.NewReader(text))
}

// Identities reads secret keys as `age-keygen` writes them. The error never quotes what it read.
func Identities(r io.Reader) ([]age.Identity, error) {
	found, err := age.ParseIdentities(r)
	if err != nil {
		return nil, errors.New("this is no file of age identities (AGE-SECRET-KEY-1…); one that is locked is opened by: age -d FILE | bohoja keys import --identity - …")
	}
	return found, nil
}

// Write writes a copy of the files that each of the recipients can open alone.
func Write(w io.Writer, files []File, at time.Time, to ...age.Recipient) error {
	sealed, err := age.Encrypt(w, to...)
	if err != nil {
		return err
	}
	archive := tar.NewWriter(sealed)
	for _, f := range files {
		h := tar.Header{Typeflag: tar.TypeReg, Name: f.Path, Mode: 0o600, Size: int64(len(f.Content)), ModTime: at.UTC().Truncate(time.Second)}
		if err := archive.WriteHeader(&h); err != nil {
			return err
		}
		if _, err := archive.Write(f.Content); err != nil {
			return err
		}
	}
	return errors.Join(archive.Close(), sealed.Close())
}

// Read opens a copy whole, before any of it is used. Errors: ErrCopy; one that names what does not belong into a copy.
func Read(r io.Reader, with ...age.Identity) ([]File, error) {
	opened, err := age.Decrypt(r, with...)
	if err != nil {
		return nil, ErrCopy
	}
	var files []File
	archive := tar.NewReader(opened)
	for {
		h, err := archive.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, ErrCopy
		}
		f, err := readFile(archive, h)
		if err != nil {
			return nil, err
		}
		if files = append(files, f); len(files) > maxFiles {
			return nil, ErrCopy
		}
	}
	if _, err := io.Copy(io.Discard, opened); err != nil || len(files) == 0 { // to the end: only then is it known to be whole
		return nil, ErrCopy
	}
	return files, unique(files)
}

func readFile(archive io.Reader, h *tar.Header) (File, error) {
	f := File{Path: h.Name}
	if h.Typeflag != tar.TypeReg || h.Size > maxFile {
		return f, ErrCopy
	}
	content, err := io.ReadAll(io.LimitReader(archive, maxFile))
	if err != nil {
		return f, ErrCopy
	}
	f.Content = content
	return f, f.check()
}

// unique refuses a copy that says two things of one key.
func unique(files []File) error {
	seen := map[string]bool{}
	for _, f := range files {
		if seen[f.Path] {
			return fmt.Errorf("%s is in the copy twice", f.Path)
		}
		seen[f.Path] = true
	}
	return nil
}

// part tells the folder and the name of a path; ok is false for a path that leads anywhere else.
func part(name string) (dir, base string, ok bool) {
	dir, base = path.Split(name)
	dir = strings.TrimSuffix(dir, "/")
	return dir, base, slices.Contains(parts, dir)
}
