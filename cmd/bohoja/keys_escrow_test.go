package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"filippo.io/age"

	"github.com/bohoja/bohoja/consent"
)

// holder makes an age key: its file, and its public half.
func holder(t *testing.T) (file, public string) {
	t.Helper()
	id, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	file = filepath.Join(t.TempDir(), "escrow.key")
	if err := os.WriteFile(file, []byte("# public key: "+id.Recipient().String()+"\n"+id.String()+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return file, id.Recipient().String()
}

// states are the keys of an import or of its check, with what was found of each.
func states(t *testing.T, o outcome) map[string]string {
	t.Helper()
	out := map[string]string{}
	for _, r := range read[[]copiedKey](t, o) {
		out[r.Key] = r.State
	}
	return out
}

// TestKeysComeBack: a host is lost with its keys. On a new one, with the copy, what was sealed for years opens again and links
// that were mailed work; what was sealed for an hour does not.
func TestKeysComeBack(t *testing.T) {
	t.Parallel()
	b := newBureau(t)
	granted, pending := b.grant(b.live, "shop", "user-1"), b.ask(b.live, "shop", "user-2")
	token := b.token(b.live, pending)
	b.call("keys", "dkim").want(t, exitFine)
	secret, public := holder(t)
	copied := filepath.Join(t.TempDir(), "keys.age")
	b.call("keys", "export", "--to", public, "--out", copied).want(t, exitFine, "long/evidence-1", "test/long/digest-1", "long/dkim-bohoja.pem", b.rows()["link-1"].Fingerprint, "--check")
	if info, err := os.Stat(copied); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the copy is %v, %v", info, err)
	}
	b.call("keys", "import", "--check", "--identity", secret, copied).want(t, exitFine, "holds the keys of this host")

	fresh := filepath.Join(t.TempDir(), "keys")
	n := b.with(t, "BOHOJA_KEYS__DIR="+fresh)
	n.call("keys", "import", "--check", "--identity", secret, copied).want(t, exitAmiss, keyMissing, "is not what this host has")
	if exists(fresh) {
		t.Error("looking made the folder")
	}
	for key, state := range states(t, n.call("keys", "import", "--json", "--identity", secret, copied)) {
		if state != keyBrought || strings.Contains(key, "short") {
			t.Errorf("%s: %s", key, state)
		}
	}
	n.call("keys", "import", "--identity", secret, copied).want(t, exitFine, "0 keys were brought")

	b.house.set.Keys.Dir = fresh // as the new host's serve
	b.must(b.house.openKeys(t.Context(), b.live, true))
	open := func(rec consent.Record) error {
		now := b.record(b.live, rec)
		_, err := b.live.vault.Open(consent.Label{App: rec.App, ID: rec.ID, Field: consent.FieldPeople, Rev: now.Rev}, now.People)
		return err
	}
	if err := open(granted); err != nil {
		t.Errorf("evidence: %v", err)
	}
	if _, err := b.live.links.Redeem(consent.LinkDecide, token, time.Now()); err != nil {
		t.Errorf("a mailed link: %v", err)
	}
	if err := open(pending); err == nil {
		t.Error("a key of an hour came back")
	}
}

// TestKeysImportWritesOverNothing: where other keys stand, or a copy is another's, nothing changes.
func TestKeysImportWritesOverNothing(t *testing.T) {
	t.Parallel()
	b := newBureau(t)
	secret, public := holder(t)
	copied := filepath.Join(t.TempDir(), "keys.age")
	b.call("keys", "export", "--to", public, "--out", copied).want(t, exitFine)
	b.call("keys", "export", "--to", public, "--out", copied).want(t, exitUsage, "written over nothing")
	other := filepath.Join(t.TempDir(), "keys")
	b.must(os.CopyFS(other, os.DirFS(b.keys)))
	b.must(os.Remove(filepath.Join(other, "long", "digest-1")))
	link, err := os.ReadFile(filepath.Join(other, "long", "link-1"))
	b.must(err)
	changed := bytes.Replace(link, []byte(`"made":1`), []byte(`"made":2`), 1)
	b.must(os.WriteFile(filepath.Join(other, "long", "link-1"), changed, 0o600))
	n := b.with(t, "BOHOJA_KEYS__DIR="+other)
	n.call("keys", "import", "--identity", secret, copied).want(t, exitFailed, "other keys stand under these names: [long/link-1]", "Nothing was written")
	n.call("keys", "import", "--check", "--identity", secret, copied).want(t, exitAmiss, keyDiffers, keyMissing)
	if exists(filepath.Join(other, "long", "digest-1")) {
		t.Error("a key was written beside others")
	}
	stranger, _ := holder(t)
	b.call("keys", "import", "--identity", stranger, copied).want(t, exitFailed, "no copy of keys that these identities open")
	b.call("keys", "import", "--identity", copied, copied).want(t, exitUsage, "no file of age identities")
	b.call("keys", "import", copied).want(t, exitUsage, "--identity: name the file")
	b.call("keys", "export", "--out", copied+"2").want(t, exitUsage, "--to: name who can open the copy")
	b.call("keys", "export", "--to", "age1nobody", "--out", copied+"2").want(t, exitUsage, "--to: name who can open the copy")
	b.call("keys", "export", "--to", public).want(t, exitUsage, "--out: name the file")
	b.with(t, "BOHOJA_KEYS__DIR="+t.TempDir()).call("keys", "export", "--to", public, "--out", copied+"2").want(t, exitFailed, "there are no keys in")
	if exists(copied + "2") {
		t.Error("a copy of nothing was written")
	}
}

// TestDestroyedKeysStayDestroyed: an older copy does not undo a destruction unasked.
func TestDestroyedKeysStayDestroyed(t *testing.T) {
	t.Parallel()
	b := newBureau(t)
	secret, public := holder(t)
	file := filepath.Join(t.TempDir(), "who.txt")
	b.must(os.WriteFile(file, []byte("# for the safe\n"+public+"\n"), 0o600))
	b.call("keys", "rotate", "link").want(t, exitFine)
	o := b.call("keys", "export", "--to", file, "--out", "-")
	copied := filepath.Join(t.TempDir(), "keys.age")
	b.must(os.WriteFile(copied, []byte(o.out), 0o600))
	b.call("keys", "destroy", "link-1", "--yes").want(t, exitFine)
	b.call("keys", "import", "--identity", secret, copied).want(t, exitFine, "1 were destroyed since the copy and stay so")
	if b.has("long", "link-1") {
		t.Fatal("a destroyed key came back")
	}
	key, err := os.ReadFile(secret)
	b.must(err)
	b.typing(string(key), "keys", "import", "--destroyed", "--identity", "-", copied).want(t, exitFine, "1 keys were brought")
	if !b.has("long", "link-1") {
		t.Error("what was asked for did not come back")
	}
}
