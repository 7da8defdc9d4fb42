package redisstore

import (
	"strconv"
	"strings"
	"time"

	"github.com/bohoja/bohoja/consent"
)

// fields gives the names (recordFields) and values that signup.lua does not set itself; zero values are left out.
func fields(r consent.Record) []any {
	out := []any{"v", strconv.Itoa(r.Rev), "d", strconv.Itoa(r.DataRev)}
	add := func(name, value string) {
		if value != "" {
			out = append(out, name, value)
		}
	}
	add("m", string(r.Method))
	add("l", r.Locale)
	add("a", strings.Join(r.Asked, ","))
	add("T", r.Terms)
	add("N", r.Notice)
	if r.Guardians != 1 {
		add("q", strconv.Itoa(r.Guardians))
	}
	return out
}

// decode builds a record of its fields and sealed values.
func decode(app, id string, flat []any, sealed []any) consent.Record {
	f := hash(flat)
	r := consent.Record{
		App: app, ID: id, Subject: f["s"], Status: consent.Status(f["t"]), Custody: consent.Custody(f["c"]), Reason: f["y"],
		Method: consent.Method(f["m"]), Locale: f["l"],
		CreatedAt: f.time("C"), ExpiresAt: f.time("X"), DecidedAt: f.time("D"), EndedAt: f.time("E"),
		ReleaseBy: f.time("R"), EraseBy: f.time("B"), ErasedAt: f.time("A"), EraseLate: f["j"] == "1" && f["A"] == "",
		Gen: f.int("g"), Rev: f.int("v"), DataRev: f.int("d"), Hold: f.int("h") > 0, Holds: f.int("h"),
		Asked: f.list("a"), Granted: f.list("G"), Refused: f.list("F"), Terms: f["T"], Notice: f["N"],
		Mail: consent.MailState(f["M"]), MailHint: f["H"], MailAt: f.time("W"),
		NameMiss: f["n"] == "1", NamesSet: f.int("k"), AddressSet: f.int("x"), Tries: f.int("u") + f.int("w"), LockedUntil: f.time("L"), Guardians: f.int("q"),
		Look: consent.LookUps{Guardians: split(f["b"]), Codes: split(f["o"])},
		Mine: f.mine(), Filed: f.filed(), Amends: f.int("amends"), Amend: f.amending(), Amended: f.amended(), DecidedBy: f.int("f"), Blocked: f["O"] == "1", LiftedAt: f.time("U"),
		AgingAt: f.time("Z"), Outdated: f["Y"],
	}
	if r.MailAt.IsZero() {
		r.MailAt = r.CreatedAt
	}
	if _, ok := f["q"]; !ok {
		r.Guardians = 1
	}
	copy(r.Look.Pair[:], f["P"])
	if len(sealed) == 3 {
		r.People, r.Data, r.Evidence = blob(sealed[0]), blob(sealed[1]), blob(sealed[2])
	}
	return r
}

// values are a hash's fields by name.
type values map[string]string

// hash reads a flat reply of names and values.
func hash(flat []any) values {
	f := make(values, len(flat)/2)
	for i := 0; i+1 < len(flat); i += 2 {
		name, _ := flat[i].(string)
		value, _ := flat[i+1].(string)
		f[name] = value
	}
	return f
}

func (f values) int(name string) int {
	n, _ := strconv.Atoi(f[name]) // written by the scripts; absent means zero
	return n
}

func (f values) time(name string) time.Time {
	ms, _ := strconv.ParseInt(f[name], 10, 64)
	return at(ms)
}

func (f values) list(name string) []string {
	if f[name] == "" {
		return nil
	}
	return strings.Split(f[name], ",")
}

// mine reads what concerns each guardian alone; nil when there is nothing.
func (f values) mine() []consent.Mine {
	var all []consent.Mine
	for g := range consent.MaxGuardians {
		n := strconv.Itoa(g)
		one := consent.Mine{AskedAt: f.first("i" + n), PausedUntil: f.time("p" + n), CodeAt: f.first("V" + n)}
		if one != (consent.Mine{}) {
			all = append(all, make([]consent.Mine, g+1-len(all))...)
			all[g] = one
		}
	}
	return all
}

// filed reads what waits for a second person of staff.
func (f values) filed() (out consent.Filed) {
	if w := strings.Fields(f["filed"]); len(w) >= 4 {
		v := values{"n": w[0], "at": w[2], "rev": strings.Join(w[4:], " ")} // older ones have no revision
		out = consent.Filed{No: v.int("n"), By: w[1], At: v.time("at").UnixMilli(), Method: consent.Method(w[3]), Rev: v.int("rev")}
	}
	return out
}

// amending reads a correction of a guardian that waits.
func (f values) amending() (out consent.Amend) {
	w := strings.Fields(f["amend"])
	if len(w) < 7 {
		return out
	}
	v := values{"guardian": w[0], "at": w[3], "rev": w[4]}
	out = consent.Amend{
		No: f.int("amends"), Guardian: v.int("guardian"), What: consent.AmendWhat(w[1]), By: w[2], At: v.time("at"), Rev: v.int("rev"), Proof: w[5], Ref: w[6],
	}
	if len(w) > 7 {
		out.Endorser = w[7]
	}
	if len(w) > 8 {
		out.Due = values{"due": w[8]}.time("due")
	}
	return out
}

// amended reads those that took effect.
func (f values) amended() (out []consent.Amended) {
	for _, one := range f.list("amended") {
		if w := strings.Fields(one); len(w) == 8 {
			v := values{"no": w[0], "guardian": w[1], "at": w[3]}
			out = append(out, consent.Amended{
				No: v.int("no"), Guardian: v.int("guardian"), What: consent.AmendWhat(w[2]), At: v.time("at"), Proof: w[4], By: w[5], Endorser: w[6], Ref: w[7],
			})
		}
	}
	return out
}

// first reads the time with which a field of several words begins.
func (f values) first(name string) time.Time {
	word, _, _ := strings.Cut(f[name], " ")
	ms, _ := strconv.ParseInt(word, 10, 64) // absent means none
	return at(ms)
}

// at is the time of ms, the zero time for 0.
func at(ms int64) time.Time {
	if ms == 0 {
		return time.Time{}
	}
	return time.UnixMilli(ms).UTC()
}

// millis writes a time, "0" for the zero time.
func millis(t time.Time) string {
	if t.IsZero() {
		return "0"
	}
	return strconv.FormatInt(t.UnixMilli(), 10)
}

func blob(v any) consent.Sealed {
	s, ok := v.(string)
	if !ok || s == "" {
		return nil
	}
	return consent.Sealed(s)
}

const digestSize = len(consent.Digest{})

// joined writes digests one behind the other; split reads them.
func joined(all []consent.Digest) string {
	var b strings.Builder
	for _, d := range all {
		b.Write(d[:])
	}
	return b.String()
}

func split(s string) []consent.Digest {
	var out []consent.Digest
	for ; len(s) >= digestSize; s = s[digestSize:] {
		out = append(out, consent.Digest([]byte(s[:digestSize])))
	}
	return out
}
