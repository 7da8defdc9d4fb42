package gate

import "testing"

func TestPhones(t *testing.T) {
	for _, c := range []struct{ raw, region, want string }{
		{"+821012345678", "KR", "+821012345678"},
		{"010-1234-5678", "KR", "+821012345678"},
		{"010 1234 5678", "XX", "+821012345678"},
		{"０１０−１２３４−５６７８", "KR", "+821012345678"},
		{"+82 (0)10 1234 5678", "KR", "+821012345678"},
		{"030 123456", "DE", "+4930123456"},
		{"(212) 555-0100", "US", "+12125550100"},
		{"06 1234 5678", "IT", "+390612345678"},
	} {
		if got, err := (Phones{}).Canonical(c.raw, c.region); err != nil || got != c.want {
			t.Errorf("Canonical(%q, %q) = %q, %v; want %q", c.raw, c.region, got, err, c.want)
		}
	}
	for _, raw := range []string{"", "hello", "12", "+", "+999999999999999999999", "000 000AA0"} {
		if got, err := (Phones{}).Canonical(raw, "KR"); err == nil {
			t.Errorf("Canonical(%q) = %q", raw, got)
		}
	}
}

func FuzzPhones(f *testing.F) {
	f.Add("010-1234-5678")
	f.Fuzz(func(t *testing.T, raw string) {
		once, err := (Phones{}).Canonical(raw, "KR")
		if err != nil {
			return
		}
		if again, err := (Phones{}).Canonical(once, "US"); err != nil || again != once {
			t.Errorf("%q became %q and then %q, %v", raw, once, again, err)
		}
	})
}
