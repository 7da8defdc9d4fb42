package redisstore

import "github.com/bohoja/bohoja/consent"

// Space keeps live data and test data apart: other key names, and a clock that may be moved in the test space alone.
type Space string

// The spaces.
const (
	Live Space = "live"
	Test Space = "test"
)

// prefix begins every key of the space. The scripts tell the spaces apart by it (lib.lua).
func (s Space) prefix() string {
	if s == Test {
		return "bt:"
	}
	return "b:"
}

// tag is what all keys of an app have in common, so that a cluster keeps them in one slot. It is made here and nowhere else.
func tag(app string) string { return "{" + app + "}" }

// names gives the keys of one app of one space.
type names struct{ base string }

func (s Space) names(app string) names { return names{s.prefix() + tag(app) + ":"} }

// Keys of an app. Each line: Redis type, what it holds; lifetime; who removes it.
func (n names) in(s consent.Status) string { return n.base + "in:" + string(s) } // zset id → ms: deadline while pending, else when it was entered; until the record is forgotten; the steps
func (n names) timers() string             { return n.base + "timers" }          // zset "step:id" → ms when it is due (lapse overdue fade forget enact); until then; that step
func (n names) asking() string             { return n.base + "asking" }          // hash subject → id of its pending request; while pending; the step that ends it
func (n names) subjects() string           { return n.base + "subjects" }        // zset, lexical: "subject:id"; as long as the record; forget
func (n names) guardians() string          { return n.base + "guardians" }       // zset, lexical: 16 bytes of digest and id; LookUpsKept after the end, with a consent as long as its evidence; fade or forget
func (n names) codes() string              { return n.base + "codes" }           // hash digest of a short code → "id gen guardian", without the id's prefix; as guardians
func (n names) pauses() string             { return n.base + "pauses" }          // zset digest of subject and guardian → ms until which they may not ask; until then; signup
func (n names) quiet() string              { return n.base + "quiet" }           // zset digest of an address → ms until which it gets no letters; until then; signup
func (n names) flags() string              { return n.base + "flags" }           // hash digest of an identity → flag (flag.go); to its end; lift, unflag, for a guardian's address the step that ends its last request
func (n names) added() string              { return n.base + "added" }           // stream of 8 bytes for each identity that was flagged (marketing gate); consent.AddedKept; every step that adds one
func (n names) ages() string               { return n.base + "ages" }            // zset id of a consent → number of the month in which its child's age is looked at; while it is in force; the step that ends it
func (n names) outdated() string           { return n.base + "outdated" }        // string, version of the terms of whose coming all consents were told; for ever; SetOutdated
func (n names) runs() string               { return n.base + "runs" }            // zset id of a run of a list → ms when it began; consent.RunKept; SaveRun
func (n names) lifted() string             { return n.base + "lifted" }          // string, the month up to which ended flags were removed; for ever; SetLifted
func (n names) audit() string              { return n.base + "audit" }           // stream, ids "<sequence>-0" without gaps; 30 days here; the audit role
func (n names) events() string             { return n.base + "events" }          // stream; consent.EventsKept; every step that adds one
func (n names) tries() string              { return n.base + "tries" }           // stream, the delivery log of webhooks; consent.EventsKept; NoteAttempt
func (n names) off() string                { return n.base + "off" }             // hash digest of a webhook's URL → ms when it answered 410; until a test reaches it; NoteAttempt
func (n names) due() string                { return n.base + "due" }             // zset of the outbox; until done; consent/outbox
func (n names) jobs() string               { return n.base + "jobs" }            // hash of the outbox; until done; consent/outbox
func (n names) wishes() string             { return n.base + "wishes" }          // zset, lexical: "rr_… cr_…", all rights requests; as the record; fade or forget
func (n names) owing() string              { return n.base + "owing" }           // zset id of an open rights request → ms when it is due; until answered; answer
func (n names) dead() string               { return n.base + "dead" }            // zset of the outbox; 30 days; consent/outbox
func (n names) work() string               { return n.base + "work" }            // zset "letter id" → lane and ms when it came onto that work list (board.go); until it leaves the list; fold
func (n names) board() string              { return n.base + "board" }           // hash "seq" → last entry folded, "2026-11-24:asked", "2026-11-24:gate:hand" … → count; consent.FunnelDays; fold, AddBlocked
func (n names) terms(version string) string {
	return n.base + "terms:" + version // string, the text of this version of the terms; for ever: what was agreed stays readable; nobody
}

// Keys of a record, by id.
func (n names) record(id string) string    { return n.base + "r:" + id } // hash of short fields (fields.go); consent.RecordKept after the end; forget. Of a flag set by hand: f, its digests; until then; unflag, lift
func (n names) people(id string) string    { return n.base + "p:" + id } // string, sealed; until the end, with a consent as long as its evidence; the ending step, fade or forget
func (n names) data(id string) string      { return n.base + "d:" + id } // string, sealed; until acknowledged, lapsed or ended; those steps
func (n names) evidence(id string) string  { return n.base + "e:" + id } // string, sealed; EVIDENCE__KEEP after the end; fade or forget
func (n names) disclosed(id string) string { return n.base + "x:" + id } // hash id of a disclosure → sealed; as evidence; fade or forget
func (n names) rights(id string) string    { return n.base + "q:" + id } // hash of its rights requests (right.go); as evidence; fade or forget

// desk is a hash of what staff enter about a record, sealed: d a consent on paper that waits for its second person, f its scan; until the end or the grant, the scan of a grant as evidence; a a correction of a guardian after the grant, until it takes effect or ends; the ending step, fade or forget
func (n names) desk(id string) string { return n.base + "c:" + id }

// filtered is a string, JSON of what became of a list that went through the gate; consent.RunKept; Redis' own expiry.
func (n names) filtered(id string) string { return n.base + "run:" + id }

// idempotency is a string "id, 16 bytes of body digest, ms of its end"; consent.IdempotencyKept; Redis' own expiry.
func (n names) idempotency(key consent.Digest) string { return n.base + "i:" + string(key[:]) }

// Keys of a space.
func (s Space) schema() string              { return s.prefix() + "schema" }              // string, number of the form of the records; for ever; Settle
func (s Space) clock() string               { return s.prefix() + "clock" }               // string, ms by which the test space is ahead; for ever; Advance
func (s Space) apps() string                { return s.prefix() + "apps" }                // set of the ids of all apps that were ever declared; for ever; Prime
func (s Space) revoked() string             { return s.prefix() + "revoked" }             // set of digests of revoked API keys; for ever; Revoke
func (s Space) claim(name string) string    { return s.prefix() + "claim:" + name }       // string, fingerprint of a key file (Claim); for ever; nobody
func (s Space) folder() string              { return s.prefix() + "folder" }              // string "identity place seen_ms place seen_ms" of the folder of hours' keys in use (Occupy); for ever; Occupy
func (s Space) day(d consent.Digest) string { return s.prefix() + "day:" + string(d[:]) } // zset letter → ms when it was counted; a day; Redis' own expiry

func (s Space) visit(id string) string          { return s.prefix() + "my:" + id }              // hash g gen, a address, d draft (sealed), x ms of its end; consent.VisitKept; Redis' own expiry
func (s Space) guesses(d consent.Digest) string { return s.prefix() + "guess:" + string(d[:]) } // string "count ends_ms"; an hour; Redis' own expiry

// team begins what belongs to the staff. It lies in the slot of their own log, so that an act and its entry are one script; no app
// can have this id.
var team = tag(consent.StaffLedger) + ":"

// Keys of the staff of a space.
func (s Space) people() string        { return s.prefix() + team + "people" }  // hash id → "rev json" of a person; for ever: audit entries name them; nobody
func (s Space) peopleNames() string   { return s.prefix() + team + "names" }   // hash name → id; for ever; nobody
func (s Space) peopleSteps() string   { return s.prefix() + team + "steps" }   // hash id → last step of the second factor; for ever; enter
func (s Space) peopleChanges() string { return s.prefix() + team + "changes" } // stream; staff.ChangesKept; person
func (s Space) reviews() string       { return s.prefix() + team + "reviews" } // hash month → "ms by entries outcome ticket" (staff.Review); for ever: a line a month; nobody
func (s Space) session(key [32]byte) string {
	return s.prefix() + team + "s:" + string(key[:]) // string "person gen began seen"; staff.WholeFor; visit, End, Redis' own expiry
}
func (s Space) seats(id string) string {
	return s.prefix() + team + "seats:" + id // hash session → "began_ms device" of a person's sessions; staff.WholeFor after the last; enter, signout, Redis' own expiry
}
func (s Space) tries(d consent.Digest) string { return s.prefix() + team + "tries:" + string(d[:]) } // string "count ends"; its window; Redis' own expiry

// step lists the keys of a step in the order that lib.lua expects. All steps get the same.
func (n names) step(id string) []string {
	keys := make([]string, 0, 31)
	for _, s := range consent.Statuses {
		keys = append(keys, n.in(s))
	}
	return append(keys,
		n.timers(), n.asking(), n.subjects(), n.guardians(), n.codes(), n.pauses(), n.quiet(), n.flags(),
		n.audit(), n.events(), n.due(), n.jobs(),
		n.record(id), n.people(id), n.data(id), n.evidence(id), n.disclosed(id),
		n.rights(id), n.wishes(), n.owing(), n.added(), n.ages(), n.desk(id))
}

// OutboxKeys are the keys of an app's outbox, for consent/outbox.
func (s Space) OutboxKeys(app string) (due, jobs, dead string) {
	n := s.names(app)
	return n.due(), n.jobs(), n.dead()
}

// AuditKey is the app's audit stream, for the role that moves it to files. The last entry must stay: the next number
// follows from it.
func (s Space) AuditKey(app string) string { return s.names(app).audit() }
