package templates

import (
	"slices"
	"time"

	"github.com/bohoja/bohoja/consent"
)

// State is one page or letter in one state and language, with everything it needs to be shown.
type State struct {
	Name   string // "guardian/open faults": the page's template and what is special about it
	Lang   string
	Page   Page            // nil for a letter
	Letter *consent.Letter // nil for a page
}

// Render shows the state; of a letter the HTML part.
func (s State) Render() ([]byte, error) {
	if s.Letter == nil {
		return Render(s.Page)
	}
	r, err := RenderLetter(*s.Letter)
	return []byte(r.HTML), err
}

// States lists every page and letter in every state and language. Tests of pages, of their looks and of their weight walk it.
// The names, addresses and ids in it are made up.
func States() []State {
	var all []State
	for _, lang := range Languages() {
		x := newFixture(lang)
		for _, group := range [][]State{
			x.openStates(), x.checkStates(), x.resultStates(), x.wayStates(), x.withdrawStates(), x.portalStates(), x.receiptStates(),
			x.childStates(), x.startStates(), x.stopStates(), x.publicStates(), x.problemStates(), x.shopStates(), x.staffStates(), x.deskStates(), x.accountStates(), x.letterStates(),
		} {
			all = append(all, group...)
		}
	}
	all = append(all, newFixture("en").devStates()...)
	return all
}

// fixture is what the states of one language are made of.
type fixture struct {
	book  *consent.Book
	app   *consent.App
	frame Frame
	now   time.Time
	until time.Time
}

const (
	fixtureCase  = "cr_06d4n1x9k2v8q7m3t5w0z4r6y8"
	fixtureProof = "p.fixture"
	fixtureToken = "eyJ.fixture"
)

func newFixture(lang string) fixture {
	book := fixtureBook()
	app := book.Apps["shop"]
	f := NewFrame(book, app, lang, "")
	f.Child, f.Born = consent.MaskName("김하늘"), "2015"
	if lang == "en" {
		f.Child = consent.MaskName("Haneul Kim")
	}
	now := time.Date(2026, 11, 24, 9, 20, 0, 0, book.Profile.Zone)
	return fixture{book: book, app: app, frame: f, now: now, until: now.Add(consent.DefaultPending - 8*time.Hour - 21*time.Minute)}
}

// fixtureBook declares a small shop; its texts are sound in every language.
func fixtureBook() *consent.Book {
	profile, err := consent.ProfileFor("KR")
	if err != nil {
		panic(err)
	}
	op := consent.Operator{
		Name:  consent.Text{"ko": "하늘상점(주)", "en": "Haneul Shop Inc."},
		Phone: "02-000-0000", Email: "privacy@shop.example", SiteURL: "https://shop.example",
		Officer:   consent.Text{"ko": "개인정보보호팀", "en": "Privacy team"},
		PolicyURL: "https://shop.example/privacy",
	}
	app := consent.App{
		ID: "shop", Name: consent.Text{"ko": "하늘상점", "en": "Haneul Shop"}, Languages: Languages(),
		Items: map[string]consent.Text{
			"nickname": {"ko": "별명", "en": "Nickname"}, "allergy": {"ko": "알레르기", "en": "Allergies"},
		},
		Purposes: []consent.Purpose{fixtureAccount(), fixtureDelivery(), fixtureAllergy()},
	}
	book, err := consent.NewBook(profile, op, consent.Gate{Scope: consent.GateOperator}, []consent.App{app})
	if err != nil {
		panic(err)
	}
	return book
}

func fixtureAccount() consent.Purpose {
	return consent.Purpose{
		ID: "account", Required: true, Items: []string{"nickname", "birth_date"},
		Why:    consent.Text{"ko": "회원 가입과 본인 확인", "en": "Opening and running the account"},
		Child:  consent.Text{"ko": "회원이 되려면 별명과 생일이 필요해요.", "en": "We need a nickname and your birthday to open your account."},
		Keep:   consent.Text{"ko": "탈퇴할 때까지", "en": "Until the account is closed"},
		Refuse: consent.Text{"ko": "회원으로 가입할 수 없습니다.", "en": "The account cannot be opened."},
	}
}

func fixtureDelivery() consent.Purpose {
	return consent.Purpose{
		ID: "delivery", Items: []string{"address"},
		Why:    consent.Text{"ko": "상품 배송", "en": "Delivering orders"},
		Child:  consent.Text{"ko": "물건을 보내려면 주소가 필요해요.", "en": "We need your address to send things to you."},
		Keep:   consent.Text{"ko": "배송 후 3개월", "en": "Three months after delivery"},
		Refuse: consent.Text{"ko": "배송을 받을 수 없습니다.", "en": "Orders cannot be delivered."},
		Recipients: []consent.Recipient{{
			Name: consent.Text{"ko": "한빛택배", "en": "Hanbit Parcel"}, Why: consent.Text{"ko": "상품 배송", "en": "Delivering orders"},
			Items: []string{"address"}, Keep: consent.Text{"ko": "배송을 마칠 때까지", "en": "Until delivered"},
		}},
	}
}

func fixtureAllergy() consent.Purpose {
	return consent.Purpose{
		ID: "snacks", Items: []string{"allergy"},
		Why:    consent.Text{"ko": "먹을 수 없는 간식 가려내기", "en": "Leaving out snacks the child cannot eat"},
		Child:  consent.Text{"ko": "못 먹는 음식을 알면 간식을 골라 줄 수 있어요.", "en": "If we know what you cannot eat, we can choose snacks for you."},
		Keep:   consent.Text{"ko": "1년", "en": "One year"},
		Refuse: consent.Text{"ko": "간식을 추천받을 수 없습니다.", "en": "No snacks are recommended."},
		Sensitive: &consent.Sensitive{
			Law: "개인정보 보호법 제23조", Why: consent.Text{"ko": "먹으면 위험한 간식을 빼기 위해서입니다.", "en": "So that nothing dangerous is offered."},
		},
	}
}

// state names a page with the fixture's language.
func (x fixture) state(name string, p Page) State {
	return State{Name: name, Lang: x.frame.Lang, Page: p}
}

// purposes are the first n purposes with these answers, in order.
func (x fixture) purposes(answers ...string) []Purpose {
	ids := []string{"account", "delivery", "snacks"}[:len(answers)]
	out := PurposesOf(x.app, ids, x.frame.Lang)
	for i := range out {
		out[i].Answer = answers[i] //nolint:gosec // as many purposes as answers, see ids
	}
	return out
}

// faulty is the frame with faults: pairs of a field and a code.
func (x fixture) faulty(pairs ...string) Frame {
	f := x.frame
	for pair := range slices.Chunk(pairs, 2) {
		f.Faults = append(f.Faults, Fault{pair[0], pair[1]})
	}
	return f
}
