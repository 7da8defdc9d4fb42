package templates

import (
	"time"

	"github.com/bohoja/bohoja/consent"
)

func (x fixture) wait() ChildWait {
	return ChildWait{
		Frame: x.frame, Action: "/k/" + fixtureToken, Status: consent.Pending, Now: x.now, Deadline: x.until,
		Pairing: "K7M2PX", Mail: consent.MailSent, MailTo: "pa***@example.com", Resend: true, Proof: fixtureProof,
	}
}

func (x fixture) childStates() []State {
	bounced, misnamed, unsent, sent, saved, soon, late := x.wait(), x.wait(), x.wait(), x.wait(), x.wait(), x.wait(), x.wait()
	late.Mail, late.Hint = consent.MailQueued, consent.HintDelayed
	bounced.Mail, bounced.Hint, bounced.NewAddress, bounced.Resend = consent.MailBounced, consent.HintCheckAddress, true, false
	misnamed.NameMiss, misnamed.NewName = true, true
	misnamed.Frame, misnamed.Name = x.faulty("guardian_name", FaultGeneric), "엄마"
	both := bounced
	both.NameMiss, both.NewName, both.Name, both.Email = true, true, "엄마", "parent@"
	both.Frame = x.faulty("guardian_name", FaultGeneric, "guardian_email", FaultEmail)
	unsent.Mail, unsent.Hint, unsent.Resend = consent.MailNotSent, consent.HintAnotherWay, false
	sent.Sent, sent.Resend = true, false
	saved.Saved = true
	soon.Deadline = x.now.Add(40 * time.Minute)
	slip, slipped, renamed := x.wait(), x.wait(), misnamed
	slip.NewAddress, slipped.NewAddress, renamed.NewAddress, renamed.Frame, renamed.Name = true, true, true, x.frame, ""
	slipped.Frame, slipped.Email = x.faulty("guardian_email", FaultEmail), "parent@"
	elsewhere, astray, bare := bounced, misnamed, x.wait()
	elsewhere.NewAddress, astray.NewName, astray.Frame = false, false, x.frame
	bare.MailTo, bare.Pairing = "", ""
	paper, phone := bare, bare
	paper.Way, paper.Mail, paper.Resend = consent.MethodPaper, consent.MailNotSent, false
	phone.Way, phone.Mail, phone.Resend = consent.MethodPhone, consent.MailNotSent, false
	out := []State{
		x.state("child/wait on paper", paper), x.state("child/wait by telephone", phone),
		x.state("child/wait bounced, corrected in the app", elsewhere), x.state("child/wait misnamed, corrected in the app", astray),
		x.state("child/wait without mail", bare), x.state("child/wait", x.wait()), x.state("child/wait bounced", bounced), x.state("child/wait misnamed", misnamed),
		x.state("child/wait not sent", unsent), x.state("child/wait sent again", sent), x.state("child/wait corrected", saved),
		x.state("child/wait just signed up", slip), x.state("child/wait just signed up, fault", slipped), x.state("child/wait another guardian", renamed),
		x.state("child/wait last hour", soon), x.state("child/wait late", late), x.state("child/wait bounced and misnamed", both),
	}
	for _, status := range consent.Statuses {
		if status == consent.Pending {
			continue
		}
		p := x.wait()
		p.Status = status
		if status == consent.Granted {
			p.Continue = "https://shop.example/profile"
		}
		out = append(out, x.state("child/wait "+string(status), p))
	}
	return append(out,
		x.state("child/dead", ChildDead{NewFrame(x.book, nil, x.frame.Lang, "")}),
		x.state("child/notice-page", ChildNoticePage{Frame: x.frame, Notice: x.notice()}))
}

// notice is the fixture's child notice; its words are in the build, so it cannot fail but by a fault that tests show.
func (x fixture) notice() Notice {
	n, err := ChildNotice(x.book, x.app, x.frame.Lang)
	if err != nil {
		panic(err)
	}
	return n
}

// problemStatuses are those with words of their own, and one without.
var problemStatuses = []int{400, 403, 404, 405, 413, 429, 500, 503, 418}

func (x fixture) problemStates() []State {
	var out []State
	for _, status := range problemStatuses {
		p := Problem{Frame: NewFrame(x.book, nil, x.frame.Lang, ""), Status: status}
		if status == 429 {
			p.Retry, p.Back = 90*time.Second, fixtureAction
		}
		out = append(out, x.state("shared/"+p.Key(), p))
	}
	return out
}

func (x fixture) shopStates() []State {
	f := x.frame
	f.Child = ""
	signup := ShopSignup{Frame: f, Action: "/dev/shop", Element: "/dev/shop/element"}
	wrong := ShopSignup{Frame: f, Action: "/dev/shop", BirthYear: "2018", BirthMonth: "2", BirthDay: "30"}
	wrong.Faults = []Fault{{"nickname", FaultField}, {"birth_year", FaultBorn}}
	ask := ShopGuardian{Frame: f, Action: "/dev/shop/guardian", Notice: x.notice(), Hidden: []Hidden{{"nickname", "n"}}}
	asked := ask
	asked.Faults = []Fault{{"guardian_name", FaultGeneric}, {"guardian_email", FaultEmailChild}}
	account := ShopAccount{Frame: f, Refresh: "/dev/shop/account", Again: "/dev/shop", ChildPage: "/k/" + fixtureToken}
	out := []State{
		x.state("dev/shop-signup", signup), x.state("dev/shop-signup faults", wrong),
		x.state("dev/shop-element", ShopElement{Frame: f, Action: "/dev/shop/element", Script: "/embed/v1.js", App: "shop", Start: "/start/shop"}),
		x.state("dev/shop-guardian", ask), x.state("dev/shop-guardian faults", asked),
		x.state("dev/shop-waiting", ShopWaiting{Frame: f, ChildPage: "/k/" + fixtureToken, Inbox: "/dev/inbox", Account: "/dev/shop/account"}),
		x.state("dev/shop-adult", ShopAdult{Frame: f, Again: "/dev/shop"}),
	}
	for _, state := range []string{"waiting", "refused", "ended"} {
		account.State = state
		out = append(out, x.state("dev/shop-account "+state, account))
	}
	account.State, account.Purposes = "open", x.purposes("yes", "no")
	account.Items = []ShopItem{{consent.ItemLabel(x.app, "nickname", f.Lang), "haneul"}, {consent.ItemLabel(x.app, "birth_date", f.Lang), "2018-03-02"}}
	return append(out, x.state("dev/shop-account open", account))
}

func (x fixture) devStates() []State {
	f := NewFrame(x.book, nil, "en", "")
	f.Languages, f.Operator = nil, Operator{Name: "Bohoja"}
	mail := DevMail{
		URL: "/dev/inbox/1", To: "parent@example.com", Subject: "Haneul Shop asks for your consent", Kind: "invite", At: x.now,
		Code: "ABCD-2345", Links: []string{"http://127.0.0.1:8080" + fixtureAction, "http://127.0.0.1:8080/code"},
	}
	letter := DevLetter{Frame: f, Mail: mail, BodyURL: "/dev/inbox/1/html", Text: "Haneul Shop asks …", ScanURL: "/dev/scan?letter=1"}
	letter.Headers = []DevHeader{{"Subject", mail.Subject}, {"Auto-Submitted", "auto-generated"}}
	scanned := letter
	scanned.Scanned = "Fetched 2 links 25 times with GET and 25 times with HEAD. Nothing has changed."
	moved := DevClock{Frame: f, Action: "/dev/clock", Now: x.now, Ahead: 26 * time.Hour, By: "tomorrow"}
	moved.Faults = []Fault{{"by", FaultLength}}
	hook := DevHook{At: x.now, Type: "consent.granted", ID: "evt_06d4n1x9k2v8q7m3t5w0z4r6y8", Verified: true, Body: `{"type":"consent.granted"}`}
	forged := hook
	forged.Verified = false
	tried := DevAttempt{At: x.now, Took: 12 * time.Millisecond, Type: hook.Type, ID: hook.ID, Host: "127.0.0.1:8080", Result: "204 No Content"}
	return []State{
		x.state("dev/index", DevIndex{Frame: f, PublicURL: "http://127.0.0.1:8080", Key: "bhj_test_sk_fixture", Curl: "curl http://127.0.0.1:8080/v1/consent-requests"}),
		x.state("dev/inbox", DevInbox{Frame: f, Letters: []DevMail{mail}}), x.state("dev/inbox empty", DevInbox{Frame: f, To: "parent@example.com"}),
		x.state("dev/letter", letter), x.state("dev/letter scanned", scanned),
		x.state("dev/clock", DevClock{Frame: f, Action: "/dev/clock", Now: x.now}), x.state("dev/clock moved", moved),
		x.state("dev/hooks", DevHooks{Frame: f, Calls: []DevHook{hook, forged}, Attempts: []DevAttempt{tried}}), x.state("dev/hooks empty", DevHooks{Frame: f}),
	}
}
