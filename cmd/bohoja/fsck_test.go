package main

import (
	"errors"
	"log/slog"
	"os"
	"strings"
	"testing"

	"github.com/redis/go-redis/v9"

	"github.com/bohoja/bohoja/cmd/bohoja/config"
	"github.com/bohoja/bohoja/consent"
	"github.com/bohoja/bohoja/consent/consenttest"
	"github.com/bohoja/bohoja/consent/redisstore"
)

// TestFsck: the role counts what two looks agree on, whole or by sample, and says nothing when Redis is away.
func TestFsck(t *testing.T) {
	t.Parallel()
	server := consenttest.Redis(t)
	set := config.Defaults()
	set.Redis.URL, set.Keys.Dir, set.Audit.Dir = consent.Secret(server.URL()), t.TempDir(), t.TempDir()
	h, err := connect(set, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(h.close)
	h.book.Store(consenttest.Book())
	s, err := h.openStore(t.Context(), redisstore.Live)
	if err != nil {
		t.Fatal(err)
	}
	h.spaces = []*space{s}
	look := func(want int) {
		t.Helper()
		if err := h.fsck(t.Context()); err != nil || h.checked.Load().findings != want {
			t.Errorf("%+v, %v, want %d", h.checked.Load(), err, want)
		}
	}
	look(0)
	server.Command("ZADD", "b:{shop}:dead", "1", "job_x")
	look(1)
	many := []string{"ZADD", "b:{shop}:in:pending"} // far from due, and without records: each look at one finds it so
	for n := range fsckMost + 1 {
		many = append(many, "9999999999999", "cr_"+strings.Repeat("0", 20)+string(rune('a'+n%26))+string(rune('a'+n/26%26))+string(rune('a'+n/676%26))+string(rune('a'+n/17576)))
	}
	server.Command(many...)
	look(fsckSample + 1)
	server.Kill()
	if err := h.fsck(t.Context()); consent.KindOf(err) != consent.KindUnavailable {
		t.Error(err)
	}
}

// TestCommon: what requests that came in meanwhile made look wrong once is not believed.
func TestCommon(t *testing.T) {
	if n := common([]string{"a", "b"}, []string{"b", "c"}); n != 1 {
		t.Error(n)
	}
}

// TestAway: only silence counts as failed, not an answer that says no.
func TestAway(t *testing.T) {
	for err, want := range map[error]bool{nil: false, redis.Nil: false, errors.New("cut"): true} {
		if away(err) != want {
			t.Errorf("%v: %v", err, away(err))
		}
	}
}

// TestDoctorFsck: doctor --fsck verifies the audit log, too.
func TestDoctorFsck(t *testing.T) {
	t.Parallel()
	a := newArchive(t)
	call(t, a.env, "doctor", "--fsck").want(t, exitFine, "fine    audit log: 3 entries verify")
	name := a.segment(t)
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, []byte(strings.Replace(string(text), "T-1", "T-2", 1)), 0o600); err != nil {
		t.Fatal(err)
	}
	call(t, a.env, "doctor", "--fsck").want(t, exitAmiss, "amiss   audit log:", "bohoja audit verify tells more")
	call(t, append(a.env, "BOHOJA_AUDIT__DIR="+t.TempDir()+"/none"), "doctor", "--fsck").want(t, exitFine, "advice  audit log:")
	call(t, append(a.env, "BOHOJA_REDIS__URL=redis://127.0.0.1:1"), "doctor", "--fsck").want(t, exitAmiss, "audit log:")
}
