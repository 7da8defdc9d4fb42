package config

import (
	"slices"
	"strings"
	"testing"
	"time"
)

// TestOneFault: one bad value over the example is told once, by the name of its variable.
func TestOneFault(t *testing.T) {
	t.Parallel()
	cases := []struct{ setting, value, code string }{
		{"public_url", "shop.example", FaultForm},
		{"public_url", "ftp://shop.example", FaultForm},
		{"public_url", "https://", FaultForm},
		{"public_url", "https://a:b@shop.example", FaultForm},
		{"public_url", "https://shop.example/?x=1", FaultForm},
		{"public_url", "https://shop.example/#x", FaultForm},
		{"public_url", "https://shop example", FaultForm},
		{"ops_url", "ops.example", FaultForm},
		{"ops_url", "https://%zz", FaultForm},
		{"listen", "8080", FaultForm},
		{"listen", "127.0.0.1:http", FaultForm},
		{"listen", "127.0.0.1:70000", FaultForm},
		{"ops_listen", "localhost", FaultForm},
		{"ops_listen", "127.0.0.1:8080", FaultRange},
		{"redis.url", "localhost:6379", FaultForm},
		{"redis.url", "http://localhost:6379", FaultForm},
		{"redis.url", "redis://", FaultForm},
		{"redis.url", "redis://a:1,http://b:2", FaultForm},
		{"redis.url", "redis+sentinel://a:26379", FaultForm},
		{"smtp.url", "localhost:1025", FaultForm},
		{"smtp.url", "smtp://", FaultForm},
		{"smtp.url", "smtp://user:pw@mail.example:25", FaultExposed},
		{"smtp.from", "Haneul Shop", FaultForm},
		{"smtp.from", "a@shop.example, b@shop.example", FaultForm},
		{"smtp.from", "a@localhost", FaultForm},
		{"smtp.dkim_selector", "../x", FaultForm},
		{"smtp.dkim_selector", "a.b", FaultForm},
		{"smtp.dkim_domain", "localhost", FaultForm},
		{"smtp.bounces", "bounces", FaultForm},
		{"smtp.bounces", "b+c@shop.example", FaultForm},
		{"smtp.bounces", "sixteen-letters-@shop.example", FaultForm},
		{"smtp.bounces_listen", "8026", FaultForm},
		{"pending.ttl", "120h", "deadline"},
		{"pending.ttl", "-1s", "deadline"},
		{"link.ttl", "120h", FaultRange},
		{"link.ttl", "-1h", FaultRange},
		{"link.min_seconds", "61", FaultRange},
		{"link.min_seconds", "-1", FaultRange},
		{"mail.confirm_delay", "-1s", FaultRange},
		{"release.window", "0", FaultRange},
		{"erase.due", "0", FaultRange},
		{"evidence.keep", "-1h", FaultRange},
		{"reask.after", "-1h", FaultRange},
		{"amend.wait", "23h", FaultRange},
		{"amend.wait", "721h", FaultRange},
		{"limits.guardian_per_day", "0", FaultRange},
		{"limits.resend_per_day", "-3", FaultRange},
		{"limits.requests_per_minute", "0", FaultRange},
		{"log.level", "verbose", FaultForm},
		{"log.format", "xml", FaultForm},
		{"keys.dir", " ", FaultRequired},
		{"audit.dir", " ", FaultRequired}, {"audit.keep", "8759h", FaultRange},
		{"profile", "JP", "unknown"},
		{"gate.scope", "all", "unknown"},
		{"operator.email", "x", "malformed"},
		{"operator.name.en", " ", "empty_text"},
	}
	for _, c := range cases {
		t.Run(c.setting+"="+c.value, func(t *testing.T) {
			t.Parallel()
			faults := loadExample(t, envName(c.setting)+"="+c.value).Check(locales)
			want := envName(c.setting) + " " + c.setting + " " + c.code
			if c.setting == "pending.ttl" && c.value[0] == '-' {
				faults = slices.DeleteFunc(faults, func(f Fault) bool { return f.Setting == "link.ttl" })
			}
			if got := lines(faults); !slices.Equal(got, []string{want}) {
				t.Fatalf("got %q, want %q", got, want)
			}
			if s := faults[0].String(); !strings.HasPrefix(s, envName(c.setting)+": ") || strings.Contains(s, c.value) && len(c.value) > 12 {
				t.Errorf("told as %q", s)
			}
		})
	}
}

// TestBouncesGoTogether: a return path and where it is served, both or neither.
func TestBouncesGoTogether(t *testing.T) {
	t.Parallel()
	for one, missing := range map[string]string{
		"BOHOJA_SMTP__BOUNCES=bounces@shop.example": "smtp.bounces_listen", "BOHOJA_SMTP__BOUNCES_LISTEN=127.0.0.1:8026": "smtp.bounces",
	} {
		if faults := loadExample(t, one).Check(locales); len(faults) != 1 || faults[0].Setting != missing || faults[0].Code != FaultRequired {
			t.Errorf("%s: %v", one, faults)
		}
	}
	if faults := loadExample(t, "BOHOJA_SMTP__BOUNCES=bounces@shop.example", "BOHOJA_SMTP__BOUNCES_LISTEN=127.0.0.1:8026").Check(locales); len(faults) > 0 {
		t.Error(faults)
	}
}

// TestAccepted: values that must pass.
func TestAccepted(t *testing.T) {
	t.Parallel()
	for _, one := range []string{
		"BOHOJA_PUBLIC_URL=https://shop.example/consent/", "BOHOJA_PUBLIC_URL=http://bohoja:8080", "BOHOJA_LISTEN=:8080", "BOHOJA_LISTEN=[::1]:0",
		"BOHOJA_OPS_URL=https://ops.example", "BOHOJA_REDIS__URL=rediss://user:p%40w@redis:6380/0", "BOHOJA_REDIS__URL=redis://a:1,b:2,redis://c:3",
		"BOHOJA_REDIS__URL=redis+sentinel://a:26379,b:26379/?master=main", "BOHOJA_SMTP__URL=smtps://u:p@mail.example:465",
		"BOHOJA_SMTP__URL=smtp+starttls://u:p@mail.example:587", "BOHOJA_SMTP__URL=smtp://u:p@127.0.0.1:25", "BOHOJA_SMTP__FROM=consent@shop.example", "BOHOJA_SMTP__DKIM_SELECTOR=b-2026", "BOHOJA_SMTP__DKIM_DOMAIN=shop.example",
		"BOHOJA_SMTP__FROM=하늘상점 <consent@shop.example>", "BOHOJA_PENDING__TTL=3s", "BOHOJA_LINK__TTL=119h", "BOHOJA_LINK__MIN_SECONDS=0",
		"BOHOJA_MAIL__CONFIRM_DELAY=0s", "BOHOJA_MAIL__HOURS=0-24", "BOHOJA_TRUSTED_PROXIES=10.0.0.0/8,::1/128", "BOHOJA_ACCEPT=off", "BOHOJA_PROFILE=EU-DE",
	} {
		if faults := loadExample(t, one).Check(locales); len(faults) > 0 {
			t.Errorf("%s: %v", one, faults)
		}
	}
}

// TestRequired: with nothing set, serve's needs are told at once, each by its name.
func TestRequired(t *testing.T) {
	t.Chdir(t.TempDir())
	got := lines(Load(Source{}).Check(locales))
	want := []string{
		"public_url required", "redis.url required", "smtp.url required", "smtp.from required",
		"operator.name.ko empty_text", "operator.phone missing", "operator.email missing", "apps missing",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	if text := Load(Source{}).Check(locales).Error(); !strings.Contains(text, "public_url (BOHOJA_PUBLIC_URL): write the address") {
		t.Error(text)
	}
}

// TestAllAtOnce: faults of reading, of sense and of the apps stand in one list; none is told twice in other words.
func TestAllAtOnce(t *testing.T) {
	t.Parallel()
	text := strings.NewReplacer("kind", "kind", "en: Deliver", "en: Deliver", "listen: 127", "listn: 127", "[nickname, birth_date]", "[nickname, shoe]").Replace(exampleEnglish)
	faults := loadYAML(t, text, "BOHOJA_PENDING__TTL=soon", "BOHOJA_LIMITS__RESEND_PER_DAY=0", "BOHOJA_SMTP__URL_FILE=/nowhere").Check(locales)
	for _, want := range []string{"listn unknown_key", "BOHOJA_PENDING__TTL pending.ttl form", "BOHOJA_SMTP__URL_FILE smtp.url_file unreadable",
		"BOHOJA_LIMITS__RESEND_PER_DAY limits.resend_per_day range", "apps[0].items.shoe.ko missing_label", "apps[0].items.shoe.en missing_label"} {
		if !slices.ContainsFunc(lines(faults), func(l string) bool { return strings.HasSuffix(l, want) }) {
			t.Errorf("%s is not told in %q", want, lines(faults))
		}
	}
	if len(faults) != 7 { // ops_listn, too
		t.Errorf("got %q", lines(faults))
	}
}

// TestPlace: a fault of the declarations names the line of the value, or of the nearest thing around what is missing.
func TestPlace(t *testing.T) {
	t.Parallel()
	l := loadYAML(t, "profile: KR\noperator:\n  phone: '1'\napps:\n  - id: Shop\n    languages: [ko]\n    name:\n      en: x\n")
	got := lines(l.Check(locales))
	for _, want := range []string{"bohoja.yaml:3 operator.name.ko empty_text", "bohoja.yaml:5 apps[0].id malformed", "bohoja.yaml:8 apps[0].name.ko empty_text"} {
		if !slices.Contains(got, want) {
			t.Errorf("%q is not in %q", want, got)
		}
	}
}

// TestAdvice: what is allowed and better done otherwise.
func TestAdvice(t *testing.T) {
	t.Parallel()
	l := loadExample(t, "BOHOJA_PUBLIC_URL=http://bohoja.example", "BOHOJA_SMTP__URL=smtp://mail.example")
	got := lines(l.Advise(locales))
	for _, want := range []string{"BOHOJA_PUBLIC_URL public_url clear_text", "BOHOJA_SMTP__URL smtp.url clear_text", "no_keys", "stronger_method"} {
		if !slices.ContainsFunc(got, func(l string) bool { return strings.Contains(l, want) }) {
			t.Errorf("%q is not in %q", want, got)
		}
	}
	if got := lines(loadExample(t).Advise(locales)); len(got) != 2 {
		t.Errorf("loopback is advised against: %q", got)
	}
}

// TestSteps: what the domain learns.
func TestSteps(t *testing.T) {
	t.Parallel()
	l := loadExample(t, "BOHOJA_PUBLIC_URL=https://shop.example/consent/", "BOHOJA_ACCEPT=off", "BOHOJA_LINK__MIN_SECONDS=5")
	s := l.Settings.Steps()
	if s.PublicURL != "https://shop.example/consent" || s.Accepting || s.MinPage != 5*time.Second || s.Pending != 119*time.Hour || s.MailFrom != 9 ||
		s.MailUntil != 20 || s.GuardianDay != 10 || s.ResendDay != 3 || s.Window != 168*time.Hour || s.EraseDue != 72*time.Hour || len(s.Remind) != 2 ||
		s.Keep != 26280*time.Hour || s.Reask != 168*time.Hour || s.Confirm != 24*time.Hour {
		t.Errorf("got %+v", s)
	}
	book, err := l.Settings.Declared(locales).Book()
	if err != nil || book.Apps["shop"] == nil || book.Operator.Phone != "02-000-0000" {
		t.Errorf("book: %v", err)
	}
}

// TestOpsAddress: a command on the host reaches the listener, whatever it listens on.
func TestOpsAddress(t *testing.T) {
	t.Parallel()
	for listen, want := range map[string]string{
		"127.0.0.1:8081": "http://127.0.0.1:8081", ":8081": "http://127.0.0.1:8081", "0.0.0.0:1": "http://127.0.0.1:1",
		"[::]:1": "http://[::1]:1", "ops.internal:2": "http://ops.internal:2", "bad": "http://bad",
	} {
		s := Settings{OpsListen: listen}
		if got := s.OpsAddress(); got != want {
			t.Errorf("%s: %s, want %s", listen, got, want)
		}
	}
}

// TestDidYouMean: near names are proposed, far ones are not.
func TestDidYouMean(t *testing.T) {
	t.Parallel()
	names := []string{"url", "from", "remind_after"}
	for given, want := range map[string]string{"uri": "url", "form": "from", "remindafter": "remind_after", "zzz": "", "x": ""} {
		got := didYouMean(given, names)
		if want == "" && got != "" || want != "" && got != ", did you mean "+want+"?" {
			t.Errorf("%s: %q", given, got)
		}
	}
}
