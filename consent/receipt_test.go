package consent_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/bohoja/bohoja/consent"
	"github.com/bohoja/bohoja/consent/consenttest"
	"github.com/bohoja/bohoja/consent/link"
)

func fine(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// receiptOf fetches a receipt and checks it by the published keys alone.
func receiptOf(t *testing.T, k *consenttest.Kit, id string) (link.Receipt, string) {
	t.Helper()
	token, err := k.Service.Receipt(t.Context(), k.App, id)
	fine(t, err)
	keys, err := k.Service.ReceiptKeys()
	fine(t, err)
	got, err := link.VerifyReceipt(keys, token)
	fine(t, err)
	return got, token
}

type receiptFacts struct {
	ID         string `json:"record_id"`
	Principal  string `json:"pii_principal_id"`
	Processing []struct {
		Notice   struct{ Version, URL string } `json:"privacy_notice"`
		Language string                        `json:"language"`
		Purposes []struct {
			ID    string `json:"purpose_id"`
			State string `json:"consent_state"`
			Basis string `json:"lawful_basis"`
			Items []struct {
				ID string `json:"pii_attribute_id"`
			} `json:"pii_information"`
		} `json:"purposes"`
	} `json:"pii_processing"`
	Events []struct {
		Type   string `json:"event_type"`
		State  string `json:"event_state"`
		Entity string `json:"entity_id"`
		Method string `json:"consent_method"`
		Clause string `json:"consent_clause"`
	} `json:"events"`
}

func factsOf(t *testing.T, r link.Receipt) receiptFacts {
	t.Helper()
	var f receiptFacts
	fine(t, json.Unmarshal(r.Facts, &f))
	return f
}

func TestReceipt(t *testing.T) {
	k := consenttest.New(t)
	rec, _ := granted(t, k, "user-1") // delivery was refused
	r, token := receiptOf(t, k, rec.ID)
	f := factsOf(t, r)
	if r.ID != rec.ID || r.App != "shop" || f.ID != rec.ID || f.Principal != "user-1" {
		t.Errorf("about another consent: %s %+v", r.App, f)
	}
	p := f.Processing[0]
	if p.Notice.Version != k.App.Terms() || !strings.HasSuffix(p.Notice.URL, consent.TermsPath("shop", k.App.Terms())) || p.Language == "" {
		t.Errorf("the text: %+v", p.Notice)
	}
	states := map[string]string{}
	for _, one := range p.Purposes {
		states[one.ID] = one.State
		if one.Basis != "dpv:Consent" || len(one.Items) == 0 {
			t.Errorf("purpose %+v", one)
		}
	}
	if states["account"] != "dpv:ConsentGiven" || states["delivery"] != "dpv:ConsentRefused" {
		t.Errorf("states %v", states)
	}
	if e := f.Events[0]; e.State != "dpv:ConsentGiven" || e.Entity != "dpv:GuardianOfDataSubject" || e.Method != "email_link" || e.Clause != "7" {
		t.Errorf("event %+v", e)
	}
	for _, personal := range []string{"김보호", "김하늘", "parent@", "kid@", "mother", "하늘이"} {
		if strings.Contains(string(r.Facts), personal) {
			t.Errorf("the receipt holds %q", personal)
		}
	}
	body := strings.Split(token, ".")
	body[1] = strings.Replace(body[1], body[1][40:41], string('A'+(body[1][40]-'A'+1)%26), 1)
	keys, err := k.Service.ReceiptKeys()
	fine(t, err)
	if _, err := link.VerifyReceipt(keys, strings.Join(body, ".")); !errors.Is(err, consent.ErrNotFound) {
		t.Errorf("an edited receipt: %v", err)
	}
}

func TestReceiptOfAnEndedConsent(t *testing.T) {
	k := consenttest.New(t)
	rec, _ := granted(t, k, "user-1")
	_, err := k.Service.Withdraw(t.Context(), k.App, app, rec.ID, nil)
	fine(t, err)
	r, _ := receiptOf(t, k, rec.ID)
	f := factsOf(t, r)
	if len(f.Events) != 2 || f.Events[1].State != "dpv:ConsentWithdrawn" || f.Processing[0].Purposes[0].State != "dpv:ConsentWithdrawn" {
		t.Errorf("events %+v", f.Events)
	}
}

func TestReceiptRefused(t *testing.T) {
	k := consenttest.New(t)
	ticket := signup(t, k, ask("user-1"))
	if _, err := k.Service.Receipt(t.Context(), k.App, ticket.Record.ID); !errors.Is(err, consent.ErrNotGranted) {
		t.Errorf("pending: %v", err)
	}
	_, err := k.Service.Cancel(t.Context(), k.App, app, ticket.Record.ID)
	fine(t, err)
	if _, err := k.Service.Receipt(t.Context(), k.App, ticket.Record.ID); !errors.Is(err, consent.ErrEnded) {
		t.Errorf("cancelled: %v", err)
	}
	rec, _ := granted(t, k, "user-2")
	game := k.Service.Book().Apps["game"]
	if _, err := k.Service.Receipt(t.Context(), game, rec.ID); !errors.Is(err, consent.ErrNotFound) {
		t.Errorf("another app's: %v", err)
	}
}

func TestReceiptLink(t *testing.T) {
	k := consenttest.New(t)
	_, decided := granted(t, k, "user-1")
	v, err := k.Service.Open(t.Context(), decided)
	fine(t, err)
	token := token(t, v.Receipt, "/r/")
	got, err := k.Service.OpenReceipt(t.Context(), token)
	fine(t, err)
	if got.Receipt.Terms != k.App.Terms() || got.Child != "김*늘" || got.Withdraw != "" || got.Proof != "" {
		t.Errorf("the page shows %+v", got)
	}
	if _, err := k.Service.Open(t.Context(), token); !errors.Is(err, consent.ErrNotFound) {
		t.Errorf("the link of a receipt opens the decision: %v", err)
	}
	if _, err := k.Service.OpenWithdraw(t.Context(), token); !errors.Is(err, consent.ErrNotFound) {
		t.Errorf("the link of a receipt opens the withdrawal: %v", err)
	}
	signed, err := k.Service.SignedReceipt(t.Context(), token)
	fine(t, err)
	if _, err := k.Receipts.Verify(signed); err != nil {
		t.Errorf("the file for programs: %v", err)
	}
	k.Advance(401 * 24 * time.Hour)
	if _, err := k.Service.OpenReceipt(t.Context(), token); !errors.Is(err, consent.ErrLinkExpired) {
		t.Errorf("after its time: %v", err)
	}
}
