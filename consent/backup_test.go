package consent_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/bohoja/bohoja/consent"
	"github.com/bohoja/bohoja/consent/consenttest"
)

// TestBackupAfterADecline: a backup of Redis' files a minute after a refusal holds all that was ever sealed for it, since deleting a value
// leaves it in the append-only file. An hour later it can still be read, or this test is blind; 120 hours after the collection, restored,
// none of it can, by the process that ran all along or by a new one whose clock the backup has set back (KR-12).
func TestBackupAfterADecline(t *testing.T) {
	t.Parallel()
	server, keys := consenttest.Redis(t), t.TempDir()
	k := consenttest.NewOn(t, server.URL(), keys)
	rec, tok := start(t, k, "user-1")
	pending := sealedOf(dump(t, k.Clients.Read), rec.ID)
	before := labels(get(t, k, rec.ID))
	decide(t, k, tok, no(consent.DecideDecline))
	after := sealedOf(dump(t, k.Clients.Read), rec.ID) // the closing letter's address
	behind := labels(get(t, k, rec.ID))
	k.Advance(time.Minute)
	if len(pending) != 2 || len(after) != 1 {
		t.Fatalf("%d values are sealed while it is pending, and %d after the refusal", len(pending), len(after))
	}

	backup := t.TempDir()
	server.Kill()
	if err := os.CopyFS(backup, os.DirFS(server.Dir)); err != nil {
		t.Fatal(err)
	}
	server.Restart()
	files := wholeOf(t, backup)
	for what, s := range pending {
		if !bytes.Contains(files, s) {
			t.Errorf("the backup does not hold the %s of before, so nothing is shown", what)
		}
	}
	read := func(v consent.Vault, want bool, when string) {
		t.Helper()
		for _, sealed := range []struct {
			values map[string]consent.Sealed
			labels map[string]consent.Label
		}{{pending, before}, {after, behind}} {
			for what, s := range sealed.values {
				if _, err := v.Open(sealed.labels[what], s); (err == nil) != want {
					t.Errorf("%s, %s: %v", what, when, err)
				}
			}
		}
	}
	until(t, k, rec.CreatedAt, 2*time.Hour)
	read(k.Vault, true, "two hours after it came")

	until(t, k, rec.CreatedAt, 120*time.Hour)
	if err := k.Vault.RunOnce(t.Context()); err != nil {
		t.Fatal(err)
	}
	server.Kill()
	if err := os.RemoveAll(server.Dir); err != nil {
		t.Fatal(err)
	}
	if err := os.CopyFS(server.Dir, os.DirFS(backup)); err != nil {
		t.Fatal(err)
	}
	server.Restart()
	read(k.Vault, false, "120 hours after it came, from the backup")
	again := consenttest.NewOn(t, server.URL(), keys)
	if now := again.Store.Clock(); now.Sub(rec.CreatedAt) > time.Hour {
		t.Fatalf("the backup's clock stands at %v", now)
	}
	read(again.Vault, false, "by a new process that believes the backup's clock")
	if got := get(t, again, rec.ID); got.Status != consent.Declined || len(got.Data) != 0 {
		t.Errorf("the backup says %s, with %d bytes of data", got.Status, len(got.Data))
	}
	name := "h-" + rec.CreatedAt.UTC().Format("2006010215")
	if _, err := os.Stat(filepath.Join(keys, "short", name)); err == nil {
		t.Errorf("%s is still there", name)
	}
}

// wholeOf is what all files of a folder hold.
func wholeOf(t *testing.T, dir string) []byte {
	t.Helper()
	var all bytes.Buffer
	err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() || strings.HasSuffix(path, ".log") {
			return err
		}
		text, err := os.ReadFile(path)
		all.Write(text)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all.Bytes()
}
