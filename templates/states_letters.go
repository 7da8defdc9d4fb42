package templates

import (
	"time"

	"github.com/bohoja/bohoja/consent"
)

// letterStates are all letters, those that say different things in different cases once for each case.
func (x fixture) letterStates() []State {
	var out []State
	add := func(name string, l consent.Letter) {
		out = append(out, State{Name: "letter/" + name, Lang: x.frame.Lang, Letter: &l})
	}
	for _, kind := range LetterKinds() {
		add(string(kind), letterFixture(kind, x.frame.Lang))
	}
	for _, kind := range []consent.LetterKind{consent.LetterRightsReceived, consent.LetterRightsAnswered} {
		for _, right := range []consent.RightKind{consent.RightAccess, consent.RightDeletion} {
			l := letterFixture(kind, x.frame.Lang)
			l.Right.Kind = right
			add(string(kind)+" "+string(right), l)
		}
	}
	for _, what := range []consent.AmendWhat{consent.AmendName, consent.AmendBoth} {
		for _, kind := range []consent.LetterKind{consent.LetterAmending, consent.LetterAmended} {
			l := letterFixture(kind, x.frame.Lang)
			l.Amend = what
			add(string(kind)+" "+string(what), l)
		}
	}
	plain := letterFixture(consent.LetterInvite, x.frame.Lang)
	plain.Test, plain.Born, plain.Purposes = true, "", plain.App.Purposes[:1]
	add("invite no recipient, test space", plain)
	whole := letterFixture(consent.LetterGranted, x.frame.Lang)
	whole.Purposes, whole.Refused = whole.App.Purposes, nil
	add("granted everything", whole)
	for _, kind := range []consent.LetterKind{consent.LetterWithdrawn, consent.LetterErased} {
		some := letterFixture(kind, x.frame.Lang)
		some.Withdraw, some.Purposes = whole.Withdraw, some.App.Purposes[:1]
		add(string(kind)+" some", some)
	}
	return out
}

// letterApp is an app with all that a letter can have to tell: required, optional, sensitive, with recipients.
func letterApp() *consent.App {
	return &consent.App{
		ID: "shop", Name: consent.Text{"ko": "하늘상점", "en": "Haneul Shop"}, Languages: []string{"ko", "en"},
		Items: map[string]consent.Text{"skin_note": {"ko": "피부 알레르기", "en": "Skin allergies"}},
		Purposes: []consent.Purpose{{
			ID: "account", Required: true, Items: []string{"nickname", "birth_date"},
			Why:    consent.Text{"ko": "회원 가입과 본인 확인", "en": "Opening and running the account"},
			Keep:   consent.Text{"ko": "탈퇴할 때까지", "en": "Until the account is closed"},
			Refuse: consent.Text{"ko": "가입할 수 없습니다", "en": "The account cannot be opened"},
		}, {
			ID: "delivery", Items: []string{"name", "address", "phone"},
			Why:    consent.Text{"ko": "상품 배송", "en": "Delivering orders"},
			Keep:   consent.Text{"ko": "배송 후 3개월", "en": "Three months after delivery"},
			Refuse: consent.Text{"ko": "배송을 받을 수 없습니다", "en": "Orders cannot be delivered"},
			Recipients: []consent.Recipient{{
				Name: consent.Text{"ko": "한진택배", "en": "Hanjin Express"}, Items: []string{"name", "address", "phone"},
				Why: consent.Text{"ko": "물건 배달", "en": "Bringing the parcel"}, Keep: consent.Text{"ko": "배송을 마칠 때까지", "en": "Until it is delivered"},
			}},
		}, {
			ID: "care", Items: []string{"skin_note"},
			Why:       consent.Text{"ko": "피부에 맞지 않는 옷감 걸러 내기", "en": "Leaving out fabrics that hurt the skin"},
			Keep:      consent.Text{"ko": "동의를 철회할 때까지", "en": "Until the consent is withdrawn"},
			Refuse:    consent.Text{"ko": "모든 옷감이 보입니다", "en": "All fabrics are shown"},
			Sensitive: &consent.Sensitive{Law: "개인정보 보호법 제23조", Why: consent.Text{"ko": "옷감을 가려내려면 필요합니다", "en": "It is needed to tell fabrics apart"}},
		}},
	}
}

// letterFixture is a letter of this kind as the service makes it.
func letterFixture(kind consent.LetterKind, lang string) consent.Letter {
	app := letterApp()
	seoul := time.FixedZone("KST", 9*60*60)
	l := consent.Letter{
		ID: "job_01hzzzzzzzzzzzzzzzzzzzzzzz", Kind: kind, To: consent.Secret("parent@mail.example"), Locale: lang, App: app, Zone: seoul,
		Operator: consent.Operator{
			Name: consent.Text{"ko": "하늘상점(주)", "en": "Haneul Shop Inc."}, Phone: "02-2345-6789", Email: "privacy@shop.example",
			SiteURL: "https://shop.example", Officer: consent.Text{"ko": "개인정보보호팀", "en": "Privacy team"}, PolicyURL: "https://shop.example/privacy",
		},
		Case: "cr_01kayb2m6t9x4c8v0qwe5rnz7h", Child: "김*늘", Born: "2015",
		Deadline: time.Date(2026, 11, 28, 14, 59, 0, 0, time.UTC), Decided: time.Date(2026, 11, 24, 5, 7, 0, 0, time.UTC),
	}
	const signed = "eyJhbGciOiJIUzI1NiIsImtpZCI6ImwxIiwidHlwIjoiSldUIn0.eyJhdWQiOiJkZWNpZGUiLCJhcHAiOiJzaG9wIiwiZXhwIjoxNzY2OTM0NzQwLCJnIjowLCJpc3MiOiJib2hvamEiLCJuIjoxLCJzdWIiOiJjcl8wMWtheWIybTZ0OXg0Yzh2MHF3ZTVybno3aCJ9.7Qv0gk2m9o0oQH3m1p8Hn4b2q3xX5m3r1r2s3t4u5v6"
	switch kind {
	case consent.LetterInvite, consent.LetterRemind, consent.LetterLocked:
		l.Link, l.Code, l.CodePage = "https://consent.shop.example/c/"+signed, "WXYZ-2345", "https://consent.shop.example/code"
		l.Purposes = app.Purposes
	case consent.LetterGranted, consent.LetterConfirm:
		l.Withdraw = "https://consent.shop.example/w/" + signed
		l.Purposes, l.Refused = app.Purposes[:2], app.Purposes[2:]
	case consent.LetterAmending:
		l.Link, l.Amend = "https://consent.shop.example/a/"+signed, consent.AmendAddress
	case consent.LetterAmended:
		l.Withdraw, l.Amend = "https://consent.shop.example/w/"+signed, consent.AmendAddress
		l.Purposes = app.Purposes[:2]
	case consent.LetterReplaced:
		l.Amend = consent.AmendAddress
	case consent.LetterProve:
		l.Code = "WXYZ-2345"
	case consent.LetterDeclined:
		l.Purposes = app.Purposes
	case consent.LetterRightsReceived, consent.LetterRightsAnswered:
		l.Right = consent.Right{ID: "rr_01kayb2m6t9x4c8v0qwe5rnz7h", Kind: consent.RightCorrection, DueAt: l.Decided.Add(consent.RightDue), AnsweredAt: l.Deadline}
		l.Portal = "https://consent.shop.example/my"
	case consent.LetterPortal:
		l.Link, l.Case, l.Child, l.Born = "https://consent.shop.example/my/"+signed, "", "", ""
	}
	return l
}
