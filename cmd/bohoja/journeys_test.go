package main

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

// The journeys are stories of whole requests, told as text in testdata/journeys and walked by the real binary on a real
// redis-server, a real SMTP conversation and a webhook receiver. A story's lines are the words below; what testscript
// knows by itself (env, grep, exists, cp …) works too. After a word the last answer is in the file body.
//
// Around the service:
//
//	redis [NAME VALUE]…          start Redis (appendfsync always); settings are as in redis.conf
//	redis restarts|dies|sleeps|wakes   kill -9 and start again · or not · stop it in its tracks · let it go on
//	redis saves|restored         take a backup of all its files · put it back
//	redis set NAME VALUE         change a setting while it runs
//	smtp                         start a mail server; then sleeps|wakes, cuts (all conversations), refuses ADDRESS CODE|mends, loses (its next answer),
//	                             url (set its setting again), called
//	hooks [down|gone|up]         start a webhook receiver, or let it cut every connection, or answer 410
//	listens                      start `bohoja webhooks listen`, which forwards to that receiver; its process is named listen
//	sweeper asleep               nothing that is due is carried out (before serve)
//	declare OLD NEW…             change the text of bohoja.yaml
//	serve [NAME]                 start `bohoja serve` and wait until it is ready; more processes have names;  ! serve  until it says that it is not
//	dev                          start `bohoja dev`
//	readme MARKER                run the README's lines below <!-- journey: MARKER -->
//	via NAME                     speak with that process from now on
//	kill9|sigterm|sighup [NAME]  signals; sigterm waits for a clean end
//	exits CODE ARGS…             run a bohoja command to its end; the file said holds what it said
//	advance DURATION             move the test space's clock
//	crowd, crowd leaves, crowd was kept   signups without end · stop them · whatever was answered 2xx is there
//	ready [STATUS|REASON]        wait until /readyz says so (200)
//	outbox KIND OUTCOME N        wait until so many tries of letters or webhooks ended so
//	moves SERIES…                wait until each of these metrics is more than 0;  moves all but NAME…  no other was left out
//	gone                         nothing of a person is left in the record
//	forgotten                    wait until there is no record any more
//	shredded                     the key under which the request was sealed is destroyed;  ! shredded  it is there
//	snapshot FILE                every value of Redis, into a file
//	besieged N                   requests that read in two ways, poisoned hosts, N connections that send next to nothing: all without effect
//	clean                        no name, address, data or token of this story in logs, metrics, Redis, files
//
// The app:
//
//	key live|test|new|KEY        which key it uses from now on (test); new: made and declared
//	dead                         wait until the key opens nothing any more, at any process
//	signup SUBJECT [FIELD=VALUE]…  sets $ID $REQ $PAGE $PAIRING $EXPIRES
//	call METHOD PATH STATUS [JSON]
//	expect FIELD VALUE           wait until the request says so
//	release ITEM=VALUE…          exactly these are handed over, $CHILD_BORN as birth_date;  ! release CODE  it is refused so
//	ack · cancel · resend · withdraw [PURPOSE]… · erased · correct NAME ADDRESS;  with ! and the CODE of the refusal
//	events TYPE…                 wait until these, and no others, were told of the request
//	hook TYPE                    wait for a delivery with a good signature; sets $HOOK (webhook-id)
//	tried N TYPE                 wait until a delivery was tried that often, always under the same webhook-id
//
//	recipe NAME                  run a recipe of handlers/api/recipes to its end
//
// The guardian and the child:
//
//	letter ADDRESS KIND          wait for the next such letter; sets $LINK $WITHDRAW $CODE $LETTER
//	! letter ADDRESS KIND        once the outbox has nothing to do, there is none
//	guardian LINK ANSWER [FIELD=VALUE]…   the whole way from the link to the result page
//	open URL · read · check ANSWER [FIELD=VALUE]… · confirm yes|back   its steps; ! check: asked again
//	press FIELD=VALUE…           any other form of the page;  ! press  it comes back with a fault
//	twice FIELD=VALUE…           a double click: the form is sent twice at once
//	tab NAME · back              another tab of the browser · its button that goes back
//	get|head|post STATUS URL [FIELD=VALUE]…   one request without a form; VALUE @page: as on the page
//	says KEY [LANG]              the page's heading is the one of this key in templates/locales
//	fault FIELD                  the page says what is wrong with this field
//
// The staff, in the live space:
//
//	desk NAME ROLE               is invited, joins and signs in
//	staff NAME ACT STATUS [FIELD=VALUE]…   a form of the page of $REQ;  staff NAME look STATUS  the page
//	waited TIME                  of a correction of $REQ that waits, so long is over
//
// And around words:
//
//	times N WORD…                a word many times
//	patiently [WORD…]            503 is asked again, by this word or by all that follow
//	whatever WORD…               any page will do: two things raced, and what must hold is asked afterwards
//	swap TEXT OLD NEW · equal A B   sets $SWAPPED · compares
//	born DAYS                    sets $BORN: born so that the child is 14 in so many days
//	spoil FILE                   change one letter in the middle of a file
//	here NAME                    a point of the way at which TestKilled kills
func words() map[string]word {
	return map[string]word{
		"redis": (*story).wordRedis, "smtp": (*story).wordSMTP, "hooks": (*story).wordHooks, "sweeper": (*story).wordSweeper,
		"declare": (*story).wordDeclare, "serve": (*story).wordServe, "via": (*story).wordVia, "dev": (*story).wordDev, "readme": (*story).wordReadme, "kill9": (*story).wordKill,
		"sigterm": (*story).wordTerm, "sighup": (*story).wordHup, "exits": (*story).wordExits, "advance": (*story).wordAdvance,
		"crowd": (*story).wordCrowd, "spoil": (*story).wordSpoil, "born": (*story).wordBorn, "clean": (*story).wordClean,
		"key": (*story).wordKey, "signup": (*story).wordSignup, "call": (*story).wordCall, "expect": (*story).wordExpect,
		"release": (*story).wordRelease, "ack": step("POST", "/release/ack", 204), "cancel": step("POST", "/cancel", 200),
		"resend": step("POST", "/resend", 202), "withdraw": (*story).wordWithdraw, "erased": (*story).wordErased,
		"follow": (*story).wordFollow, "asked": (*story).wordAsked,
		"correct": (*story).wordCorrect, "events": (*story).wordEvents, "hook": (*story).wordHook, "listens": (*story).wordListens, "recipe": (*story).wordRecipe, "dead": (*story).wordDead, "tried": (*story).wordTried,
		"letter": (*story).wordLetter, "bounces": (*story).wordBounces, "returns": (*story).wordReturns, "guardian": (*story).wordGuardian, "open": (*story).wordOpen, "read": (*story).wordRead,
		"check": (*story).wordCheck, "confirm": (*story).wordConfirm, "press": (*story).wordPress, "tab": (*story).wordTab,
		"get": (*story).wordGet, "head": (*story).wordHead, "post": (*story).wordPost, "says": (*story).wordSays,
		"fault": (*story).wordFault, "here": (*story).wordHere, "besieged": (*story).wordBesieged, "back": (*story).wordBack, "twice": (*story).wordTwice,
		"desk": (*story).wordDesk, "staff": (*story).wordStaff, "waited": (*story).wordWaited,
		"times": (*story).wordTimes, "patiently": (*story).wordPatiently, "whatever": (*story).wordWhatever, "swap": (*story).wordSwap, "equal": (*story).wordEqual, "ready": (*story).wordReady,
		"gone": (*story).wordGone, "forgotten": (*story).wordForgotten, "shredded": (*story).wordShredded, "snapshot": (*story).wordSnapshot, "outbox": (*story).wordOutbox, "moves": (*story).wordMoves,
	}
}

// TestJourneys walks every story.
func TestJourneys(t *testing.T) {
	t.Parallel()
	testscript.Run(t, params("testdata/journeys", ""))
}

// TestKilled walks the stories of testdata/killed again and again, each time killing the service with -9 at another of its points, or Redis,
// and starting it anew: nothing that was acknowledged is lost, and nothing is released without a grant.
func TestKilled(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/killed/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		points := regexp.MustCompile(`(?m)^here (\S+)$`).FindAllStringSubmatch(string(text), -1)
		if len(points) < 5 {
			t.Fatalf("%s has %d points", file, len(points))
		}
		for _, p := range points {
			t.Run(p[1], func(t *testing.T) {
				t.Parallel()
				with := params("", p[1])
				with.Files = []string{file}
				testscript.Run(t, with)
			})
		}
	}
}

type word = func(s *story, ts *testscript.TestScript, neg bool, args []string)

// params makes every word a command that finds its story.
func params(dir, killAt string) testscript.Params {
	p := testscript.Params{
		Dir: dir, RequireUniqueNames: true, Cmds: map[string]func(*testscript.TestScript, bool, []string){},
		Setup: func(env *testscript.Env) error { return newStory(env, killAt) },
	}
	for name, do := range words() {
		p.Cmds[name] = func(ts *testscript.TestScript, neg bool, args []string) {
			do(ts.Value(storyKey{}).(*story), ts, neg, args)
		}
	}
	return p
}

type storyKey struct{}

// newStory prepares addresses, keys, settings and declarations. Nothing runs yet.
func newStory(env *testscript.Env, killAt string) error {
	t, ok := env.T().(testing.TB)
	if !ok {
		return fmt.Errorf("stories need a testing.TB, not %T", env.T())
	}
	s := &story{
		t: t, dir: env.WorkDir, killAt: killAt, processes: map[string]*process{}, tabs: map[string]*sheet{}, taken: map[int]bool{},
		at: "", keys: map[string]string{"live": newKey(liveKey), "test": newKey(testKey)}, key: "test",
	}
	s.secrets = append(s.secrets, s.keys["live"], s.keys["test"])
	env.Values[storyKey{}] = s
	if err := s.declareApps(); err != nil {
		return err
	}
	s.address("")
	for name, value := range map[string]string{
		"CONFIG": filepath.Join(s.dir, "bohoja.yaml"), "PUBLIC_URL": "http://" + s.processes[""].public,
		"OPS_LISTEN": s.processes[""].ops, "SMTP__FROM": "Haneul Shop <consent@shop.example>", "TEST__MAIL": "true",
		"MAIL__CHECK_DOMAIN": "false", "WEBHOOKS__ALLOW_PRIVATE": "true", "LINK__MIN_SECONDS": "0", "LOG__LEVEL": "debug",
		"KEYS__DIR": filepath.Join(s.dir, "keys"), "AUDIT__DIR": filepath.Join(s.dir, "audit"), "LIMITS__REQUESTS_PER_MINUTE": "100000",
	} {
		env.Setenv("BOHOJA_"+name, value)
	}
	env.Setenv("CHILD_BORN", childBorn)
	env.Setenv("URL", "http://"+s.processes[""].public)
	env.Setenv("OPS", "http://"+s.processes[""].ops)
	env.Defer(s.end)
	return nil
}

// one returns the only argument.
func one(ts *testscript.TestScript, args []string) string {
	if len(args) != 1 {
		ts.Fatalf("one argument is needed, got %q", args)
	}
	return args[0]
}

// pairs reads FIELD=VALUE arguments.
func pairs(ts *testscript.TestScript, args []string) map[string]string {
	out := map[string]string{}
	for _, a := range args {
		name, value, ok := strings.Cut(a, "=")
		if !ok {
			ts.Fatalf("%q is not FIELD=VALUE", a)
		}
		out[name] = value
	}
	return out
}
