package consent

import (
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"slices"
	"strings"
	"testing"
	"time"
)

const soundSecret = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3" // 24 bytes

// soundDeclared returns declarations with nothing wrong and nothing to advise; cases spoil one thing each.
func soundDeclared() Declared {
	both := func(ko, en string) Text { return Text{"ko": ko, "en": en} }
	purpose := func(id string, required bool, items ...string) Purpose {
		return Purpose{
			ID: id, Required: required, Items: items,
			Why: both("회원 가입", "Opening the account"), Child: both("별명이 필요해요", "We need a nickname"),
			Keep: both("탈퇴할 때까지", "Until the account is closed"), Refuse: both("가입할 수 없습니다", "No account"),
		}
	}
	delivery := purpose("delivery", false, "address", "door_code")
	delivery.Recipients = []Recipient{{
		Name: both("한진택배", "Hanjin"), Why: both("배송", "delivery"), Items: []string{"address"}, Keep: both("배송까지", "until delivered"),
	}}
	return Declared{
		Profile: "KR", Pending: 119 * time.Hour, Locales: []string{"ko", "en"}, Gate: Gate{Scope: GateOperator},
		Operator: Operator{
			Name: both("하늘상점(주)", "Haneul Shop Inc."), Phone: "02-000-0000", Email: "privacy@shop.example",
			SiteURL: "https://shop.example", Officer: both("개인정보보호팀", "Privacy team"), PolicyURL: "https://shop.example/privacy",
		},
		Apps: []App{{
			ID: "shop", Name: both("하늘상점", "Haneul Shop"), Languages: []string{"ko", "en"},
			Methods: []Method{MethodEmailLink, MethodIdentity},
			Keys:    []Key{{ID: "k1", SHA256: strings.Repeat("ab", 32), Scopes: []string{ScopeRequests, ScopeRelease}}},
			Origins: []string{"https://shop.example", "http://localhost:3000"},
			ReturnURLs: []string{
				"https://shop.example/welcome", "com.example.shop:/welcome", "haneul://welcome", "http://localhost:3000/x", "http://127.0.0.1/x", "http://[::1]:1/x",
			},
			ContinueURL: "https://shop.example/profile",
			Webhooks:    []Webhook{{URL: "https://shop.example/hooks", Secret: Secret(soundSecret), OldSecret: Secret(soundSecret)}},
			Items:       map[string]Text{"door_code": both("현관 비밀번호", "Door code")},
			Purposes:    []Purpose{purpose("account", true, "nickname", "birth_date"), delivery},
		}},
	}
}

type spoiling struct {
	name  string
	spoil func(*Declared)
	path  string
	code  string
}

func onApp(f func(*App)) func(*Declared) { return func(d *Declared) { f(&d.Apps[0]) } }

func onKey(f func(*Key)) func(*Declared) { return onApp(func(a *App) { f(&a.Keys[0]) }) }

func onHook(f func(*Webhook)) func(*Declared) { return onApp(func(a *App) { f(&a.Webhooks[0]) }) }

func onPurpose(n int, f func(*Purpose)) func(*Declared) {
	return onApp(func(a *App) { f(&a.Purposes[n]) })
}

func onRecipient(f func(*Recipient)) func(*Declared) {
	return onPurpose(1, func(p *Purpose) { f(&p.Recipients[0]) })
}

func onReturn(u string) func(*Declared) { return onApp(func(a *App) { a.ReturnURLs = []string{u} }) }

func onOrigin(o string) func(*Declared) { return onApp(func(a *App) { a.Origins = []string{o} }) }

func onHookURL(u string) func(*Declared) { return onHook(func(h *Webhook) { h.URL = u }) }

func onSecret(s string) func(*Declared) { return onHook(func(h *Webhook) { h.Secret = Secret(s) }) }

// us makes the declarations those of a shop under COPPA that takes e-mail only where nothing is disclosed.
func underUS(f func(*Declared)) func(*Declared) {
	return func(d *Declared) {
		d.Profile = "US"
		d.Apps[0].Methods = []Method{MethodIdentity}
		f(d)
	}
}

var operatorFaults = []spoiling{
	{"profile unknown", func(d *Declared) { d.Profile = "XX" }, "profile", FaultUnknown},
	{"profile in lower case", func(d *Declared) { d.Profile = "EU-de" }, "profile", FaultUnknown},
	{"no profile", func(d *Declared) { d.Profile = "" }, "profile", FaultUnknown},
	{"deadline above the profile's", func(d *Declared) { d.Pending += time.Millisecond }, "pending.ttl", FaultDeadline},
	{"no deadline", func(d *Declared) { d.Pending = 0 }, "pending.ttl", FaultDeadline},
	{"gate of an unknown scope", func(d *Declared) { d.Gate.Scope = "world" }, "gate.scope", FaultUnknown},
	{"no app", func(d *Declared) { d.Apps = nil; d.Operator.Officer = nil }, "apps", FaultMissing},
	{"operator's name", func(d *Declared) { delete(d.Operator.Name, "en") }, "operator.name.en", FaultEmptyText},
	{"operator's officer", func(d *Declared) { d.Operator.Officer = Text{"ko": "팀"} }, "operator.officer.en", FaultEmptyText},
	{"operator's phone", func(d *Declared) { d.Operator.Phone = " " }, "operator.phone", FaultMissing},
	{"operator without an address", func(d *Declared) { d.Operator.Email = "" }, "operator.email", FaultMissing},
	{"operator's address", func(d *Declared) { d.Operator.Email = "privacy@" }, "operator.email", FaultMalformed},
	{"operator's site", func(d *Declared) { d.Operator.SiteURL = "shop.example" }, "operator.site_url", FaultMalformed},
	{"operator's policy", func(d *Declared) { d.Operator.PolicyURL = "ftp://shop.example" }, "operator.policy_url", FaultScheme},
	{"a line break in a name", func(d *Declared) { d.Operator.Name["ko"] = "a\nb" }, "operator.name.ko", FaultMalformed},
	{"a turned text", func(d *Declared) { d.Operator.Name["ko"] = "a\u202eb" }, "operator.name.ko", FaultMalformed},
}

var appFaults = []spoiling{
	{"id missing", onApp(func(a *App) { a.ID = "" }), "apps[0].id", FaultMissing},
	{"id with a brace", onApp(func(a *App) { a.ID = "a}b" }), "apps[0].id", FaultMalformed},
	{"id too long", onApp(func(a *App) { a.ID = strings.Repeat("a", 33) }), "apps[0].id", FaultMalformed},
	{"id with a line break", onApp(func(a *App) { a.ID = "shop\n" }), "apps[0].id", FaultMalformed},
	{"name empty", onApp(func(a *App) { a.Name["ko"] = "\u00a0 " }), "apps[0].name.ko", FaultEmptyText},
	{"no language", onApp(func(a *App) { a.Languages = nil }), "apps[0].languages", FaultMissing},
	{"language twice", onApp(func(a *App) { a.Languages = []string{"ko", "en", "ko"} }), "apps[0].languages[2]", FaultDuplicate},
	{"no method", onApp(func(a *App) { a.Methods = nil }), "apps[0].methods", FaultMissing},
	{"unknown method", onApp(func(a *App) { a.Methods[0] = "fax" }), "apps[0].methods[0]", FaultUnknown},
	{"method twice", onApp(func(a *App) { a.Methods[0] = MethodIdentity }), "apps[0].methods[1]", FaultDuplicate},
	{"US: link and recipients", underUS(onApp(func(a *App) { a.Methods = append(a.Methods, MethodEmailLink) })), "apps[0].methods[1]", FaultMethod},
	{"US: reply and recipients", underUS(onApp(func(a *App) { a.Methods = append(a.Methods, MethodEmailReply) })), "apps[0].methods[1]", FaultMethod},
	{"no purpose", onApp(func(a *App) { a.Purposes = nil; a.Items = nil }), "apps[0].purposes", FaultMissing},
	{"key id missing", onKey(func(k *Key) { k.ID = "" }), "apps[0].keys[0].id", FaultMissing},
	{"key id malformed", onKey(func(k *Key) { k.ID = "K 1" }), "apps[0].keys[0].id", FaultMalformed},
	{"key hash short", onKey(func(k *Key) { k.SHA256 = "abc" }), "apps[0].keys[0].sha256", FaultMalformed},
	{"key hash in capitals", onKey(func(k *Key) { k.SHA256 = strings.Repeat("AB", 32) }), "apps[0].keys[0].sha256", FaultMalformed},
	{"key itself in place of its hash", onKey(func(k *Key) { k.SHA256 = "bhj_live_sk_abc" }), "apps[0].keys[0].sha256", FaultMalformed},
	{"hash of nothing", onKey(func(k *Key) { k.SHA256 = hashOfNothing }), "apps[0].keys[0].sha256", FaultMalformed},
	{"no scope", onKey(func(k *Key) { k.Scopes = nil }), "apps[0].keys[0].scopes", FaultMissing},
	{"unknown scope", onKey(func(k *Key) { k.Scopes[1] = "all" }), "apps[0].keys[0].scopes[1]", FaultUnknown},
	{"scope twice", onKey(func(k *Key) { k.Scopes[1] = ScopeRequests }), "apps[0].keys[0].scopes[1]", FaultDuplicate},
	{"key id twice", onApp(func(a *App) {
		a.Keys = append(a.Keys, Key{ID: "k1", SHA256: strings.Repeat("cd", 32), Scopes: Scopes})
	}), "apps[0].keys[1].id", FaultDuplicate},
}

var urlFaults = []spoiling{
	{"origin with a path", onOrigin("https://shop.example/"), "apps[0].origins[0]", FaultMalformed},
	{"origin with the usual port", onOrigin("https://shop.example:443"), "apps[0].origins[0]", FaultMalformed},
	{"origin in capitals", onOrigin("https://Shop.example"), "apps[0].origins[0]", FaultMalformed},
	{"origin with a wildcard", onOrigin("https://*.shop.example"), "apps[0].origins[0]", FaultMalformed},
	{"origin with a password", onOrigin("https://a:b@shop.example"), "apps[0].origins[0]", FaultMalformed},
	{"origin in plain http", onOrigin("http://shop.example"), "apps[0].origins[0]", FaultInsecure},
	{"origin of a name that looks local", onOrigin("http://localhost.shop.example"), "apps[0].origins[0]", FaultInsecure},
	{"origin null", onOrigin("null"), "apps[0].origins[0]", FaultMalformed},
	{"origin missing", onOrigin(""), "apps[0].origins[0]", FaultMissing},
	{"return by script", onReturn("javascript:alert(1)"), "apps[0].return_urls[0]", FaultScheme},
	{"return by script in capitals", onReturn("JavaScript:alert(1)"), "apps[0].return_urls[0]", FaultScheme},
	{"return by script after a tab", onReturn("java\tscript:alert(1)"), "apps[0].return_urls[0]", FaultMalformed},
	{"return to data", onReturn("data:text/html,x"), "apps[0].return_urls[0]", FaultScheme},
	{"return to a file", onReturn("file:///etc/passwd"), "apps[0].return_urls[0]", FaultScheme},
	{"return in plain http", onReturn("http://shop.example/x"), "apps[0].return_urls[0]", FaultInsecure},
	{"return relative", onReturn("/welcome"), "apps[0].return_urls[0]", FaultMalformed},
	{"return without a host", onReturn("https:///welcome"), "apps[0].return_urls[0]", FaultMalformed},
	{"return with a fragment", onReturn("https://shop.example/#x"), "apps[0].return_urls[0]", FaultMalformed},
	{"return with an empty fragment", onReturn("https://shop.example/#"), "apps[0].return_urls[0]", FaultMalformed},
	{"continue by script", onApp(func(a *App) { a.ContinueURL = "javascript:x" }), "apps[0].continue_url", FaultScheme},
	{"webhook in plain http", onHookURL("http://shop.example/hooks"), "apps[0].webhooks[0].url", FaultInsecure},
	{"webhook by another scheme", onHookURL("gopher://shop.example"), "apps[0].webhooks[0].url", FaultScheme},
	{"webhook to loopback", onHookURL("http://127.0.0.1:9/x"), "apps[0].webhooks[0].url", FaultPrivate},
	{"webhook to localhost", onHookURL("https://localhost/x"), "apps[0].webhooks[0].url", FaultPrivate},
	{"webhook to a private range", onHookURL("https://10.0.0.1/x"), "apps[0].webhooks[0].url", FaultPrivate},
	{"webhook to a mapped private range", onHookURL("https://[::ffff:10.0.0.1]/x"), "apps[0].webhooks[0].url", FaultPrivate},
	{"webhook to nowhere, mapped", onHookURL("https://[::ffff:0.0.0.0]/x"), "apps[0].webhooks[0].url", FaultPrivate},
	{"webhook to the cloud's metadata", onHookURL("https://169.254.169.254/x"), "apps[0].webhooks[0].url", FaultPrivate},
	{"webhook twice", onApp(func(a *App) { a.Webhooks = append(a.Webhooks, a.Webhooks[0]) }), "apps[0].webhooks[1].url", FaultDuplicate},
	{"webhook without a secret", onSecret(""), "apps[0].webhooks[0].secret", FaultSecret},
	{"secret too short", onSecret("whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY"), "apps[0].webhooks[0].secret", FaultSecret},
	{"secret of 23 bytes", onSecret("whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY="), "apps[0].webhooks[0].secret", FaultSecret},
	{"secret without its prefix", onSecret(soundSecret[6:]), "apps[0].webhooks[0].secret", FaultSecret},
	{"secret not base64", onSecret("whsec_" + strings.Repeat("!", 40)), "apps[0].webhooks[0].secret", FaultSecret},
	{"test secret too short", onHook(func(h *Webhook) { h.TestSecret = Secret("whsec_YQ==") }), "apps[0].webhooks[0].test_secret", FaultSecret},
	{"old secret too short", onHook(func(h *Webhook) { h.OldSecret = Secret("whsec_YQ==") }), "apps[0].webhooks[0].old_secret", FaultSecret},
}

var purposeFaults = []spoiling{
	{"id missing", onPurpose(0, func(p *Purpose) { p.ID = "" }), "apps[0].purposes[0].id", FaultMissing},
	{"id malformed", onPurpose(0, func(p *Purpose) { p.ID = "a.b" }), "apps[0].purposes[0].id", FaultMalformed},
	{"id twice", onPurpose(0, func(p *Purpose) { p.ID = "delivery" }), "apps[0].purposes[1].id", FaultDuplicate},
	{"why", onPurpose(0, func(p *Purpose) { p.Why["en"] = "" }), "apps[0].purposes[0].why.en", FaultEmptyText},
	{"child", onPurpose(0, func(p *Purpose) { delete(p.Child, "ko") }), "apps[0].purposes[0].child.ko", FaultEmptyText},
	{"keep", onPurpose(0, func(p *Purpose) { delete(p.Keep, "ko") }), "apps[0].purposes[0].keep.ko", FaultEmptyText},
	{"refuse", onPurpose(0, func(p *Purpose) { delete(p.Refuse, "ko") }), "apps[0].purposes[0].refuse.ko", FaultEmptyText},
	{"marketing", onPurpose(1, func(p *Purpose) { p.Kind = "marketing" }), "apps[0].purposes[1].kind", FaultMarketing},
	{"ads", onPurpose(1, func(p *Purpose) { p.Kind = "Ads" }), "apps[0].purposes[1].kind", FaultMarketing},
	{"prize", onPurpose(1, func(p *Purpose) { p.Kind = "prize" }), "apps[0].purposes[1].kind", FaultMarketing},
	{"game", onPurpose(1, func(p *Purpose) { p.Kind = "game" }), "apps[0].purposes[1].kind", FaultMarketing},
	{"event", onPurpose(1, func(p *Purpose) { p.Kind = " events" }), "apps[0].purposes[1].kind", FaultMarketing},
	{"a kind that might hide one", onPurpose(1, func(p *Purpose) { p.Kind = "fun" }), "apps[0].purposes[1].kind", FaultUnknown},
	{"item malformed", onPurpose(0, func(p *Purpose) { p.Items[0] = "a b" }), "apps[0].purposes[0].items[0]", FaultMalformed},
	{"item twice", onPurpose(0, func(p *Purpose) { p.Items[0] = "birth_date" }), "apps[0].purposes[0].items[1]", FaultDuplicate},
	{"label in one language", onApp(func(a *App) { delete(a.Items["door_code"], "en") }), "apps[0].items.door_code.en", FaultLabel},
	{"label emptied over a built-in one", onApp(func(a *App) { a.Items["address"] = Text{"ko": "주소", "en": " "} }), "apps[0].items.address.en", FaultLabel},
	{"label with a line break", onApp(func(a *App) { a.Items["address"] = Text{"ko": "주소", "en": "a\r\nb"} }), "apps[0].items.address.en", FaultMalformed},
	{"law missing", onPurpose(0, func(p *Purpose) { p.Sensitive = &Sensitive{Why: Text{"ko": "x", "en": "x"}} }), "apps[0].purposes[0].sensitive.law", FaultMissing},
	{"reason missing", onPurpose(0, func(p *Purpose) { p.Sensitive = &Sensitive{Law: "x", Why: Text{"ko": "x"}} }), "apps[0].purposes[0].sensitive.why.en", FaultEmptyText},
	{"recipient's name", onRecipient(func(r *Recipient) { delete(r.Name, "en") }), "apps[0].purposes[1].recipients[0].name.en", FaultEmptyText},
	{"recipient's purpose", onRecipient(func(r *Recipient) { delete(r.Why, "en") }), "apps[0].purposes[1].recipients[0].why.en", FaultEmptyText},
	{"recipient's retention", onRecipient(func(r *Recipient) { delete(r.Keep, "en") }), "apps[0].purposes[1].recipients[0].keep.en", FaultEmptyText},
	{"recipient's items", onRecipient(func(r *Recipient) { r.Items = nil }), "apps[0].purposes[1].recipients[0].items", FaultMissing},
	{"recipient gets more", onRecipient(func(r *Recipient) { r.Items[0] = "nickname" }), "apps[0].purposes[1].recipients[0].items[0]", FaultUndeclared},
}

// TestOneFault spoils one thing at a time: Check finds that one and no other.
func TestOneFault(t *testing.T) {
	t.Parallel()
	for group, cases := range map[string][]spoiling{
		"operator": operatorFaults, "app": appFaults, "url": urlFaults, "purpose": purposeFaults,
	} {
		for _, c := range cases {
			t.Run(group+"/"+c.name, func(t *testing.T) {
				t.Parallel()
				d := soundDeclared()
				c.spoil(&d)
				got := d.Check()
				if len(got) != 1 || got[0].Path != c.path || got[0].Code != c.code || got[0].Detail == "" {
					t.Errorf("got %+v, want one fault %s at %s", got, c.code, c.path)
				}
				if _, err := d.Book(); err == nil {
					t.Error("a Book was made of spoiled declarations")
				}
			})
		}
	}
}

// TestFaultsThatComeTogether: faults that a single value causes in more than one place.
func TestFaultsThatComeTogether(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name  string
		spoil func(*Declared)
		want  []string // "path code"
	}{
		{"no item", onPurpose(0, func(p *Purpose) { p.Items = nil }), []string{"apps[0].purposes[0].items missing"}},
		{"item without any label", onPurpose(0, func(p *Purpose) { p.Items = []string{"shoe"} }),
			[]string{"apps[0].items.shoe.ko missing_label", "apps[0].items.shoe.en missing_label"}},
		{"language that is none", onApp(func(a *App) { a.Languages = []string{"ko", "en", "k o"} }), nil},
		{"key of two apps", func(d *Declared) {
			second := soundDeclared().Apps[0]
			second.ID = "other"
			d.Apps = append(d.Apps, second)
		}, []string{"apps[1].keys[0].sha256 duplicate"}},
		{"two apps of one id", func(d *Declared) {
			second := soundDeclared().Apps[0]
			second.Keys = nil
			d.Apps = append(d.Apps, second)
		}, []string{"apps[1].id duplicate"}},
		{"resident registration number", onPurpose(0, func(p *Purpose) { p.Items[0] = "RRN" }),
			[]string{"apps[0].purposes[0].items[0] resident_number", "apps[0].items.RRN.ko missing_label", "apps[0].items.RRN.en missing_label"}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			d := soundDeclared()
			c.spoil(&d)
			got := faultLines(d.Check())
			if c.want == nil && !slices.Contains(got, "apps[0].languages[2] malformed") || c.want != nil && !slices.Equal(got, c.want) {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

// TestSensitiveItems: policy chapter 2. A law and a reason in every language open the way.
func TestSensitiveItems(t *testing.T) {
	t.Parallel()
	for _, item := range []string{"religion", "family", "school", "health", "club", "fingerprint", "bloodType", "Medical-History"} {
		d := soundDeclared()
		p := &d.Apps[0].Purposes[0]
		p.Items = []string{item}
		d.Apps[0].Items[item] = Text{"ko": "항목", "en": "Item"}
		if got, want := faultLines(d.Check()), []string{"apps[0].purposes[0].items[0] " + FaultSensitive}; !slices.Equal(got, want) {
			t.Errorf("%s: got %q, want %q", item, got, want)
		}
		p.Sensitive = &Sensitive{Law: "학교보건법 제7조", Why: Text{"ko": "건강 검사", "en": "Medical examination"}}
		if got := d.Check(); got != nil {
			t.Errorf("%s with a law: %v", item, got)
		}
	}
}

// TestLanguagesOfPages: an app may not speak a language in which there is no page.
func TestLanguagesOfPages(t *testing.T) {
	t.Parallel()
	d := soundDeclared()
	d.Locales = []string{"ko"}
	if got, want := faultLines(d.Check()), []string{"apps[0].languages[1] " + FaultUnknown}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	d.Locales = nil
	if got := d.Check(); got != nil {
		t.Errorf("unchecked languages: %v", got)
	}
}

// TestPrivateHooks: leave for private ranges is not leave for plain http on the open network.
func TestPrivateHooks(t *testing.T) {
	t.Parallel()
	d := soundDeclared()
	d.PrivateHooks = true
	for _, u := range []string{"http://127.0.0.1:9/x", "http://localhost/x", "https://10.0.0.1/x"} {
		onHookURL(u)(&d)
		if got := d.Check(); got != nil {
			t.Errorf("%s: %v", u, got)
		}
	}
	onHookURL("http://10.0.0.1/x")(&d)
	if got, want := faultLines(d.Check()), []string{"apps[0].webhooks[0].url " + FaultInsecure}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

var advised = []spoiling{
	{"mailbox as only proof", onApp(func(a *App) { a.Methods = []Method{MethodEmailLink} }), "apps[0].methods", AdviceMethod},
	{"no choice of its own", onPurpose(1, func(p *Purpose) { p.Required = true }), "apps[0].purposes[1].recipients", AdviceRecipient},
	{"named like marketing", onPurpose(1, func(p *Purpose) { p.ID = "events" }), "apps[0].purposes[1].id", AdviceMarketing},
	{"no keys", onApp(func(a *App) { a.Keys = nil }), "apps[0].keys", AdviceKeys},
	{"unused label", onApp(func(a *App) { a.Items["shoe"] = Text{} }), "apps[0].items.shoe", AdviceItem},
}

// TestAdvice: what is only advised is not refused.
func TestAdvice(t *testing.T) {
	t.Parallel()
	for _, c := range advised {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			d := soundDeclared()
			c.spoil(&d)
			if got, want := faultLines(d.Advise()), []string{c.path + " " + c.code}; !slices.Equal(got, want) {
				t.Errorf("got %q, want %q", got, want)
			}
			if got := d.Check(); got != nil {
				t.Errorf("advice was refused: %v", got)
			}
		})
	}
}

// TestSound: the declarations that the cases spoil have no fault of their own, under each profile.
func TestSound(t *testing.T) {
	t.Parallel()
	for _, profile := range []string{"KR", "EU-DE"} {
		d := soundDeclared()
		d.Profile, d.Gate.Scope = profile, ""
		if got := append(d.Check(), d.Advise()...); len(got) != 0 {
			t.Errorf("%s: %v", profile, got)
		}
		book, err := d.Book()
		if err != nil {
			t.Fatal(err)
		}
		if book.Profile.Name != profile || book.Apps["shop"].Terms() == "" || book.Gate.Scope != GateOperator {
			t.Errorf("%s: the Book is not what was declared", profile)
		}
	}
	d := soundDeclared()
	underUS(func(*Declared) {})(&d)
	if got := d.Check(); got != nil {
		t.Errorf("US with identity: %v", got)
	}
}

// TestUSMailWithoutDisclosure: e-mail plus is allowed where nothing is disclosed (US-3), and another deadline.
func TestUSMailWithoutDisclosure(t *testing.T) {
	t.Parallel()
	d := soundDeclared()
	d.Profile, d.Pending = "US", 400*time.Hour
	d.Apps[0].Purposes[1].Recipients = nil
	if got := d.Check(); got != nil {
		t.Errorf("got %v", got)
	}
}

// TestAllAtOnce: every fault is told, in the order of the file.
func TestAllAtOnce(t *testing.T) {
	t.Parallel()
	d := soundDeclared()
	d.Profile, d.Operator.Phone, d.Apps[0].ID, d.Apps[0].Purposes[1].Kind = "", "", "", "ads"
	want := []string{"profile unknown", "operator.phone missing", "apps[0].id missing", "apps[0].purposes[1].kind purpose_forbidden_for_minors"}
	_, err := d.Book()
	faults, ok := errors.AsType[Faults](err)
	if !ok || !slices.Equal(faultLines(faults), want) {
		t.Errorf("got %q, want %q", faultLines(faults), want)
	}
	if n := strings.Count(err.Error(), "\n"); n != len(want)-1 {
		t.Errorf("the error has %d line breaks: %v", n, err)
	}
}

// TestNothingDeclared: an empty file is a list of faults, not a panic.
func TestNothingDeclared(t *testing.T) {
	t.Parallel()
	d := Declared{Apps: []App{{Purposes: []Purpose{{Recipients: []Recipient{{}}}}, Keys: []Key{{}}, Webhooks: []Webhook{{}}, Languages: []string{"ko"}}}}
	for _, want := range []string{"profile unknown", "pending.ttl deadline", "operator.name.ko empty_text", "apps[0].id missing", "apps[0].keys[0].scopes missing"} {
		if !slices.Contains(faultLines(d.Check()), want) {
			t.Errorf("%s is not told", want)
		}
	}
}

// TestSecretsAreNotRepeated: a fault about a secret, or about an address with a password, holds neither.
func TestSecretsAreNotRepeated(t *testing.T) {
	t.Parallel()
	const canary = "canary-7731"
	for _, spoil := range []func(*Declared){onSecret(canary), onHookURL("https://u:" + canary + "@shop.example"), onKey(func(k *Key) { k.SHA256 = canary })} {
		d := soundDeclared()
		spoil(&d)
		if got := fmt.Sprintf("%+v", d.Check()); strings.Contains(got, canary) || got == "[]" {
			t.Errorf("got %s", got)
		}
	}
}

// TestEveryCodeIsTested reads the constants: a new code needs a case.
func TestEveryCodeIsTested(t *testing.T) {
	t.Parallel()
	tested := map[string]bool{FaultSensitive: true, FaultResident: true} // in tests of their own
	for _, c := range slices.Concat(operatorFaults, appFaults, urlFaults, purposeFaults, advised) {
		tested[c.code] = true
	}
	file, err := parser.ParseFile(token.NewFileSet(), "check.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	found := 0
	ast.Inspect(file, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok || !strings.HasPrefix(spec.Names[0].Name, "Fault") && !strings.HasPrefix(spec.Names[0].Name, "Advice") {
			return true
		}
		if lit, ok := spec.Values[0].(*ast.BasicLit); ok {
			found++
			if !tested[strings.Trim(lit.Value, `"`)] {
				t.Errorf("%s has no case", spec.Names[0].Name)
			}
		}
		return true
	})
	if found < 20 {
		t.Errorf("only %d codes were found", found)
	}
}

// FuzzAddresses: what passes as an address to go back to never runs a script and never goes over plain http into the open.
func FuzzAddresses(f *testing.F) {
	for _, c := range urlFaults {
		d := soundDeclared()
		c.spoil(&d)
		f.Add(d.Apps[0].ReturnURLs[0])
		f.Add(d.Apps[0].Webhooks[0].URL)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		c := newChecker(Declared{})
		c.back("x", raw)
		low := strings.ToLower(strings.TrimSpace(raw))
		for _, bad := range []string{"javascript:", "data:", "file:", "vbscript:", "http://shop", "//", "/"} {
			if len(c.faults) == 0 && strings.HasPrefix(low, bad) {
				t.Errorf("%q passed", raw)
			}
		}
	})
}

func faultLines(faults Faults) []string {
	var out []string
	for _, f := range faults {
		out = append(out, f.Path+" "+f.Code)
	}
	return out
}
