package main

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// tongue holds what people type and read in one language.
type tongue struct {
	lang                       string
	child, guardian            string
	other, third               string // other names
	nickname, address          string
	notice, waiting, code      string // the child reads
	wrong, ways, told          string // the guardian reads
	agreed, declined, withdrew string
	some, late                 string
	open, refused, ended       string // the shop says
	yes, no                    string
}

var korean = tongue{
	lang: "ko", child: "김하늘", guardian: "김보호", other: "박다른", third: "이보람", nickname: "하늘이", address: "서울시 종로구 세종대로 1",
	notice: "우리는 누구예요?", waiting: "기다리고 있어요", code: "확인 번호",
	wrong: "어린이가 적은 보호자 이름과 맞지 않습니다", ways: "이름이 계속 맞지 않으신가요?", told: "어린이에게 알렸습니다",
	agreed: "동의하셨습니다", declined: "동의하지 않으셨습니다", withdrew: "동의가 철회되었습니다",
	some: "고르신 항목의 동의를 철회하셨습니다", late: "기한이 지났",
	open: "환영해요!", refused: "가입하지 못했어요", ended: "이용이 끝났어요", yes: "허락했어요", no: "허락하지 않았어요",
}

var english = tongue{
	lang: "en", child: "Haneul Kim", guardian: "Boram Kim", other: "Someone Else", third: "Third Person", nickname: "sky", address: "1 Sejong-daero, Seoul",
	notice: "Who are we?", waiting: "We are waiting", code: "Check code",
	wrong: "This is not the guardian’s name that the child entered", ways: "Does the name still not fit?", told: "We have told the child",
	agreed: "You have agreed", declined: "You have not agreed", withdrew: "The consent was withdrawn",
	some: "You have withdrawn", late: "time for an answer is over",
	open: "Welcome!", refused: "You could not sign up", ended: "It is over", yes: "Yes", no: "No",
}

// walk is one story, from a sign-up on: its people and what they were given.
type walk struct {
	playing
	tongue

	child, guardian *person
	email           string
	account         string // address of the shop's page of the account
	waiting         string // address of the child's page
	code            string // on the child's screen
	link            string // in the guardian's letter
}

// stories are told each in a language; all in every language when pictures are wanted.
var stories = []struct {
	name   string
	tongue tongue
	tell   func(w *walk)
}{
	{"grant", korean, (*walk).grant}, {"decline", english, (*walk).decline}, {"misnamed", korean, (*walk).misnamed},
	{"withdraw", english, (*walk).withdrawTwice}, {"expire", korean, (*walk).expire}, {"keyboard", korean, (*walk).keyboard}, {"element", korean, (*walk).element},
}

// TestWalk tells every story in `bohoja dev`. No guardian's browser runs a script, is given a cookie or is sent elsewhere.
func TestWalk(t *testing.T) {
	browser := chromium(t)
	for _, s := range stories {
		tongues := []tongue{s.tongue}
		if *lookDir != "" {
			tongues = []tongue{korean, english}
		}
		for _, tongue := range tongues {
			t.Run(s.name+" "+tongue.lang, func(t *testing.T) {
				w := &walk{playing: startDev(t), tongue: tongue, email: "parent@example.com"}
				w.child = newPerson(t, browser, s.name+"-child", tongue.lang, true)
				w.guardian = newPerson(t, browser, s.name+"-guardian", tongue.lang, false)
				s.tell(w)
				w.guardian.stayedHome(w.url)
				w.child.stayedHome(w.url)
			})
		}
	}
	t.Run("docs", func(t *testing.T) { readDocs(startDev(t), newPerson(t, browser, "docs", "en", true)) })
}

// signup is the child's part: the demo shop, the notice, the guardian's name and address, the waiting page.
func (w *walk) signup() {
	c := w.child
	c.open(w.url + "/")
	c.look("start")
	c.press("main .card a")
	c.look("shop")
	c.write("nickname", w.nickname)
	c.write("birth_year", fmt.Sprint(time.Now().Year()-9))
	c.write("birth_month", "3")
	c.write("birth_day", "2")
	c.press("main button.button")
	c.reads(w.notice)
	c.look("notice")
	c.write("child_name", w.tongue.child)
	c.write("address", w.address)
	c.write("guardian_name", w.tongue.guardian)
	c.write("guardian_email", w.email)
	c.look("guardian-named")
	c.press("main button.button")
	w.asked()
}

// asked is the child's page after the sign-up, and what stands on it.
func (w *walk) asked() {
	c := w.child
	c.look("asked")
	w.account = w.url + c.attribute("main .row a:last-of-type", "href")
	c.press("main a.button")
	c.reads(w.tongue.waiting, w.tongue.code)
	c.misses(w.email)
	c.look("waiting")
	w.waiting, w.code = c.here(), c.text(".bigcode")
}

// open is the guardian's: the letter in the inbox, its link. Opening changes nothing.
func (w *walk) openLetter() {
	letter := w.letters(w.email, 1)[0]
	w.link = letter.Links[0]
	c := w.child // who tries it out
	c.open(w.url + "/dev/inbox")
	c.look("inbox")
	c.press("main .card a")
	c.reads(letter.Subject, w.link)
	c.look("letter")
	if href := c.attribute("main .list a", "href"); href != w.link {
		w.playing.t.Errorf("the letter leads to %s, want %s", href, w.link)
	}
	before := w.state()
	w.guardian.open(w.link)
	w.guardian.misses(w.tongue.guardian, w.tongue.child, w.code)
	w.guardian.look("request")
	w.unchanged(before)
}

// unchanged fails if a visit of the link, by anybody, changed anything.
func (w *walk) unchanged(before string) {
	for _, method := range []string{http.MethodGet, http.MethodHead} {
		req, err := http.NewRequestWithContext(w.playing.t.Context(), method, w.link, http.NoBody)
		if err != nil {
			w.playing.t.Fatal(err)
		}
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			w.playing.t.Fatal(err)
		}
		_ = res.Body.Close()
		if res.StatusCode != http.StatusOK {
			w.playing.t.Errorf("%s: %s", method, res.Status)
		}
	}
	if after := w.state(); after != before {
		w.playing.t.Errorf("a visit changed\n%s\nto\n%s", before, after)
	}
}

// read lets the time pass that reading takes: who answers within two seconds is asked again.
func (w *walk) read() { w.later("3s") }

// later moves the clock, as somebody does on its page.
func (w *walk) later(by string) {
	desk := w.child
	here := desk.here()
	desk.open(w.url + "/dev/clock")
	desk.write("by", by)
	desk.press("main form + form button")
	desk.open(here)
}

// fill answers everything that a grant asks; the optional purpose gets the answer given.
func (w *walk) fill(name, delivery string) {
	g := w.guardian
	g.choose("decision", "grant")
	g.choose("purpose.account", "yes")
	g.choose("purpose.delivery", delivery)
	g.write("guardian_name", name)
	g.write("birth_year", "1985")
	g.write("birth_month", "3")
	g.write("birth_day", "15")
	g.choose("relation", "mother")
	g.choose("declares", "yes")
}

// send sends the form of the page, after a time of reading.
func (w *walk) send() {
	w.read()
	w.guardian.press("main form .button[type=submit]:not(.plain)")
}

// confirm says yes on the check page.
func (w *walk) confirm() {
	w.guardian.look("check")
	w.guardian.choose("confirm", "yes")
	w.send()
}

// grant is the whole way: a child signs up on a phone, a guardian without JavaScript agrees to what is needed and
// refuses what is not, and the shop has only the former.
func (w *walk) grant() {
	w.signup()
	w.openLetter()
	w.fill(w.tongue.guardian, "no")
	w.guardian.look("filled")
	w.send()
	w.guardian.reads(w.tongue.guardian)
	w.confirm()
	w.guardian.reads(w.agreed)
	w.guardian.look("result")
	w.child.open(w.waiting)
	w.child.look("granted")
	w.child.press("main a.button") // back to the shop
	w.child.reads(w.tongue.open, w.nickname, w.yes, w.no)
	w.child.misses(w.address, w.tongue.guardian, w.email)
	w.child.look("account")
}

// decline: two choices on two pages, no fact asked; the shop learns only that the answer was no.
func (w *walk) decline() {
	w.signup()
	w.openLetter()
	w.guardian.choose("decision", "decline")
	w.guardian.look("chosen")
	w.send()
	w.confirm()
	w.guardian.reads(w.declined)
	w.guardian.look("result")
	w.child.open(w.account)
	w.child.reads(w.refused)
	w.child.misses(w.nickname, w.address)
	w.child.look("account")
	w.child.open(w.waiting)
	w.child.look("told")
}

// misnamed: the second miss shows two ways on, of which the code on the child's screen is one.
func (w *walk) misnamed() {
	w.signup()
	w.openLetter()
	w.fill(w.other, "yes")
	w.send()
	w.guardian.reads(w.wrong)
	w.guardian.misses(w.ways)
	w.guardian.look("first-miss")
	w.send()
	w.guardian.reads(w.wrong, w.ways)
	w.guardian.look("ways-on")
	w.read()
	w.guardian.press("section.box.stop form button")
	w.guardian.reads(w.told)
	w.guardian.look("told")
	w.child.open(w.waiting)
	w.child.look("told")
	w.child.write("guardian_name", w.third)
	w.child.press("main section.answer button")
	w.child.misses(w.third)
	w.child.look("corrected")
	w.guardian.press("main a.button")
	w.guardian.look("again")
	w.fill(w.other, "yes")
	w.guardian.write("pairing_code", strings.ToLower(w.code))
	w.send()
	w.guardian.reads(w.other)
	w.confirm()
	w.guardian.reads(w.agreed)
	w.child.open(w.account)
	w.child.reads(w.tongue.open, w.address)
}

// withdrawTwice: first the optional purpose, then everything, from the link in the letter.
func (w *walk) withdrawTwice() {
	w.signup()
	w.openLetter()
	w.fill(w.tongue.guardian, "yes")
	w.send()
	w.confirm()
	w.child.open(w.account)
	w.child.reads(w.tongue.open, w.address)
	w.child.open(w.url + "/dev/inbox")
	letter := w.letters(w.email, 2)[0]
	w.child.open(w.url + "/dev/inbox/" + letter.ID)
	w.child.look("letter")
	w.withdraw(letter, "some")
	w.guardian.reads(w.some)
	w.child.open(w.account)
	w.child.reads(w.tongue.open)
	w.child.misses(w.address)
	w.child.look("some")
	w.withdraw(letter, "all")
	w.guardian.reads(w.withdrew)
	w.child.open(w.account)
	w.child.reads(w.ended)
	w.child.misses(w.nickname)
	w.child.look("all")
	w.child.open(w.url + "/dev/inbox/" + w.letters(w.email, 4)[0].ID)
	w.child.look("last-letter")
}

// withdraw withdraws by a letter's link, all or the optional purpose.
func (w *walk) withdraw(letter mail, scope string) {
	g := w.guardian
	for _, link := range letter.Links {
		if strings.Contains(link, "/w/") {
			g.open(link)
			break
		}
	}
	g.look("page")
	g.choose("withdraw", scope)
	if scope == "some" {
		g.choose("purpose.delivery", "yes")
	}
	g.write("guardian_name", w.other)
	w.send()
	g.look("wrong")
	g.write("guardian_name", w.tongue.guardian)
	w.send()
	w.confirm()
	g.look("result")
}

// expire: without an answer it is over, for everybody, by the clock alone.
func (w *walk) expire() {
	w.signup()
	w.openLetter()
	w.later("119h")
	w.guardian.open(w.link)
	w.guardian.reads(w.late)
	w.guardian.look("late")
	w.child.open(w.account)
	w.child.reads(w.refused)
	w.child.open(w.waiting)
	w.child.look("late")
}

// keyboard fills the guardian's form with nothing but keys.
func (w *walk) keyboard() {
	w.signup()
	w.openLetter()
	g := w.guardian
	g.tabTo("f-decision")
	g.look("focus")
	g.keys(" ", kb.Tab, " ", kb.Tab) // agree; the details about grandparents open
	g.tabTo("f-purpose-account")
	g.keys(" ", kb.Tab, kb.ArrowDown)
	g.tabTo("f-guardian_name")
	g.keys(w.tongue.guardian)
	g.tabTo("f-birth_year")
	g.keys("1985", kb.Tab, "3", kb.Tab, "15")
	g.tabTo("f-relation")
	g.keys(" ")
	g.tabTo("f-declares")
	g.keys(" ")
	w.read()
	g.leave(chromedp.KeyEvent(kb.Enter))
	g.tabTo("f-confirm")
	g.keys(" ")
	g.look("check")
	w.read()
	g.leave(chromedp.KeyEvent(kb.Enter))
	g.reads(w.agreed)
}
