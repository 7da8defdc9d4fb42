package api

import (
	"crypto/sha256"
	"net/http"
	"strings"
	"testing"

	"github.com/bohoja/bohoja/consent"
	"github.com/bohoja/bohoja/consent/consenttest"
)

func sum(text string) [sha256.Size]byte { return sha256.Sum256([]byte(text)) }

func TestBearer(t *testing.T) {
	for value, want := range map[string]string{
		"Bearer abc": "abc", "bearer abc": "abc", "BEARER a.b-c_~+/=": "a.b-c_~+/=", "Bearer": "", "Bearer ": "", "Bearer  abc": "", "Bearer a b": "",
		"Basic abc": "", "abc": "", "": "", "Bearer ключ": "", "Bearer a\x00": "", "Bearer " + strings.Repeat("k", maxKey+1): "",
	} {
		got, ok := bearer(http.Header{"Authorization": {value}})
		if got != want || ok != (want != "") {
			t.Errorf("%q: %q %v", value, got, ok)
		}
	}
	if _, ok := bearer(http.Header{}); ok {
		t.Error("no header is a key")
	}
	if _, ok := bearer(http.Header{"Authorization": {"Bearer a", "Bearer a"}}); ok {
		t.Error("two headers are a key")
	}
}

// TestIndex: each key leads to its app; a digest that cannot be read leads nowhere, nor does the empty one.
func TestIndex(t *testing.T) {
	book := consenttest.Book()
	for _, bad := range []string{"", "zz", "00", strings.Repeat("0", 63), strings.Repeat("g", 64)} {
		book.Apps["shop"].Keys = append(book.Apps["shop"].Keys, consent.Key{ID: "bad", SHA256: bad})
	}
	s := &space{Space: Space{Book: func() *consent.Book { return book }}}
	ix := s.index()
	if got := ix.find(sum(consenttest.GameKey)); got == nil || got.app.ID != "game" {
		t.Errorf("found %v", got)
	}
	if got := ix.find(sum(consenttest.ShopKey)); got == nil || got.app.ID != "shop" || got.key.ID != "k1" {
		t.Errorf("found %v", got)
	}
	if ix.find(sum("")) != nil || ix.find([sha256.Size]byte{}) != nil || len(ix.keys) != 2 {
		t.Errorf("%d keys", len(ix.keys))
	}
	if s.index() != ix {
		t.Error("the index was made anew for the same book")
	}
	next := *book
	book = &next
	if s.index() == ix {
		t.Error("the index outlived its book")
	}
	if n := ix.notices["shop"]; len(n) != 2 || n["ko"].Version != n["en"].Version || n["ko"].Version == "" {
		t.Errorf("notices %v", n)
	}
}
