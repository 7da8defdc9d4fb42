package embed_test

import (
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/bohoja/bohoja/consent"
	"github.com/bohoja/bohoja/handlers/embed"
)

const welcome = "https://shop.example/welcome"

// toAsk walks to the page that asks for the guardian.
func (s *site) toAsk(query string) page {
	s.t.Helper()
	y, m, d := s.born(9)
	p := s.get("/start/shop?" + query).want(http.StatusOK)
	return s.send(p, "birth_year", y, "birth_month", m, "birth_day", d).want(http.StatusOK)
}

var answers = []string{"act", "next", "child_name", "김하늘", "guardian_name", "김보호", "guardian_email", "parent@example.com"}

// tags are what is not read: a token in one of them may hold any digits.
var tags = regexp.MustCompile(`<[^>]*>`)

func TestStart(t *testing.T) {
	s := open(t)
	query := "token=" + s.clientToken("user-1") + "&state=a%26b&lang=ko"
	p := s.get("/start/shop?" + query).want(http.StatusOK).says("생일이 언제예요?")
	if text := tags.ReplaceAllString(p.body, ""); strings.Contains(text, "14") || strings.Contains(text, "보호자") {
		t.Error("the question about the age tells which answer leads where")
	}
	if got := p.back(welcome); got.Get("result") != "cancelled" || got.Get("state") != "a&b" || got.Has("request") {
		t.Errorf("the way back: %v", got)
	}
	p = s.toAsk(query).says("우리는 누구예요?", "메일 주소를 몰라요")
	if i, j := strings.Index(p.body, "우리는 누구예요?"), strings.Index(p.body, `name="guardian_name"`); i > j {
		t.Error("the guardian is asked for before the notice")
	}
	p = s.send(p, answers...).want(http.StatusOK).says("이 주소가 맞아요?", "parent@<wbr>example.com")
	if len(s.records("user-1")) != 0 {
		t.Fatal("a request before the address was confirmed")
	}
	confirm := p
	p = s.send(confirm, "act", "send").want(http.StatusOK).says("보호자님께 메일을 보내요", "<svg class=\"qr\"")
	recs := s.records("user-1")
	if len(recs) != 1 || recs[0].Status != consent.Pending || recs[0].Custody != consent.Held {
		t.Fatalf("%+v", recs)
	}
	got := p.back(welcome)
	if got.Get("result") != "pending" || got.Get("request") != recs[0].ID || got.Get("state") != "a&b" {
		t.Errorf("the way back: %v", got)
	}
	if !slices.ContainsFunc(p.links(), func(l string) bool { return strings.Contains(l, "/k/") }) {
		t.Error("no way to the child's page")
	}
	s.Work()
	if l, ok := s.Letters.Last(consent.LetterInvite); !ok || l.To.Reveal() != "parent@example.com" || l.Locale != "ko" {
		t.Error("no letter to the guardian")
	}
	if again := s.send(confirm, "act", "send").want(http.StatusOK); again.back(welcome).Get("request") != recs[0].ID || len(s.records("user-1")) != 1 {
		t.Error("the form sent twice is another request")
	}
	over := s.send(s.send(s.toAsk(query), answers...), "act", "send").want(http.StatusGone)
	if over.back(welcome).Get("result") != "cancelled" || len(s.records("user-1")) != 1 {
		t.Error("one client token made two requests")
	}
}

func TestStartWaysBack(t *testing.T) {
	s := open(t)
	query := "token=" + s.clientToken("user-1")
	p := s.send(s.toAsk(query), append(answers, "act", "unknown")...).want(http.StatusOK).says("여쭤보고 오세요")
	if p.back(welcome).Get("result") != "cancelled" {
		t.Error("no way back")
	}
	p = s.send(p, "act", "back").want(http.StatusOK).says("우리는 누구예요?", `value="김보호"`, `value="parent@example.com"`)
	p = s.send(p, append(answers, "guardian_email", "parent@navre.com")...).want(http.StatusOK).says("혹시 naver.com 아니에요?")
	p = s.send(p, "act", "back").want(http.StatusOK).says(`value="parent@navre.com"`)
	p = s.send(p, "act", "next", "guardian_name", "엄마", "guardian_email", "x", "child_name", "").want(http.StatusUnprocessableEntity)
	p.says("진짜 이름을 적어 주세요", "메일 주소를 다시 확인해 주세요", "이 칸을 채워 주세요", `href="#f-guardian_email"`, "<title>문제:")
	if len(s.records("user-1")) != 0 || len(s.Letters.All()) != 0 {
		t.Error("something was sent")
	}
}

// The first answer about the age comes along sealed, and no page offers another, also in another language.
func TestStartAge(t *testing.T) {
	s := open(t)
	query := "token=" + s.clientToken("user-1") + "&state=x"
	first := s.get("/start/shop?" + query)
	y, m, d := s.born(30)
	adult := s.send(first, "birth_year", y, "birth_month", m, "birth_day", d).want(http.StatusOK).says("돌아가서 이어서")
	if adult.back(welcome).Get("result") != "not_needed" {
		t.Error("who needs no guardian is not told apart")
	}
	english := adult.links()[slices.IndexFunc(adult.links(), func(l string) bool { return strings.HasPrefix(l, "?lang=en") })]
	s.get("/start/shop" + english).want(http.StatusOK).says("Go back to Haneul Shop")
	for _, wrong := range [][]string{{"2015", "2", "30"}, {"", "", ""}, {"2999", "1", "1"}, {"nine", "", ""}} {
		p := s.send(first, "birth_year", wrong[0], "birth_month", wrong[1], "birth_day", wrong[2]).want(http.StatusUnprocessableEntity)
		p.says(`href="#f-birth_year"`)
	}
	y, m, d = s.born(9)
	s.send(first, "birth_year", y+"."+m+"."+d).want(http.StatusOK).says("우리는 누구예요?") // pasted whole
	action, form := s.toAsk(query).form(answers...)
	form.Set("ticket", "age_forged")
	s.post(action, form).want(http.StatusOK).says("생일이 언제예요?")
}

// Only an address of the list, exactly; and none that runs a script or reads a file, even if it were listed.
func TestStartReturn(t *testing.T) {
	s := open(t)
	token := "token=" + s.clientToken("user-1")
	s.App.ReturnURLs = append(s.App.ReturnURLs, "com.example.shop:/welcome", "http://shop.example/plain", "javascript:alert(1)", "data:text/html,x", "file:///etc/passwd")
	for _, good := range []string{welcome, "com.example.shop:/welcome"} {
		p := s.get("/start/shop?" + token + "&return_url=" + url.QueryEscape(good)).want(http.StatusOK)
		if p.back(good).Get("result") != "cancelled" {
			t.Errorf("%s: no way back", good)
		}
	}
	for _, bad := range []string{
		"https://evil.example/", welcome + "/", welcome + "?x=1", "HTTPS://shop.example/welcome", "https://shop.example/welcome#x", "//shop.example/welcome",
		"javascript:alert(1)", "data:text/html,x", "file:///etc/passwd", "http://shop.example/plain",
	} {
		p := s.get("/start/shop?" + token + "&return_url=" + url.QueryEscape(bad)).want(http.StatusBadRequest)
		if strings.Contains(p.body, "evil.example") || strings.Contains(p.body, "alert(1)") {
			t.Errorf("%s stands on the page", bad)
		}
	}
}

func TestStartNeedsLeave(t *testing.T) {
	s := open(t)
	s.get("/start/shop?token=ct_x").want(http.StatusGone).says("처음부터 다시")
	game := s.Service.Book().Apps["game"]
	other, _, err := s.Service.ClientToken(t.Context(), game, "user-1")
	if err != nil {
		t.Fatal(err)
	}
	s.get("/start/shop?token=" + other).want(http.StatusGone)
	s.get("/start/game").want(http.StatusGone) // it lists no origins, so no browser asks without a token
	s.get("/start/nobody").want(http.StatusNotFound)
	p := s.send(s.toAsk("state=x"), answers...).want(http.StatusOK)
	p = s.send(p, "act", "send").want(http.StatusOK)
	rec, err := s.Service.Find(t.Context(), s.App, p.back(welcome).Get("request"))
	if err != nil || !strings.HasPrefix(rec.Subject, "s_") {
		t.Errorf("subject %q, %v", rec.Subject, err)
	}
	late := s.clientToken("user-2")
	p = s.toAsk("token=" + late)
	if err := s.Store.Advance(t.Context(), consent.ClientLife); err != nil {
		t.Fatal(err)
	}
	s.send(p, answers...).want(http.StatusGone)
}

func TestStartEnds(t *testing.T) {
	s := open(t)
	s.send(s.send(s.toAsk("token="+s.clientToken("user-1")), answers...), "act", "send").want(http.StatusOK)
	p := s.send(s.send(s.toAsk("token="+s.clientToken("user-1")), answers...), "act", "send").want(http.StatusConflict)
	p.says("이미 보호자님께 여쭤봤어요")
	if p.back(welcome).Get("result") != "cancelled" {
		t.Error("no way back")
	}
}

// "Consent first": a request without data; after the grant the child's page leads on to the app.
func TestConsentFirst(t *testing.T) {
	s := open(t)
	p := s.send(s.send(s.toAsk("token="+s.clientToken("user-1")), answers...), "act", "send").want(http.StatusOK)
	child := p.links()[slices.IndexFunc(p.links(), func(l string) bool { return strings.Contains(l, "/k/") })]
	s.Work()
	l, _ := s.Letters.Last(consent.LetterInvite)
	tok := l.Link[strings.LastIndex(l.Link, "/")+1:]
	v, err := s.Service.Open(t.Context(), tok)
	if err != nil {
		t.Fatal(err)
	}
	s.Advance(minute)
	k, err := s.Service.Check(t.Context(), tok, v.Proof, consent.Answers{
		Decision: consent.DecideGrant, Purposes: map[string]string{"account": "yes", "delivery": "no"}, Name: "김보호",
		Year: "1985", Month: "3", Day: "4", Relation: "mother", Declares: true,
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Service.Decide(t.Context(), tok, k.Proof, "yes", false); err != nil {
		t.Fatal(err)
	}
	if got := s.get(child).want(http.StatusOK).links(); !slices.Contains(got, s.App.ContinueURL) {
		t.Errorf("the child's page leads to %v", got)
	}
	rel, err := s.Service.Release(t.Context(), s.App, consent.Actor{Kind: consent.ActorApp}, s.records("user-1")[0].ID)
	if err != nil || len(rel.Data) != 0 {
		t.Errorf("%d items, %v", len(rel.Data), err)
	}
}

// A page that is sent is one that the form knows: nothing unknown, nothing twice, nothing of another kind.
func TestStartIsStrict(t *testing.T) {
	s := open(t)
	token := s.clientToken("user-1")
	for _, query := range []string{"token=" + token + "&token=" + token, "token=" + token + "&next=x", "state=" + strings.Repeat("x", 513), "%zz"} {
		s.get("/start/shop?" + query).want(http.StatusBadRequest)
	}
	action := "/start/shop?token=" + token
	s.do(http.MethodPost, action, "application/json", "{}").want(http.StatusUnsupportedMediaType)
	s.do(http.MethodPost, action, "application/x-www-form-urlencoded", "step=age&step=ask").want(http.StatusBadRequest)
	s.post(action, url.Values{}).want(http.StatusBadRequest)
	s.post(action, url.Values{"step": {"check"}, "act": {"send"}, "answers": {"emb_x"}}).want(http.StatusGone)
}

func TestPublicPages(t *testing.T) {
	s := open(t)
	s.get("/policy/shop?lang=ko").want(http.StatusOK).says("보호자의 권리", "열람", "정정", "삭제", "동의 철회", "10일", "02-000-0000", "한진택배", "/my")
	s.get("/policy/shop?lang=en").want(http.StatusOK).says("Guardians’ rights", "within 10 days", "Three months after delivery")
	s.get("/policy/nobody").want(http.StatusNotFound)
	s.get("/why/shop?lang=ko").want(http.StatusOK).says("왜 보호자님의 허락이 필요해요?", "물건을 보내려면 주소가 필요해요")
	s.get("/why/nobody").want(http.StatusNotFound)
}

func TestLimits(t *testing.T) {
	s := open(t, func(o *embed.Options) { o.PerMinute = 1000 })
	y, m, d := s.born(9)
	ticket := s.call("age", map[string]string{"birth_date": y + "-" + m + "-" + d}).want(http.StatusOK).json()["ticket"].(string)
	body := func(client string) map[string]string {
		out := map[string]string{
			"ticket": ticket, "notice": s.words()["notice"].(map[string]any)["version"].(string), "lang": "ko",
			"child_name": "김하늘", "guardian_name": "김보호", "guardian_email": "parent@example.com",
		}
		if client != "" {
			out["client"] = client
		}
		return out
	}
	from := func(network, client string) page {
		return s.call("answers", body(client), "Origin", shopOrigin, "X-Forwarded-For", network)
	}
	for range 40 {
		from("192.0.2.1", "").want(http.StatusOK)
	}
	p := from("192.0.2.1", "").want(http.StatusTooManyRequests)
	if p.Header.Get("Retry-After") == "" || p.Header.Get("Access-Control-Allow-Origin") != shopOrigin {
		t.Error("the page is not told when it may go on")
	}
	from("192.0.2.2", "").want(http.StatusOK) // another network
	from("192.0.2.1", s.clientToken("user-1")).want(http.StatusOK)
	few := open(t, func(o *embed.Options) { o.PerMinute, o.Networks = 2, nil })
	s = few
	ticket = s.call("age", map[string]string{"birth_date": y + "-" + m + "-" + d}).want(http.StatusOK).json()["ticket"].(string)
	from("192.0.2.1", "").want(http.StatusOK)
	from("192.0.2.2", "").want(http.StatusOK)
	from("192.0.2.3", "").want(http.StatusTooManyRequests)
}

// TestStartBanner: each page of the test space's sign-up says that it is one; the live space's do not.
func TestStartBanner(t *testing.T) {
	const banner = "시험용 화면입니다."
	for _, test := range []bool{true, false} {
		s := open(t, func(o *embed.Options) { o.Spaces[0].Test = test })
		query := "lang=ko&token=" + s.clientToken("user-1")
		age := s.get("/start/shop?" + query)
		ask := s.toAsk(query)
		faulty := s.send(ask)
		check := s.send(ask, answers...)
		for i, p := range []page{age, ask, faulty, check, s.send(check, "act", "send"), s.send(ask, append(answers, "act", "unknown")...)} {
			if strings.Contains(p.body, banner) != test {
				t.Errorf("page %d (%q), test space %v", i, p.heading(), test)
			}
		}
	}
}
