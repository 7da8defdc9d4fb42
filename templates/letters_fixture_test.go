package templates

import (
	"strings"
	"testing"
	"time"

	"github.com/bohoja/bohoja/consent"
)

// Canaries: no letter gets them, since consent.Letter has no place for them, and no part may hold them by another way.
const (
	canaryGuardian = "김보호"
	canaryPairing  = "K7Q2MX"
	canaryAddress  = "parent@mail.example"
	canaryChild    = "김하늘"
	canaryData     = "서울시 종로구 사직로 161"
)

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
		ID: "job_01hzzzzzzzzzzzzzzzzzzzzzzz", Kind: kind, To: consent.Secret(canaryAddress), Locale: lang, App: app, Zone: seoul,
		Operator: consent.Operator{
			Name: consent.Text{"ko": "하늘상점(주)", "en": "Haneul Shop Inc."}, Phone: "02-2345-6789", Email: "privacy@shop.example",
			SiteURL: "https://shop.example", Officer: consent.Text{"ko": "개인정보보호팀", "en": "Privacy team"}, PolicyURL: "https://shop.example/privacy",
		},
		Case: "cr_01kayb2m6t9x4c8v0qwe5rnz7h", Child: "김*늘", Born: "2015",
		Deadline: time.Date(2026, 11, 28, 14, 59, 0, 0, time.UTC), Decided: time.Date(2026, 11, 24, 5, 7, 0, 0, time.UTC),
	}
	const token = "eyJhbGciOiJIUzI1NiIsImtpZCI6ImwxIiwidHlwIjoiSldUIn0.eyJhdWQiOiJkZWNpZGUiLCJhcHAiOiJzaG9wIiwiZXhwIjoxNzY2OTM0NzQwLCJnIjowLCJpc3MiOiJib2hvamEiLCJuIjoxLCJzdWIiOiJjcl8wMWtheWIybTZ0OXg0Yzh2MHF3ZTVybno3aCJ9.7Qv0gk2m9o0oQH3m1p8Hn4b2q3xX5m3r1r2s3t4u5v6"
	switch kind {
	case consent.LetterInvite, consent.LetterRemind, consent.LetterLocked:
		l.Link, l.Code, l.CodePage = "https://consent.shop.example/c/"+token, "WXYZ-2345", "https://consent.shop.example/code"
		l.Purposes = app.Purposes
	case consent.LetterGranted, consent.LetterConfirm:
		l.Withdraw = "https://consent.shop.example/w/" + token
		l.Purposes, l.Refused = app.Purposes[:2], app.Purposes[2:]
	case consent.LetterProve:
		l.Code = "WXYZ-2345"
	case consent.LetterDeclined:
		l.Purposes = app.Purposes
	case consent.LetterRightsReceived, consent.LetterRightsAnswered:
		l.Right = consent.Right{ID: "rr_01kayb2m6t9x4c8v0qwe5rnz7h", Kind: consent.RightCorrection, DueAt: l.Decided.Add(consent.RightDue), AnsweredAt: l.Deadline}
		l.Portal = "https://consent.shop.example/my"
	case consent.LetterPortal:
		l.Link, l.Case, l.Child, l.Born = "https://consent.shop.example/my/"+token, "", "", ""
	}
	return l
}

// everyLetter calls f for each kind in each language.
func everyLetter(t *testing.T, f func(t *testing.T, l consent.Letter, r Rendered)) {
	t.Helper()
	for _, lang := range []string{"ko", "en"} {
		for _, kind := range LetterKinds() {
			t.Run(lang+"-"+string(kind), func(t *testing.T) {
				l := letterFixture(kind, lang)
				r, err := RenderLetter(l)
				if err != nil {
					t.Fatal(err)
				}
				f(t, l, r)
			})
		}
	}
}

// flat is a text with every run of blanks made one.
func flat(s string) string { return strings.Join(strings.Fields(s), " ") }
