package consent

import (
	"log/slog"
	"time"
)

// Service makes every step of one space. Fields are set once, before the first call; all but Log, Domains and Filters are required.
type Service struct {
	Store    Store
	Boards   Boards // for staff and the Folder alone; nil: neither is used
	Vault    Vault
	Links    Links
	Receipts Receipts
	Courier  Courier
	Herald   Herald
	Domains  Domains // nil: domains are not checked
	Phones   Phones
	Filters  Filters // nil: no offline filters are made
	Clock    Clock
	Book     func() *Book // the declarations in force; a reload changes what it returns
	Settings Settings
	Log      *slog.Logger

	filters filterCache
	sieves  sieves
	tally   tally
}

// Settings are the times and limits that the operator may set.
type Settings struct {
	PublicURL   string        // base of every link, without a trailing slash
	Pending     time.Duration // hard deadline of a request
	LinkTTL     time.Duration // life of a mailed link for deciding; never past the deadline; 0: the deadline
	MinPage     time.Duration // shortest time between a page and its decision
	Confirm     time.Duration // from the grant to the confirming letter
	Remind      []time.Duration
	MailFrom    int           // hour of the profile's zone from which reminders go out
	MailUntil   int           // hour before which they go out
	Window      time.Duration // how long granted data waits to be collected
	EraseDue    time.Duration // how long an app may take to confirm erasure
	Keep        time.Duration // evidence after the consent ended
	Reask       time.Duration // after a refusal, earliest new request for the same subject and guardian
	Amend       time.Duration // from the letter about a guardian's new name or address to its effect
	GuardianDay int           // letters that others can cause to one address a day
	ResendDay   int           // resends of one request a day, and new addresses that its app may set
	Accepting   bool          // false: new requests are refused as busy, decisions go on
	Test        bool          // the test space: letters and pages say so
}

// Limits of the second fact.
const (
	MaxTries = 5
	LockFor  = time.Hour
)
