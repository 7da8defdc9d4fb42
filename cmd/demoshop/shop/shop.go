package shop

import (
	"log/slog"
	"net/http"
	"time"

	"github.com/bohoja/bohoja/handlers/api/client"
	"github.com/bohoja/bohoja/templates"
)

// Options of the shop. API is required.
type Options struct {
	API    *client.Client
	Secret string           // of the webhook, "whsec_…"; "": calls are refused, and only polling tells the news
	Base   string           // path at which the shop is mounted, for its links: "" or "/dev/shop"
	Inbox  string           // address of a page on which a developer finds the letters; "" for none
	Clock  func() time.Time // the host's; nil: time.Now
	Log    *slog.Logger     // nil: silent
	App    string           // the shop's id at the service, for <guardian-consent>; "": "shop"

	// Playground lets /account lead to the newest account, whoever made it. Only where there is one visitor.
	Playground bool
}

// Shop serves the pages and the webhook, with the path of Base already cut off. It is safe for concurrent use.
type Shop struct {
	opt      Options
	accounts accounts
	calls    calls
	mux      *http.ServeMux
}

// New makes the shop. It starts nothing.
func New(o Options) *Shop {
	if o.Clock == nil {
		o.Clock = time.Now
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.App == "" {
		o.App = "shop"
	}
	s := &Shop{opt: o, mux: http.NewServeMux()}
	s.mux.HandleFunc("GET /{$}", s.showSignup)
	s.mux.HandleFunc("POST /{$}", s.signup)
	s.mux.HandleFunc("GET /element", s.showElement)
	s.mux.HandleFunc("POST /element", s.element)
	s.mux.HandleFunc("GET /guardian", s.restart)
	s.mux.HandleFunc("POST /guardian", s.ask)
	s.mux.HandleFunc("GET /waiting/{subject}", s.waiting)
	s.mux.HandleFunc("GET /account", s.mine)
	s.mux.HandleFunc("GET /account/{subject}", s.account)
	s.mux.HandleFunc("POST /hooks", s.hook)
	s.mux.HandleFunc("GET /static/{file}", static)
	return s
}

// maxBody bounds every body that the shop reads, in bytes.
const maxBody = 64 << 10

// ServeHTTP implements http.Handler.
func (s *Shop) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "same-origin")
	h.Set("Content-Security-Policy", "default-src 'none'; style-src 'self'; img-src 'self' data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'")
	r.Body = http.MaxBytesReader(w, r.Body, maxBody)
	s.mux.ServeHTTP(w, r)
}

// static serves the style sheet and the icon, so that the shop needs nobody else's.
func static(w http.ResponseWriter, r *http.Request) {
	a, ok := templates.Static(r.PathValue("file"))
	if !ok {
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
	w.Header().Set("Content-Type", a.Type)
	_, _ = w.Write(a.Body)
}
