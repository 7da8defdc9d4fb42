package consent

import (
	"context"
	"time"
)

// RightKind is what a guardian asks of the app (KR-14, KR-16). Values are part of the API.
type RightKind string

// The kinds.
const (
	RightAccess     RightKind = "access"
	RightCorrection RightKind = "correction" // holds the data until it is answered (policy 9-3-다)
	RightDeletion   RightKind = "deletion"
)

// RightKinds lists them in the order in which pages show them.
var RightKinds = []RightKind{RightAccess, RightCorrection, RightDeletion}

// RightStatus says where a rights request stands; its last two values are the outcomes. Values are part of the API.
type RightStatus string

// The statuses.
const (
	RightOpen    RightStatus = "open"
	RightDone    RightStatus = "done"
	RightRefused RightStatus = "refused"
)

// RightStatuses lists every status.
var RightStatuses = []RightStatus{RightOpen, RightDone, RightRefused}

// Channels by which a rights request comes. The portal's own come by ChannelPortal, and by no other way.
const (
	ChannelPortal = "portal"
	ChannelPhone  = "phone"
	ChannelLetter = "letter"
	ChannelFax    = "fax"
	ChannelEmail  = "email"
	ChannelProxy  = "proxy" // somebody whom the guardian empowered by the statutory form (Decree 45)
)

// EnteredChannels are those by which the app, or staff, enters a request that reached them.
var EnteredChannels = []string{ChannelPhone, ChannelLetter, ChannelFax, ChannelEmail, ChannelProxy}

// Times and limits of rights requests.
const (
	RightDue      = 10 * 24 * time.Hour // KR-14: access, correction and deletion are answered within ten days
	RightKept     = 7 * 24 * time.Hour  // the words of a request and the data of an answer are kept this long after it
	MaxOpenRights = 20                  // of one consent at once
	MaxRightText  = 1000                // runes of what a guardian writes
)

// rightNudges are the times after the request at which the app is reminded, three days and one before it is due.
var rightNudges = []time.Duration{7 * 24 * time.Hour, 9 * 24 * time.Hour}

// Right is a rights request as the store keeps it. Its words and its answer are sealed.
type Right struct {
	ID         string // "rr_…"
	App        string
	Request    string // the consent request that it is about
	Kind       RightKind
	Channel    string
	Guardian   int // index into People.Guardians, -1 when somebody else entered it
	Status     RightStatus
	CreatedAt  time.Time
	DueAt      time.Time
	AnsweredAt time.Time
	Late       bool // it was not answered in time, and the app was told so
	Held       bool // a correction that holds, or held, the data
	Told       bool // the recipients of disclosures were told of the correction
	Nudges     int  // reminders that the app got

	Identity Sealed // RightIdentity
	Text     Sealed // what was asked for, in words; gone RightKept after the answer
	Answer   Sealed // RightReply
	Data     Sealed // items of the answer; gone RightKept after it
}

// RightIdentity is the proof that the asker is who they say (KR-19).
type RightIdentity struct {
	How   string `json:"how"` // how it was checked
	Proxy *Proxy `json:"proxy,omitempty"`
}

// Proxy is one who asks for the guardian.
type Proxy struct {
	FormSeen bool   `json:"form_seen"` // the statutory form of Decree 45 was seen
	SeenBy   string `json:"seen_by"`   // by whom, in the app's own words or references
}

// RightReply is what an answer says beside its data.
type RightReply struct {
	Reason    string `json:"reason,omitempty"`    // of a refusal (KR-15)
	Objection string `json:"objection,omitempty"` // how to object to it
}

// RightStore is the part of the Store that keeps rights requests. Each method is idempotent, as all of the Store's are.
type RightStore interface {
	// Ask opens a rights request. A repeated key of idempotency gives that of the first call, with replayed true.
	// Errors: ErrNotGranted, ErrEnded, ErrStale (the hold or the data changed meanwhile), ErrMismatch, rights_limit.
	Ask(ctx context.Context, m Mutation, a Asking) (r Right, replayed bool, err error)
	// Answer closes one. The same outcome again changes nothing. Errors: ErrAnswered, ErrNotTold, ErrStale.
	Answer(ctx context.Context, m Mutation, a Answering) (Right, error)
	// Nudge notes the n-th reminder and plans the next one, unless next is 0. Errors: ErrNotDue.
	Nudge(ctx context.Context, m Mutation, right string, n int, next time.Duration) (Right, error)
	// Late notes once that it was not answered in time. Errors: ErrNotDue.
	Late(ctx context.Context, m Mutation, right string) (Right, error)
	// Clear removes the words and the data of an answered one, RightKept after the answer. Errors: ErrNotDue.
	Clear(ctx context.Context, m Mutation, right string) (Right, error)

	// Right reads one by its id. Errors: ErrNoRight.
	Right(ctx context.Context, app, right string) (Right, error)
	// Rights lists those of one consent request, the oldest first.
	Rights(ctx context.Context, app, id string) ([]Right, error)
	// ListRights pages through an app's: the open ones by when they are due, all by when they came. What is sealed is left out.
	ListRights(ctx context.Context, q RightQuery) (RightPage, error)
	// Disclosures lists what Disclose noted, the oldest first; nothing once the evidence is gone.
	Disclosures(ctx context.Context, app, id string) ([]Disclosed, error)
}

// Asking is a new rights request, sealed and ready.
type Asking struct {
	Right       Right // ID, Kind, Channel, Guardian, Identity and Text; the rest is the store's
	Idempotency *Idempotency
	Nudge       time.Duration // after which the app is reminded; 0: never
	Hold        *Hold         // nil unless this opens the hold
}

// Answering closes a rights request.
type Answering struct {
	Right   string
	Outcome RightStatus // RightDone or RightRefused
	Answer  Sealed
	Data    Sealed // items of the answer; empty for none
	Told    bool   // the recipients of disclosures were told
	Hold    *Hold  // what becomes of the held data: nil leaves it as it is
	Ends    bool   // this is the answer to the last open correction
}

// Hold is what opening or ending a hold does to data that is still held here, and the event that tells of it.
type Hold struct {
	Event   *Event // nil when only the data changes
	Data    Sealed // for DataRev + 1; empty when none is held, or its key is gone
	DataRev int    // revision that was read
	Dies    time.Time
	Window  time.Duration // 0: the data keeps its time
}

// RightQuery selects rights requests for a list.
type RightQuery struct {
	App   string
	Open  bool // only the open ones
	After string
	Limit int
}

// RightPage is one page of a list. Next is "" on the last.
type RightPage struct {
	Rights []Right
	Next   string
}

// Disclosed is one sealed disclosure.
type Disclosed struct {
	ID     string
	Sealed Sealed
}

// Errors of rights requests.
var (
	ErrNoRight  = &Error{Kind: KindNotFound, Code: "not_found", Detail: "there is no such rights request"}
	ErrAnswered = &Error{Kind: KindConflict, Code: "answered", Detail: "this rights request has another answer already"}
	ErrNotTold  = &Error{
		Kind: KindConflict, Code: "recipients_not_told",
		Detail: "this data was disclosed to others: tell them of the correction first, then say so with recipients_told",
	}
)
