package config

import (
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/bohoja/bohoja/consent"
)

var locales = []string{"ko", "en"}

// write puts a file into a folder of the test and returns its path.
func file(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// loadYAML loads a file of this text and nothing else.
func loadYAML(t *testing.T, text string, environ ...string) *Loaded {
	t.Helper()
	return Load(Source{File: file(t, "bohoja.yaml", text), Environ: environ})
}

// loadExample loads the English example with an environment over it.
func loadExample(t *testing.T, environ ...string) *Loaded {
	t.Helper()
	return loadYAML(t, exampleEnglish, environ...)
}

// lines are faults as "where setting code".
func lines(faults Faults) []string {
	out := []string{}
	for _, f := range faults {
		out = append(out, strings.Join(strings.Fields(f.Where+" "+f.Setting+" "+f.Code), " "))
	}
	return out
}

// TestExamples: both example files pass, and differ in nothing but their comments.
func TestExamples(t *testing.T) {
	t.Parallel()
	var rows [][]string
	for _, lang := range []string{"en", "ko"} {
		l := loadYAML(t, Examples()[lang])
		if faults := l.Check(locales); len(faults) > 0 {
			t.Errorf("%s: %v", lang, faults)
		}
		var values []string
		for _, r := range l.Rows() {
			values = append(values, r.Setting+"="+r.Value+" "+r.Source)
		}
		rows = append(rows, values)
	}
	if !slices.Equal(rows[0], rows[1]) {
		t.Error("the examples differ in values or line numbers")
	}
}

// TestDefaults: the table of settings, with nothing set.
func TestDefaults(t *testing.T) {
	t.Chdir(t.TempDir())
	l := Load(Source{})
	if l.Err() != nil || l.File != "" {
		t.Fatal(l.Err(), l.File)
	}
	want := map[string]string{
		"listen": "127.0.0.1:8080", "ops_listen": "127.0.0.1:8081", "trusted_proxies": "", "redis.allow_unsafe": "false",
		"keys.dir": "./keys", "audit.dir": "./audit", "audit.keep": "26280h", "pending.ttl": "119h", "link.ttl": "0s", "link.min_seconds": "2",
		"mail.confirm_delay": "24h", "mail.remind_after": "24h,72h", "mail.hours": "9-20", "mail.check_domain": "true",
		"release.window": "168h", "erase.due": "72h", "evidence.keep": "26280h", "reask.after": "168h", "amend.wait": "48h",
		"webhooks.allow_private": "false", "limits.guardian_per_day": "10", "limits.resend_per_day": "3",
		"limits.requests_per_minute": "600", "accept": "on", "log.level": "info", "log.format": "json", "profile": "KR", "gate.scope": "operator",
	}
	for _, r := range l.Rows() {
		if w, ok := want[r.Setting]; ok && (r.Value != w || r.Source != "default") {
			t.Errorf("%s is %q from %s, want %q", r.Setting, r.Value, r.Source, w)
		}
		delete(want, r.Setting)
	}
	if len(want) > 0 {
		t.Errorf("not printed: %v", want)
	}
}

// TestLayers: file < environment < command line, and each value tells which it was.
func TestLayers(t *testing.T) {
	t.Parallel()
	l := Load(Source{
		File:    file(t, "x.yaml", "listen: :1\nops_listen: :2\nlog:\n  level: debug\nmail: {remind_after: [1h, 2h]}\n"),
		Environ: []string{"BOHOJA_OPS_LISTEN=:3", "BOHOJA_LOG__LEVEL=warn", "HOME=/x", "BOHOJA_MAIL__REMIND_AFTER=3h, 4h", "BOHOJA_OPERATOR__NAME__KO=하늘"},
		Set:     []string{"log.level=error"},
	})
	if l.Err() != nil {
		t.Fatal(l.Err())
	}
	s := l.Settings
	if s.Listen != ":1" || s.OpsListen != ":3" || s.Log.Level != "error" || s.Log.Format != "json" ||
		!slices.Equal(s.Mail.RemindAfter, []time.Duration{3 * time.Hour, 4 * time.Hour}) || s.Operator.Name["ko"] != "하늘" {
		t.Errorf("got %+v", s)
	}
	want := map[string]string{
		"listen": "x.yaml:1", "ops_listen": "BOHOJA_OPS_LISTEN", "log.level": "--set log.level", "log.format": "default",
		"mail.remind_after": "BOHOJA_MAIL__REMIND_AFTER", "operator.name.ko": "BOHOJA_OPERATOR__NAME__KO",
	}
	for _, r := range l.Rows() {
		if w, ok := want[r.Setting]; ok && r.Source != w {
			t.Errorf("%s comes from %q, want %q", r.Setting, r.Source, w)
		}
	}
}

// TestEverySettingByEnvironment sets each setting that has a variable to another value and finds it in Settings.
func TestEverySettingByEnvironment(t *testing.T) {
	t.Parallel()
	given := map[reflect.Type]string{
		reflect.TypeFor[bool](): "true", reflect.TypeFor[int](): "7", reflect.TypeFor[time.Duration](): "7h",
		reflect.TypeFor[Switch](): "off", reflect.TypeFor[Hours](): "7-8", reflect.TypeFor[string](): "seven",
		privateType: "redis://seven", reflect.TypeFor[[]time.Duration](): "7h,8h", reflect.TypeFor[[]netip.Prefix](): "10.0.0.0/8",
	}
	count := 0
	collect("", reflect.TypeFor[Settings](), func(name string, typ reflect.Type) {
		count++
		l := Load(Source{File: os.DevNull, Environ: []string{envName(name) + "=" + given[typ]}})
		if l.Err() != nil {
			t.Errorf("%s: %v", name, l.Err())
		}
		i := slices.IndexFunc(l.Rows(), func(r Row) bool { return r.Setting == name })
		if i < 0 || l.Rows()[i].Value != given[typ] || l.Rows()[i].Source != envName(name) {
			t.Errorf("%s is not what %s said", name, envName(name))
		}
	})
	if count < 30 {
		t.Errorf("only %d settings", count)
	}
}

// TestFileByVariable: BOHOJA_CONFIG names the file, --config before it, bohoja.yaml only when it is there.
func TestFileByVariable(t *testing.T) {
	t.Chdir(t.TempDir())
	a, b := file(t, "a.yaml", "listen: :1\n"), file(t, "b.yaml", "listen: :2\n")
	if l := Load(Source{Environ: []string{"BOHOJA_CONFIG=" + a}}); l.Settings.Listen != ":1" || l.File != a {
		t.Errorf("BOHOJA_CONFIG: %q from %q", l.Settings.Listen, l.File)
	}
	if l := Load(Source{File: b, Environ: []string{"BOHOJA_CONFIG=" + a}}); l.Settings.Listen != ":2" {
		t.Errorf("--config: %q", l.Settings.Listen)
	}
	if err := os.WriteFile("bohoja.yaml", []byte("listen: :3\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if l := Load(Source{}); l.Settings.Listen != ":3" || l.File != "bohoja.yaml" {
		t.Errorf("bohoja.yaml: %q", l.Settings.Listen)
	}
}

// TestTextStaysText: telephone numbers, booleans and exponents in a text are not turned into numbers and back.
func TestTextStaysText(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"0212345678", "1e3", "true", "0x10", "1_000", "2014-03-02", "no", ".inf", "12:30"} {
		l := loadYAML(t, "operator: {phone: "+text+"}\n")
		if l.Err() != nil || l.Settings.Operator.Phone != text {
			t.Errorf("%s became %q, %v", text, l.Settings.Operator.Phone, l.Err())
		}
	}
	l := loadYAML(t, "operator:\n  phone: |\n    02-000-0000\n  email:\n")
	if l.Err() != nil || l.Settings.Operator.Phone != "02-000-0000" || l.Settings.Operator.Email != "" {
		t.Errorf("block text: %q, %v", l.Settings.Operator.Phone, l.Err())
	}
}

// TestUnreadFaults: what cannot be read, each with its place. Everything else is said with "did you mean".
func TestReadingFaults(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name, yaml string
		environ    []string
		want       string // "where setting code"
		detail     string // a part of it
	}{
		{name: "typing error", yaml: "redis:\n  urll: x\n", want: "bohoja.yaml:2 redis.urll unknown_key", detail: "did you mean url?"},
		{name: "typing error at the top", yaml: "\npubic_url: x\n", want: "bohoja.yaml:2 pubic_url unknown_key", detail: "did you mean public_url?"},
		{name: "typing error in a purpose", yaml: "apps:\n  - purposes:\n      - {requird: true}\n", want: "bohoja.yaml:3 apps[0].purposes[0].requird unknown_key", detail: "did you mean required?"},
		{name: "nothing near", yaml: "zzz: 1\n", want: "bohoja.yaml:1 zzz unknown_key", detail: "no setting has this name"},
		{name: "duration", yaml: "pending: {ttl: 5 days}\n", want: "bohoja.yaml:1 pending.ttl form", detail: "write a duration such as 119h"},
		{name: "number", yaml: "limits: {resend_per_day: 3.5}\n", want: "bohoja.yaml:1 limits.resend_per_day form", detail: "whole number"},
		{name: "bool", yaml: "mail: {check_domain: yes}\n", want: "bohoja.yaml:1 mail.check_domain form", detail: "true or false"},
		{name: "hours", yaml: "mail: {hours: 20-9}\n", want: "bohoja.yaml:1 mail.hours form", detail: "9-20"},
		{name: "switch", yaml: "accept: maybe\n", want: "bohoja.yaml:1 accept form", detail: "on or off"},
		{name: "network", yaml: "trusted_proxies:\n- 10.0.0.0/8\n- 10.1\n", want: "bohoja.yaml:3 trusted_proxies[1] form", detail: "10.0.0.0/8"},
		{name: "list in place of a text", yaml: "listen: [a]\n", want: "bohoja.yaml:1 listen form", detail: "write one text"},
		{name: "text in place of a mapping", yaml: "smtp: x\n", want: "bohoja.yaml:1 smtp form", detail: "write a mapping"},
		{name: "text in place of languages", yaml: "operator: {name: x}\n", want: "bohoja.yaml:1 operator.name form", detail: "{ko: …, en: …}"},
		{name: "mapping in place of a list", yaml: "apps: {id: x}\n", want: "bohoja.yaml:1 apps form", detail: "write a list"},
		{name: "text in place of apps", yaml: "apps: shop\n", want: "bohoja.yaml:1 apps form", detail: "write a list"},
		{name: "key twice", yaml: "listen: a\nlisten: b\n", want: "bohoja.yaml:2 unreadable", detail: "already defined"},
		{name: "not YAML", yaml: "listen: [a\n", want: "bohoja.yaml:1 unreadable", detail: "not found"},
		{name: "tabs", yaml: "redis:\n\turl: x\n", want: "bohoja.yaml:2 unreadable", detail: "cannot start"},
		{name: "no mapping", yaml: "- a\n", want: "bohoja.yaml:1 unreadable", detail: "name: value"},
		{name: "two documents", yaml: "listen: a\n---\nlisten: b\n", want: "bohoja.yaml:3 unreadable", detail: "second document"},
		{name: "anchor", yaml: "listen: &x a\n", want: "bohoja.yaml:1 listen unreadable", detail: "write the value out"},
		{name: "merge key", yaml: "redis:\n  <<: {url: x}\n", want: "bohoja.yaml:2 redis unreadable", detail: "merge keys"},
		{name: "one underscore", environ: []string{"BOHOJA_SMTP_URL=x"}, want: "BOHOJA_SMTP_URL smtp_url unknown_key", detail: "did you mean BOHOJA_SMTP__URL?"},
		{name: "lower case", environ: []string{"BOHOJA_listen=x"}, want: "BOHOJA_listen listen unknown_key", detail: "did you mean BOHOJA_LISTEN?"},
		{name: "too deep", environ: []string{"BOHOJA_LISTEN__X=x"}, want: "BOHOJA_LISTEN__X listen.x unknown_key", detail: "did you mean BOHOJA_LISTEN?"},
		{name: "three underscores", environ: []string{"BOHOJA_SMTP____URL=x"}, want: "BOHOJA_SMTP____URL smtp..url unknown_key", detail: "BOHOJA_SMTP__URL"},
		{name: "apps", environ: []string{"BOHOJA_APPS=x"}, want: "BOHOJA_APPS apps unknown_key", detail: "YAML file"},
		{name: "group as a text", environ: []string{"BOHOJA_SMTP=x"}, want: "BOHOJA_SMTP smtp unknown_key", detail: "no setting"},
		{name: "value of a variable", environ: []string{"BOHOJA_PENDING__TTL=119"}, want: "BOHOJA_PENDING__TTL pending.ttl form", detail: "119h"},
		{name: "one of a list", environ: []string{"BOHOJA_MAIL__REMIND_AFTER=24h,x"}, want: "BOHOJA_MAIL__REMIND_AFTER mail.remind_after[1] form", detail: "duration"},
		{name: "file of no secret", environ: []string{"BOHOJA_LISTEN_FILE=x"}, want: "BOHOJA_LISTEN_FILE listen_file unknown_key", detail: "no setting"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			l := loadYAML(t, c.yaml, c.environ...)
			if got := lines(l.faults); !slices.Equal(got, []string{c.want}) {
				t.Fatalf("got %q, want %q", got, c.want)
			}
			if !strings.Contains(l.faults[0].Detail, c.detail) {
				t.Errorf("%q does not say %q", l.faults[0].Detail, c.detail)
			}
		})
	}
}

// TestMissingFile: a file that was asked for must be there.
func TestMissingFile(t *testing.T) {
	t.Parallel()
	gone := filepath.Join(t.TempDir(), "gone.yaml")
	for want, src := range map[string]Source{
		"--config unreadable":      {File: gone},
		"BOHOJA_CONFIG unreadable": {Environ: []string{"BOHOJA_CONFIG=" + gone}},
	} {
		if got := lines(Load(src).Check(locales)); !slices.Equal(got, []string{want}) {
			t.Errorf("got %q, want only %q", got, want)
		}
	}
	if got := lines(Load(Source{File: t.TempDir()}).faults); !slices.Equal(got, []string{"--config unreadable"}) {
		t.Errorf("a folder: %q", got)
	}
}

// TestSet: the command line takes settings, and no secrets, which every user of the host could read there.
func TestSet(t *testing.T) {
	t.Parallel()
	for pair, want := range map[string]string{
		"listen":                  "--set form",
		"listn=x":                 "--set listn listn unknown_key",
		"redis.url=redis://:pw@x": "--set redis.url redis.url exposed_secret",
		"apps=x":                  "--set apps apps unknown_key",
	} {
		if got := lines(Load(Source{File: os.DevNull, Set: []string{pair}}).faults); !slices.Equal(got, []string{want}) {
			t.Errorf("%s: got %q, want %q", pair, got, want)
		}
	}
	if got := lines(Load(Source{File: os.DevNull, Set: []string{"listen=a", "listen=b"}}).faults); !slices.Equal(got, []string{"--set listen listen given_twice"}) {
		t.Errorf("twice: %q", got)
	}
}

// TestVariableTwice: the last one counts, as for every program.
func TestVariableTwice(t *testing.T) {
	t.Parallel()
	l := Load(Source{File: os.DevNull, Environ: []string{"BOHOJA_LISTEN=:1", "BOHOJA_LISTEN=:2"}})
	if l.Err() != nil || l.Settings.Listen != ":2" {
		t.Errorf("%v, %q", l.Err(), l.Settings.Listen)
	}
}

// TestAmbientVariables: what a container platform sets by itself, and what is no setting, is not a typing error.
func TestAmbientVariables(t *testing.T) {
	t.Parallel()
	l := Load(Source{File: os.DevNull, Environ: []string{
		"BOHOJA_PORT=tcp://10.0.0.1:80", "BOHOJA_PORT_80_TCP_ADDR=10.0.0.1", "BOHOJA_SERVICE_HOST=10.0.0.1", "BOHOJA_API_KEY=x", "BOHOJA_LISTEN=", "odd",
	}})
	if l.Err() != nil || l.Settings.Listen != "127.0.0.1:8080" {
		t.Errorf("%v, %q", l.Err(), l.Settings.Listen)
	}
}

const hookSecret = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3"

// TestSecrets: a secret may be given itself, as a file or as a variable, in the file and in the environment.
func TestSecrets(t *testing.T) {
	t.Parallel()
	held := file(t, "secret", hookSecret+"\n")
	for name, l := range map[string]*Loaded{
		"file in YAML":     loadYAML(t, "apps: [{webhooks: [{secret_file: "+held+"}]}]\n"),
		"variable in YAML": loadYAML(t, "apps: [{webhooks: [{secret_env: HOOK}]}]\n", "HOOK="+hookSecret),
		"itself":           loadYAML(t, "apps: [{webhooks: [{secret: "+hookSecret+"}]}]\n"),
	} {
		if l.Err() != nil || l.Settings.Apps[0].Webhooks[0].Secret.Reveal() != hookSecret {
			t.Errorf("%s: %v", name, l.Err())
		}
	}
	url := file(t, "url", "redis://:pw@redis:6379\r\n")
	l := loadYAML(t, "redis: {url: redis://other}\n", "BOHOJA_REDIS__URL_FILE="+url)
	if l.Err() != nil || l.Settings.Redis.URL.Reveal() != "redis://:pw@redis:6379" {
		t.Errorf("a file in the environment does not replace a value in the file: %v", l.Err())
	}
	l = loadYAML(t, "redis: {url_file: /nowhere}\n", "BOHOJA_REDIS__URL=redis://env")
	if l.Err() != nil || l.Settings.Redis.URL.Reveal() != "redis://env" {
		t.Errorf("a value in the environment does not replace a file in the file: %v", l.Err())
	}
}

// TestSecretFaults: each has its own words, and none repeats anything.
func TestSecretFaults(t *testing.T) {
	t.Parallel()
	cases := []struct{ name, webhook, want, detail string }{
		{"twice", "secret: x, secret_file: y", "secret_file given_twice", "once"},
		{"file and variable", "secret_env: x, secret_file: " + file(t, "s", hookSecret), "secret_env given_twice", "once"},
		{"no file", "secret_file: /nowhere/x", "secret_file unreadable", "not there"},
		{"empty file", "secret_file: " + file(t, "e", "\n"), "secret_file unreadable", "empty"},
		{"huge file", "secret_file: " + file(t, "h", strings.Repeat("x", maxSecretFile+1)), "secret_file unreadable", "too large"},
		{"folder", "secret_file: " + t.TempDir(), "secret_file unreadable", "cannot be read"},
		{"no variable", "secret_env: NONE", "secret_env unreadable", "not set"},
		{"no name", "secret_env: [x]", "secret_env form", "name of a file"},
		{"no secret", "url_file: x", "url_file unknown_key", "no setting"},
	}
	for _, c := range cases {
		l := loadYAML(t, "apps: [{webhooks: [{"+c.webhook+"}]}]\n")
		if got := lines(l.faults); !slices.Equal(got, []string{"bohoja.yaml:1 apps[0].webhooks[0]." + c.want}) || !strings.Contains(l.faults[0].Detail, c.detail) {
			t.Errorf("%s: %v", c.name, l.faults)
		}
	}
}

// TestSecretsStayHidden: canaries in every secret, in faults, rows and the settings themselves.
func TestSecretsStayHidden(t *testing.T) {
	t.Parallel()
	const canary = "canary7731"
	l := loadExample(t, "BOHOJA_REDIS__URL=redis://user:"+canary+"@redis:6379?password="+canary, "BOHOJA_SMTP__URL=smtp://"+canary+":123/"+canary+"@x",
		"BOHOJA_PENDING__TTL="+canary, "BOHOJA_ACCEPT="+canary)
	l.Settings.Apps[0].Webhooks = []consent.Webhook{{URL: "https://x.example", Secret: consent.Secret(canary), OldSecret: consent.Secret(canary)}}
	all := fmt.Sprintf("%v %+v %#v %v %v", l.Rows(), l.Settings, l.Settings, l.Check(locales), l.Advise(locales))
	if strings.Contains(all, canary) {
		t.Error("a secret is printed")
	}
	for _, want := range []string{"redis://[sealed]@redis:6379", "pending.ttl", "accept"} {
		if !strings.Contains(all, want) {
			t.Errorf("%s is not printed", want)
		}
	}
}

// TestBrokenYAMLIsNotQuoted: a syntax error must not print the line that holds a password.
func TestBrokenYAMLIsNotQuoted(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"a: \"canary7731", "a: b: c: canary7731\n", "a: [canary7731\n", "{canary7731", "a: 'canary7731\n", "a: |x canary7731\n", "\tcanary7731: x"} {
		if err := loadYAML(t, text).Err(); err == nil || strings.Contains(err.Error(), "canary7731") {
			t.Errorf("%q: %v", text, err)
		}
	}
}

// TestNames: a name that Names tells is known, and those near it are not.
func TestNames(t *testing.T) {
	t.Parallel()
	for _, n := range Names() {
		if !known(n) || known(n+"x") && !strings.Contains(n, ".name.") && !strings.Contains(n, ".officer.") {
			t.Errorf("%s", n)
		}
	}
	if slices.Contains(Names(), "apps") || known("apps") || known("operator.name") || known("operator.name.ko.x") || !known("operator.name.fr") || !known("smtp.url_file") {
		t.Error("names")
	}
	if !isSecret("smtp.url") || isSecret("smtp.from") {
		t.Error("secrets")
	}
}

// FuzzLoad: whatever the file and the environment hold, loading ends, and Check and Rows never panic.
func FuzzLoad(f *testing.F) {
	f.Add(exampleEnglish, "BOHOJA_LISTEN=:1")
	f.Add("apps: [{keys: [{}], webhooks: [{}], purposes: [{recipients: [{}], sensitive: {}}]}]", "BOHOJA_APPS__X=1")
	f.Add("a: &x [*x]", "BOHOJA_=")
	f.Add("operator: {name: {ko: }}\napps: [null, x, [y]]", "BOHOJA_OPERATOR__NAME__KO=x")
	f.Fuzz(func(t *testing.T, yaml, variable string) {
		root, faults := readYAML("x", []byte(yaml))
		env, more := readEnviron([]string{variable})
		l := &Loaded{Settings: Defaults(), root: overlay(root, env), faults: append(faults, more...)}
		d := &decoder{readFile: func(string) ([]byte, error) { return nil, os.ErrNotExist }}
		d.record("", l.root, reflect.ValueOf(&l.Settings).Elem())
		l.faults = append(l.faults, d.faults...)
		_, _, _ = l.Check(locales).Error(), l.Advise(locales), l.Rows()
	})
}
