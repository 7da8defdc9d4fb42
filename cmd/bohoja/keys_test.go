package main

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"

	"github.com/bohoja/bohoja/consent"
	"github.com/bohoja/bohoja/consent/link"
	"github.com/bohoja/bohoja/consent/seal"
)

// rows lists the keys of a space by the command, by name.
func (b *bureau) rows(more ...string) map[string]sealRow {
	b.t.Helper()
	o := b.call(append([]string{"keys", "list", "--json"}, more...)...)
	o.want(b.t, exitFine)
	out := map[string]sealRow{}
	for _, r := range read[[]sealRow](b.t, o) {
		out[r.Name] = r
	}
	return out
}

// hourName is the name of the key of an hour.
func hourName(class consent.Class, at time.Time) string {
	return string(rune(class)) + "-" + at.UTC().Format("2006010215")
}

// has reports whether a key's file is there.
func (b *bureau) has(part, name string) bool {
	_, err := os.Stat(filepath.Join(b.keys, part, name))
	return err == nil
}

// TestKeysList: what there is, for what and until when; the beginning of the fingerprint is the one that Redis remembers.
func TestKeysList(t *testing.T) {
	t.Parallel()
	b := newBureau(t)
	rec := b.grant(b.live, "shop", "user-1")
	rows := b.rows()
	for _, name := range []string{"evidence-1", "digest-1", "siphash-1", "link-1"} {
		r := rows[name]
		if r.State != keyServes || r.Class+"-1" != name || r.Made.IsZero() || !r.Dies.IsZero() || len(r.Fingerprint) != printLength {
			t.Errorf("%s is %+v", name, r)
		}
	}
	for class, at := range map[consent.Class]time.Time{consent.ClassHour: rec.CreatedAt, consent.ClassRelease: rec.DecidedAt} {
		r := rows[hourName(class, at)]
		if r.State != keyServes || r.Class != string(rune(class)) || r.Dies.Before(rec.ExpiresAt) {
			t.Errorf("%c is %+v", class, r)
		}
	}
	if claim := b.redis.Command("GET", "b:claim:evidence-1"); !strings.HasPrefix(claim, rows["evidence-1"].Fingerprint) || claim == "" {
		t.Errorf("Redis remembers %q, listed is %q", claim, rows["evidence-1"].Fingerprint)
	}
	o := b.call("keys", "list")
	o.want(t, exitFine, "CLASS", "FINGERPRINT", "evidence-1", rows["digest-1"].Fingerprint, moment(rows[hourName(consent.ClassHour, rec.CreatedAt)].Dies))
	if strings.Index(o.out, "siphash-1") > strings.Index(o.out, "h-2") {
		t.Errorf("the long-lived keys are not the first:\n%s", o.out)
	}
	if trial := b.rows("--test"); trial["evidence-1"].Fingerprint == rows["evidence-1"].Fingerprint || len(trial) == 0 {
		t.Error("the test space has the keys of the live one")
	}
}

// TestKeysMakeNone: looking makes no keys, neither where there are none nor in place of a class that is lost.
func TestKeysMakeNone(t *testing.T) {
	t.Parallel()
	b := newBureau(t)
	nowhere := filepath.Join(t.TempDir(), "keys")
	for _, line := range []string{"list", "rotate evidence", "destroy evidence-1 --yes"} {
		b.with(t, "BOHOJA_KEYS__DIR="+nowhere).call(append([]string{"keys"}, strings.Fields(line)...)...).
			want(t, exitFailed, "there are no keys in "+nowhere+" (keys.dir) yet; serve makes them")
	}
	if _, err := os.Stat(nowhere); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the folder was made: %v", err)
	}
	b.must(os.Remove(filepath.Join(b.keys, "long", "evidence-1")))
	b.call("keys", "list").want(t, exitFailed, "another process seals with other keys")
	if b.has("long", "evidence-1") {
		t.Error("a new key stands in place of the lost one")
	}
}

// TestOwnKeys: keys of another user are left alone, since serve could not read what this one makes.
func TestOwnKeys(t *testing.T) {
	t.Parallel()
	b := newBureau(t)
	uid := os.Getuid()
	if err := ownKeys(b.keys, uid); err != nil {
		t.Error(err)
	}
	if err := ownKeys(b.keys, uid+1); err == nil || !strings.Contains(err.Error(), "belong to user id") {
		t.Errorf("another user: %v", err)
	}
	if err := ownKeys(b.keys, -1); err != nil {
		t.Errorf("where users have no numbers: %v", err)
	}
	empty := t.TempDir()
	b.must(os.Mkdir(filepath.Join(empty, "long"), 0o700))
	b.must(os.WriteFile(filepath.Join(empty, "long", ".making-x"), nil, 0o600))
	if err := ownKeys(empty, uid); err == nil || !strings.Contains(err.Error(), "there are no keys") {
		t.Errorf("an empty folder: %v", err)
	}
	file := filepath.Join(empty, "file")
	b.must(os.WriteFile(file, nil, 0o600))
	if err := ownKeys(file, uid); err == nil || !strings.Contains(err.Error(), "cannot be read") {
		t.Errorf("no folder: %v", err)
	}
}

// TestKeysRotate: each class gets one more key; it says from when it serves; the older stay.
func TestKeysRotate(t *testing.T) {
	t.Parallel()
	b := newBureau(t)
	for _, c := range []struct {
		class, state, older string
	}{{"evidence", keyWaits, keyServes}, {"digest", keyWaits, keyServes}, {"link", keyServes, keyOlder}} {
		row := read[sealRow](t, b.call("keys", "rotate", c.class, "--json"))
		if row.Name != c.class+"-2" || row.State != c.state || row.Class != c.class || row.Fingerprint == "" {
			t.Errorf("got %+v", row)
		}
		rows := b.rows()
		if rows[c.class+"-1"].State != c.older || rows[row.Name] != row || !b.has("long", row.Name) {
			t.Errorf("%s: %+v and %+v", c.class, rows[c.class+"-1"], rows[row.Name])
		}
	}
	b.call("keys", "rotate", "evidence").want(t, exitFine, "evidence-3 is made and serves from "+moment(b.rows()["evidence-3"].From)+" on", "backup")
	b.call("keys", "rotate", "link").want(t, exitFine, "link-3 is made and serves from now on")
	if n := len(b.rows("--test")); n != 5 {
		t.Errorf("the test space has %d keys", n)
	}
	b.call("keys", "rotate", "digest", "--test").want(t, exitFine, "digest-2")
	if b.has("long", "digest-3") || !b.has("test/long", "digest-2") {
		t.Error("the live space was rotated for the test space")
	}
}

// TestKeysRotateLinks: links of before still open, also for a process that has not heard of the rotation; new ones have the new key.
func TestKeysRotateLinks(t *testing.T) {
	t.Parallel()
	b := newBureau(t)
	rec := b.ask(b.live, "shop", "user-1")
	token := b.token(b.live, rec)
	b.call("keys", "rotate", "link").want(t, exitFine)
	if _, err := b.live.service.Open(t.Context(), token); err != nil {
		t.Errorf("a link of before: %v", err)
	}
	claims := consent.Claims{Audience: consent.LinkDecide, App: "shop", ID: rec.ID, Gen: 1, Expires: rec.ExpiresAt}
	before, err := b.live.links.Mint(claims)
	b.must(err)
	b.must(b.live.links.Refresh()) // as serve does every minute
	after, err := b.live.links.Mint(claims)
	b.must(err)
	if before == after {
		t.Error("links are still made with the old key")
	}
	for _, token := range []string{before, after} {
		if _, err := b.live.links.Redeem(consent.LinkDecide, token, time.Now()); err != nil {
			t.Error(err)
		}
	}
}

// TestKeysRotateReceipts: the first key is made with the space, and the second signs a day later.
func TestKeysRotateReceipts(t *testing.T) {
	t.Parallel()
	b := newBureau(t)
	if row := b.rows()["receipt-1"]; row.State != keyServes {
		t.Errorf("the first key: %+v", row)
	}
	receipts, err := link.OpenReceipts(b.keys, link.Options{Issuer: "bohoja"})
	b.must(err)
	rec := b.ask(b.live, "shop", "user-1")
	token, err := receipts.Mint(link.Receipt{ID: rec.ID, App: "shop", Issued: time.Now(), Facts: []byte(`{}`)})
	b.must(err)
	row := read[sealRow](t, b.call("keys", "rotate", "receipt", "--json"))
	if row.Name != "receipt-2" || row.State != keyWaits || time.Until(row.From) < 23*time.Hour {
		t.Errorf("got %+v", row)
	}
	if _, err := receipts.Verify(token); err != nil {
		t.Errorf("a receipt of before: %v", err)
	}
	if keys, err := receipts.JWKS(); err != nil || strings.Count(string(keys), "kid") != 1 {
		t.Errorf("before its refresh a process publishes %s, %v", keys, err)
	}
	b.must(receipts.Refresh())
	if keys, err := receipts.JWKS(); err != nil || strings.Count(string(keys), "kid") != 2 {
		t.Errorf("published are %s, %v", keys, err)
	}
}

// TestKeysDestroyNewest: what serves, or has no serving successor, stays, and it is said how to go on.
func TestKeysDestroyNewest(t *testing.T) {
	t.Parallel()
	b := newBureau(t)
	b.call("keys", "destroy", "evidence-1", "--yes").want(t, exitFailed, "evidence-1 serves, or its successor does not", "keys rotate evidence", "as older")
	b.call("keys", "destroy", "link-1", "--yes").want(t, exitFailed, "keys rotate link")
	b.call("keys", "destroy", "siphash-1", "--yes").want(t, exitFailed, "has no successor and is never destroyed")
	b.call("keys", "rotate", "evidence").want(t, exitFine)
	for _, name := range []string{"evidence-1", "evidence-2"} { // the second does not serve yet
		b.call("keys", "destroy", name, "--yes").want(t, exitFailed, "keys rotate evidence")
	}
	for _, name := range []string{"evidence-1", "evidence-2", "link-1", "siphash-1"} {
		if !b.has("long", name) {
			t.Errorf("%s is gone", name)
		}
	}
}

// TestKeysDestroyEvidence: what was said to become unreadable does; what is sealed under the next key does not.
func TestKeysDestroyEvidence(t *testing.T) {
	t.Parallel()
	b := newBureau(t)
	old := b.grant(b.trial, "shop", "user-1")
	b.call("keys", "rotate", "evidence", "--test").want(t, exitFine)
	b.must(b.trial.store.Advance(t.Context(), 11*time.Minute))
	b.must(b.trial.vault.RunOnce(t.Context())) // as serve does every minute
	young := b.grant(b.trial, "shop", "user-2")
	if rows := b.rows("--test"); rows["evidence-1"].State != keyOlder || rows["evidence-2"].State != keyServes {
		t.Fatalf("%+v", rows)
	}
	b.typing("no\n", "keys", "destroy", "evidence-1", "--test").want(t, exitFailed, "can no longer be proven", "Type evidence-1 again", "nothing was changed")
	if !b.has("test/long", "evidence-1") {
		t.Fatal("the key went unasked")
	}
	b.typing("evidence-1\n", "keys", "destroy", "evidence-1", "--test").
		want(t, exitFine, "evidence-1 is destroyed. The evidence sealed under it becomes unreadable", "within a minute", "Copies in backups")
	b.must(b.trial.vault.RunOnce(t.Context()))
	open := func(rec consent.Record) error {
		now := b.record(b.trial, rec)
		_, err := b.trial.vault.Open(consent.Label{App: rec.App, ID: rec.ID, Field: consent.FieldPeople, Rev: now.Rev}, now.People)
		return err
	}
	if err := open(old); !errors.Is(err, consent.ErrUnreadable) {
		t.Errorf("what the key sealed: %v", err)
	}
	if err := open(young); err != nil {
		t.Errorf("what the next key sealed: %v", err)
	}
	if b.has("test/long", "evidence-1") || !b.has("long", "evidence-1") {
		t.Error("the wrong space's key is gone")
	}
}

// TestKeysDestroyHour: the key of an hour goes, and what it sealed with it; others stay readable.
func TestKeysDestroyHour(t *testing.T) {
	t.Parallel()
	b := newBureau(t)
	rec, kept := b.ask(b.trial, "shop", "user-1"), b.ask(b.live, "shop", "user-1")
	name := hourName(consent.ClassHour, rec.CreatedAt)
	got := read[destroyedKey](t, b.call("keys", "destroy", name, "--yes", "--test", "--json"))
	if got.Destroyed != name || got.Class != "h" || got.Lost != lost["h"] {
		t.Errorf("got %+v", got)
	}
	b.must(b.trial.store.Advance(t.Context(), time.Hour)) // its name stays claimed until the hour is over
	b.must(b.trial.vault.RunOnce(t.Context()))
	open := func(s *space, rec consent.Record) error {
		now := b.record(s, rec)
		_, err := s.vault.Open(consent.Label{App: rec.App, ID: rec.ID, Field: consent.FieldData, Rev: now.DataRev}, now.Data)
		return err
	}
	if err := open(b.trial, rec); !errors.Is(err, consent.ErrUnreadable) {
		t.Errorf("what the key sealed: %v", err)
	}
	if err := open(b.live, kept); err != nil {
		t.Errorf("the live space's data: %v", err)
	}
	b.call("keys", "destroy", name, "--yes", "--test").want(t, exitFailed, "no key of this name")
}

// TestKeysDamaged: a file that is no key is listed as damaged, without a fingerprint, and can be destroyed.
func TestKeysDamaged(t *testing.T) {
	t.Parallel()
	b := newBureau(t)
	name := "h-" + time.Now().UTC().Add(-2*time.Hour).Format("2006010215")
	b.must(os.WriteFile(filepath.Join(b.keys, "short", name), []byte(`{"kid":"canary-secret"}`), 0o600))
	r := b.rows()[name]
	if r.State != keyDamaged || r.Fingerprint != "" || !r.Made.IsZero() {
		t.Errorf("got %+v", r)
	}
	b.call("keys", "list").want(t, exitFine, name, keyDamaged)
	b.call("keys", "destroy", name, "--yes").want(t, exitFine, name+" is destroyed")
	if b.has("short", name) {
		t.Error("it is still there")
	}
}

// TestKeysDead: a key past its time is told apart from one that lives.
func TestKeysDead(t *testing.T) {
	t.Parallel()
	b := newBureau(t)
	name := hourName(consent.ClassHour, b.ask(b.trial, "shop", "user-1").CreatedAt)
	b.must(b.trial.store.Advance(t.Context(), consent.DefaultPending+2*time.Hour))
	if r := b.rows("--test")[name]; r.State != keyDead {
		t.Errorf("got %+v", r)
	}
}

// TestSealRows: of a class that lives on, the newest that may serve does, by number and not by name.
func TestSealRows(t *testing.T) {
	t.Parallel()
	now := time.Now()
	key := func(name string, from time.Duration) seal.Key {
		class, _, _ := strings.Cut(name, "-")
		return seal.Key{Name: name, Class: class, Made: now, From: now.Add(from), Damaged: false}
	}
	keys := []seal.Key{key("h-2026112315", -1), key("link-10", -1), key("link-11", time.Hour), key("link-2", -1), key("link-9", -1)}
	keys = append(keys, seal.Key{Name: "link-12", Class: "link", Damaged: true})
	var got []string
	for _, r := range sealRows(keys, now) {
		got = append(got, r.Name+" "+r.State)
	}
	want := []string{"link-10 serves", "link-11 waits", "link-2 older", "link-9 older", "link-12 damaged", "h-2026112315 serves"}
	if !slices.Equal(got, want) {
		t.Errorf("got %q\nwant %q", got, want)
	}
}

// TestLostIsTold: for every class there is a sentence on what its destruction costs.
func TestLostIsTold(t *testing.T) {
	t.Parallel()
	b := newBureau(t)
	b.grant(b.live, "shop", "user-1")
	b.call("keys", "rotate", "receipt").want(t, exitFine)
	for name, r := range b.rows() {
		if lost[r.Class] == "" {
			t.Errorf("nothing is told of %s", name)
		}
		b.typing("no\n", "keys", "destroy", name).want(t, exitFailed, lost[r.Class], "nothing was changed")
	}
}

// TestRotatable: what the commands say can be rotated is what the keys' owners rotate.
func TestRotatable(t *testing.T) {
	t.Parallel()
	b := newBureau(t)
	for _, class := range rotatable {
		b.call("keys", "rotate", class).want(t, exitFine, class+"-", "is made")
	}
	b.call("keys", "rotate", "--help").want(t, exitFine, "rotate evidence|digest|link|receipt")
	for _, class := range []string{"siphash", "h", "r", "", "evidence-1"} {
		b.call("keys", "rotate", class).want(t, exitUsage, "can be rotated")
	}
}

// TestKeysWrongClock: a host whose clock is not Redis' touches no key, since it would take living ones for dead.
func TestKeysWrongClock(t *testing.T) {
	t.Parallel()
	b := newBureau(t)
	b.ask(b.live, "shop", "user-1")
	before := b.rows()
	liar := miniredis.RunT(t)
	liar.SetTime(time.Now().Add(-2 * time.Hour))
	for _, line := range []string{"list", "rotate digest", "destroy link-1 --yes"} {
		b.with(t, "BOHOJA_REDIS__URL=redis://"+liar.Addr()).call(append([]string{"keys"}, strings.Fields(line)...)...).
			want(t, exitFailed, "this host's clock and Redis' differ by 2h0m") // and as many seconds as the call took
	}
	if after := b.rows(); len(after) != len(before) {
		t.Errorf("%d keys are %d now", len(before), len(after))
	}
}
