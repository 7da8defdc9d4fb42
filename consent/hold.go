package consent

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
)

// holdTries is how often a step begins anew when hold or data changed between its reading and its script.
const holdTries = 4

// openHold prepares what a correction does to a consent in force: the data is neither used nor handed over until it is
// answered. Data that is still held here is sealed anew under the hour of now, so that it does not die before the answer
// just because it was collected late. nil when nothing is in force, or a hold is open already.
func (s *Service) openHold(ctx context.Context, app *App, rec Record) (*Hold, []Job, error) {
	if rec.Status != Granted || rec.Hold {
		return nil, nil, nil
	}
	h, err := s.rehold(ctx, rec, nil, true)
	if err != nil {
		return nil, nil, err
	}
	return h, s.tellHold(app, rec, h, EventHeld), nil
}

// endHold prepares what the answer to a correction does: corrected items replace those held here, and the last open
// correction's answer ends the hold, again under the hour of now.
func (s *Service) endHold(ctx context.Context, app *App, rec Record, r Right, corrected map[string]json.RawMessage) (*Hold, bool, []Job, error) {
	ends := r.Held && rec.Holds <= 1
	if !ends && len(corrected) == 0 {
		return nil, false, nil, nil
	}
	h, err := s.rehold(ctx, rec, corrected, ends)
	if err != nil || !ends {
		return h, false, nil, err
	}
	return h, true, s.tellHold(app, rec, h, EventUnheld), nil
}

// tellHold adds the event to the hold and returns its deliveries.
func (s *Service) tellHold(app *App, rec Record, h *Hold, event EventType) []Job {
	m := s.mutation(app, rec, Actor{}, event)
	h.Event = m.Event
	return m.Jobs
}

// rehold seals held data for its next revision: under the hour of now with a window of its own, or else under the hour and
// for the time that it has. Data whose key is gone stays as it is.
func (s *Service) rehold(ctx context.Context, rec Record, corrected map[string]json.RawMessage, anew bool) (*Hold, error) {
	h := &Hold{DataRev: rec.DataRev}
	if rec.Status != Granted || rec.Custody == Destroyed || len(rec.Data) == 0 {
		return h, nil
	}
	data, err := s.openData(rec)
	if errors.Is(err, ErrUnreadable) {
		return h, nil
	}
	if err != nil {
		return nil, err
	}
	maps.Copy(data, corrected)
	plain, err := json.Marshal(data)
	if err != nil {
		return nil, err
	}
	at, _ := s.Vault.KeyOf(rec.Data)
	if anew {
		at, h.Window = s.Clock(), s.Settings.Window
	}
	h.Data, err = s.Vault.Seal(ctx, ClassRelease, at, label(rec, FieldData, rec.DataRev+1), plain)
	if err != nil {
		return h, ignore(err, ErrUnreadable)
	}
	_, h.Dies = s.Vault.KeyOf(h.Data)
	return h, nil
}

// untilStill repeats a step that reads, prepares and writes, while something else changed between the two.
func untilStill[T any](step func() (T, error)) (T, error) {
	for range holdTries - 1 {
		if out, err := step(); !errors.Is(err, ErrStale) {
			return out, err
		}
	}
	return step()
}
