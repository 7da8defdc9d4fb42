package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// mutant is one guard taken out of the source, and the suite that must notice.
type mutant struct {
	name  string // what it guards against
	file  string // below the module's root
	guard string // stands there exactly once
	hole  string // instead of it
	suite string // package
	run   string // its tests
}

const (
	storePackage = "./consent/redisstore"
	storeTests   = "TestStoreOnMiniredis"
)

// mutants are the guards on which the promises rest. TestMutants (tag proof) takes them out one after the other.
var mutants = []mutant{
	// Who decides, and until when: the scripts.
	{"a decision past the deadline", "consent/redisstore/lua/lib.lua", "r.t == 'pending' and now < num(r.X)", "r.t == 'pending'", storePackage, storeTests},
	{"a clock that is moved in the live space", "consent/redisstore/lua/lib.lua", "if ARGV[1] ~= '0' and string.sub(KEYS[1], 1, 3) ~= 'bt:' then", "if false then", storePackage, "TestLiveHasNoOffset"},
	{"an answer after the decoy", "consent/redisstore/lua/lib.lua", "return left > 0 and left or nil", "return nil", storePackage, storeTests},
	{"a link of an older generation decides", "consent/redisstore/lua/grant.lua", "if r.g ~= arg(1) then return refuse('replaced') end", "", storePackage, storeTests},
	{"a yes to people who changed meanwhile", "consent/redisstore/lua/grant.lua", "if r.v ~= arg(2) then return refuse('stale') end", "", storePackage, storeTests},
	{"a yes while approving is locked", "consent/redisstore/lua/grant.lua", "if own and num(r.L) > now then return refuse('locked', text(num(r.L) - now)) end", "", storePackage, storeTests},
	{"staff grant by themselves", "consent/redisstore/lua/grant.lua", "if not own and (ARGV[4] ~= 'staff' or not filed) then return refuse('not_filed') end", "", storePackage, storeTests},
	{"one person enters a paper and confirms it", "consent/redisstore/lua/grant.lua", "if not own and filer == ARGV[5] then return refuse('same_person') end", "", storePackage, storeTests},
	{"another paper is granted than the one that was entered", "consent/redisstore/lua/grant.lua", "if arg(13) ~= (own and '' or filed) then return refuse('stale') end", "", storePackage, storeTests},
	{"a paper is granted as another way", "consent/redisstore/lua/grant.lua", "if not own and way ~= arg(3) then return refuse('stale') end", "", storePackage, storeTests},
	{"a guardian's paper is granted for another guardian", "consent/redisstore/lua/grant.lua", "if not own and of ~= r.v then return refuse('stale') end", "", storePackage, storeTests},
	{"an app, a child or the clock grants what staff filed", "consent/redisstore/lua/grant.lua", "ARGV[4] ~= 'staff' or not filed", "not filed", storePackage, storeTests},
	{"a yes to another's hour key", "consent/redisstore/lua/signup.lua", "if number(2) ~= hour and number(2) ~= hour - 3600000 then return refuse('clock_skew') end", "", storePackage, storeTests},
	{"a key of idempotency for another body", "consent/redisstore/lua/signup.lua", "if body ~= arg(4) then return refuse('idempotency_mismatch') end", "", storePackage, storeTests},
	{"two requests for one child", "consent/redisstore/lua/signup.lua", "if other and num(redis.call('ZSCORE', k_in.pending, other) or '0') > now then return refuse('already_pending', other) end", "", storePackage, storeTests},
	{"asking again right after a refusal", "consent/redisstore/lua/signup.lua", "if pause > now then return refuse('recently_refused', text(pause - now)) end", "", storePackage, storeTests},
	{"data without a grant", "consent/redisstore/lua/release.lua", "if r.t == 'pending' then return refuse('not_granted') end", "", storePackage, storeTests},
	{"data past its window", "consent/redisstore/lua/release.lua", " or now >= num(r.R) then", " then", storePackage, storeTests},
	{"data on hold (423)", "consent/redisstore/lua/release.lua", "if r.h then return refuse('on_hold') end", "", "./consent", "TestHoldResealsUnderItsOwnHour"},
	{"destroying what was never handed over", "consent/redisstore/lua/acknowledge.lua", "if r.c == 'held' then return refuse('not_released') end", "", storePackage, storeTests},
	{"expiring too early", "consent/redisstore/lua/expire.lua", "if now < num(r.X) and arg(1) ~= 'unreadable' then return refuse('not_due') end", "", storePackage, storeTests},
	{"a correction that recipients were not told of", "consent/redisstore/lua/answer.lua", " and redis.call('HLEN', k_disclosed) > 0 then", " and false then", storePackage, storeTests},
	{"resends without end", "consent/redisstore/lua/resend.lua", "if count >= number(1) then return refuse('resend_limit', tomorrow()) end", "", storePackage, storeTests},
	{"letters to as many addresses as an app likes", "consent/redisstore/lua/correct.lua", "if tried and todays(r.r) >= number(14) then return refuse('correction_limit', tomorrow()) end", "", storePackage, storeTests},
	{"letters without end", "consent/redisstore/lua/count.lua", ">= tonumber(ARGV[3]) then", ">= tonumber(ARGV[3]) + 1000 then", "./consent", "TestLettersPerDay"},
	{"a job done by one who lost it", "consent/outbox/done.lua", "if not outbox_held(KEYS[2], ARGV[2], ARGV[3]) then return 0 end", "", "./consent/outbox", "Fence"},
	{"a cluster's client that never asks who took over", "consent/redisstore/follow.go", "set.ClusterStateReloadInterval = mapEvery\n\tc := redis.NewClusterClient(set)\n\tc.AddHook(follower{c})", "c := redis.NewClusterClient(set)", storePackage, "TestReplicaTakesOver"},
	{"a step that is sent twice", "consent/redisstore/script/command.go", "return c.once }", "return false }", "./consent/redisstore/script", "TestExecutedOnce"},

	// The second fact.
	{"tries past the lock", "consent/redisstore/lua/try.lua", "if locked > now and not mailed then return refuse('locked', text(locked - now)) end", "", "./consent", "Lock|Parallel|Miss"},
	{"a fact that is wrong", "consent/fact.go", "if !hit {", "if !hit && false {", "./handlers/guardian", "TestFaults|TestMisses"},
	{"a try that is charged after it is compared", "consent/fact.go", chargeFirst, compareFirst, "./consent", "TestParallelWrongAnswersCostFive|TestFiveMissesCloseTheGrant"},
	{"a name that is no name", "consent/correct.go", "if isGeneric(name) {", "if isGeneric(name) && false {", "./consent", "TestCorrectRefuses|TestJoinRefuses"},
	{"a guardian who is the child", "consent/signup_check.go", "own.Canonical.Reveal() == box.Canonical.Reveal()", "own.Canonical.Reveal() == box.Canonical.Reveal() && false", "./consent", "TestSignupRefuses|TestSignupTellsEveryFaultAtOnce"},
	{"a guardian who is a minor", "consent/answers.go", "case !p.IsAdult(birth, s.Clock()):", "case !p.IsAdult(birth, s.Clock()) && false:", "./handlers/guardian", "TestFaults"},
	{"a form that comes back at once", "consent/decide.go", "if s.tooFast(p) {\n\t\treturn out, ErrTooFast", "if false {\n\t\treturn out, ErrTooFast", "./handlers/guardian", "TestTooFast"},
	{"a box that only programs tick", "handlers/guardian/decoy.go", "return ticked || pressed", "return ticked && false || pressed", "./handlers/guardian", "TestDecoyDecidesNothing"},
	{"a proof that is good for two hops", "consent/proof.go", "p.Step != want", "false", "./handlers/guardian", "TestProofIsGoodForOneHop"},
	{"a letter to one who wants none", "consent/invite.go", "if quiet {", "if quiet && false {", "./consent", "TestLetterToOneWhoWantsNoneAnyMore"},

	// Corrections of a guardian after the grant.
	{"a correction that one person makes alone", "consent/redisstore/lua/endorse.lua", "if a.by == ARGV[5] then return refuse('same_person') end", "", "./consent", "TestEndorseRefuses"},
	{"a correction confirmed for other people", "consent/redisstore/lua/endorse.lua", "if a.rev ~= r.v or a.rev ~= arg(2) then return refuse('stale') end", "", storePackage, storeTests + "/endorse"},
	{"a correction that is not the one that was seen", "consent/redisstore/lua/endorse.lua", "if r.amends ~= arg(1) then return refuse('stale') end", "", storePackage, storeTests + "/endorse"},
	{"a correction whose letter is another guardian's", "consent/amend.go", "if rec.Amend.No != no {", "if false {", "./consent", "TestEndorseAheadOfTheEntry"},
	{"a correction of which nobody was told", "consent/invite.go", "case failed == nil && l.Letter == LetterAmending:", "case l.Letter == LetterAmending:", "./consent", "TestAmendWaitsForItsLetter"},
	{"a correction told of before it was confirmed", "consent/redisstore/lua/told.lua", " or a.endorser == '' then", " then", storePackage, storeTests + "/told"},
	{"a correction before its wait is over", "consent/redisstore/lua/enact.lua", "if not a.due or now < a.due then return refuse('not_due') end", "", storePackage, storeTests + "/enact"},
	{"a correction that was stopped", "consent/redisstore/lua/retract.lua", "\nunamend()\n", "\n", "./consent", "TestObject$"},
	{"a correction stopped by another guardian's link", "consent/object.go", "a.No == no && a.Guardian == v.Guardian && ", "a.No == no && ", "./consent", "TestObjectIsOfOneGuardian"},
	{"a timer that no correction waits for", "consent/redisstore/lua/retract.lua", "if stray then stop('enact') end", "", "./consent", "TestSweepRemovesStrayTimers"},
	{"a correction that nobody can stop", "consent/amend.go", "people.Guardians[in.Guardian].Email.Empty() {", "false {", "./consent", "TestAmendOfOneWhoCannotBeTold"},
	{"a correction that outlives its consent", "consent/redisstore/lua/lib.lua", "  unamend()\n  move(r, to)", "  move(r, to)", storePackage, storeTests + "/amend"},
	{"an address whose holder wants no letters", "consent/redisstore/lua/enact.lua", "if arg(8) ~= '' and muted(arg(8)) then return refuse('no_letters') end", "", storePackage, storeTests + "/enact"},
	{"a paper of people whom nobody saw", "consent/redisstore/lua/file.lua", "if r.v ~= arg(5) then return refuse('stale') end", "", storePackage, storeTests + "/file"},
	{"a link to the address before a correction", "consent/open.go", "late := c.Gen < rec.GenOf(c.Guardian) &&", "late := false &&", "./consent", "TestAmendFromEndToEnd"},
	{"a name before its correction", "consent/withdraw.go", "!v.Record.Renamed(v.Guardian) && ", "", "./consent", "TestAmendFromEndToEnd"},

	// Links.
	{"another algorithm", "consent/link/link.go", "jwt.WithValidMethods([]string{jwt.SigningMethodHS256.Alg()}),", `jwt.WithValidMethods([]string{"HS256", "HS384", "HS512"}),`, "./consent/link", "TestEachCheckRefuses"},
	{"a link for another page", "consent/link/link.go", "jwt.WithAudience(string(aud)),", "", "./consent/link", "TestLinkIsForOneAudience"},
	{"a link of another service", "consent/link/link.go", "jwt.WithIssuer(issuer),", "", "./consent/link", "TestSpacesAreApart|TestEachCheckRefuses"},
	{"a link that never ends", "consent/link/link.go", "jwt.WithExpirationRequired(),", "", "./consent/link", "TestEachCheckRefuses"},
	{"a link past its end", "consent/link/link.go", "if !now.Before(c.Expires) {", "if !now.Before(c.Expires) && false {", "./consent/link", "TestExpired"},
	{"a link to the address of before opens", "consent/open.go", "aud == LinkDecide && c.Gen != rec.GenOf(c.Guardian)", "false", "./consent", "TestCorrectedAddress"},

	// What may not come in.
	{"a resident number (KR-24)", "consent/resident.go", "return residentShape.MatchString(s)", "return false", "./consent", "Resident"},
	{"a resident number as a telephone number", "consent/signup_check.go", "if hasResidentNumber(p.Reveal()) {", "if false {", "./consent", "Resident"},
	{"a guardian's birth date (KR-02)", "handlers/api/signup.go", "type guardianBody struct {", "type guardianBody struct {\n\tBirthDate consent.Private `json:\"birth_date\"`", "./handlers/api", "TestRefusals"},
	{"a key without the scope", "handlers/api/auth.go", `if scope != "" && !slices.Contains(k.Scopes, scope) {`, `if scope != "" && !slices.Contains(k.Scopes, scope) && false {`, "./handlers/api", "TestMatrix"},
	{"a secret key in a browser", "handlers/api/auth.go", `if len(c.Request.Header.Values("Origin")) > 0 &&`, `if false &&`, "./handlers/api", "TestLeakedKey|TestMatrix|TestRefusals"},
	{"a key that was revoked", "handlers/api/auth.go", "if found == nil || a.revoked(found.key.SHA256) {", "if found == nil {", "./handlers/api", "TestRevokedKey|TestKeyTakenBack"},
	{"an embed token that makes two requests", "consent/redisstore/steps.go", "if d.Once && len(out) > 2 {", "if false {", "./consent", "TestEmbedToken"},
	{"an embed token from another page", "consent/embed.go", `|| e.Origin != "" && !slices.Contains(app.Origins, e.Origin) {`, "|| slices.Contains(app.Origins, `-`) {", "./consent", "TestEmbedTokenIsBound"},
	{"an embed token that is over", "consent/embed.go", "len(people.Guardians) == 0 || !s.Clock().Before(e.Expires) ||", "len(people.Guardians) == 0 ||", "./consent", "TestEmbedToken"},
	{"an address in X-Forwarded-For that anybody wrote", "handlers/web/network.go", "i >= 0 && n.trusts(client); i--", "i >= 0; i--", "./handlers/web", "TestNetworks"},

	// What may not go out.
	{"items that were refused", "consent/grant.go", "data, err := s.grantedData(v.App, rec, p.Granted)", "data, err := s.grantedData(v.App, rec, rec.Asked)", "./consent", "TestRefusedItemsDieWithTheirHour|TestOnlyGrantedItemsAreReleased"},
	{"advertising when nothing is known", "consent/marketing.go", "blocks, err := s.Store.Blocks(ctx, s.gateApps(app), asked.look, s.today())\n\tif err != nil {\n\t\treturn err\n\t}", "blocks, _ := s.Store.Blocks(ctx, s.gateApps(app), asked.look, s.today())", "./consent", "TestGateWithoutStore"},
	{"a child that is accepted and not flagged", "consent/redisstore/lua/signup.lua", "for i = 16, 15 + 2 * flags, 2 do mark(arg(i), arg(i + 1)) end", "", "./consent", "TestBlockedWhateverTheGuardianSays"},
	{"a child that no sieve hears of", "consent/redisstore/lua/signup.lua", "added(arg(15))", "", "./consent", "TestSieve"},
	{"advertising by a sieve that cannot know", "consent/sieve.go", "news, err := s.Store.News(ctx, apps, *at)\n\tif err != nil || !f.learn(sieve, at, news) {\n\t\treturn nil, err\n\t}", "news, _ := s.Store.News(ctx, apps, *at)\n\tf.learn(sieve, at, news)", "./consent", "TestGateWithoutStore"},
	{"advertising by a sieve that is behind", "consent/sieve.go", "sieve.Add(n.Short)", "_ = n.Short", "./consent", "TestNoFalseAllowed|TestSieve"},
	{"advertising by news that were read before the question", "consent/sieve.go", "f.next = nil\n\tf.turn.Unlock()\n\th.sieve, h.err = ask(context.WithoutCancel(ctx))", "f.turn.Unlock()\n\th.sieve, h.err = ask(context.WithoutCancel(ctx))\n\tf.turn.Lock()\n\tf.next = nil\n\tf.turn.Unlock()", "./consent", "TestQuestionsShareNews"},
	{"advertising by a sieve of another store", "consent/redisstore/gate.go", "return consent.News{} // that addition is gone", "return consent.News{Known: true, At: after}", "./consent", "TestSieve"},
	{"half a list that looks whole", "handlers/api/filter.go", "panic(http.ErrAbortHandler) // the server's own way to cut an answer", "return nil", "./handlers/api", "TestFilterIsCut"},
	{"a list given back though nobody judged it", "handlers/ops/gate.go", "if err = errors.Join(err, gate.End(ctx, d.opt.Lists, u.app, run, counts, err)); err != nil {", "if err = errors.Join(err, gate.End(ctx, d.opt.Lists, u.app, run, counts, err)); err != nil && false {", "./handlers/ops", "TestGateFailsClosed"},
	{"a name in full", "consent/mask.go", `return string(r[0]) + strings.Repeat("*", len(r)-2) + string(r[len(r)-1])`, "return string(r)", "./consent", "TestMasks"},
	{"a fact in a letter", "consent/letter.go", "MaskName(people.Child.Name.Reveal())\n\treturn s.addLinks", "g.Name.Reveal()\n\treturn s.addLinks", "./consent", "TestNoLetterHoldsAFact"},
	{"a name in a log", "consent/private.go", `func (p Private) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(hidden)) }`, "func (p Private) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(p.Reveal())) }", "./consent", "TestPrivate"},
	{"a ciphertext in another record", "consent/seal/header.go", "[...]string{l.App, l.ID, l.Field}", `[...]string{l.App, "", l.Field}`, "./consent/seal", "TestLabelIsBound"},
	{"a key that outlives its hour", "consent/seal/vault.go", "if k.deadAt(v.opt.Clock()) {", "if k.deadAt(v.opt.Clock()) && false {", "./consent/seal", "TestDeathByTheClock"},
	{"letters in clear", "mailer/conn.go", "if offered, _ := c.smtp.Extension(\"STARTTLS\"); !offered {\n\t\treturn errNoSTARTTLS", "if offered, _ := c.smtp.Extension(\"STARTTLS\"); !offered {\n\t\t_ = errNoSTARTTLS\n\t\treturn nil", "./mailer", "TestStrippedSTARTTLS"},
	{"a page in somebody's frame", "handlers/web/headers.go", "form-action 'self'; base-uri 'none'; frame-ancestors 'none'\"\n\tpolicyDocs", "form-action 'self'; base-uri 'none'\"\n\tpolicyDocs", "./handlers/web", "TestHeaders"},

	// Webhooks.
	{"a webhook to the metadata service", "consent/webhook/guard.go", `if slices.Contains(metadata, at.Addr().Unmap().WithZone("")) {`, `if slices.Contains(metadata, at.Addr().Unmap().WithZone("")) && false {`, "./consent/webhook", "TestGuard"},
	{"a webhook to a reserved address", "consent/webhook/guard.go", "if err := g.wide.Safe(network, address, c); err != nil {", "if err := g.wide.Safe(network, address, c); err != nil && false {", "./consent/webhook", "TestGuard"},
	{"a webhook into the own network", "consent/webhook/guard.go", "if err := g.public.Safe(network, address, c); err != nil {", "if err := g.public.Safe(network, address, c); err != nil && false {", "./consent/webhook", "TestGuard|TestRefuses|TestRebinding"},
	{"a webhook that is led elsewhere", "consent/webhook/deliver.go", "d.transport.RoundTrip(req.WithContext(ctx))", "(&http.Client{Transport: d.transport}).Do(req.WithContext(ctx))", "./consent/webhook", "TestRedirectsAreNotFollowed"},

	// Staff, the log, a restored store.
	{"a staff sign-in without the second factor", "consent/staff/factor.go", "subtle.ConstantTimeCompare([]byte(want), []byte(code)) == 1", "subtle.ConstantTimeCompare([]byte(want), []byte(code)) >= 0", "./consent/staff", "TestEnterTellsNothing"},
	{"staff tries without end", "consent/staff/enter.go", "if wait > 0 {", "if wait > 0 && false {", "./consent/staff", "TestTriesAreChargedFirst"},
	{"a second factor that is good twice", "consent/redisstore/lua/enter.lua", "if tonumber(ARGV[4]) <= last then return 0 end", "", "./consent/staff", "TestACodeIsGoodOnce"},
	{"a form from another site", "handlers/ops/desk.go", "return answer{}, errCrossOrigin", "_ = errCrossOrigin", "./handlers/ops", "TestCrossOrigin"},
	{"a role that may not", "handlers/ops/desk.go", "case !v.who.Role.May(r.may):", "case false:", "./handlers/ops", "TestRoutesAndRoles"},
	{"a session that nobody uses", "consent/redisstore/lua/visit.lua", "if now - tonumber(seen) >= tonumber(ARGV[2]) or ", "if ", "./consent/staff", "TestSessionsEnd"},
	{"a session without an end", "consent/redisstore/lua/visit.lua", " or now - tonumber(began) >= tonumber(ARGV[3]) then", " then", "./consent/staff", "TestSessionsEnd"},
	{"a session after signing out everywhere", "consent/staff/service.go", " || p.Gen != session.Gen)", ")", "./consent/staff", "TestSessionsEnd"},
	{"an address in the log of looks", "consent/case_rights.go", "if !IsID(PrefixRight, right) {", "if false {", "./cmd/bohoja", "TestCanaries"},
	{"a month of the access log signed twice", "consent/redisstore/lua/review.lua", "if redis.call('HGET', KEYS[1], ARGV[2]) then return 0 end", "", "./handlers/ops", "TestAccessIsReviewed"},
	{"an entry of the log that was edited", "consent/audit/verify.go", "v.tree.root() == c.Root", "true", "./consent/audit", "TestTampering"},
	{"an entry of the log that is missing", "consent/audit/verify.go", "case known && e.Seq > last+1:", "case false:", "./consent/audit", "TestTampering|TestMissingDay|TestCut"},
	{"a request smuggled behind chunks", "handlers/web/framing.go", "if len(c.Request.TransferEncoding) > 0 || !c.Request.ProtoAtLeast(1, 1) {", "if false {", "./handlers/web", "TestNothingIsSmuggled"},
	{"a host with other keys that nobody is told of", "consent/seal/keys.go", "v.differs.Store(true)", "", "./consent/seal", "TestHourKeyConflict"},
	{"what is lost because another host has other keys", "consent/seal/occupy.go", "v.occupied.other.Store(used != is && used != \"\")", "v.occupied.other.Store(used == \"none\")", "./consent", "TestOtherFolderLosesNothing"},
	{"a folder that takes the place of one in use", "consent/redisstore/lua/occupy.lua", "if not own and not lost then return is end", "", storePackage, "TestOccupy"},
	{"what is lost because this host slept", "consent/seal/occupy.go", "if at := v.occupied.known.Load(); at == nil || time.Since(*at) >= QuietWhole {", "if false {", "./consent/seal", "TestSleeperJudgesNothing"},
	{"a return path that anybody makes up", "consent/returned.go", "if at < 0 || subtle.ConstantTimeCompare([]byte(token[at+1:]), []byte(s.proveReturn(token[:at]))) == 0 {", "if at < 0 || subtle.ConstantTimeCompare(nil, nil) == 0 {", "./consent", "TestReturned"},
	{"a destroyed key that an old copy brings back", "consent/seal/escrow/folder.go", "case n < newest[row]:", "case n < newest[row] && false:", "./consent/seal/escrow", "TestCompare"},
	{"a copy of keys that leads elsewhere", "consent/seal/escrow/folder.go", "	case !ok:\n", "	case !ok && false:\n", "./consent/seal/escrow", "TestForgedCopy"},
	{"a second form of one telephone number", "consent/gate/phone.go", "if again, _, err := e164(once, region); err != nil || again != once {", "if false {", "./consent/gate", "TestPhones"},
	{"a store that is a restored backup", "consent/audit/tide.go", "if end < mark {", "if false && end < mark {", "./consent/audit", "TestTide"},
	{"a step on records of a newer form", "consent/redisstore/schema.go", "err == nil && is <= Schema {", "err == nil && is >= 0 {", storePackage, "TestSchema"},
	{"a step in safe mode", "consent/redisstore/store.go", "if err := s.Admits(); err != nil {", "if err := s.Admits(); err != nil && false {", storePackage, "TestAdmit"},
}

// The order of charging and comparing, as it is and as it must not be.
const (
	chargeFirst = `	rec, err := s.Store.Try(ctx, m, Trial{Gen: v.Record.Gen, Limit: MaxTries, Lock: LockFor, Code: fact == FactCode})
	if err != nil {
		return "", err
	}
	hit, err := s.factHolds(ctx, *v, fact, name, code)
	if err != nil {
		return "", err
	}
	if !hit {`
	compareFirst = `	hit, err := s.factHolds(ctx, *v, fact, name, code)
	if err != nil {
		return "", err
	}
	rec, err := s.Store.Try(ctx, m, Trial{Gen: v.Record.Gen, Limit: MaxTries, Lock: LockFor, Code: fact == FactCode})
	if err != nil && !hit {
		return "", err
	}
	if !hit {`
)

// TestMutantsFit keeps the list young: each guard stands in its file exactly once.
func TestMutantsFit(t *testing.T) {
	const least = 25
	if len(mutants) < least {
		t.Errorf("%d guards, and there must be %d", len(mutants), least)
	}
	names := map[string]bool{}
	for _, m := range mutants {
		text, err := os.ReadFile(filepath.Join("..", "..", m.file))
		if err != nil {
			t.Fatal(err)
		}
		if n := strings.Count(string(text), m.guard); n != 1 {
			t.Errorf("%s: the guard stands %d times in %s: the list is old", m.name, n, m.file)
		}
		if names[m.name] {
			t.Errorf("two guards are called %q", m.name)
		}
		names[m.name] = true
	}
}
