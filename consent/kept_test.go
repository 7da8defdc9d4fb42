package consent_test

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/bohoja/bohoja/consent"
	"github.com/bohoja/bohoja/consent/consenttest"
)

// kept is one column of the table of what is kept (KR-12, KR-13, KR-14b): for each thing the class of the key under which it
// lies in the store, or none.
type kept struct {
	state    string
	come     func(t *testing.T, k *consenttest.Kit) string // brings a request there and returns its id
	data     consent.Class                                 // the child's data
	people   consent.Class                                 // names and addresses
	evidence consent.Class                                 // what was agreed, to which text, how, when
	closing  consent.Class                                 // the address for the closing letter of a refusal
	lookUp   time.Duration                                 // digests of guardian and link stay so long after the end; 0: as long as the record
}

const (
	none = consent.Class(0)
	hour = consent.ClassHour
	rel  = consent.ClassRelease
	evid = consent.ClassEvidence
)

// table is what the store may hold, state by state. The guardian's birth date has no row: it is compared and never kept
// (KR-02). The marketing flag and the audit entries are there in every column.
var table = []kept{
	{"pending", comePending, hour, hour, none, none, consent.LookUpsKept},
	{"granted", comeGranted, rel, evid, evid, none, 0},
	{"released", comeReleased, rel, evid, evid, none, 0},
	{"acknowledged", comeAcknowledged, none, evid, evid, none, 0},
	{"lapsed", comeLapsed, none, evid, evid, none, 0},
	{"partly withdrawn", comePartly, rel, evid, evid, none, 0},
	{"declined, the letter under way", comeDeclined, none, none, none, hour, consent.LookUpsKept},
	{"declined, the letter sent", comeClosed, none, none, none, none, consent.LookUpsKept},
	{"declined, the letter dead", comeClosedDead, none, none, none, none, consent.LookUpsKept},
	{"not mine", comeNotMine, none, none, none, none, consent.LookUpsKept},
	{"cancelled", comeCancelled, none, none, none, none, consent.LookUpsKept},
	{"expired", comeExpired, none, none, none, none, consent.LookUpsKept},
	{"withdrawn", comeWithdrawn, none, evid, evid, none, 0},
	{"filed on paper", comeFiled, hour, hour, none, none, consent.LookUpsKept},
	{"filed on paper, expired", comeFiledExpired, none, none, none, none, consent.LookUpsKept},
	{"granted on paper", comeGrantedOnPaper, rel, evid, evid, none, 0},
	{"a correction waits", comeAmending, rel, evid, evid, none, 0},
	{"a correction was stopped", comeRetracted, rel, evid, evid, none, 0},
	{"corrected, the letter under way", comeAmended, rel, evid, evid, hour, 0},
	{"corrected, the letter sent", comeAmendedTold, rel, evid, evid, none, 0},
	{"withdrawn while a correction waits", comeAmendingWithdrawn, none, evid, evid, none, 0},
}

// desk is what lies beside that: what staff entered of a consent on paper and its scan, or of a correction after the grant.
var desk = map[string]map[string]consent.Class{
	"filed on paper":   {consent.FieldFiled: hour, consent.FieldScan: hour},
	"granted on paper": {consent.FieldScan: evid},

	"a correction waits": {consent.FieldAmend: evid},
}

func comeFiled(t *testing.T, k *consenttest.Kit) string {
	id := comePending(t, k)
	k.App.Methods = append(k.App.Methods, consent.MethodPaper)
	file(t, k, id)
	return id
}

func comeFiledExpired(t *testing.T, k *consenttest.Kit) string {
	id := comeFiled(t, k)
	until(t, k, get(t, k, id).ExpiresAt, time.Millisecond)
	k.Sweep()
	return id
}

func comeGrantedOnPaper(t *testing.T, k *consenttest.Kit) string {
	id := comeFiled(t, k)
	if _, err := k.Service.GrantFiled(t.Context(), k.App, staffed("st_2"), id, 1); err != nil {
		t.Fatal(err)
	}
	return id
}

func comeAmending(t *testing.T, k *consenttest.Kit) string {
	return amending(t, k).ID
}

func comeRetracted(t *testing.T, k *consenttest.Kit) string {
	rec := amending(t, k)
	_, err := k.Service.Retract(t.Context(), k.App, staffed("st_1"), rec.ID, rec.Amend.No)
	fine(t, err)
	return rec.ID
}

func comeAmended(t *testing.T, k *consenttest.Kit) string {
	rec := amending(t, k)
	until(t, k, rec.Amend.Due, time.Millisecond)
	k.Sweep()
	return rec.ID
}

func comeAmendedTold(t *testing.T, k *consenttest.Kit) string {
	id := comeAmended(t, k)
	k.Work()
	return id
}

func comeAmendingWithdrawn(t *testing.T, k *consenttest.Kit) string {
	id := comeAmending(t, k)
	_, err := k.Service.Withdraw(t.Context(), k.App, guardian, id, nil)
	fine(t, err)
	return id
}

func comePending(t *testing.T, k *consenttest.Kit) string {
	rec, _ := start(t, k, "user-1")
	return rec.ID
}

func comeGranted(t *testing.T, k *consenttest.Kit) string {
	rec, _ := granted(t, k, "user-1", "delivery")
	k.Work()
	return rec.ID
}

func comeReleased(t *testing.T, k *consenttest.Kit) string {
	id := comeGranted(t, k)
	if _, err := k.Service.Release(t.Context(), k.App, app, id); err != nil {
		t.Fatal(err)
	}
	return id
}

func comeAcknowledged(t *testing.T, k *consenttest.Kit) string {
	id := comeReleased(t, k)
	if _, err := k.Service.Acknowledge(t.Context(), k.App, app, id); err != nil {
		t.Fatal(err)
	}
	return id
}

func comeLapsed(t *testing.T, k *consenttest.Kit) string {
	id := comeGranted(t, k)
	until(t, k, get(t, k, id).ReleaseBy, time.Millisecond)
	k.Sweep()
	return id
}

func comePartly(t *testing.T, k *consenttest.Kit) string {
	id := comeGranted(t, k)
	if _, err := k.Service.Withdraw(t.Context(), k.App, guardian, id, []string{"delivery"}); err != nil {
		t.Fatal(err)
	}
	return id
}

func comeDeclined(t *testing.T, k *consenttest.Kit) string {
	rec, tok := start(t, k, "user-1")
	decide(t, k, tok, no(consent.DecideDecline))
	return rec.ID
}

func comeClosed(t *testing.T, k *consenttest.Kit) string {
	id := comeDeclined(t, k)
	k.Work()
	return id
}

func comeClosedDead(t *testing.T, k *consenttest.Kit) string {
	id := comeDeclined(t, k)
	refuse(k, &consent.DeliveryError{Class: consent.Never, Code: 550, Stage: "rcpt"})
	k.Work()
	return id
}

func comeNotMine(t *testing.T, k *consenttest.Kit) string {
	rec, tok := start(t, k, "user-1")
	c := checked(t, k, tok, no(consent.DecideNotMine))
	if _, err := k.Service.Decide(t.Context(), tok, c.Proof, "yes", true); err != nil {
		t.Fatal(err)
	}
	return rec.ID
}

func comeCancelled(t *testing.T, k *consenttest.Kit) string {
	rec, _ := start(t, k, "user-1")
	if _, err := k.Service.Cancel(t.Context(), k.App, app, rec.ID); err != nil {
		t.Fatal(err)
	}
	return rec.ID
}

func comeExpired(t *testing.T, k *consenttest.Kit) string {
	rec, _ := start(t, k, "user-1")
	until(t, k, rec.ExpiresAt, time.Millisecond)
	k.Sweep()
	return rec.ID
}

func comeWithdrawn(t *testing.T, k *consenttest.Kit) string {
	id := comeReleased(t, k)
	if _, err := k.Service.Withdraw(t.Context(), k.App, guardian, id, nil); err != nil {
		t.Fatal(err)
	}
	return id
}

// canaries are texts of ask and yes that belong to a person.
var canaries = []string{
	"김하늘", "하늘이", "kid@example.com", consenttest.Born(), "서울시", "김보호", "김 보호", "parent@example.com", "+821087654321",
	"1985-03-04", "1985-3-4", "mother", "김*늘", scanned, "이새로", "new@example.com",
}

// dump reads every value of every key.
func dump(t *testing.T, c redis.UniversalClient) map[string][]string {
	t.Helper()
	out := map[string][]string{}
	keys, err := c.Keys(t.Context(), "*").Result()
	if err != nil {
		t.Fatal(err)
	}
	for _, key := range keys {
		kind, err := c.Type(t.Context(), key).Result()
		if err != nil {
			t.Fatal(err)
		}
		out[key] = read(t, c, kind, key)
	}
	return out
}

func read(t *testing.T, c redis.UniversalClient, kind, key string) (all []string) {
	t.Helper()
	ctx := t.Context()
	var err error
	switch kind {
	case "string":
		all = make([]string, 1)
		all[0], err = c.Get(ctx, key).Result()
	case "hash":
		var h map[string]string
		h, err = c.HGetAll(ctx, key).Result()
		for name, value := range h {
			all = append(all, name, value)
		}
	case "zset":
		all, err = c.ZRange(ctx, key, 0, -1).Result()
	case "stream":
		var entries []redis.XMessage
		entries, err = c.XRange(ctx, key, "-", "+").Result()
		for _, e := range entries {
			text, _ := json.Marshal(e.Values)
			all = append(all, string(text))
		}
	default:
		t.Errorf("key %s is of a type that the test cannot read: %s", key, kind)
	}
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// noCanary checks that no canary is in any key or value.
func noCanary(t *testing.T, all map[string][]string) {
	t.Helper()
	for key, values := range all {
		for _, one := range append([]string{key}, values...) {
			for _, c := range canaries {
				if strings.Contains(one, c) {
					t.Errorf("%q stands in clear under %s", c, key)
				}
			}
		}
	}
}

// sealedOf lists the sealed values of a request by what they are, as a thief of the store would find them: by their keys'
// names, and in the bodies of jobs.
func sealedOf(all map[string][]string, id string) map[string]consent.Sealed {
	out := map[string]consent.Sealed{}
	for letter, field := range map[string]string{"p": consent.FieldPeople, "d": consent.FieldData, "e": consent.FieldEvidence} {
		if v, ok := all["bt:{shop}:"+letter+":"+id]; ok {
			out[field] = consent.Sealed(v[0])
		}
	}
	onDesk := all["bt:{shop}:c:"+id] // names and values of a hash
	for i := 0; i+1 < len(onDesk); i += 2 {
		out[map[string]string{"d": consent.FieldFiled, "f": consent.FieldScan, "a": consent.FieldAmend}[onDesk[i]]] = consent.Sealed(onDesk[i+1])
	}
	for _, v := range all["bt:{shop}:jobs"] {
		var l consent.LetterJob
		if _, body, ok := strings.Cut(v, "{"); ok && json.Unmarshal([]byte("{"+body), &l) == nil && l.Request == id && l.To != nil {
			out[consent.FieldClosing] = l.To
		}
	}
	return out
}

// labels name the sealed values of a record as it stands.
func labels(rec consent.Record) map[string]consent.Label {
	l := consent.Label{App: rec.App, ID: rec.ID}
	out := map[string]consent.Label{}
	closing := rec.Rev
	if len(rec.Amended) > 0 {
		closing = rec.Amends
	}
	for field, rev := range map[string]int{
		consent.FieldPeople: rec.Rev, consent.FieldData: rec.DataRev, consent.FieldEvidence: 1, consent.FieldClosing: closing,
		consent.FieldFiled: rec.Filed.No, consent.FieldScan: rec.Filed.No, consent.FieldAmend: rec.Amend.No,
	} {
		l.Field, l.Rev = field, rev
		out[field] = l
	}
	return out
}

func TestWhatIsKept(t *testing.T) {
	t.Parallel()
	server := consenttest.Redis(t)
	for _, column := range table {
		t.Run(column.state, func(t *testing.T) {
			server.Command("FLUSHALL")
			k := consenttest.NewOn(t, server.URL(), t.TempDir())
			id := column.come(t, k)
			all := dump(t, k.Clients.Read)
			noCanary(t, all)
			column.holds(t, all, id)
			column.finds(t, k, all, id)
			column.dies(t, k, sealedOf(all, id), get(t, k, id))
		})
	}
	onDisk(t, server.Dir)
}

// holds checks which sealed values there are, and that the record has no other keys.
func (c kept) holds(t *testing.T, all map[string][]string, id string) {
	t.Helper()
	found := sealedOf(all, id)
	for field, class := range map[string]consent.Class{
		consent.FieldData: c.data, consent.FieldPeople: c.people, consent.FieldEvidence: c.evidence, consent.FieldClosing: c.closing,
		consent.FieldFiled: desk[c.state][consent.FieldFiled], consent.FieldScan: desk[c.state][consent.FieldScan],
		consent.FieldAmend: desk[c.state][consent.FieldAmend],
	} {
		got := none
		if s, ok := found[field]; ok {
			got = consent.Class(s[0])
		}
		if got != class {
			t.Errorf("%s lies under the key %q, want %q", field, got, class)
		}
	}
	for key := range all {
		if rest, ok := strings.CutSuffix(key, ":"+id); ok && !slices.Contains([]string{"r", "p", "d", "e", "c"}, rest[strings.LastIndexByte(rest, ':')+1:]) {
			t.Errorf("key %s is not in the table", key)
		}
	}
}

// finds checks the digests for look-ups, the flag and the audit entries.
func (c kept) finds(t *testing.T, k *consenttest.Kit, all map[string][]string, id string) {
	t.Helper()
	bare := strings.TrimPrefix(id, consent.PrefixRequest)
	source, _ := consent.IDBytes(consent.PrefixRequest, id)
	for key, want := range map[string]int{"guardians": 1, "codes": 1, "flags": 2, "audit": -1} {
		n := 0
		for _, v := range all["bt:{shop}:"+key] {
			n += strings.Count(v, bare) + strings.Count(v, string(source[:]))
		}
		if want >= 0 && n != want || n == 0 {
			t.Errorf("%s names the request %d times, want %d", key, n, want)
		}
	}
	quiet, pauses := len(all["bt:{shop}:quiet"]), len(all["bt:{shop}:pauses"])
	refused := strings.HasPrefix(c.state, "declined") || c.state == "not mine"
	if (quiet == 1) != (c.state == "not mine") || (pauses == 1) != refused {
		t.Errorf("%d wishes for no letters, %d pauses", quiet, pauses)
	}
}

// dies checks when what was found can be read: now, and no longer once its time is over, from a backup neither.
func (c kept) dies(t *testing.T, k *consenttest.Kit, backup map[string]consent.Sealed, rec consent.Record) {
	t.Helper()
	readable := func(when string, want func(consent.Class) bool) {
		t.Helper()
		for field, s := range backup {
			_, err := k.Vault.Open(labels(rec)[field], s)
			if (err == nil) != want(consent.Class(s[0])) {
				t.Errorf("%s, %s: %v", field, when, err)
			}
		}
	}
	readable("now", func(consent.Class) bool { return true })
	from := rec.CreatedAt
	if n := len(rec.Amended); n > 0 {
		from = rec.Amended[n-1].At // whose letter is sealed under an hour of its own
	}
	until(t, k, from, 120*time.Hour)
	readable("120 h after the collection", func(class consent.Class) bool { return class != hour })
	until(t, k, from, 170*time.Hour)
	readable("when the release window is over", func(class consent.Class) bool { return class == evid })
	k.Sweep()
	k.Advance(consent.LookUpsKept + time.Hour)
	later := dump(t, k.Clients.Read)
	bare := strings.TrimPrefix(rec.ID, consent.PrefixRequest)
	for _, key := range []string{"guardians", "codes"} {
		if found := strings.Contains(strings.Join(later["bt:{shop}:"+key], " "), bare); found == (c.lookUp > 0) {
			t.Errorf("%s a month after the end: found %v", key, found)
		}
	}
	k.Advance(k.Service.Settings.Keep + consent.RecordKept)
	last := dump(t, k.Clients.Read)
	noCanary(t, last)
	inForce := c.evidence != none && !strings.HasPrefix(c.state, "withdrawn")
	for key := range last {
		if strings.HasSuffix(key, ":"+rec.ID) && !inForce {
			t.Errorf("key %s is left after years", key)
		}
	}
	if found := sealedOf(last, rec.ID); inForce != (found[consent.FieldEvidence] != nil) {
		t.Errorf("evidence of a consent in force: %v, still there: %v", inForce, found[consent.FieldEvidence] != nil)
	}
}

// onDisk looks through everything that Redis has ever written: deleting a key leaves its value there.
func onDisk(t *testing.T, dir string) {
	t.Helper()
	read := 0
	err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := os.ReadFile(path)
		read += len(text)
		for _, c := range canaries {
			if bytes.Contains(text, []byte(c)) {
				t.Errorf("%q stands in clear in %s", c, filepath.Base(path))
			}
		}
		return err
	})
	if err != nil || read < 10_000 {
		t.Errorf("read %d bytes of Redis' files, %v", read, err)
	}
}
