package consent

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// Disclosure is a hand-over of data by the app to a third party. The guardian may see all of them (KR-14).
type Disclosure struct {
	Recipient string    `json:"recipient"`
	Items     []string  `json:"items"`
	Why       string    `json:"why"`
	At        time.Time `json:"at"`
}

// maxText bounds a text that an app gives, in runes.
const maxText = 200

// Disclose notes a disclosure and returns its id.
//
// Errors: ErrNotFound, ErrNotGranted, ErrEnded, KindInvalid.
func (s *Service) Disclose(ctx context.Context, app *App, by Actor, id string, d Disclosure) (string, error) {
	if err := s.checkDisclosure(app, d); err != nil {
		return "", err
	}
	rec, err := s.Find(ctx, app, id)
	if err != nil {
		return "", err
	}
	plain, err := json.Marshal(d)
	if err != nil {
		return "", err
	}
	did := NewID(PrefixDisclosure, s.Clock())
	sealed, err := s.Vault.Seal(ctx, ClassEvidence, s.Clock(), Label{App: rec.App, ID: rec.ID, Field: did}, plain)
	if err != nil {
		return "", err
	}
	m := s.mutation(app, rec, by, "")
	m.Note = did
	return did, s.Store.Disclose(ctx, m, did, sealed)
}

func (s *Service) checkDisclosure(app *App, d Disclosure) error {
	var f faults
	for _, t := range []struct{ pointer, text string }{{"/recipient", d.Recipient}, {"/why", d.Why}} {
		switch {
		case strings.TrimSpace(t.text) == "":
			f.add(t.pointer, "required", "a text that the guardian will read")
		case utf8.RuneCountInString(t.text) > maxText:
			f.add(t.pointer, "too_long", "at most 200 characters")
		case hasResidentNumber(t.text):
			f.add(t.pointer, "resident_number", "this looks like a resident registration number, which may not be processed")
		}
		checkShown(&f, t.pointer, t.text)
	}
	declared := itemsOf(app.Purposes)
	if len(d.Items) == 0 {
		f.add("/items", "required", "what was disclosed")
	}
	for i, item := range d.Items {
		if !slices.Contains(declared, item) {
			f.add("/items/"+itoa(i), "undeclared_item", "no purpose of this app names this item")
		}
	}
	if d.At.IsZero() || d.At.After(s.Clock().Add(time.Minute)) {
		f.add("/at", "invalid", "a time that has passed")
	}
	return f.err()
}
