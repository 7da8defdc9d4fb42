package main

import (
	"encoding/json"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/bohoja/bohoja/cmd/bohoja/config"
	"github.com/bohoja/bohoja/consent"
	"github.com/bohoja/bohoja/consent/audit"
	"github.com/bohoja/bohoja/consent/consenttest"
	"github.com/bohoja/bohoja/consent/link"
	"github.com/bohoja/bohoja/consent/redisstore"
)

// archive is a host whose audit log has entries: of an app, and of the staff's own log.
type archive struct {
	env   []string
	dir   string
	keys  string
	store *redisstore.Store
}

func newArchive(t *testing.T) *archive {
	t.Helper()
	afresh()
	redis := consenttest.Redis(t)
	dir := t.TempDir()
	a := &archive{dir: filepath.Join(dir, "audit"), keys: filepath.Join(dir, "keys")}
	a.env = []string{
		"BOHOJA_REDIS__URL=" + redis.URL(), "BOHOJA_KEYS__DIR=" + a.keys, "BOHOJA_AUDIT__DIR=" + a.dir, "BOHOJA_CONFIG=" + example(t),
	}
	set := config.Defaults()
	set.Redis.URL, set.Keys.Dir, set.Audit.Dir = consent.Secret(redis.URL()), a.keys, a.dir
	h, err := connect(set, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(h.close)
	s, err := h.openStore(t.Context(), redisstore.Live)
	if err != nil {
		t.Fatal(err)
	}
	h.spaces, a.store = []*space{s}, s.store
	a.act(t, "shop", consent.ActReveal)
	a.act(t, "shop", consent.ActView)
	a.act(t, consent.StaffLedger, consent.ActStaff)
	if err := s.store.Prime(t.Context(), "shop", "t_1", []byte("x")); err != nil {
		t.Fatal(err)
	}
	if h.keeper, err = h.newKeeper(nil); err != nil {
		t.Fatal(err)
	}
	if err := h.keep(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := h.keeper.Close(); err != nil {
		t.Fatal(err)
	}
	return a
}

func (a *archive) act(t *testing.T, app string, step consent.Step) {
	t.Helper()
	err := a.store.Note(t.Context(), consent.Mutation{App: app, Actor: consent.Actor{Kind: consent.ActorStaff, Ref: "s1"}, Note: "T-1"}, step)
	if err != nil {
		t.Fatal(err)
	}
}

func (a *archive) segment(t *testing.T) string {
	t.Helper()
	all, err := filepath.Glob(filepath.Join(a.dir, "*.jsonl"))
	if err != nil || len(all) != 1 {
		t.Fatal(all, err)
	}
	return all[0]
}

// The log verifies with Redis, without it, elsewhere with the public key, and not once a line was changed.
func TestAuditVerify(t *testing.T) {
	t.Parallel()
	a := newArchive(t)
	call(t, a.env, "audit", "verify").want(t, exitFine, "3 entries of 2 logs, 1 checkpoints; 3 entries are under the one of", "3 were compared with Redis")
	call(t, a.env, "audit", "verify", "--offline").want(t, exitFine, "0 were compared with Redis")
	verifier := filepath.Join(a.dir, "verifier")
	text, err := os.ReadFile(verifier)
	if err != nil {
		t.Fatal(err)
	}
	nothing := []string{"BOHOJA_KEYS__DIR=" + a.dir + "/none", "HOME=" + a.dir}
	call(t, nothing, "audit", "verify", "--dir", a.dir).want(t, exitFine)
	call(t, nothing, "audit", "verify", "--dir", a.dir, "--key", strings.TrimSpace(string(text))).want(t, exitFine)
	call(t, nothing, "audit", "verify", "--dir", a.dir, "--key", verifier).want(t, exitFine)
	call(t, nothing, "audit", "verify", "--dir", a.dir, "--key", "x").want(t, exitUsage, "not the public key")
	call(t, nothing, "audit", "verify", "--dir", a.dir+"/none").want(t, exitUsage, "is not there")

	name := a.segment(t)
	before, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, []byte(strings.Replace(string(before), "reveal", "search", 1)), 0o600); err != nil {
		t.Fatal(err)
	}
	call(t, a.env, "audit", "verify").want(t, exitAmiss, "amiss   edit: entry 1", "number 1 is another entry in the store")
	if v := read[audit.Verdict](t, call(t, a.env, "audit", "verify", "--json", "--offline")); v.Sound() || v.Entries != 3 {
		t.Errorf("%+v", v)
	}
}

// Every figure of a report is proven by the command beside it.
func TestAuditReport(t *testing.T) {
	t.Parallel()
	a := newArchive(t)
	call(t, a.env, "audit", "report").want(t, exitFine, "reveal by s1", "SECTION")
	today := time.Now().UTC()
	span := []string{"--from", today.Add(-24 * time.Hour).Format(time.DateOnly), "--to", today.Add(48 * time.Hour).Format(time.DateOnly)}
	r := read[audit.Report](t, call(t, a.env, append([]string{"audit", "report", "--json"}, span...)...))
	proven := 0
	for _, row := range r.Rows {
		if !strings.Contains(row.Proof, "--count") || row.Value == "none" {
			continue
		}
		o := call(t, a.env, strings.Fields(row.Proof)[1:]...)
		if strings.TrimSpace(o.out) != row.Value {
			t.Errorf("%+v: %q %s", row, o.out, o.err)
		}
		proven++
	}
	if proven != 5 {
		t.Errorf("%d figures of %+v", proven, r.Rows)
	}
	call(t, a.env, "audit", "report", "--from", "yesterday").want(t, exitUsage, "--from: write a day")
	call(t, a.env, "audit", "report", "--to", today.Add(-24*time.Hour).Format(time.RFC3339)).want(t, exitFine, "none")
}

// An export is a line of JSON for each entry that is chosen.
func TestAuditExport(t *testing.T) {
	t.Parallel()
	a := newArchive(t)
	o := call(t, a.env, "audit", "export", "--app", "shop", "--by", "staff")
	rows := strings.Split(strings.TrimSpace(o.out), "\n")
	var e consent.Entry
	if err := json.Unmarshal([]byte(rows[0]), &e); err != nil || len(rows) != 2 || e.Step != consent.ActReveal || e.Ref != "s1" || e.Note != "T-1" {
		t.Errorf("%s, %v", o.out, err)
	}
	call(t, a.env, "audit", "export", "--count", "--step", "nothing").want(t, exitFine, "0")
}

// A receipt is checked by the keys of this host, or by a saved key set, with no network and no Redis.
func TestAuditVerifyReceipt(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	env := []string{"BOHOJA_KEYS__DIR=" + dir + "/keys"}
	file := func(name string, text []byte) string {
		t.Helper()
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, text, 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	call(t, env, "audit", "verify", "--receipt", file("r", []byte("x"))).want(t, exitUsage, "there are no keys of receipts here")
	receipts, err := link.OpenReceipts(filepath.Join(dir, "keys"), link.Options{Issuer: issuer(redisstore.Live)})
	if err != nil {
		t.Fatal(err)
	}
	id := consent.NewID(consent.PrefixRequest, time.Now())
	token, err := receipts.Mint(link.Receipt{ID: id, App: "shop", Issued: time.Now(), Facts: []byte(`{"method":"email_link"}`)})
	if err != nil {
		t.Fatal(err)
	}
	set, err := receipts.JWKS()
	if err != nil {
		t.Fatal(err)
	}
	at := strings.LastIndexByte(token, '.') + 1 // the signature
	spoilt := token[:at] + map[bool]string{true: "B", false: "A"}[token[at] == 'A'] + token[at+1:]
	good, bad, keys := file("good", []byte(token+"\n")), file("bad", []byte(spoilt)), file("keys.json", set)
	for _, with := range [][]string{nil, {"--keys", keys}} {
		call(t, env, append([]string{"audit", "verify", "--receipt", good}, with...)...).want(t, exitFine, "fine    receipt: of request "+id)
		call(t, env, append([]string{"audit", "verify", "--receipt", bad}, with...)...).want(t, exitAmiss, "amiss   receipt")
		if o := call(t, env, append([]string{"audit", "verify", "--json", "--receipt", bad}, with...)...); !strings.Contains(o.out, `"genuine": false`) {
			t.Error(o.out)
		}
	}
	call(t, env, "audit", "verify", "--receipt", dir+"/none").want(t, exitUsage)
	call(t, env, "audit", "verify", "--receipt", good, "--keys", good).want(t, exitFailed, "not a set of public keys")
}
