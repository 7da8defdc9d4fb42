package main

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/pquerna/otp/totp"
	"github.com/redis/go-redis/v9"

	"github.com/bohoja/bohoja/cmd/bohoja/config"
	"github.com/bohoja/bohoja/consent"
	"github.com/bohoja/bohoja/consent/consenttest"
	"github.com/bohoja/bohoja/consent/redisstore"
	"github.com/bohoja/bohoja/consent/staff"
	"github.com/bohoja/bohoja/handlers"
	"github.com/bohoja/bohoja/handlers/ops"
	"github.com/bohoja/bohoja/mailer/catcher"
	"github.com/bohoja/bohoja/mailer/mailertest"
)

// What may be seen nowhere but where it belongs: people, what was said of them, and what opens something.
const (
	birdChild, birdGuardian, birdNick = "카나리새", "카나리보호", "카나리별명"
	birdMail, birdKid, birdOther      = "kanari.parent@birds.example", "kanari.kid@birds.example", "kanari.other@birds.example"
	birdHome, birdWords               = "카나리시 새장로 77", "카나리 자료를 보여 주십시오"
	birdPhone, birdKidPhone           = "+821055501234", "+821055505678"
	birdSession                       = "kanari session " // begins what all cookies hold; 15 bytes are 20 letters of base64
	birdPassword                      = "kanari battery staple 9"
	birdJunk                          = "kanarienvogel7" // put where nothing of a person belongs: paths, queries, headers, unknown fields
)

var birdBorn = consenttest.Born()

// aviary is serve in this process, with requests of people whose every word is a canary.
type aviary struct {
	*testing.T
	h             *house
	log           *ledger
	out           *ledger // standard output: checkpoints
	redis         *consenttest.RedisServer
	smtp          *mailertest.Server
	env           []string
	dir           string
	public, staff http.Handler
	ways          []way
	live, trial   string // keys
	people        map[staff.Role]staff.Person
	steps         int64
	ids           map[string][]string // by the name of a path's parameter: values that lead somewhere
	secrets       []string
	children      []string // links of children's pages, which the API gives to the app
	sent          atomic.Int64
	stop          func()
}

// way is a route of one of the two listeners.
type way struct {
	handlers.Route
	staff bool
}

// ledger is a text that may be read while it is written.
type ledger struct {
	mu   sync.Mutex
	text bytes.Buffer
}

// Write implements io.Writer.
func (l *ledger) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

// String is what was written so far.
func (l *ledger) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// TestCanaries sends names, addresses, data, codes, keys and links through every route of both listeners, which it takes from
// the routers, while all is well, while Redis is away, while the mail server refuses, and while whatever is asked for panics;
// then it looks for them in the log, the metrics, every value of Redis, its files, the audit log, the exports and what commands print.
func TestCanaries(t *testing.T) {
	t.Parallel()
	a := newAviary(t)
	a.lives()
	a.storm("all is well", all)
	a.smtp.Fail(mailertest.Fault{Stage: catcher.StageRcpt, Code: 550})
	a.storm("the mail server refuses", forms)
	a.smtp.Mend()
	a.panics()
	a.redis.Command("BGREWRITEAOF") // the file of before goes, with what it held
	a.exports()
	a.look()
	a.frontRoomsOnly()
	a.redis.Kill()
	a.away()
	a.spotless("the log", a.log.String(), a.everything())
	a.stop()
	t.Logf("%d requests over %d routes, %d canaries", a.sent.Load(), len(a.ways), len(a.everything()))
}

func newAviary(t *testing.T) *aviary {
	a := &aviary{
		T: t, log: &ledger{}, out: &ledger{}, redis: consenttest.Redis(t, "rdbcompression", "no"), smtp: mailertest.New(t, mailertest.Options{Keep: 1000}), dir: t.TempDir(),
		live: newKey(liveKey), trial: newKey(testKey), people: map[staff.Role]staff.Person{}, ids: map[string][]string{},
	}
	text, err := os.ReadFile("testdata/journeys/bohoja.yaml")
	a.must(err)
	sum := func(key string) string { d := sha256.Sum256([]byte(key)); return hex.EncodeToString(d[:]) }
	hooks := newReceiver(t, "whsec_"+base64.StdEncoding.EncodeToString([]byte("kanari webhook secret 123")))
	declared := strings.NewReplacer("LIVE", sum(a.live), "TEST", sum(a.trial), "HOOKS", "[{url: "+hooks.url+", secret: "+hooks.secret+"}]",
		"[requests, release, rights, events]", "[requests, release, marketing, marketing_reasons, marketing_snapshot, marketing_export, rights, events]",
		"    continue_url:", "    origins: [https://shop.example]\n    return_urls: [https://shop.example/welcome]\n    continue_url:").Replace(string(text))
	a.must(os.WriteFile(filepath.Join(a.dir, "bohoja.yaml"), []byte(declared), 0o600))
	a.env = []string{
		"BOHOJA_CONFIG=" + filepath.Join(a.dir, "bohoja.yaml"), "BOHOJA_PUBLIC_URL=http://consent.example", "BOHOJA_REDIS__URL=" + a.redis.URL(), "BOHOJA_SMTP__URL=" + a.smtp.URL(),
		"BOHOJA_SMTP__FROM=consent@shop.example", "BOHOJA_TEST__MAIL=true", "BOHOJA_MAIL__CHECK_DOMAIN=false", "BOHOJA_WEBHOOKS__ALLOW_PRIVATE=true",
		"BOHOJA_LINK__MIN_SECONDS=0", "BOHOJA_LOG__LEVEL=debug", "BOHOJA_KEYS__DIR=" + filepath.Join(a.dir, "keys"), "BOHOJA_AUDIT__DIR=" + filepath.Join(a.dir, "audit"),
		"BOHOJA_LIMITS__REQUESTS_PER_MINUTE=1000000", "BOHOJA_LIMITS__GUARDIAN_PER_DAY=1000", "BOHOJA_REASK__AFTER=0s",
	}
	l := config.Load(config.Source{Environ: a.env})
	a.must(l.Err())
	a.h, err = newHouse(l.Settings, newLog(a.log, l.Settings.Log))
	a.must(err)
	t.Cleanup(a.h.close)
	a.open(&l.Settings)
	a.secrets = []string{
		birdChild, birdGuardian, birdNick, birdMail, birdKid, birdOther, birdHome, birdWords, birdPhone, birdKidPhone, birdPhone[3:], birdBorn, birdPassword, birdSession, a.live, a.trial, hooks.secret,
	}
	return a
}

func (a *aviary) must(err error) {
	a.Helper()
	if err != nil {
		a.Fatal(err)
	}
}

// open does what serve does between its settings and its listeners, and starts the roles.
func (a *aviary) open(set *config.Settings) {
	h := a.h
	sender, err := newMailer(set, h.log)
	a.must(err)
	a.Cleanup(sender.Close)
	_, err = h.open(a.Context(), redisstore.Live, sender)
	a.must(err)
	_, err = h.open(a.Context(), redisstore.Test, sender)
	a.must(err)
	h.keeper, err = h.newKeeper(a.out)
	a.must(err)
	ops.NewGauges(a.Context(), h.registry, h.log, h.figures)
	h.showLogbook()
	problems := h.problems()
	watch := h.opsPages(problems, &world{environ: a.env})
	a.public, err = h.site(problems, boom{})
	a.must(err)
	a.staff, err = h.staffSite(problems, watch)
	a.must(err)
	parts, err := h.parts(problems)
	a.must(err)
	for _, r := range handlers.Routes(append(parts, boom{})...) {
		a.ways = append(a.ways, way{r, false})
	}
	parts, err = h.staffParts(problems, watch)
	a.must(err)
	for _, r := range handlers.Routes(parts...) {
		a.ways = append(a.ways, way{r, true})
	}
	rank := []string{http.MethodGet, http.MethodHead, http.MethodPost, http.MethodDelete} // reading first: some acts end what is read
	slices.SortStableFunc(a.ways, func(x, y way) int { return slices.Index(rank, x.Method) - slices.Index(rank, y.Method) })
	const least = 100
	if len(a.ways) < least {
		a.Fatalf("%d routes", len(a.ways))
	}
	a.work()
}

// frontRoomsOnly asks the public listener for what belongs to operators and developers: it is not there, for nobody.
func (a *aviary) frontRoomsOnly() {
	var back []string
	for _, w := range a.ways {
		if w.staff {
			back = append(back, w.Path)
		}
	}
	if len(back) < 20 {
		a.Fatalf("only %d staff routes", len(back))
	}
	for _, path := range append(back, "/dev", "/dev/inbox", "/dev/clock", "/debug/pprof/", "/debug/vars", "/.git/config", "/bohoja.yaml", "/v1/docs.yaml") {
		r := httptest.NewRequestWithContext(a.Context(), http.MethodGet, path, http.NoBody)
		got := httptest.NewRecorder()
		if a.public.ServeHTTP(got, r); got.Code != http.StatusNotFound {
			a.Errorf("GET %s on the public listener: %d", path, got.Code)
		}
	}
}

// work starts the roles; stop ends them.
func (a *aviary) work() {
	ctx, cancel := context.WithCancel(a.Context())
	var done sync.WaitGroup
	done.Go(func() { a.h.roles(ctx) })
	a.stop = func() { cancel(); done.Wait() }
	a.Cleanup(a.stop)
}

// boom is a part that panics with all that it was given.
type boom struct{}

// Routes implements handlers.Part.
func (boom) Routes(r gin.IRouter) {
	for kind, blow := range map[string]func(*gin.Context){
		"text":  func(c *gin.Context) { panic(c.Param("secret") + birdMail) },
		"error": func(c *gin.Context) { panic(errors.New(birdMail + c.Param("secret"))) },
		"value": func(c *gin.Context) { panic(struct{ Name, Query any }{birdGuardian, c.Request.URL.Query()}) },
		"index": func(c *gin.Context) { _ = []byte(birdMail)[len(c.Param("secret"))+1000:] },
		"type":  func(*gin.Context) { var v any = birdMail; _ = v.(int) }, //nolint:forcetypeassert // it is to panic
	} {
		r.GET("/boom-"+kind+"/:secret", blow)
		r.POST("/boom-"+kind+"/:secret", func(c *gin.Context) {
			_, _ = io.ReadAll(c.Request.Body)
			blow(c)
		})
	}
}

// lives makes requests that are as far as they come: one that waits, one that was granted, one that was refused, and one of the
// test space; and people of the staff. Whatever opens one of them is a canary too.
func (a *aviary) lives() {
	live := a.h.spaces[0].service
	for i, subject := range []string{"waits", "granted", "refused"} {
		mail := []string{birdMail, birdMail, birdOther}[i]
		answer := a.send(way{handlers.Route{Method: "POST"}, false}, "/v1/consent-requests", signupOf(subject, mail), "Authorization", "Bearer "+a.live, "Content-Type", "application/json")
		var got struct {
			ID        string `json:"id"`
			ChildPage string `json:"child_page"`
			Pairing   string `json:"pairing_code"`
		}
		if json.Unmarshal([]byte(answer.body), &got); answer.status != http.StatusCreated {
			a.Fatalf("%d %s", answer.status, answer.body)
		}
		letter := a.letter(mail, i == 1)
		token := behind(letter.Links, "/c/")
		a.hide(token, letter.Code, strings.ReplaceAll(letter.Code, "-", ""), got.Pairing)
		a.children = append(a.children, behind([]string{got.ChildPage}, "/k/"))
		a.ids["token"] = append(a.ids["token"], token, behind([]string{got.ChildPage}, "/k/"))
		a.ids["id"] = append(a.ids["id"], got.ID)
		if subject == "waits" {
			continue
		}
		a.decide(live, token, map[string]consent.Decision{"granted": consent.DecideGrant, "refused": consent.DecideDecline}[subject])
	}
	done := a.letter(birdMail, true)
	a.hide(behind(done.Links, "/w/"))
	a.ids["token"] = append(a.ids["token"], behind(done.Links, "/w/"))
	app := a.h.book.Load().Apps["shop"]
	right, err := live.Enter(a.Context(), app, consent.Actor{Kind: consent.ActorStaff, Ref: "cli:0"}, a.ids["id"][1], consent.RightAsked{
		Kind: consent.RightAccess, Channel: "phone", Identity: "called back", Text: consent.Secret(birdWords),
	})
	a.must(err)
	a.ids["right"] = []string{right.ID}
	a.corrects(live, app, a.ids["id"][1])
	a.ids["app"], a.ids["n"], a.ids["name"] = []string{"shop"}, []string{"0"}, []string{"bohoja.css"}
	a.ids["month"], a.ids["version"], a.ids["challenge"], a.ids["subject"] = []string{"2026-01"}, []string{app.Terms()}, []string{strings.Repeat("a", 32)}, []string{"waits", "granted"}
	a.hire(staff.Privacy)
	a.hire(staff.Admin)
}

// corrects lets a correction of a guardian wait.
func (a *aviary) corrects(s *consent.Service, app *consent.App, id string) {
	a.Helper()
	rec, err := s.Find(a.Context(), app, id)
	a.must(err)
	const name, address = "카나리새로", "canary-corrected@mail.example"
	a.hide(name, address)
	rec, err = s.EnterAmendment(a.Context(), app, consent.Actor{Kind: consent.ActorStaff, Ref: "cli:0"}, id, consent.Amendment{
		Rev: rec.Rev, Name: consent.Secret(name), Email: consent.Secret(address), Proof: "call_back", Ref: "T-1",
	})
	a.must(err)
	_, err = s.Endorse(a.Context(), app, consent.Actor{Kind: consent.ActorStaff, Ref: "cli:1"}, id, rec.Amend.No, rec.Rev)
	a.must(err)
	token := ""
	for late := time.Now().Add(patience); token == "" && time.Now().Before(late); time.Sleep(20 * time.Millisecond) {
		for _, l := range a.smtp.LettersTo(birdMail) {
			token = cmp.Or(token, behind(l.Links, "/a/"))
		}
	}
	if token == "" {
		a.Fatal("the address that stands was not told")
	}
	a.hide(token)
	a.ids["token"] = append(a.ids["token"], token)
}

// letter waits for a letter to an address: one whose text has a link to withdraw, or one with a link to decide.
func (a *aviary) letter(to string, second bool) catcher.Letter {
	a.Helper()
	for late := time.Now().Add(patience); time.Now().Before(late); time.Sleep(20 * time.Millisecond) {
		all := a.smtp.LettersTo(to)
		slices.SortFunc(all, func(x, y catcher.Letter) int { return y.N - x.N })
		for _, l := range all {
			key := behind(l.Links, "/c/") + behind(l.Links, "/w/")
			if key != "" && !slices.Contains(a.secrets, key) {
				return l
			}
		}
	}
	a.Fatalf("no letter to %s (second %v)", to, second)
	return catcher.Letter{}
}

// behind is what stands behind a piece of a path in the first link that has it.
func behind(links []string, piece string) string {
	for _, l := range links {
		if _, rest, ok := strings.Cut(l, piece); ok {
			rest, _, _ = strings.Cut(rest, "?")
			return rest
		}
	}
	return ""
}

func (a *aviary) hide(secrets ...string) {
	for _, s := range secrets {
		if len(s) >= len("ABC234") {
			a.secrets = append(a.secrets, s)
		}
	}
}

func (a *aviary) decide(s *consent.Service, token string, decision consent.Decision) {
	a.Helper()
	v, err := s.Open(a.Context(), token)
	a.must(err)
	c, err := s.Check(a.Context(), token, v.Proof, consent.Answers{
		Decision: decision, Purposes: map[string]string{"account": "yes", "delivery": "yes"}, Name: birdGuardian, Year: "1985", Month: "3", Day: "4", Relation: "mother", Declares: true,
	})
	a.must(err)
	_, err = s.Decide(a.Context(), token, c.Proof, "yes", false)
	a.must(err)
}

// hire lets somebody of a role join.
func (a *aviary) hire(role staff.Role) {
	team, clock := a.h.spaces[0].team, a.h.spaces[0].store.Clock
	p, token, err := team.Invite(a.Context(), "cli:0", string(role), role)
	a.must(err)
	_, f, err := team.Welcome(a.Context(), p.ID, token, nil)
	a.must(err)
	code, err := totp.GenerateCode(f.Secret.Reveal(), clock())
	a.must(err)
	a.must(team.Join(a.Context(), p.ID, token, birdPassword, code, f.Sealed))
	a.hide(token, f.Secret.Reveal())
	a.people[role] = p
}

// session signs somebody in by the store: their second factor has one code in half a minute, and many routes end a session.
func (a *aviary) session(role staff.Role) string {
	store := a.h.spaces[0].store.People()
	p, err := store.Named(a.Context(), string(role))
	a.must(err)
	a.steps++
	cookie := base64.RawURLEncoding.EncodeToString(fmt.Appendf(nil, "%-32s", birdSession+strconv.FormatInt(a.steps, 10)))
	a.must(store.Begin(a.Context(), staff.Session{Key: sha256.Sum256([]byte(cookie)), Person: p.ID, Gen: p.Gen}, time.Now().Unix()+a.steps))
	return cookie
}

func signupOf(subject, mail string) string {
	text, _ := json.Marshal(map[string]any{
		"subject": subject, "child_notice": map[string]string{"version": "n1"},
		"child":    map[string]any{"name": birdChild, "birth_date": birdBorn, "email": birdKid, "phone": birdKidPhone, "locale": "ko"},
		"guardian": map[string]string{"name": birdGuardian, "email": mail, "phone": birdPhone, "locale": "ko"},
		"data":     map[string]string{"nickname": birdNick, "birth_date": birdBorn, "address": birdHome},
	})
	return string(text)
}

// load is what a request carries beside its path.
type load struct{ kind, body string }

// fields are the names that any form or query of the service has, each with a canary.
func fields() url.Values {
	v := url.Values{}
	for name, value := range map[string]string{
		"guardian_name": birdGuardian, "pairing_code": birdJunk, "decision": "grant", "purpose.account": "yes", "purpose.delivery": "no", "birth_year": "1985", "birth_month": "3", "birth_day": "7",
		"relation": "mother", "declares": "yes", "confirm": birdJunk, "proof": birdJunk, "email": birdMail, "address": birdHome, "code": birdJunk, "name": birdGuardian, "password": birdPassword,
		"again": birdPassword, "factor": birdJunk, "text": birdMail, "reason": birdWords, "ticket": birdMail, "field": birdJunk, "typed": birdJunk, "kind": birdJunk, "channel": birdJunk, "identity": birdGuardian,
		"seen_by": birdGuardian, "objection": birdWords, "outcome": birdJunk, "child_name": birdChild, "guardian_email": birdMail, "birth": birdBorn, "token": birdJunk, "state": birdJunk, "after": birdJunk,
		"from": birdJunk, "to": birdJunk, "month": birdJunk, "lang": birdJunk, "list": birdJunk, "app": birdJunk, "subject": birdJunk, "since": birdJunk, "limit": birdJunk, "locale": birdJunk, "column": birdMail,
	} {
		v.Set(name, value)
	}
	return v
}

// bodies are whole, torn and foreign bodies of every kind that some route reads.
func bodies() []load {
	const form, js = "application/x-www-form-urlencoded", "application/json"
	whole := signupOf("storm-"+birdJunk, birdMail)
	mail := `{"email":"` + birdMail + `","kind":"ad_mail","name":"` + birdGuardian + `"}`
	return []load{
		{form, fields().Encode()}, {js, whole}, {js, whole[:len(whole)/2]}, {js, mail},
		{js, `{"` + birdMail + `":"` + birdNick + `"}`}, {js, `{"email":"` + birdMail + `","email":"` + birdOther + `"}`}, {js, `{"subject":"granted","kind":"` + birdWords + `","channel":"` + birdHome + `"}`},
		{js, `{"recipient":"` + birdHome + `","items":["` + birdNick + `"],"why":"` + birdWords + `","at":"` + birdBorn + `"}`},
		{js, `{"kind":"ad_mail","identities":[{"email":"` + birdMail + `"},{"phone":"` + birdPhone + `"},{"email":"` + birdGuardian + `"}]}`},
		{"text/csv", "email,name\n" + birdMail + "," + birdChild + "\n\"" + birdHome + ",\n"}, {"application/x-ndjson", `{"email":"` + birdMail + `"}` + "\n{" + birdMail},
		{"text/plain", birdMail}, {form, "email=" + birdMail + "&email=" + birdOther + "&%zz=" + birdNick}, {js, `{"email":"` + strings.Repeat(birdMail, 4000) + `"}`},
		{"multipart/form-data; boundary=x", "--x\r\nContent-Disposition: form-data; name=\"email\"\r\n\r\n" + birdMail + "\r\n--x--"},
	}
}

// How much of it is sent: everything; the two bodies that most routes read; one of them.
const (
	all = iota
	forms
	few
)

// storm sends canaries through every route: to what is there and to what is not, in path, query, headers, cookies and body.
func (a *aviary) storm(when string, much int) {
	a.Helper()
	for _, w := range a.ways {
		paths := a.paths(w.Path)
		if much == few {
			paths = paths[:1]
		}
		for _, path := range paths {
			if w.Method == http.MethodGet || w.Method == http.MethodHead {
				a.knock(w, path, load{})
				if much != few {
					a.knock(w, path+"?"+fields().Encode(), load{})
				}
				continue
			}
			for _, l := range bodies()[:map[int]int{all: len(bodies()), forms: 2, few: 1}[much]] {
				a.knock(w, path, l)
			}
		}
	}
	if a.Failed() {
		a.Fatalf("while %s", when)
	}
}

// away asks every route once while Redis is away, many at a time, since each waits for it a little.
func (a *aviary) away() {
	const hands = 16
	ways := make(chan way)
	var all sync.WaitGroup
	for range hands {
		all.Go(func() {
			for w := range ways {
				kind := ""
				if w.Method != http.MethodGet && w.Method != http.MethodHead {
					kind = bodies()[1].kind
				}
				a.send(w, a.paths(w.Path)[0], bodies()[1].body, "Content-Type", kind, "Authorization", "Bearer "+a.live, "Cookie", "__Host-bohoja="+strings.Repeat("k", 43), "Sec-Fetch-Site", "same-origin")
			}
		})
	}
	for _, w := range a.ways {
		ways <- w
	}
	close(ways)
	all.Wait()
}

// paths fills a pattern's names with what leads somewhere, and then one after the other with whatever else there is and with canaries.
func (a *aviary) paths(pattern string) []string {
	parts := strings.Split(pattern, "/")
	fill := func(n int, value string) string {
		out := slices.Clone(parts)
		for i, part := range parts {
			if name, ok := strings.CutPrefix(part, ":"); ok {
				out[i] = append(slices.Clone(a.ids[name]), birdJunk)[0]
			}
		}
		out[n] = value
		return strings.Join(out, "/")
	}
	paths := []string{fill(0, "")}
	for i, part := range parts {
		name, ok := strings.CutPrefix(part, ":")
		if !ok {
			continue
		}
		for _, value := range append(slices.Clone(a.ids[name]), url.PathEscape(birdMail))[min(1, len(a.ids[name])):] {
			paths = append(paths, fill(i, value))
		}
	}
	return paths
}

// knock makes one request, as somebody who is known and carries canaries wherever a header may.
func (a *aviary) knock(w way, path string, l load) {
	key := a.live
	if strings.HasPrefix(w.Path, "/v1/test/") {
		key = a.trial
	}
	headers := []string{
		"Content-Type", l.kind, "User-Agent", birdJunk + "/1.0 (" + birdMail + ")", "Referer", "https://shop.example/c/" + birdJunk, "X-Request-Id", birdJunk, "X-Forwarded-For", birdJunk,
		"Accept-Language", birdJunk, "Idempotency-Key", birdJunk + strconv.FormatInt(a.sent.Load(), 10), "Traceparent", birdJunk, "If-None-Match", birdJunk,
	}
	if strings.HasPrefix(w.Path, "/v1/") {
		headers = append(headers, "Authorization", "Bearer "+key)
	}
	if strings.HasPrefix(w.Path, "/embed/") {
		headers = append(headers, "Origin", "https://shop.example")
	}
	if w.staff {
		role := staff.Privacy
		if strings.HasPrefix(w.Path, "/ops/people") {
			role = staff.Admin
		}
		headers = append(headers, "Cookie", "__Host-bohoja="+a.session(role)+"; other="+birdJunk, "Sec-Fetch-Site", "same-origin")
	}
	got := a.send(w, path, l.body, headers...)
	if !w.staff && strings.HasPrefix(w.Path, "/v1/") && !strings.HasSuffix(w.Path, "/filter") {
		for _, one := range []string{birdGuardian, birdMail, birdOther, birdPhone} {
			told := strings.ReplaceAll(got.body, `"pointer":"/`+one+`"`, "") // a member that is unknown is named to who sent it
			if strings.Contains(told, one) {
				a.Errorf("%s %s answers with %q: %.300s", w.Method, w.Path, one, got.body)
			}
		}
	}
}

type reply struct {
	status int
	body   string
}

func (a *aviary) send(w way, path, body string, headers ...string) reply {
	a.Helper()
	site := a.public
	if w.staff {
		site = a.staff
	}
	r := httptest.NewRequestWithContext(a.Context(), w.Method, "http://consent.example"+path, strings.NewReader(body))
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	res := httptest.NewRecorder()
	func() {
		defer func() {
			if v := recover(); v != nil && v != http.ErrAbortHandler { //nolint:errorlint // as the server compares it
				a.Errorf("%s %s: a panic came through", w.Method, w.Path)
			}
		}()
		site.ServeHTTP(res, r)
	}()
	a.sent.Add(1)
	return reply{res.Code, res.Body.String()}
}

// hollow is a store in which every call panics.
type hollow struct{ consent.Store }

// panics lets every route run into a store that panics; the roles stand still meanwhile.
func (a *aviary) panics() {
	a.stop()
	kept := map[*space]consent.Store{}
	for _, s := range a.h.spaces {
		kept[s], s.service.Store = s.service.Store, hollow{}
	}
	before := strings.Count(a.log.String(), `"msg":"panic"`)
	a.storm("the store panics", few)
	const least = 40 // routes that ask the store
	if n := strings.Count(a.log.String(), `"msg":"panic"`) - before; n < least {
		a.Errorf("%d panics", n)
	}
	for s, store := range kept {
		s.service.Store = store
	}
	a.work()
}

// exports takes everything away that can be taken away as a file, and everything that commands print.
func (a *aviary) exports() {
	a.must(a.h.keep(a.Context()))
	for _, w := range consent.Works {
		got := a.send(way{handlers.Route{Method: "GET"}, true}, "/ops/list.csv?app=shop&list="+string(w), "", "Cookie", "__Host-bohoja="+a.session(staff.Privacy))
		if got.status != http.StatusOK {
			a.Errorf("%s: %d", w, got.status)
		}
		a.spotless("the file "+string(w), got.body, a.secrets)
	}
	for _, path := range []string{"/v1/marketing/export", "/v1/marketing/snapshot", "/v1/events", "/v1/webhooks/deliveries", "/v1/consent-requests"} {
		got := a.send(way{handlers.Route{Method: "GET"}, false}, path, "", "Authorization", "Bearer "+a.live)
		a.spotless(path, got.body+"\n", a.secrets)
	}
	for _, words := range []string{
		"audit export", "audit report", "audit verify", "requests list --app shop", "outbox list --app shop", "outbox list --app shop --dead", "staff list", "staff changes", "config print", "doctor --fsck", "webhooks log",
	} {
		o := call(a.T, a.env, strings.Fields(words)...)
		a.spotless("bohoja "+words, o.out+o.err+"\n", a.secrets)
	}
	for _, id := range a.ids["id"] {
		o := call(a.T, a.env, "requests", "show", id, "--app", "shop", "--json")
		a.spotless("bohoja requests show", o.out+o.err, a.secrets)
	}
}

// look searches everything that is left behind while all still runs.
func (a *aviary) look() {
	metrics := a.send(way{handlers.Route{Method: "GET"}, true}, "/metrics", "")
	if !strings.Contains(metrics.body, "bohoja_build_info") {
		a.Fatal("no metrics")
	}
	a.spotless("the metrics", metrics.body, a.everything())
	a.spotless("the log", a.log.String(), a.everything())
	a.spotless("standard output", a.out.String(), a.everything())
	dump := a.dump()
	if !strings.Contains(dump, a.ids["id"][0]) {
		a.Fatal("the dump does not know the request")
	}
	a.spotless("Redis", dump, slices.Concat(a.secrets, a.children))
	if got := a.redis.Command("SAVE"); got != "+OK" {
		a.Fatal(got)
	}
	a.spotless("Redis' files", a.files(a.redis.Dir), slices.Concat(a.secrets, a.children))
	a.spotless("the audit log", a.files(filepath.Join(a.dir, "audit")), a.secrets)
	a.spotless("the keys", a.files(filepath.Join(a.dir, "keys")), a.secrets)
}

// everything is what no log and no metric may hold: the secrets, and what was sent to where nothing belongs.
func (a *aviary) everything() []string { return append(slices.Concat(a.secrets, a.children), birdJunk) }

// spotless fails when a text holds a canary: as it is, in base64, as in a URL, or escaped as in JSON and Go.
func (a *aviary) spotless(where, text string, canaries []string) {
	a.Helper()
	if text == "" {
		a.Errorf("%s is empty", where)
	}
	for _, c := range canaries {
		for _, form := range []string{
			c, strings.Trim(strconv.QuoteToASCII(c), `"`), strings.TrimRight(base64.StdEncoding.EncodeToString([]byte(c)), "="), url.QueryEscape(c), url.PathEscape(c),
		} {
			if at := heldAt(text, form); at >= 0 {
				a.Errorf("%s holds %q: …%.300q…", where, c, text[max(0, at-120):])
				break
			}
		}
	}
}

// dump reads every key and value of Redis.
func (a *aviary) dump() string {
	c := redis.NewClient(&redis.Options{Addr: a.redis.Addr})
	defer func() { _ = c.Close() }()
	var b strings.Builder
	keys, err := c.Keys(a.Context(), "*").Result()
	a.must(err)
	for _, key := range keys {
		var v any
		switch kind := c.Type(a.Context(), key).Val(); kind {
		case "string":
			v = c.Get(a.Context(), key).Val()
		case "hash":
			v = c.HGetAll(a.Context(), key).Val()
		case "set":
			v = c.SMembers(a.Context(), key).Val()
		case "zset":
			v = c.ZRange(a.Context(), key, 0, -1).Val()
		case "stream":
			v = c.XRange(a.Context(), key, "-", "+").Val()
		case "none": // gone meanwhile
		default:
			a.Errorf("%s is a %s, which nobody looks into", key, kind)
		}
		fmt.Fprintln(&b, key, v)
	}
	return b.String()
}

func (a *aviary) files(dir string) string {
	var b strings.Builder
	a.must(filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return ignoreGone(err)
		}
		text, err := os.ReadFile(path)
		b.Write(text)
		return ignoreGone(err)
	}))
	return b.String()
}

// ignoreGone: a file may be replaced while it is looked for.
func ignoreGone(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}
