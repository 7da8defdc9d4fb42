package consent

import (
	"context"
	"time"
)

// Clock tells the time of a space: the host's own for live data, a movable one for tests.
type Clock func() time.Time

// Class is the kind of a sealing key: it decides how long what it seals can be read.
type Class byte

// The classes. Keys are kept outside the store; a value is as dead as its key.
const (
	ClassHour     Class = 'h' // of the UTC hour of creation; dies at the hour's end + the deadline (KR-12)
	ClassRelease  Class = 'r' // of the UTC hour of the decision; dies at the hour's end + the release window
	ClassEvidence Class = 'e' // lives for years; what it seals is deleted, not shredded
)

// Label is the associated data of a sealed value: a ciphertext that is moved elsewhere, or rolled back, does not open.
type Label struct {
	App   string
	ID    string
	Field string // FieldPeople …
	Rev   int
}

// Fields of a label.
const (
	FieldPeople   = "people"
	FieldData     = "data"
	FieldEvidence = "evidence"
	FieldForm     = "form"
	FieldClosing  = "closing"
	FieldEmbed    = "embed"
	FieldFiled    = "filed"
	FieldScan     = "scan"
	FieldAmend    = "amend"
)

// DigestKind keeps digests of different things apart.
type DigestKind string

// The kinds of digests.
const (
	DigestEmail       DigestKind = "email" // of a guardian, for look-up
	DigestPair        DigestKind = "pair"  // subject and guardian, for the pause after a refusal
	DigestCode        DigestKind = "code"  // the mailed short code
	DigestIdempotency DigestKind = "idempotency"
	DigestBody        DigestKind = "body"
	DigestFlagEmail   DigestKind = "flag-email" // of a child, for the marketing gate
	DigestFlagPhone   DigestKind = "flag-phone"
	DigestFlagSubject DigestKind = "flag-subject"
	DigestPairing     DigestKind = "pairing" // derives the pairing code
	DigestShort       DigestKind = "short"   // derives the mailed short code
	DigestReturn      DigestKind = "return"  // proves the token of a return path
	DigestKnock       DigestKind = "knock"   // of an address at the portal's door
)

// Digest is a keyed digest (PRF) of 16 bytes: equal texts give equal digests, and without the key it tells nothing.
type Digest [16]byte

// Vault seals and opens, and makes keyed digests. Keys live outside the store.
type Vault interface {
	// Seal seals plain under the key of class for the hour of at. It makes the key when it is the first of its hour.
	// Errors: ErrKeysDiffer, ErrUnavailable, ErrUnreadable (the key of an hour that is past is dead or lost).
	Seal(ctx context.Context, class Class, at time.Time, l Label, plain []byte) (Sealed, error)
	// Open opens what Seal sealed with the same label. Errors: ErrUnreadable when the key is dead or lost, or when the value
	// or its label is not what was sealed; ErrUnavailable when the key folder is out of reach, which is no loss.
	Open(l Label, s Sealed) ([]byte, error)
	// KeyOf tells under which hour s is sealed (UTC start of the hour) and when that key dies. Zero times for evidence.
	KeyOf(s Sealed) (hour, dies time.Time)
	// Digest is the digest under the newest key, for writing; of kinds that codes are derived from or that are compared, not
	// looked up (pairing, short, idempotency, body, return), it is under the oldest, so that a rotation changes none of them.
	Digest(kind DigestKind, text string) Digest
	// Digests are those under every living key, the newest first, for look-ups.
	Digests(kind DigestKind, text string) []Digest
	// ShortKey is the key of Short for a kind: with it a holder of an offline filter can test whom it names.
	ShortKey(kind DigestKind) [16]byte
	// ExportKeys are the keys of the digests of a kind of identity that is flagged (FlagKinds), of every living key, the newest
	// first: Digest of such a kind is HMAC-SHA256 of the text alone under one of them, cut. They open digests of no other kind.
	ExportKeys(kind DigestKind) [][32]byte
	// Short is the keyed SipHash-2-4 of 8 bytes from which offline filters are built (marketing gate).
	Short(kind DigestKind, text string) [8]byte
}

// KeyFolder is a folder of hours' keys as a process sees it, for the store to remember which one is in use. Its texts hold no space.
type KeyFolder struct {
	Is     string // its identity
	Was    string // the one that it had at this process' last look; "" at the first
	Place  string // host and path
	Begins bool   // the process begins, and so lost nothing of what it may miss
}

// Audience is what a link is for.
type Audience string

// The audiences.
const (
	LinkDecide   Audience = "decide"   // /c/
	LinkWithdraw Audience = "withdraw" // /w/
	LinkChild    Audience = "child"    // /k/
	LinkPortal   Audience = "portal"   // /my/, as it is mailed: its ID is a visit's
	LinkInside   Audience = "inside"   // /my/, once the name was given; never mailed
	LinkReceipt  Audience = "receipt"  // /r/
	LinkObject   Audience = "object"   // /a/: its Gen is the number of an amendment
)

// Claims are what a link says: no personal data.
type Claims struct {
	Audience Audience
	App      string
	ID       string
	Gen      int
	Guardian int // index into People.Guardians
	Expires  time.Time
}

// Links mints and redeems the mailed links.
type Links interface {
	// Mint signs the claims. The same claims give the same token.
	Mint(c Claims) (string, error)
	// Redeem checks signature, algorithm, key id, issuer, audience and expiry at now.
	// Errors: ErrNotFound for a token that this service did not make for this audience, ErrLinkExpired for one past its time.
	Redeem(aud Audience, token string, now time.Time) (Claims, error)
}

// ErrLinkExpired is a genuine link past its time.
var ErrLinkExpired = &Error{Kind: KindGone, Code: "link_expired", Detail: "the link has expired"}

// Courier delivers one letter, or says in a *DeliveryError why not.
type Courier interface {
	Deliver(ctx context.Context, l Letter) error
}

// Domains tells whether mail can be sent to a domain.
type Domains interface {
	// Deliverable is false only when the domain surely takes no mail: neither MX nor address. A time-out counts as true.
	Deliverable(ctx context.Context, domain string) bool
}

// Filters makes offline filters.
type Filters interface {
	// Build makes a filter of keys, which it may sort and change: it contains each of them, and few others.
	Build(keys []uint64) ([]byte, error)
	// Sieve makes one for this process alone. short are the keys of Vault.Short; region is where telephone numbers without a country
	// code are read. It may sort and change keys.
	Sieve(keys []uint64, short map[DigestKind][16]byte, region string) (Sieve, error)
}

// Sieve knows who is surely not known to the gate. It is safe for concurrent use, save Add.
type Sieve interface {
	// Perhaps reports whether the gate may know one of the identity's members; a subject is the app's. readable is false when one of
	// them cannot be read.
	Perhaps(app string, one Identity) (perhaps, readable bool)
	// Add puts in what came since. Nobody may ask meanwhile.
	Add(short [][8]byte)
	// Size is how many were put in since it was made.
	Size() int
}

// Phones brings telephone numbers into E.164.
type Phones interface {
	Canonical(raw, region string) (string, error)
}
