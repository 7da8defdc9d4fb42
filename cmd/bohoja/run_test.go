package main

import (
	"encoding/json"
	"strings"
	"testing"
)

// TestExitCodes: wrong usage is 2 wherever it is found, and always says why.
func TestExitCodes(t *testing.T) {
	t.Chdir(t.TempDir())
	cases := []struct {
		line string
		code int
		text string
	}{
		{"", exitFine, "Available Commands"},
		{"--help", exitFine, "healthcheck"},
		{"help config check", exitFine, "Exit code 2"},
		{"version", exitFine, "bohoja "},
		{"completion bash", exitFine, "bash completion"},
		{"nonsense", exitUsage, `unknown command "nonsense"`},
		{"confg", exitUsage, "Did you mean this?"},
		{"config", exitUsage, "which one?"},
		{"config nonsense", exitUsage, "nonsense"},
		{"apps key", exitUsage, "which one?"},
		{"version --nonsense", exitUsage, "unknown flag"},
		{"version extra", exitUsage, "is too much"},
		{"apps key new", exitUsage, "APP is missing: write bohoja apps key new APP"},
		{"apps key revoke shop", exitUsage, "KEY is missing"},
		{"config init --lang fr", exitUsage, "there are en, ko"},
		{"config check", exitUsage, "BOHOJA_PUBLIC_URL"},
		{"config print --set listn=x", exitUsage, "did you mean listen?"},
		{"config print --set redis.url=redis://x", exitUsage, "does not belong on a command line"},
		{"apps list", exitUsage, "declare at least one app"},
		{"apps key new shop", exitUsage, "no app is declared"},
		{"apps list --config /nowhere.yaml", exitUsage, "is not there"},
		{"apps key new shop --config /nowhere.yaml", exitUsage, "is not there"},
		{"doctor mail", exitUsage, "--to"},
		{"doctor mail --to nobody", exitUsage, "--to"},
		{"doctor mail --to me@shop.example", exitAmiss, "smtp.url"},
		{"doctor", exitAmiss, "BOHOJA_SMTP__URL"},
		{"doctor --fsck", exitAmiss, "redis.url"},
	}
	for _, c := range cases {
		t.Run(c.line, func(t *testing.T) { call(t, nil, strings.Fields(c.line)...).want(t, c.code, c.text) })
	}
}

// TestDemo: the check knows the app that a demonstration brings along.
func TestDemo(t *testing.T) {
	t.Chdir(t.TempDir())
	environ := []string{"BOHOJA_DEMO=true", "BOHOJA_PUBLIC_URL=http://localhost:8080", "BOHOJA_REDIS__URL=redis://redis", "BOHOJA_SMTP__URL=smtp://mail", "BOHOJA_SMTP__FROM=a@shop.example"}
	call(t, environ, "config", "check").want(t, exitFine, "environment: fine")
	if rows := read[[]appRow](t, call(t, environ, "apps", "list", "--json")); len(rows) == 0 {
		t.Error("no app is declared")
	}
}

// TestVersion: the binary says from what it was made.
func TestVersion(t *testing.T) {
	t.Parallel()
	b := read[build](t, call(t, nil, "version", "--json"))
	if b.Go == "" || b.Platform == "" {
		t.Errorf("got %+v", b)
	}
}

// TestJSON: with --json, standard output is JSON and nothing else, also when there is something to complain about.
func TestJSON(t *testing.T) {
	t.Parallel()
	good, bad := example(t), example(t, "profile: KR", "profile: XX")
	for _, line := range []string{
		"version", "config check --config " + good, "config check --config " + bad, "config print --config " + good, "apps list --config " + good,
		"apps key new shop --config " + good, "doctor --config " + bad + " --set listen=x", "config init " + t.TempDir() + "/x.yaml",
	} {
		o := call(t, nil, append(strings.Fields(line), "--json")...)
		var v any
		if err := json.Unmarshal([]byte(o.out), &v); err != nil || v == nil {
			t.Errorf("%s: %v\n%s", line, err, o.out)
		}
	}
}

// TestSecretsStayHidden: canaries in every secret, over all commands, in both streams.
func TestSecretsStayHidden(t *testing.T) {
	t.Parallel()
	const canary = "canary7731"
	file := example(t, "    #webhooks:\n", "    webhooks:\n      - {url: https://shop.example/h, secret: "+canary+"}\n")
	environ := []string{"BOHOJA_REDIS__URL=redis://u:" + canary + "@127.0.0.1:1/x", "BOHOJA_SMTP__URL=smtp://u:" + canary + "@127.0.0.1:1"}
	for _, line := range []string{"config check", "config print", "apps list", "doctor", "doctor mail --to me@shop.example", "healthcheck", "apps reload", "apps key new shop"} {
		for _, more := range [][]string{nil, {"--json"}} {
			o := call(t, environ, append(append(strings.Fields(line), "--config", file, "--set", "ops_listen=127.0.0.1:1"), more...)...)
			if strings.Contains(o.out+o.err, canary) {
				t.Errorf("%s prints a secret:\n%s%s", line, o.out, o.err)
			}
		}
	}
}
