package consent

import (
	"encoding/json"
	"time"
)

// EventType names an event. Values are part of the API.
type EventType string

// The events of consent requests.
const (
	EventPending      EventType = "consent.pending"
	EventInvited      EventType = "consent.invited"
	EventBounced      EventType = "consent.bounced"
	EventNameMismatch EventType = "consent.name_mismatch"
	EventGranted      EventType = "consent.granted"
	EventDeclined     EventType = "consent.declined"
	EventExpired      EventType = "consent.expired"
	EventCancelled    EventType = "consent.cancelled"
	EventConfirmed    EventType = "consent.confirmed"
	EventReleased     EventType = "consent.released"
	EventDestroyed    EventType = "consent.destroyed"
	EventWithdrawn    EventType = "consent.withdrawn"
	EventEraseOverdue EventType = "consent.erase_overdue"
	EventAgingOut     EventType = "consent.aging_out" // the child comes of age in thirty days
	EventAgedOut      EventType = "consent.aged_out"
	EventTermsChanged EventType = "consent.terms_changed"      // the consent stands for the terms to which it was given
	EventAmended      EventType = "consent.guardian_corrected" // a guardian's name or address was corrected after the grant
	EventHeld         EventType = "consent.held"               // a correction is open: do not use the data
	EventUnheld       EventType = "consent.unheld"             // it was answered
	EventAsked        EventType = "rights.requested"
	EventDueSoon      EventType = "rights.due_soon" // an open rights request is due in a few days
	EventAnswered     EventType = "rights.answered"
	EventLate         EventType = "rights.overdue"
	EventSuppressed   EventType = "suppression.added"   // by hand; that of a request is told by EventPending
	EventUnsuppressed EventType = "suppression.removed" // taken back, or ended with the month
	EventPing         EventType = "test.ping"
)

// Event tells an app that something happened: ids and states, never anything of a person.
type Event struct {
	ID   string // "evt_…"; it is the webhook-id of every delivery of this event
	Type EventType
	At   time.Time // set by the store
	Data EventData
}

// EventData is the state of the request as the event left it.
type EventData struct {
	ID       string     `json:"id,omitempty"` // this and the next three are there in every event but test.ping, which is about no request
	Subject  string     `json:"subject,omitempty"`
	Status   Status     `json:"status,omitempty"`
	Custody  Custody    `json:"custody,omitempty"`
	Reason   string     `json:"reason,omitempty"`
	Purposes []string   `json:"purposes"`
	Right    *RightData `json:"rights_request,omitempty"` // with the events of rights requests
	Test     bool       `json:"test,omitempty"`           // of the test space, whose events go to the same address, under Webhook.TestSecret where there is one
}

// RightData is the state of a rights request as its event left it.
type RightData struct {
	ID     string      `json:"id"`
	Kind   RightKind   `json:"kind"`
	Status RightStatus `json:"status"`
}

// MarshalJSON gives the body of a webhook and of GET /events: {type, timestamp, data}.
func (e Event) MarshalJSON() ([]byte, error) {
	if e.Data.Purposes == nil {
		e.Data.Purposes = []string{}
	}
	return json.Marshal(struct {
		ID        string    `json:"id"`
		Type      EventType `json:"type"`
		Timestamp time.Time `json:"timestamp"`
		Data      EventData `json:"data"`
	}{e.ID, e.Type, e.At.UTC(), e.Data})
}

// UnmarshalJSON reads what MarshalJSON wrote.
func (e *Event) UnmarshalJSON(b []byte) error {
	var j struct {
		ID        string    `json:"id"`
		Type      EventType `json:"type"`
		Timestamp time.Time `json:"timestamp"`
		Data      EventData `json:"data"`
	}
	if err := json.Unmarshal(b, &j); err != nil {
		return err
	}
	*e = Event{j.ID, j.Type, j.Timestamp, j.Data}
	return nil
}
