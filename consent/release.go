package consent

import (
	"context"
	"encoding/json"
	"slices"
)

// Handover is what an app gets: only items that a granted purpose names.
type Handover struct {
	Record Record
	Data   map[string]json.RawMessage
}

// grantedData opens the data of a record and keeps only the items that these purposes name. It returns the plaintext to
// be sealed anew; what is left out is never written again.
func (s *Service) grantedData(app *App, rec Record, purposes []string) ([]byte, error) {
	data, err := s.openData(rec)
	if err != nil {
		return nil, err
	}
	return json.Marshal(keepItems(data, itemsOf(app.Chosen(purposes))))
}

func (s *Service) openData(rec Record) (map[string]json.RawMessage, error) {
	plain, err := s.Vault.Open(label(rec, FieldData, rec.DataRev), rec.Data)
	if err != nil {
		return nil, err
	}
	var data map[string]json.RawMessage
	return data, json.Unmarshal(plain, &data)
}

func keepItems(data map[string]json.RawMessage, items []string) map[string]json.RawMessage {
	kept := map[string]json.RawMessage{}
	for name, value := range data {
		if slices.Contains(items, name) {
			kept[name] = value
		}
	}
	return kept
}

// Release hands the granted data over, as often as asked until it is acknowledged.
//
// Errors: ErrNotFound, ErrNotGranted, ErrOnHold, ErrDestroyed, ErrUnavailable, ErrOutcomeUnknown.
func (s *Service) Release(ctx context.Context, app *App, by Actor, id string) (Handover, error) {
	rec, err := s.Find(ctx, app, id)
	if err != nil {
		return Handover{}, err
	}
	switch s.asOfNow(rec).Status { // said here, so that the event below never tells of a state that was read too early
	case Pending:
		return Handover{}, ErrNotGranted
	case Expired:
		return Handover{}, ErrDestroyed
	}
	after := rec
	after.Custody = Released
	rec, err = s.Store.Release(ctx, s.mutation(app, after, by, EventReleased))
	if err != nil {
		return Handover{}, err
	}
	data, err := s.openData(rec)
	if err != nil {
		return Handover{}, ignoreAs(err, ErrDestroyed, ErrUnreadable) // its key is gone: destroyed all the same
	}
	return Handover{rec, keepItems(data, itemsOf(app.Chosen(rec.Granted)))}, nil
}

// Acknowledge destroys the held copy: the app has the data now. Again: the same answer.
//
// Errors: ErrNotFound, ErrNotGranted, ErrNotReleased, ErrDestroyed.
func (s *Service) Acknowledge(ctx context.Context, app *App, by Actor, id string) (Record, error) {
	rec, err := s.Find(ctx, app, id)
	if err != nil {
		return rec, err
	}
	after := rec
	after.Custody = Destroyed
	return s.Store.Acknowledge(ctx, s.mutation(app, after, by, EventDestroyed))
}

// Find reads a request of this app. Another app's id reads as ErrNotFound, as an unknown one does.
func (s *Service) Find(ctx context.Context, app *App, id string) (Record, error) {
	if !IsID(PrefixRequest, id) {
		return Record{}, ErrNotFound
	}
	return s.Store.Get(ctx, app.ID, id)
}
