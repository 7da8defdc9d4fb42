package api

import (
	"crypto/sha256"
	"encoding/hex"
	"sync/atomic"

	"github.com/bohoja/bohoja/consent"
	"github.com/bohoja/bohoja/templates"
)

// space is a Space with what was computed from its book.
type space struct {
	Space
	latest atomic.Pointer[index]
}

// newSpace returns nil for a space without a service.
func newSpace(s Space) *space {
	if s.Service == nil {
		return nil
	}
	return &space{Space: s}
}

// index is what is computed once for each book: a reload makes a new one, and a revoked key is gone with the old.
type index struct {
	book    *consent.Book
	keys    []known
	notices map[string]notices // by app
}

// notices are an app's notice for children by language.
type notices map[string]templates.Notice

// index returns the index of the book in force. Two calls may build it at once after a reload; they build the same.
func (s *space) index() *index {
	book := s.Book()
	if ix := s.latest.Load(); ix != nil && ix.book == book {
		return ix
	}
	ix := &index{book: book, keys: keysOf(book), notices: map[string]notices{}}
	for id, app := range book.Apps {
		ix.notices[id] = noticesOf(book, app)
	}
	s.latest.Store(ix)
	return ix
}

// keysOf leaves out a digest that cannot be read; the check of the declarations refuses such a book.
func keysOf(book *consent.Book) []known {
	var out []known
	for _, app := range book.Apps {
		for i := range app.Keys {
			k := known{app: app, key: &app.Keys[i]}
			if n, err := hex.Decode(k.sum[:], []byte(k.key.SHA256[:min(len(k.key.SHA256), 2*sha256.Size)])); err != nil || n != sha256.Size {
				continue
			}
			out = append(out, k)
		}
	}
	return out
}

// noticesOf leaves out a notice whose words are missing; showNotice says then that it cannot be shown.
func noticesOf(book *consent.Book, app *consent.App) notices {
	out := notices{}
	for _, lang := range app.Languages {
		if n, err := templates.ChildNotice(book, app, lang); err == nil {
			out[lang] = n
		}
	}
	return out
}
