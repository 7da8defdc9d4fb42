package dev

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gin-gonic/gin"
	"go.uber.org/goleak"

	"github.com/bohoja/bohoja/consent"
	"github.com/bohoja/bohoja/handlers/web"
	"github.com/bohoja/bohoja/mailer/catcher"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var began = time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)

// invitation is a letter as it comes over the wire.
const invitation = "From: Shop <a@shop.example>\r\nTo: parent@example.com\r\nSubject: =?utf-8?q?=EB=B6=80=ED=83=81?=\r\nAuto-Submitted: auto-generated\r\n" +
	"MIME-Version: 1.0\r\nContent-Type: multipart/alternative; boundary=b\r\n\r\n" +
	"--b\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nOpen http://localhost:8080/consent/c/tok?lang=ko or type ABCD-2345 at http://localhost:8080/consent/code .\r\n" +
	"Not ours: https://elsewhere.example/x http://localhost:8080/consents http://localhost:80801/c/x\r\n" +
	"--b\r\nContent-Type: text/html; charset=utf-8\r\n\r\n<html><head><style>p{}</style></head><body><script>x()</script><a href=\"x\">go</a></body></html>\r\n--b--\r\n"

// box is an inbox.
type box struct {
	mu      sync.Mutex
	letters []catcher.Letter
}

func (b *box) put(to string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	l := catcher.Read("a@shop.example", to, []byte(invitation))
	l.N, l.At = len(b.letters)+1, began.Add(time.Duration(len(b.letters))*time.Minute)
	b.letters = append(b.letters, l)
}

func (b *box) Letters() []catcher.Letter {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Clone(b.letters)
}

func (b *box) LettersTo(addr string) []catcher.Letter {
	return slices.DeleteFunc(b.Letters(), func(l catcher.Letter) bool { return !strings.EqualFold(l.To, addr) })
}

// hand is a clock that is moved by hand.
type hand struct {
	ahead time.Duration
	err   error
}

func (h *hand) Now(context.Context) (time.Time, error) { return began.Add(h.ahead), h.err }

func (h *hand) Offset(context.Context) (time.Duration, error) { return h.ahead, h.err }

func (h *hand) Advance(_ context.Context, by time.Duration) error { h.ahead += by; return h.err }

// play is a playground without a connection.
type play struct {
	*testing.T
	box   *box
	clock *hand
	ticks int
	fault error
	log   bytes.Buffer
	site  http.Handler
}

func open(t *testing.T, mend ...func(*Options)) *play {
	t.Helper()
	gin.SetMode(gin.ReleaseMode)
	p := &play{T: t, box: &box{}, clock: &hand{}}
	zone := time.FixedZone("KST", 9*3600)
	log := slog.New(slog.NewTextHandler(&p.log, nil))
	book := func() *consent.Book { return &consent.Book{Profile: consent.Profile{Zone: zone}} }
	problems := &web.Problems{Log: log, Book: book, Base: "/consent"}
	o := Options{
		Problems: problems, Book: book, Inbox: p.box, Clock: p.clock,
		Tick:      func(context.Context) error { p.ticks++; return p.fault },
		PublicURL: "http://localhost:8080/consent", Key: "bhj_test_sk_key", Curl: "curl …",
		Site: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(`{"data":[],"next":null}`)) }),
		Shop: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { _, _ = fmt.Fprint(w, "shop:", r.URL.Path) }),
	}
	for _, m := range mend {
		m(&o)
	}
	engine := web.NewEngine(web.Options{Log: log, Problems: problems})
	New(o).Routes(engine)
	p.site = web.Base("/consent", engine)
	return p
}

func (p *play) ask(method, path string, form url.Values, mend ...func(*http.Request)) *httptest.ResponseRecorder {
	p.Helper()
	r := httptest.NewRequestWithContext(p.Context(), method, path, strings.NewReader(form.Encode()))
	r.Host = "localhost:8080"
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	for _, m := range mend {
		m(r)
	}
	w := httptest.NewRecorder()
	p.site.ServeHTTP(w, r)
	return w
}
