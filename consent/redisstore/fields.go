package redisstore

import (
	"strconv"

	"github.com/bohoja/bohoja/consent"
)

// field is what one name in a record's hash stands for.
type field struct {
	meaning string
	writers string // scripts that set or remove it, in alphabetical order; lib's close, finish, move, claim_erasure and audit are lib
}

// recordFields is the one place where the fields of a record's hash get their names: a name has one meaning, and a script that
// is not among its writers may not touch it (fields_test.go reads the scripts). Two steps that take the same letter for two things
// are so found before they meet in one record.
//
// Names are one letter and values are short, so that Redis keeps the hash as one compact block: a value of more than 64 bytes would
// cost three times the memory. All letters are taken: what few records have is a word. Times are milliseconds, lists are separated by
// commas, and digests are 16 bytes each.
var recordFields = map[string]field{
	"s": {"subject", "signup"},
	"t": {"status", "lib signup"},
	"c": {"custody", "acknowledge lapse lib release restore signup withdraw"},
	"y": {"reason of the end", "lib restore"},
	"m": {"method", "grant signup"},
	"l": {"locale", "signup"},
	"T": {"version of the terms", "grant signup"},
	"N": {"version of the notice to the child", "signup"},
	"a": {"purposes asked for", "signup"},
	"G": {"purposes granted", "grant restore withdraw"},
	"F": {"purposes refused", "grant"},

	"C": {"created", "signup"},
	"X": {"deadline", "signup"},
	"D": {"decided", "decline grant"},
	"E": {"ended", "lib restore"},
	"R": {"release by", "grant rights"},
	"B": {"erase by", "lib restore"},
	"A": {"erased", "erase lib restore"},
	"K": {"confirming letter", "confirm"},
	"Q": {"acknowledged", "acknowledge"},
	"U": {"refusal undone", "undo"},
	"Z": {"announced that the child comes of age", "aging"},
	"Y": {"version of the terms of whose coming the app was told", "outdate"},
	"j": {`"1": overdue noted`, "lib overdue"},
	"e": {"number of its last audit entry", "lib"},

	"g": {"generation of links and codes", "correct signup"},
	"v": {"revision of people", "correct enact grant join signup"},
	"d": {"revision of data", "grant rights signup withdraw"},
	"h": {"corrections that hold it; absent: none", "answer ask restore"},
	"q": {"number of guardians; absent: 1", "correct join signup"},
	"f": {"which guardian refused; absent: 0", "decline"},
	"O": {`"1": asked for no more letters`, "decline"},

	"M": {"state of the letter", "correct invite remind resend signup"},
	"H": {"hint to the letter's state", "correct invite remind resend signup"},
	"W": {"since when the letter is in that state; absent: created", "correct invite remind resend"},
	"J": {"last resend's job", "resend"},
	"z": {`resends "day count"`, "resend"},
	"I": {`resends by staff "day count"`, "resend"},
	"r": {`addresses by the app "day count"`, "correct"},
	"x": {"addresses by the child", "correct"},
	"k": {"names set anew", "correct"},
	"n": {`"1": guardian and child contradict each other about the name`, "correct misname"},

	"u": {"tries by name", "grant refund reopen try"},
	"w": {"tries by code", "grant prove refund reopen try"},
	"L": {"locked until", "grant refund reopen try"},
	"S": {"field by whose tries it is locked", "grant refund reopen try"},

	"b": {"digests of guardians", "correct enact fade join signup"},
	"o": {"digests of codes", "correct enact fade join signup"},
	"P": {"digest of the pair of guardian and subject", "correct decline enact fade signup"},

	"amends":  {"number of the last correction of a guardian that was entered after the grant", "amend"},
	"amend":   {`one that waits "guardian what who ms revision_of_people proof reference", once confirmed " who", once told " due_ms"`, "amend endorse lib told"},
	"amended": {`those that took effect, by commas "number guardian what ms proof who confirmed_by reference"`, "enact"},

	"filed": {`consent on paper that waits for its second person "number who ms method revision of people"`, "file grant lib"},
}

// guardianFields are those of each guardian, with the guardian's index behind the letter.
var guardianFields = map[string]field{
	"i": {`last letter that asks "ms job arrived"`, "invite remind"},
	"p": {"paused until", "pause"},
	"V": {`mailed code "ms day count"`, "prove"},
}

// flagFields are those of a flag that was set by hand: a hash of its own under the same kind of key.
var flagFields = map[string]field{
	"f": {"digests of its identities, 14 bytes each", "flag"},
	"e": {"number of its last audit entry", "lib"},
}

// knownField says whether a record may have a field of this name.
func knownField(name string) bool {
	if _, ok := recordFields[name]; ok {
		return true
	}
	letter, guardian := name[:min(1, len(name))], name[min(1, len(name)):]
	_, ok := guardianFields[letter]
	n, err := strconv.Atoi(guardian)
	return ok && err == nil && n >= 0 && n < consent.MaxGuardians
}
