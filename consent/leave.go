package consent

import (
	"encoding/json"
	"time"
)

// mutation begins a change of rec: who acts, and the event that its webhooks hear of. The event tells the state that the
// change leads to, so pass rec as it will be.
func (s *Service) mutation(app *App, rec Record, by Actor, event EventType) Mutation {
	m := Mutation{App: rec.App, ID: rec.ID, Subject: rec.Subject, Actor: by}
	if event == "" {
		return m
	}
	m.Event = &Event{ID: NewID(PrefixEvent, s.Clock()), Type: event, Data: EventData{
		ID: rec.ID, Subject: rec.Subject, Status: rec.Status, Custody: rec.Custody, Reason: rec.Reason, Purposes: rec.InForce(), Test: s.Settings.Test,
	}}
	if app != nil {
		m.Jobs = s.hooks(app, *m.Event, time.Time{})
	}
	return m
}

// letter is the job of a letter to one guardian of rec, due after a delay.
func (s *Service) letter(rec Record, kind LetterKind, guardian int, after time.Duration) Job {
	return s.letterJob(LetterJob{App: rec.App, Request: rec.ID, Letter: kind, Guardian: guardian, Gen: rec.Gen}, after)
}

func (s *Service) letterJob(l LetterJob, after time.Duration) Job {
	body, _ := json.Marshal(l) // the type holds strings, numbers and bytes only
	return Job{ID: NewID(PrefixJob, s.Clock()), Kind: JobLetter, After: after, Body: body}
}

// InForce lists the purposes that may be used: those granted, none before and after.
func (r Record) InForce() []string {
	if r.Status != Granted {
		return nil
	}
	return r.Granted
}
