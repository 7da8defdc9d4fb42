package main

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/spf13/cobra"

	"github.com/bohoja/bohoja/cmd/bohoja/config"
	"github.com/bohoja/bohoja/consent"
	"github.com/bohoja/bohoja/consent/consenttest"
	"github.com/bohoja/bohoja/consent/outbox"
	"github.com/bohoja/bohoja/consent/redisstore"
	"github.com/bohoja/bohoja/consent/seal/keyfile"
)

// canaries are what no command may ever print: people, data, secrets.
var canaries = []string{
	"김하늘", "김보호", "kid-canary", "guardian-canary", "하늘이네", consenttest.Born(), "서울시", "canary-secret", "Y2FuYXJ5",
}

// bornIn is the year in which the guardian was born, as a word or with month and day: a port or a time may hold the first of its digits.
var bornIn = regexp.MustCompile(`\b1985\b|19850304`)

// bureau is an installation on a Redis of its own: two apps, both spaces, and requests that are made by the service as serve
// makes them. Every command that a test gives through it is searched for canaries and for keys.
type bureau struct {
	t       *testing.T
	redis   *consenttest.RedisServer
	keys    string // folder
	env     []string
	house   *house
	live    *space
	trial   *space // the test space
	letters *consenttest.Letterbox
}

// twoApps is the example file with a second app and a webhook each.
func twoApps(t *testing.T) string {
	t.Helper()
	text := strings.NewReplacer("    #webhooks:\n", "    webhooks:\n      - {url: https://shop.example/hooks/consent, secret: whsec_Y2FuYXJ5Y2FuYXJ5Y2FuYXJ5Y2FuYXJ5}\n").
		Replace(config.Examples()["en"])
	text = strings.Replace(text, "  url: redis://localhost:6379 ", "  allow_unsafe: false ", 1)
	_, app, ok := strings.Cut(text, "\napps:\n")
	if !ok {
		t.Fatal("the example has no apps")
	}
	return written(t, strings.TrimRight(text, "\n")+"\n"+strings.Replace(app, "id: shop", "id: game", 1))
}

// afresh waits where an hour is about to end: the live space has no clock to move, and what a test seals in one hour and writes in the next
// lies under another key than it looks for, in another day's file.
func afresh() {
	if left := time.Until(time.Now().Truncate(time.Hour).Add(time.Hour)); left < 20*time.Second {
		time.Sleep(left)
	}
}

func newBureau(t *testing.T) *bureau {
	t.Helper()
	afresh()
	b := &bureau{t: t, redis: consenttest.Redis(t), keys: filepath.Join(t.TempDir(), "keys"), letters: &consenttest.Letterbox{}}
	b.env = []string{
		"BOHOJA_CONFIG=" + twoApps(t), "BOHOJA_REDIS__URL=" + b.redis.URL(), "BOHOJA_KEYS__DIR=" + b.keys,
		"BOHOJA_MAIL__CHECK_DOMAIN=false", "BOHOJA_LINK__MIN_SECONDS=0", "BOHOJA_LIMITS__RESEND_PER_DAY=1",
	}
	l := config.Load(config.Source{Environ: b.env})
	b.must(l.Err())
	var err error
	b.house, err = newHouse(l.Settings, slog.New(slog.DiscardHandler))
	b.must(err)
	t.Cleanup(b.house.close)
	b.live, err = b.house.open(t.Context(), redisstore.Live, b.letters)
	b.must(err)
	b.trial, err = b.house.open(t.Context(), redisstore.Test, b.letters)
	b.must(err)
	return b
}

func (b *bureau) must(err error) {
	b.t.Helper()
	if err != nil {
		b.t.Fatal(err)
	}
}

// with is the same installation for another test and with other settings.
func (b *bureau) with(t *testing.T, environ ...string) *bureau {
	other := *b
	other.t, other.env = t, slices.Concat(b.env, environ)
	return &other
}

// call gives a command and looks through what it printed.
func (b *bureau) call(args ...string) outcome { return b.typing("", args...) }

// typing gives a command that may read what is typed.
func (b *bureau) typing(typed string, args ...string) outcome {
	b.t.Helper()
	var out, err bytes.Buffer
	code := run(b.t.Context(), args, b.env, strings.NewReader(typed), &out, &err)
	o := outcome{code, out.String(), err.String()}
	if bornIn.MatchString(o.out + o.err) {
		b.t.Errorf("%v prints when the guardian was born:\n%s%s", args, o.out, o.err)
	}
	for _, secret := range slices.Concat(canaries, b.secrets()) {
		if strings.Contains(o.out+o.err, secret) {
			b.t.Errorf("%v prints %q:\n%s%s", args, secret, o.out, o.err)
		}
	}
	return o
}

// secrets are the keys on disk in the forms in which they might be printed.
func (b *bureau) secrets() (forms []string) {
	for _, dir := range []string{b.keys, filepath.Join(b.keys, "test")} {
		for _, part := range []string{"short", "long"} {
			names, err := keyfile.OpenFolder(filepath.Join(dir, part))
			b.must(err)
			all, err := names.Names()
			b.must(err)
			for _, name := range all {
				if k, err := names.Read(name); err == nil {
					forms = append(forms, string(k.Secret), hex.EncodeToString(k.Secret), base64.StdEncoding.EncodeToString(k.Secret), k.Fingerprint())
				}
			}
		}
	}
	return forms
}

// ask signs a child up and returns the record.
func (b *bureau) ask(s *space, app, subject string) consent.Record {
	b.t.Helper()
	ticket, err := s.service.Signup(b.t.Context(), b.house.book.Load().Apps[app], consent.Actor{Kind: consent.ActorApp, Ref: "k1"}, consent.Signup{
		Subject: subject, Notice: "n1", UnderAge: new(true),
		Child: consent.Child{
			BirthDate: consent.Secret(consenttest.Born()), Name: consent.Secret("김하늘"), Email: consent.Secret("kid-canary@example.com"), Locale: "ko",
		},
		Guardian: consent.Guardian{Name: consent.Secret("김보호"), Email: consent.Secret("guardian-canary@example.com"), Locale: "ko"},
		Data: map[string]json.RawMessage{
			"nickname": json.RawMessage(`"하늘이네"`), "birth_date": json.RawMessage(`"` + consenttest.Born() + `"`), "address": json.RawMessage(`"서울시 1"`),
		},
	})
	b.must(err)
	return ticket.Record
}

// token delivers the letters of the request's app, and no webhook, and returns the token of its invitation.
func (b *bureau) token(s *space, rec consent.Record) string {
	b.t.Helper()
	jobs, err := s.queue.Claim(b.t.Context(), rec.App, consent.JobLetter, 200, time.Minute)
	b.must(err)
	for _, j := range jobs {
		if err := s.post(b.t.Context(), j); !errors.Is(err, consent.ErrMoot) { // as one of two that wait together is
			b.must(err)
		}
		b.must(s.queue.Done(b.t.Context(), j))
	}
	for _, l := range b.letters.All() {
		if _, token, ok := strings.Cut(l.Link, "/c/"); ok && l.Case == rec.ID {
			return token
		}
	}
	b.t.Fatal("no invitation was delivered")
	return ""
}

// grant walks the guardian's way.
func (b *bureau) grant(s *space, app, subject string) consent.Record {
	b.t.Helper()
	token, ctx := b.token(s, b.ask(s, app, subject)), b.t.Context()
	view, err := s.service.Open(ctx, token)
	b.must(err)
	checked, err := s.service.Check(ctx, token, view.Proof, consent.Answers{
		Decision: consent.DecideGrant, Purposes: map[string]string{"account": "yes", "delivery": "no"}, Name: "김보호",
		Year: "1985", Month: "3", Day: "4", Relation: "mother", Declares: true,
	})
	b.must(err)
	done, err := s.service.Decide(ctx, token, checked.Proof, "yes", false)
	b.must(err)
	return done.Record
}

// record reads a record as it is stored.
func (b *bureau) record(s *space, rec consent.Record) consent.Record {
	b.t.Helper()
	out, err := s.store.Get(b.t.Context(), rec.App, rec.ID)
	b.must(err)
	return out
}

// bare fails unless nothing that is sealed for the child or the people is left in Redis.
func (b *bureau) bare(s *space, rec consent.Record, people bool) {
	b.t.Helper()
	now := b.record(s, rec)
	if len(now.Data) != 0 || now.Custody != consent.Destroyed {
		b.t.Errorf("%s: %d bytes of data are held, custody %s", rec.ID, len(now.Data), now.Custody)
	}
	if people && len(now.People) != 0 {
		b.t.Errorf("%s: %d bytes about people are held", rec.ID, len(now.People))
	}
}

// trail returns what the newest entry of an app's audit log says.
func (b *bureau) trail(s *space, app string) map[string]any {
	b.t.Helper()
	entries, err := b.house.clients.Read.XRevRangeN(b.t.Context(), s.name.AuditKey(app), "+", "-", 1).Result()
	b.must(err)
	if len(entries) == 0 {
		b.t.Fatal("nothing is in the audit log")
	}
	return entries[0].Values
}

// acted fails unless the newest audit entry names this step and a member of staff by number.
func (b *bureau) acted(s *space, app string, step consent.Step) {
	b.t.Helper()
	var values []string
	for _, v := range b.trail(s, app) {
		text, _ := v.(string)
		values = append(values, text)
	}
	for _, want := range []string{string(step), consent.ActorStaff, staffActor().Ref} {
		if !slices.Contains(values, want) {
			b.t.Errorf("%q is not in the audit entry %q", want, values)
		}
	}
}

// jobsOf lists an app's living jobs.
func (b *bureau) jobsOf(s *space, app string) []outbox.Job {
	b.t.Helper()
	jobs, _, err := s.queue.List(b.t.Context(), app, outbox.Find{Limit: 200})
	b.must(err)
	return jobs
}

// letterJobs counts the waiting letters of a kind for a request.
func (b *bureau) letterJobs(s *space, rec consent.Record, kind consent.LetterKind) int {
	b.t.Helper()
	n := 0
	for _, j := range b.jobsOf(s, rec.App) {
		var l consent.LetterJob
		if j.Kind == consent.JobLetter && json.Unmarshal(j.Body, &l) == nil && l.Request == rec.ID && l.Letter == kind {
			n++
		}
	}
	return n
}

// staffLines are all commands of this kind, with arguments that lead somewhere; ID and JOB are replaced.
var staffLines = []string{
	"requests list --app shop", "requests show ID", "requests resend ID", "requests cancel ID", "requests destroy ID --yes",
	"outbox list", "outbox retry JOB", "outbox drop JOB --yes", "keys list", "keys rotate digest", "keys destroy digest-9 --yes",
}

// TestStaffWithoutRedis: each command says that Redis is away, does nothing, and ends with 1; unset, it is told by name.
func TestStaffWithoutRedis(t *testing.T) {
	t.Parallel()
	b := newBureau(t)
	id, job := consent.NewID(consent.PrefixRequest, time.Now()), consent.NewID(consent.PrefixJob, time.Now())
	for _, line := range staffLines {
		args := strings.Fields(strings.NewReplacer("ID", id, "JOB", job).Replace(line))
		t.Run(line, func(t *testing.T) {
			t.Parallel()
			b.with(t, "BOHOJA_REDIS__URL=redis://u:canary-secret@127.0.0.1:1").call(args...).
				want(t, exitFailed, "bohoja: the store or the key folder cannot be reached, and nothing was done: dial tcp")
			b.with(t, "BOHOJA_REDIS__URL=").call(args...).want(t, exitUsage, "redis.url (BOHOJA_REDIS__URL) is not set")
			b.with(t, "BOHOJA_REDIS__URL=nonsense:canary-secret").call(args...).want(t, exitUsage, "not a Redis URL")
		})
	}
}

// TestStaffUnknown: an id that leads nowhere ends with 1 and a sentence, in both spaces; with --json the sentence is JSON.
func TestStaffUnknown(t *testing.T) {
	t.Parallel()
	b := newBureau(t)
	id, job := consent.NewID(consent.PrefixRequest, time.Now()), consent.NewID(consent.PrefixJob, time.Now())
	for _, c := range []struct{ line, text string }{
		{"requests show " + id, "no app has a request " + id}, {"requests resend " + id, "no app has a request"},
		{"requests cancel " + id, "no app has a request"}, {"requests destroy --yes " + id, "no app has a request"},
		{"requests destroy " + id, "no app has a request"}, // and nothing is asked
		{"requests show cr_1", "no request's id"}, {"requests show guardian-canary@example.com", "no request's id"},
		{"outbox retry " + job, "no app has this job"}, {"outbox drop --yes " + job, "no app has this job"},
		{"outbox retry guardian-canary@example.com", "no app has this job"}, {"outbox drop guardian-canary@example.com", "no job's id"},
		{"keys destroy digest-9 --yes", "no key of this name"}, {"keys destroy ../long/digest-1 --yes", "no key of this name"},
		{"keys destroy digest-9", "no key of this name"},
	} {
		for _, more := range []string{"", " --test", " --json", " --test --json"} {
			o := b.call(strings.Fields(c.line + more)...)
			o.want(t, exitFailed, c.text)
			if strings.Contains(more, "--json") {
				if f := read[failure](t, o); f.Exit != exitFailed || !strings.Contains(f.Error, c.text) {
					t.Errorf("%s: got %+v", c.line, f)
				}
			} else if o.out != "" {
				t.Errorf("%s: a failure is on standard output: %s", c.line, o.out)
			}
		}
	}
}

// TestStaffUsage: wrong usage ends with 2, says what to write, and reaches for nothing.
func TestStaffUsage(t *testing.T) {
	t.Parallel()
	b := newBureau(t)
	for _, c := range []struct{ line, text string }{
		{"requests", "which one?"}, {"outbox", "which one?"}, {"keys", "which one?"},
		{"requests lst", "did you mean list?"}, {"requests show", "ID is missing"}, {"requests cancel a b", "is too much"},
		{"requests list", "say with --app which one: game, shop"}, {"requests list --app shp", "declared are game, shop"},
		{"requests list --app shop --status open", "there are pending, granted"}, {"requests list --app shop --limit 0", "1 to 1000"},
		{"requests list --app shop --limit 1001", "1 to 1000"}, {"requests list --app shop --limit x", "invalid argument"},
		{"requests list --app shop --subject guardian-canary@example.com", "own reference"},
		{"requests list --app shop --after nonsense", "not the next of a page"},
		{"outbox list --kind fax", "letter, webhook"}, {"outbox list --state late", "due, held, dead"},
		{"outbox list --limit 0", "1 to 10000"}, {"outbox list --app shp", "declared are game, shop"},
		{"outbox retry", "JOB is missing"}, {"outbox drop", "JOB is missing"},
		{"keys rotate", "is missing"}, {"keys rotate siphash", "evidence, digest, link, receipt can be rotated"},
		{"keys rotate h", "can be rotated"}, {"keys destroy", "NAME is missing"}, {"keys list extra", "is too much"},
		{"requests show --nonsense", "unknown flag"},
	} {
		b.call(strings.Fields(c.line)...).want(t, exitUsage, c.text)
		o := b.call(append(strings.Fields(c.line), "--json")...)
		o.want(t, exitUsage, c.text)
		if f := read[failure](t, o); f.Exit != exitUsage || f.Error == "" {
			t.Errorf("%s --json: got %+v", c.line, f)
		}
	}
}

// TestOnlyApp: where one app is declared it need not be named; a fault of the declarations is told with its place.
func TestOnlyApp(t *testing.T) {
	t.Parallel()
	b := newBureau(t)
	b.env[0] = "BOHOJA_CONFIG=" + example(t)
	rec := b.ask(b.live, "shop", "user-1")
	b.call("requests", "list").want(t, exitFine, rec.ID)
	b.env[0] = "BOHOJA_CONFIG=" + example(t, "id: account", "id: ''")
	b.call("requests", "list").want(t, exitUsage, "apps[0].purposes[0].id")
	b.call("keys", "list").want(t, exitFine, "evidence-1") // keys know no apps
	b.env[0] = "BOHOJA_CONFIG=/nowhere.yaml"
	b.call("keys", "list").want(t, exitUsage, "is not there")
}

// TestStaffDemo: the commands know the app that a demonstration brings along.
func TestStaffDemo(t *testing.T) {
	t.Parallel()
	b := newBureau(t)
	rec := b.ask(b.live, "shop", "user-1")
	b.env[0] = "BOHOJA_DEMO=true"
	b.call("requests", "list").want(t, exitFine, rec.ID)
}

// TestSpaces: the steps of each space know which it is, and only with keys can they open what is sealed.
func TestSpaces(t *testing.T) {
	t.Parallel()
	b := newBureau(t)
	if b.live.service.Settings.Test || !b.trial.service.Settings.Test {
		t.Error("the spaces are taken for each other")
	}
	for _, name := range []redisstore.Space{redisstore.Live, redisstore.Test} {
		s, err := b.house.openStore(t.Context(), name)
		b.must(err)
		if s.service.Vault != nil || s.service.Links != nil || s.vault != nil || s.service.Settings.Test != (name == redisstore.Test) {
			t.Errorf("%s: got %+v", name, s.service.Settings)
		}
	}
}

// TestConfirm: only the very name goes on.
func TestConfirm(t *testing.T) {
	t.Parallel()
	for typed, good := range map[string]bool{
		"evidence-1\n": true, "  evidence-1 \r\n": true, "evidence-1": true, "": false, "\n": false, "yes\n": false, "evidence-11\n": false,
		"no\nevidence-1\n": false, strings.Repeat(" ", longestAnswer) + "evidence-1": false,
	} {
		var errs bytes.Buffer
		w := &world{stdin: strings.NewReader(typed), err: &errs}
		if err := w.confirm(false, "evidence-1", "It is lost."); (err == nil) != good {
			t.Errorf("%q: %v", typed, err)
		}
		if !strings.HasPrefix(errs.String(), "It is lost.\nType evidence-1 again") {
			t.Errorf("it asks %q", errs.String())
		}
	}
	w := &world{} // and asks nothing
	if err := w.confirm(true, "evidence-1", "It is lost."); err != nil {
		t.Error(err)
	}
}

// TestPlain: what the service answers is a sentence here, and wrong usage is told from failure.
func TestPlain(t *testing.T) {
	t.Parallel()
	cause := errors.New("dial: refused")
	for _, c := range []struct {
		err  error
		code int
		text string
	}{
		{consent.ErrOutcomeUnknown, exitFailed, "may be done or not"},
		{&consent.Error{Kind: consent.KindUnavailable, Code: "unavailable", Err: cause}, exitFailed, "nothing was done: dial: refused"},
		{&consent.Error{Kind: consent.KindInvalid, Code: "invalid", Detail: "fields are wrong"}, exitUsage, "fields are wrong"},
		{&consent.Error{Kind: consent.KindTooMany, Code: "resend_limit", Detail: "enough", RetryAfter: 90 * time.Minute}, exitFailed, "enough; again in 1h30m"},
		{consent.ErrKeysDiffer, exitFailed, "another process seals with other keys"},
		{usage(errors.New("mine")), exitUsage, "mine"},
		{cause, exitFailed, "dial: refused"},
	} {
		err := act(func(*cobra.Command, []string) error { return plain(c.err) })(nil, nil)
		end, ok := errors.AsType[*ended](err)
		if !ok || end.code != c.code || !strings.Contains(end.Error(), c.text) {
			t.Errorf("%v becomes %v", c.err, err)
		}
	}
	if plain(nil) != nil {
		t.Error("nothing wrong becomes an error")
	}
}

// TestSpan: two units, the larger first.
func TestSpan(t *testing.T) {
	t.Parallel()
	for d, want := range map[time.Duration]string{
		0: "0s", 59 * time.Second: "59s", -time.Minute: "1m", 59 * time.Minute: "59m", 90 * time.Minute: "1h30m",
		47*time.Hour + 59*time.Minute: "47h59m", 48 * time.Hour: "2d00h", 119 * time.Hour: "4d23h",
	} {
		if got := span(d); got != want {
			t.Errorf("%v is written %q, want %q", d, got, want)
		}
	}
	if moment(time.Time{}) != "" || moment(time.Date(2026, 11, 23, 15, 4, 5, 6, time.FixedZone("", 9*3600))) != "2026-11-23 06:04:05Z" {
		t.Error("times are not written in UTC")
	}
}

// TestReloadOfADemonstration: its built-in app and its key stay through a reload, and what the check refuses is not adopted.
func TestReloadOfADemonstration(t *testing.T) {
	t.Parallel()
	b := newBureau(t)
	b.env = append(b.env[1:], "BOHOJA_DEMO=true", "BOHOJA_PUBLIC_URL=http://localhost:8080", "BOHOJA_SMTP__URL=smtp://localhost:1", "BOHOJA_SMTP__FROM=a@shop.example")
	w := &world{environ: b.env, seed: [32]byte{1}}
	l, key := w.loadDemo()
	h, err := newHouse(l.Settings, slog.New(slog.DiscardHandler))
	b.must(err)
	defer h.close()
	before := h.book.Load()
	b.must(h.reload(t.Context(), w))
	after := h.book.Load()
	if before == after || after.Apps["shop"] == nil || after.Apps["shop"].Keys[0].SHA256 != before.Apps["shop"].Keys[0].SHA256 {
		t.Error("the app or its key is another after the reload")
	}
	if _, again := w.loadDemo(); again != key || !strings.HasPrefix(key, testKey) {
		t.Error("the key changed")
	}
	if _, other := (&world{environ: b.env, seed: [32]byte{2}}).loadDemo(); other == key {
		t.Error("another start has the same key")
	}
	if w.demoKey("shop") == w.demoKey("game") {
		t.Error("two apps have the same key")
	}
	w.set = []string{"smtp.from=nobody"}
	err = h.reload(t.Context(), w)
	if _, ok := errors.AsType[config.Faults](err); !ok || h.book.Load() != after {
		t.Errorf("a faulty reload: %v, adopted %v", err, h.book.Load() != after)
	}
}

// TestServeAgreesWithCheck: what the check refuses keeps serve from starting, with the same words; nothing is begun.
func TestServeAgreesWithCheck(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for _, variable := range []string{"BOHOJA_REDIS__URL=redis://localhost:6379/x", "BOHOJA_SMTP__FROM=nobody", "BOHOJA_PUBLIC_URL=nowhere"} {
		env := []string{"BOHOJA_CONFIG=" + example(t), "BOHOJA_KEYS__DIR=" + filepath.Join(dir, "keys"), variable}
		check := call(t, env, "config", "check", "--json")
		check.want(t, exitUsage)
		v := read[verdict](t, check)
		if len(v.Faults) == 0 {
			t.Fatalf("%s passes", variable)
		}
		call(t, env, "serve").want(t, exitUsage, v.Faults[0].Detail)
	}
	if _, err := os.Stat(filepath.Join(dir, "keys")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("serve made keys before it looked at the settings: %v", err)
	}
}
