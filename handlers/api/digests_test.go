package api_test

import (
	"bytes"
	"crypto/hmac"
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/dchest/siphash"
	"github.com/redis/go-redis/v9"

	"github.com/bohoja/bohoja/consent"
	"github.com/bohoja/bohoja/consent/consenttest"
)

// named is an identity that is flagged, in the ways in which it is written.
type named struct {
	kind      consent.DigestKind
	app       string
	spellings []string // the first in its one form
}

// text is what is digested.
func (n named) text() string {
	if n.kind == consent.DigestFlagSubject {
		return n.app + "\x00" + n.spellings[0]
	}
	return n.spellings[0]
}

var (
	byMail     = named{kind: consent.DigestFlagEmail, spellings: []string{"kiddigest@gmail.com", "kid.digest@gmail.com", "Kid.Digest+games@GoogleMail.com", "KID.DIGEST@gmail.com"}}
	byPhone    = named{kind: consent.DigestFlagPhone, spellings: []string{"+821077712345", "010-7771-2345", "01077712345", "+82 (0)10-7771-2345", "０１０７７７１２３４５", "821077712345"}}
	bySubject  = named{kind: consent.DigestFlagSubject, app: "shop", spellings: []string{"child-by-hand-0077"}}
	inGame     = named{kind: consent.DigestFlagSubject, app: "game", spellings: bySubject.spellings}
	takenBack  = named{kind: consent.DigestFlagEmail, spellings: []string{"taken.back@example.com", "Taken.Back@example.com"}}
	signedMail = named{kind: consent.DigestFlagEmail, spellings: []string{"kid.signed@example.com", "Kid.Signed@Example.com"}}
	signedCall = named{kind: consent.DigestFlagPhone, spellings: []string{"+821077754321", "010-7775-4321"}}
	signedName = named{kind: consent.DigestFlagSubject, app: "shop", spellings: []string{"child-signed-up-0077"}}
	asGuardian = named{kind: consent.DigestEmail, spellings: []string{guardianEmail + "." + signedName.spellings[0] + "@example.com"}}
)

// searched is a house whose Redis is searched.
type searched struct {
	*house
	server *consenttest.RedisServer
	ends   map[string]string // of each source, as its answer told
}

// TestOnlyKeyedDigests: of whoever is flagged Redis and its files hold digests that nobody can make without the key, each with the
// end of a month and a reason; and the search that shows it finds whatever else is put there.
func TestOnlyKeyedDigests(t *testing.T) {
	server := consenttest.Redis(t, "rdbcompression", "no")
	s := &searched{house: openOn(t, consenttest.NewOn(t, server.URL(), t.TempDir())), server: server, ends: map[string]string{}}
	s.flagAll()
	s.stored()
	found, size := s.search(s.values(""))
	for _, one := range found {
		t.Error(one)
	}
	needles := len(needles())
	t.Logf("%d ways to write %d identities, none in %d B of keys, values and files", needles, len(everybody()), size)
	s.plant()
	planted := slices.Concat(slices.Collect(maps.Values(s.values("planted:")))...)
	if found, _ = s.search(map[string][]byte{"planted": planted}); len(found) != 3*needles { // there and in two files
		t.Errorf("%d of %d planted ones are found in Redis and in each of two files", len(found), needles)
	}
}

func everybody() []named {
	return []named{byMail, byPhone, bySubject, inGame, takenBack, signedMail, signedCall, signedName, asGuardian}
}

// flagAll flags by hand and by a request, in two apps, takes one back, and asks for all that is made of flags.
func (s *searched) flagAll() {
	game := []string{"Authorization", "Bearer " + gameKey}
	for i := range byPhone.spellings {
		who := object{"email": byMail.spellings[i%len(byMail.spellings)], "phone": byPhone.spellings[i], "birth_date": born()}
		s.hand(who)
	}
	s.hand(object{"subject": bySubject.spellings[0]})
	s.hand(object{"subject": inGame.spellings[0], "age": 9}, game...)
	s.hand(object{"email": byMail.spellings[1], "age": 3}, game...)
	id := s.hand(object{"email": takenBack.spellings[1]})
	s.call("DELETE", "/v1/minors/"+id, object{"reason": "a mistake"}).want(204, "")
	request := s.signup(signedName.spellings[0], "child.email", signedMail.spellings[1], "child.phone", signedCall.spellings[1])
	s.ends[request] = s.ends[s.hand(object{"phone": signedCall.spellings[0], "birth_date": born()})]
	s.Work()
	must(s.t, s.Service.Sift(s.t.Context()))
	for _, path := range []string{"/v1/marketing/snapshot", "/v1/marketing/export"} {
		s.call("GET", path, nil).want(200, "")
	}
	for _, n := range []named{byMail, byPhone, bySubject, signedMail, signedCall, signedName} {
		for _, spelling := range n.spellings {
			if got := s.call("POST", "/v1/marketing/check", object{n.member(): spelling, "kind": "ad_mail"}).want(200, "").json(); got["allowed"] != false {
				s.t.Errorf("%q: %v", spelling, got)
			}
		}
	}
}

// member is how the API calls the kind.
func (n named) member() string { return strings.TrimPrefix(string(n.kind), "flag-") }

// hand flags by POST /v1/minors. The day that it answers is the last of a month; by a day of birth, of that in which the child is 14.
func (s *searched) hand(who object, headers ...string) string {
	s.t.Helper()
	got := s.call("POST", "/v1/minors", who, headers...).want(201, "").json()
	id, text := got["id"].(string), got["ends"].(string)
	day, err := time.Parse(time.DateOnly, text)
	if err != nil || day.AddDate(0, 0, 1).Day() != 1 {
		s.t.Errorf("the end %q is not that of a month", text)
	}
	if birth, ok := who["birth_date"].(string); ok {
		if d, _ := time.Parse(time.DateOnly, birth); d.AddDate(14, 0, 0).Format("2006-01") != day.Format("2006-01") {
			s.t.Errorf("born on %s, blocked until %s", birth, text)
		}
	}
	s.ends[id] = text
	return id
}

// stored: the gate's hashes hold the keyed digests of who is flagged, and of nobody else; each report has the month of its end, a
// reason and its source. One name in two apps is two people.
func (s *searched) stored() {
	for app, all := range map[string][]named{
		"shop": {byMail, byPhone, bySubject, signedMail, signedCall, signedName, asGuardian}, "game": {inGame, byMail},
	} {
		want := map[string]named{}
		for _, n := range all {
			d := s.Vault.Digest(n.kind, n.text())
			want[string(d[:consent.ExportSize])] = n
		}
		marks, next, err := s.Store.Walk(s.t.Context(), app, 0)
		if err != nil || next != 0 || len(marks) != len(want) {
			s.t.Fatalf("%s: %d entries, want %d, %v", app, len(marks), len(want), err)
		}
		for _, m := range marks {
			n, ok := want[string(m.Look[:consent.ExportSize])]
			if !ok || m.Guardian() != (n.kind == consent.DigestEmail) {
				s.t.Fatalf("%s: an entry of nobody, or of another kind", app)
			}
			s.reports(n, m)
		}
	}
	for _, key := range []string{"bt:{shop}:flags", "bt:{game}:flags", "bt:{shop}:added", "bt:{game}:added"} {
		text := s.values(key)[key]
		for _, n := range everybody() {
			if bytes.Contains(text, []byte(n.spellings[0])) || len(text) <= len(key)+1 {
				s.t.Errorf("%s holds %s, or nothing", key, n.spellings[0])
			}
		}
	}
	if a, b := s.Vault.Digest(bySubject.kind, bySubject.text()), s.Vault.Digest(inGame.kind, inGame.text()); a == b {
		s.t.Error("one name in two apps has one digest")
	}
}

func (s *searched) reports(n named, m consent.Mark) {
	for _, r := range m.Reports {
		reason := consent.FlagPolicy
		if consent.IsID(consent.PrefixRequest, r.Source) {
			reason = consent.FlagPending
		}
		end, err := consent.ParseDate(s.ends[r.Source])
		if err != nil || r.Month != end.MonthNumber() || r.Reason != reason {
			s.t.Errorf("%s: month %d and %q by %s, which ends on %q", n.kind, r.Month, r.Reason, r.Source, s.ends[r.Source])
		}
	}
}

// needle is a way in which an identity must not lie in the store.
type needle struct {
	what, bytes string
}

// unkeyed are digests that everybody can make.
var unkeyed = map[string]func(string) []byte{
	"SHA-256":                func(s string) []byte { d := sha256.Sum256([]byte(s)); return d[:] },
	"SHA-1":                  func(s string) []byte { d := sha1.Sum([]byte(s)); return d[:] },
	"MD5":                    func(s string) []byte { d := md5.Sum([]byte(s)); return d[:] },
	"SHA-512":                func(s string) []byte { d := sha512.Sum512([]byte(s)); return d[:] },
	"HMAC-SHA256 of no key":  func(s string) []byte { m := hmac.New(sha256.New, nil); m.Write([]byte(s)); return m.Sum(nil) },
	"SipHash of a zero key":  func(s string) []byte { return binary.LittleEndian.AppendUint64(nil, siphash.Hash(0, 0, []byte(s))) },
	"SipHash, the other way": func(s string) []byte { return binary.BigEndian.AppendUint64(nil, siphash.Hash(0, 0, []byte(s))) },
}

// needles are all identities in clear, in base64, in hex, as a number, and under every digest without a key: raw, in hex and in base64. A
// digest is looked for by its first eight bytes, so that one that was cut is found.
func needles() (all []needle) {
	for _, n := range everybody() {
		for _, text := range slices.Concat(n.spellings, []string{n.text()}) {
			what := string(n.kind) + " " + strconv.Quote(text)
			if n.kind != consent.DigestFlagSubject || text != n.spellings[0] { // an app's own name for somebody, which events and requests tell
				all = append(all, needle{what + " in clear", text})
			}
			all = append(all, forms(what, []byte(text), len(text))...)
			if number, err := strconv.ParseInt(text, 10, 64); err == nil && text[0] != '0' {
				all = append(all, needle{what + " as a number", string(binary.LittleEndian.AppendUint64(nil, uint64(number)))})
			}
			for name, digest := range unkeyed {
				d := digest(text)
				all = append(append(all, needle{what + ", " + name + " raw", string(d[:8])}), forms(what+", "+name, d, 8)...)
			}
		}
	}
	slices.SortFunc(all, func(a, b needle) int { return strings.Compare(a.bytes, b.bytes) })
	return slices.CompactFunc(all, func(a, b needle) bool { return a.bytes == b.bytes })
}

// forms writes the first n bytes in letters, as far as they depend on nothing behind them.
func forms(what string, b []byte, n int) []needle {
	whole := n * 8 / 6
	return []needle{
		{what + " in hex", hex.EncodeToString(b[:n])}, {what + " in HEX", strings.ToUpper(hex.EncodeToString(b[:n]))},
		{what + " in base64", base64.StdEncoding.EncodeToString(b)[:whole]}, {what + " in base64 for URLs", base64.URLEncoding.EncodeToString(b)[:whole]},
	}
}

// search looks for all needles in keys and values, in the RDB file and in the append-only file; size is what it looked through.
func (s *searched) search(hay map[string][]byte) (found []string, size int) {
	if got := s.server.Command("SAVE"); got != "+OK" {
		s.t.Fatal(got)
	}
	hay["the RDB file"] = s.file("dump.rdb")
	hay["the append-only file"] = s.file("appendonlydir/*.aof")
	for where, text := range hay {
		size += len(text)
		for _, n := range needles() {
			if bytes.Contains(text, []byte(n.bytes)) {
				found = append(found, where+" holds "+n.what)
			}
		}
	}
	return found, size
}

func (s *searched) file(pattern string) (all []byte) {
	names, err := filepath.Glob(filepath.Join(s.server.Dir, pattern))
	if err != nil || len(names) == 0 {
		s.t.Fatalf("%s: %v, %v", pattern, names, err)
	}
	for _, name := range names {
		text, err := os.ReadFile(name)
		must(s.t, err)
		all = append(all, text...)
	}
	return all
}

// values are all keys of a beginning with what they hold, each with its name in front.
func (s *searched) values(prefix string) map[string][]byte {
	out, c, ctx := map[string][]byte{}, s.Clients.Read, s.t.Context()
	keys, err := c.Keys(ctx, prefix+"*").Result()
	if err != nil || len(keys) == 0 {
		s.t.Fatalf("%d keys, %v", len(keys), err)
	}
	for _, key := range keys {
		var v any
		var err error
		switch kind := c.Type(ctx, key).Val(); kind {
		case "string":
			v, err = c.Get(ctx, key).Result()
		case "hash":
			v, err = c.HGetAll(ctx, key).Result()
		case "list":
			v, err = c.LRange(ctx, key, 0, -1).Result()
		case "set":
			v, err = c.SMembers(ctx, key).Result()
		case "zset":
			v, err = c.ZRange(ctx, key, 0, -1).Result()
		case "stream":
			v, err = c.XRange(ctx, key, "-", "+").Result()
		default:
			s.t.Fatalf("%s is a %s, which nobody looks into", key, kind)
		}
		must(s.t, err)
		out[key] = fmt.Appendln([]byte(key), v)
	}
	return out
}

// plant puts every needle somewhere: as a name, a value, a field, a member, an entry.
func (s *searched) plant() {
	ctx := s.t.Context()
	_, err := s.Clients.Write.Pipelined(ctx, func(p redis.Pipeliner) error {
		for i, n := range needles() {
			key, text := fmt.Sprint("planted:", i), "<"+n.bytes+">"
			switch i % 8 {
			case 0:
				p.Set(ctx, key, text, 0)
			case 1:
				p.HSet(ctx, key, text, "")
			case 2:
				p.HSet(ctx, key, "f", text)
			case 3:
				p.RPush(ctx, key, text)
			case 4:
				p.SAdd(ctx, key, text)
			case 5:
				p.ZAdd(ctx, key, redis.Z{Member: text})
			case 6:
				p.XAdd(ctx, &redis.XAddArgs{Stream: key, Values: []string{"s", text}})
			default:
				p.Set(ctx, key+text, "", 0)
			}
		}
		return nil
	})
	must(s.t, err)
}
