package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/bohoja/bohoja/cmd/bohoja/config"
	"github.com/bohoja/bohoja/consent/redisstore"
	"github.com/bohoja/bohoja/mailer"
)

// TestConfigCheck: fine, advice, faults.
func TestConfigCheck(t *testing.T) {
	t.Parallel()
	file := example(t)
	call(t, nil, "config", "check", "--config", file).want(t, exitFine, ": fine", "advice: bohoja.yaml:")
	call(t, []string{"BOHOJA_CONFIG=" + file}, "config", "check").want(t, exitFine, ": fine")
	call(t, []string{"BOHOJA_PENDING__TTL=120h"}, "config", "check", "--config", file).
		want(t, exitUsage, "fault: BOHOJA_PENDING__TTL: the profile KR allows at most 119h [deadline]", ": 1 fault")
	bad := example(t, "required: false", "required: false\n        kind: ads", "keep: {ko: 탈퇴할 때까지, en: Until the account is closed}", "keep: {ko: 탈퇴할 때까지}")
	call(t, nil, "config", "check", "--config", bad).
		want(t, exitUsage, "purpose_forbidden_for_minors", "apps[0].purposes[0].keep.en", ": 2 faults")
	v := read[verdict](t, call(t, nil, "config", "check", "--config", bad, "--json"))
	if v.OK || len(v.Faults) != 2 || v.File != bad || len(v.Advice) == 0 || v.Faults[0].Where == "" {
		t.Errorf("got %+v", v)
	}
}

// TestChecksAgree: what the check says of an address is what the code that uses it says.
func TestChecksAgree(t *testing.T) {
	t.Parallel()
	file := example(t)
	for _, url := range []string{
		"redis://localhost:6379", "rediss://u:p@h:1/2", "redis://a:1,b:2", "redis://a:1,redis://b:2", "redis://a:1/x", "redis://a,b/3", "redis://a/-1", "redis://",
		"redis+sentinel://a,b/?master=m", "redis+sentinel://a", "rediss+sentinel://a?master=m", "http://a", "a:6379", "redis://[::1]:6379", "redis://a:b:c",
	} {
		clients, err := redisstore.Dial(url)
		if err == nil {
			_ = clients.Close()
		}
		agree(t, file, "BOHOJA_REDIS__URL="+url, err)
	}
	for _, url := range []string{
		"smtp://localhost:25", "smtps://u:p@h:465", "smtp+starttls://h:587", "smtp://h", "smtp://", "imap://h", "smtps://h:x", "smtp://h/path", "smtp://h:25?x=1",
		"smtps://user@h", "smtp+starttls://u:p%40q@h",
	} {
		m, err := mailer.New(mailer.Options{URL: url, From: "a@shop.example"})
		if err == nil {
			m.Close()
		}
		agree(t, file, "BOHOJA_SMTP__URL="+url, err)
	}
}

// agree fails when the check passes what the adapter refuses. The check may be the stricter one.
func agree(t *testing.T, file, variable string, adapter error) {
	t.Helper()
	faults := checkSettings(config.Load(config.Source{File: file, Environ: []string{variable}}))
	if adapter != nil && len(faults) == 0 {
		t.Errorf("%s passes, and the adapter says %v", variable, adapter)
	}
	if len(faults) > 1 {
		t.Errorf("%s is told twice: %v", variable, faults)
	}
}

// TestConfigPrint: values with their sources.
func TestConfigPrint(t *testing.T) {
	t.Parallel()
	file := example(t)
	rows := read[[]config.Row](t, call(t, []string{"BOHOJA_LOG__LEVEL=debug"}, "config", "print", "--config", file, "--json", "--set", "listen=:1"))
	for _, want := range []config.Row{
		{Setting: "listen", Value: ":1", Source: "--set listen"}, {Setting: "log.level", Value: "debug", Source: "BOHOJA_LOG__LEVEL"},
		{Setting: "release.window", Value: "168h", Source: "default"}, {Setting: "profile", Value: "KR", Source: "bohoja.yaml:27"},
	} {
		if !slices.Contains(rows, want) {
			t.Errorf("%+v is not printed", want)
		}
	}
	call(t, nil, "config", "print", "--config", file).want(t, exitFine, "SETTING", "redis://localhost:6379", "bohoja.yaml:27")
}

// TestConfigInit: it never overwrites unasked, and what it writes is for its owner alone and passes.
func TestConfigInit(t *testing.T) {
	t.Parallel()
	name := filepath.Join(t.TempDir(), "x.yaml")
	call(t, nil, "config", "init", name, "--lang", "ko").want(t, exitFine, "is written")
	before, err := os.ReadFile(name)
	if err != nil || !strings.Contains(string(before), "한꺼번에") {
		t.Fatalf("%v", err)
	}
	info, err := os.Stat(name)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
	call(t, nil, "config", "check", "--config", name).want(t, exitFine)
	call(t, nil, "config", "init", name).want(t, exitFailed, "--force")
	if after, _ := os.ReadFile(name); string(after) != string(before) {
		t.Error("the file was changed")
	}
	call(t, nil, "config", "init", "--config", name, "--force").want(t, exitFine)
	if after, _ := os.ReadFile(name); string(after) != config.Examples()["en"] {
		t.Error("--force did not overwrite")
	}
	call(t, nil, "config", "init", filepath.Join(t.TempDir(), "no", "x.yaml")).want(t, exitFailed, "no such file")
}
