package main

import (
	"context"
	"fmt"
	"net/http"
	"net/url"

	"github.com/bohoja/bohoja/consent/audit"
	"github.com/bohoja/bohoja/consent/outbox"
	"github.com/bohoja/bohoja/consent/redisstore"
	"github.com/bohoja/bohoja/consent/staff"
	"github.com/bohoja/bohoja/handlers"
	"github.com/bohoja/bohoja/handlers/ops"
	"github.com/bohoja/bohoja/handlers/web"
)

// opsURL is where staff find their pages: as set, else the listener itself.
func (h *house) opsURL() string {
	if h.set.OpsURL != "" {
		return h.set.OpsURL
	}
	return "http://" + h.set.OpsListen
}

// staffSite is the staff listener: what watches the process, and the pages for people.
func (h *house) staffSite(problems *web.Problems, watch handlers.Part) (http.Handler, error) {
	parts, err := h.staffParts(problems, watch)
	if err != nil {
		return nil, err
	}
	return handlers.Site(handlers.Options{
		Log: h.log, Problems: problems, Base: web.BasePath(h.opsURL()), Bodies: ops.Bodies(),
	}, parts...), nil
}

// staffParts are all that answer on the staff listener.
func (h *house) staffParts(problems *web.Problems, watch handlers.Part) ([]handlers.Part, error) {
	desk, err := h.desk(problems, h.spaces[0])
	return []handlers.Part{watch, desk, handlers.Assets{}}, err
}

// desk makes the staff pages of a space.
func (h *house) desk(problems *web.Problems, s *space) (*ops.Desk, error) {
	at, err := url.Parse(h.opsURL())
	if err != nil {
		return nil, fmt.Errorf("ops_url: %w", err)
	}
	return ops.NewDesk(ops.DeskOptions{
		Problems: problems, Book: h.book.Load, Base: web.BasePath(h.opsURL()), Origin: at.Scheme + "://" + at.Host,
		Clock: s.store.Clock, Test: s.name == redisstore.Test, Door: s.team, Account: s.team, People: s.store.People(),
		Networks: &web.Networks{Trusted: h.set.TrustedProxies},
		Log:      audit.Files{Dir: h.set.Audit.Dir}, Reviews: s.team,
		Requests: s.service, Lists: s.service, Attempts: s.store.Attempts, Charge: s.store.People().Charge,
		Dead: func(ctx context.Context, app, after string) ([]ops.DeadJob, string, error) {
			jobs, next, err := s.queue.List(ctx, app, outbox.Find{Dead: true, After: after})
			out := make([]ops.DeadJob, len(jobs))
			for i, j := range jobs {
				out[i] = ops.DeadJob{ID: j.ID, Kind: string(j.Kind), Code: j.Last, At: j.At}
			}
			return out, next, err
		},
		Queue: func(ctx context.Context, app string) (ops.Queue, error) {
			dead, err := s.queue.Dead(ctx, app)
			return ops.Queue{Dead: dead}, err
		},
	})
}

// issuer of the second factor: how the service is listed among others in an authenticator app.
func (h *house) factorIssuer() string {
	if at, err := url.Parse(h.opsURL()); err == nil && at.Hostname() != "" {
		return "Bohoja " + at.Hostname()
	}
	return "Bohoja"
}

// openTeam opens the staff of a space. Without keys nobody can join or sign in; the command line needs neither.
func (h *house) openTeam(s *space) {
	var vault staff.Vault
	if s.vault != nil {
		vault = s.vault
	}
	s.team = staff.New(s.store.People(), vault, s.store.Clock, h.factorIssuer())
	s.team.House = func() []string { return staff.HouseWords(h.book.Load(), h.set.PublicURL, h.opsURL()) }
}
