package consenttest

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"time"

	"github.com/bohoja/bohoja/consent"
)

// Keys of the apps in Book. They are good for nothing else.
const (
	ShopKey = "bhj_test_sk_shop0000000000000000000000000000"
	GameKey = "bhj_test_sk_game0000000000000000000000000000"
)

// Born is when the child of a test was born: the second of March twelve years ago, so that it is no fourteen for a year to come, in whatever
// year the test runs.
func Born() string { return fmt.Sprintf("%d-03-02", time.Now().Year()-12) }

func text(ko, en string) consent.Text { return consent.Text{"ko": ko, "en": en} }

func key(secret string) consent.Key {
	sum := sha256.Sum256([]byte(secret))
	return consent.Key{ID: "k1", SHA256: hex.EncodeToString(sum[:]), Scopes: consent.Scopes}
}

// Book declares an operator with two apps, "shop" and "game".
func Book() *consent.Book {
	profile, err := consent.ProfileFor("KR")
	if err != nil {
		panic(err) // the name is a constant
	}
	op := consent.Operator{
		Name: text("하늘상점(주)", "Haneul Shop Inc."), Phone: "02-000-0000", Email: "privacy@shop.example",
		SiteURL: "https://shop.example", Officer: text("개인정보보호팀", "Privacy team"), PolicyURL: "https://shop.example/privacy",
	}
	b, err := consent.NewBook(profile, op, consent.Gate{Scope: consent.GateOperator}, []consent.App{shop(), game()})
	if err != nil {
		panic(err)
	}
	return b
}

func shop() consent.App {
	return consent.App{
		ID: "shop", Name: text("하늘상점", "Haneul Shop"), Languages: []string{"ko", "en"},
		Methods: []consent.Method{consent.MethodEmailLink}, Keys: []consent.Key{key(ShopKey)},
		Origins: []string{"https://shop.example"}, ReturnURLs: []string{"https://shop.example/welcome"},
		ContinueURL: "https://shop.example/profile",
		Webhooks:    []consent.Webhook{{URL: "https://shop.example/hooks/consent", Secret: consent.Secret("whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=")}},
		Items:       map[string]consent.Text{"nickname": text("별명", "Nickname")},
		Purposes:    []consent.Purpose{account(), delivery()},
	}
}

func account() consent.Purpose {
	return consent.Purpose{
		ID: "account", Required: true, Items: []string{"nickname", "birth_date"},
		Why:   text("회원 가입과 본인 확인", "Opening and running the account"),
		Child: text("회원이 되려면 별명과 생일이 필요해요", "We need a nickname and your birthday to open your account"),
		Keep:  text("탈퇴할 때까지", "Until the account is closed"), Refuse: text("가입할 수 없습니다", "The account cannot be opened"),
	}
}

func delivery() consent.Purpose {
	return consent.Purpose{
		ID: "delivery", Items: []string{"address"}, Why: text("상품 배송", "Delivering orders"),
		Child: text("물건을 보내려면 주소가 필요해요", "We need your address to send things to you"),
		Keep:  text("배송 후 3개월", "Three months after delivery"), Refuse: text("배송을 받을 수 없습니다", "Orders cannot be delivered"),
		Recipients: []consent.Recipient{{
			Name: text("한진택배", "Hanjin"), Why: text("배송", "delivery"), Items: []string{"address"},
			Keep: text("배송 완료까지", "until delivered"),
		}},
	}
}

func game() consent.App {
	return consent.App{
		ID: "game", Name: text("하늘게임", "Haneul Game"), Languages: []string{"ko", "en"},
		Methods: []consent.Method{consent.MethodEmailLink, consent.MethodPaper}, Keys: []consent.Key{key(GameKey)},
		Purposes: []consent.Purpose{account()}, Items: map[string]consent.Text{"nickname": text("별명", "Nickname")},
	}
}
