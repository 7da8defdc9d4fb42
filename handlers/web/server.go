package web

import (
	"context"
	"errors"
	"log"
	"log/slog"
	"net"
	"net/http"
	"time"
)

// The times of the server. They bound what a slow or idle client can hold (threat 27).
const (
	headerTime = 5 * time.Second  // for the head of a request
	readTime   = 15 * time.Second // for the whole of it, where Limit sets nothing sooner
	writeTime  = 30 * time.Second // from the head's end to the answer's; a store that is asked twice answers sooner
	idleTime   = 75 * time.Second // longer than the 60 s of common proxies, so that they hang up first
	headerSize = 16 << 10
)

// DefaultDrain is how long Run lets open requests end. Above writeTime none is left.
const DefaultDrain = writeTime + 2*time.Second

// Server is an HTTP listener that ends in order.
type Server struct {
	Name    string // in the log
	Handler http.Handler
	Log     *slog.Logger
	Drain   time.Duration // 0: DefaultDrain
}

// Run serves until ctx ends, then drains:
//
//  1. The listener closes first, so that a balancer sees it at once and sends nobody more.
//  2. Open requests end by themselves: an answer is owed to whoever the store has already accepted.
//  3. After Drain the rest is cut. They see a broken connection, not half an answer, and repeat with their Idempotency-Key.
//
// It returns nil when all ended by themselves. Only then may the caller close what handlers use: store, vault, log.
func (s *Server) Run(ctx context.Context, l net.Listener) error {
	srv := s.server()
	failed := make(chan error, 1)
	go func() { failed <- srv.Serve(l) }()
	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
	}
	err := s.drain(context.WithoutCancel(ctx), srv)
	if served := <-failed; !errors.Is(served, http.ErrServerClosed) {
		return errors.Join(err, served)
	}
	return err
}

func (s *Server) drain(ctx context.Context, srv *http.Server) error {
	drain := s.Drain
	if drain == 0 {
		drain = DefaultDrain
	}
	ctx, cancel := context.WithTimeout(ctx, drain)
	defer cancel()
	err := srv.Shutdown(ctx)
	if err == nil {
		return nil
	}
	s.Log.Warn("open requests were cut at shutdown", "listener", s.Name, "after", drain.String())
	return errors.Join(err, srv.Close())
}

func (s *Server) server() *http.Server {
	return &http.Server{
		Handler:           s.Handler,
		ReadHeaderTimeout: headerTime,
		ReadTimeout:       readTime,
		WriteTimeout:      writeTime,
		IdleTimeout:       idleTime,
		MaxHeaderBytes:    headerSize,
		ErrorLog:          log.New(muffle{s.Log, s.Name}, "", 0),
	}
}

// muffle takes net/http's own messages. They quote addresses and panics, so only that there was one is told.
type muffle struct {
	log  *slog.Logger
	name string
}

// Write implements io.Writer.
func (m muffle) Write(b []byte) (int, error) {
	m.log.Debug("net/http complained about a connection", "listener", m.name)
	return len(b), nil
}
