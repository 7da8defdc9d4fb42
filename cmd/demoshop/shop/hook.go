package shop

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"slices"
	"sync"

	"github.com/bohoja/bohoja/consent/webhook"
	"github.com/bohoja/bohoja/templates"
)

// event is what the shop reads of a webhook: which account to look after. The state in it is news and is not trusted.
type event struct {
	Type string `json:"type"`
	Data struct {
		ID      string `json:"id"`
		Subject string `json:"subject"`
	} `json:"data"`
}

// hook receives a webhook. It answers 2xx only when what follows from the news is done; else the service sends it again.
func (s *Shop) hook(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		http.Error(w, "unreadable", http.StatusBadRequest)
		return
	}
	if err := webhook.Verify(s.opt.Secret, r.Header, body, s.opt.Clock(), 0); err != nil {
		s.calls.add(templates.DevHook{At: s.opt.Clock(), Type: refusal(err)}) // what a stranger sent is not kept
		http.Error(w, "signature", http.StatusUnauthorized)
		return
	}
	var e event
	if err := json.Unmarshal(body, &e); err != nil {
		http.Error(w, "unreadable", http.StatusBadRequest)
		return
	}
	s.calls.add(templates.DevHook{
		At: s.opt.Clock(), Type: e.Type, ID: r.Header.Get(webhook.HeaderID), Verified: true, Body: string(body),
	})
	if a, ok := s.accounts.find(e.Data.Subject); ok {
		if err := s.settle(r.Context(), a); err != nil {
			s.opt.Log.WarnContext(r.Context(), "a webhook is not worked", "type", e.Type, "error", err)
			http.Error(w, "later", http.StatusServiceUnavailable)
			return
		}
	}
	w.WriteHeader(http.StatusNoContent)
}

func refusal(err error) string {
	for reason, word := range map[error]string{
		webhook.ErrHeaders: "refused: headers are missing", webhook.ErrTimestamp: "refused: too old or too new",
		webhook.ErrSecret: "refused: no secret is set",
	} {
		if errors.Is(err, reason) {
			return word
		}
	}
	return "refused: another signature"
}

// keptCalls is how many calls are shown.
const keptCalls = 50

// calls remembers the webhooks that came, for the page that shows them.
type calls struct {
	mu   sync.Mutex
	kept []templates.DevHook
}

func (c *calls) add(h templates.DevHook) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.kept = append(c.kept, h); len(c.kept) > keptCalls {
		c.kept = slices.Delete(c.kept, 0, 1)
	}
}

// Calls returns the webhooks that came, the newest first.
func (s *Shop) Calls() []templates.DevHook {
	s.calls.mu.Lock()
	defer s.calls.mu.Unlock()
	out := slices.Clone(s.calls.kept)
	slices.Reverse(out)
	return out
}
