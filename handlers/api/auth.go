package api

import (
	"crypto/sha256"
	"crypto/subtle"
	"log/slog"
	"net/http"
	"slices"
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/bohoja/bohoja/consent"
	"github.com/bohoja/bohoja/handlers/web"
)

var (
	errNoKey    = &consent.Error{Kind: consent.KindUnauthorized, Code: "unauthorized", Detail: "send one key, as in Authorization: Bearer bhj_live_sk_…"}
	errWrongKey = &consent.Error{Kind: consent.KindUnauthorized, Code: "unauthorized", Detail: "this key is not known"}
	errScope    = &consent.Error{Kind: consent.KindForbidden, Code: "forbidden", Detail: "the key lacks the scope of this call"}
	errBrowser  = &consent.Error{
		Kind: consent.KindForbidden, Code: "secret_key_in_browser",
		Detail: "a live secret key came with an Origin header, so it has been given to a browser: revoke it, and call from your server",
	}
)

// identify finds the app whose key was sent. Only digests of keys are known here (threat 10), and each is compared,
// whether or not one before it fits, so that time tells nothing of them.
func (a *API) identify(c *gin.Context) (*ask, error) {
	secret, ok := bearer(c.Request.Header)
	if !ok {
		a.keyRefused(c, "none")
		return nil, errNoKey
	}
	// Where the network is not known this fails open: a key of 128 random bits is not guessed at any rate.
	if err := a.failures.Check(c.Request); err != nil {
		a.keyRefused(c, "network")
		return nil, err
	}
	sum := sha256.Sum256([]byte(secret))
	sp := a.spaceOf(secret)
	if sp == nil {
		return nil, a.failed(c, sum)
	}
	ix := sp.index()
	found := ix.find(sum)
	if found == nil || a.revoked(found.key.SHA256) {
		return nil, a.failed(c, sum)
	}
	web.Note(c, slog.String("app", found.app.ID), slog.String("key", found.key.ID))
	return &ask{c: c, space: sp, app: found.app, key: found.key, book: ix.book, public: a.public}, nil
}

// bearer reads the key. A second header, or anything but one token, is no key.
func bearer(h http.Header) (string, bool) {
	values := h.Values("Authorization")
	if len(values) != 1 {
		return "", false
	}
	scheme, secret, ok := strings.Cut(values[0], " ")
	if !ok || !strings.EqualFold(scheme, "Bearer") || !visible(secret) || len(secret) > maxKey {
		return "", false
	}
	return secret, true
}

// maxKey bounds what is digested for a key, in bytes.
const maxKey = 255

// visible reports whether s is one or more visible characters of ASCII.
func visible(s string) bool {
	return s != "" && !strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r > '~' })
}

func (a *API) spaceOf(secret string) *space {
	if strings.HasPrefix(secret, TestPrefix) {
		return a.test
	}
	return a.live
}

// keyRefused writes the security event of a call without a key that counts.
func (a *API) keyRefused(c *gin.Context, cause string) {
	a.problems.Event(c, web.KeyRefused, slog.String("cause", cause))
}

func (a *API) failed(c *gin.Context, sum [sha256.Size]byte) error {
	a.keyRefused(c, "unknown")
	a.failures.Note(c.Request, sum)
	return errWrongKey
}

// refuseBrowser keeps live keys out of browsers, which send Origin with every POST. A test key may be tried there.
func refuseBrowser(c *gin.Context) error {
	secret, _ := bearer(c.Request.Header)
	if len(c.Request.Header.Values("Origin")) > 0 && !strings.HasPrefix(secret, TestPrefix) {
		return errBrowser
	}
	return nil
}

// tell writes a security event of a call whose key is known. Of a leaked one the staff have a count of its own to alert on.
func (a *API) tell(e web.Security, q *ask, cause string) {
	a.problems.Event(q.c, e, slog.String("app", q.app.ID), slog.String("key", q.key.ID), slog.String("cause", cause))
}

func checkScope(k *consent.Key, scope string) error {
	if scope != "" && !slices.Contains(k.Scopes, scope) {
		return errScope
	}
	return nil
}

// known is one key of a book.
type known struct {
	sum [sha256.Size]byte
	app *consent.App
	key *consent.Key
}

// find compares with every key of the book.
func (ix *index) find(sum [sha256.Size]byte) *known {
	at := -1
	for i := range ix.keys {
		at = subtle.ConstantTimeSelect(subtle.ConstantTimeCompare(ix.keys[i].sum[:], sum[:]), i, at)
	}
	if at < 0 {
		return nil
	}
	return &ix.keys[at]
}
