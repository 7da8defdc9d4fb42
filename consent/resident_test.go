package consent

import (
	"encoding/json"
	"strings"
	"testing"
)

// TestResidentNumber covers KR-24. The numbers are made up and have no valid check digit.
func TestResidentNumber(t *testing.T) {
	for _, s := range []string{
		"140302-3000000", "1403023000000", "140302 3000000", "x 140302-3000000 y", "140302–3000000", "１４０３０２－３００００００",
		"140302\u200b-3000000", "번호:140302-4000000.",
	} {
		if !hasResidentNumber(s) {
			t.Errorf("%q passes", s)
		}
	}
	for _, s := range []string{
		"", "2014-03-02", "+821012345678", "141302-3000000", "140332-3000000", "91403023000000", "14030230000001", "cr_140302", "140302-300000",
	} {
		if hasResidentNumber(s) {
			t.Errorf("%q is refused", s)
		}
	}
}

func TestResidentNumberInsideData(t *testing.T) {
	for _, raw := range []string{
		`"140302-3000000"`, `1403023000000`, `{"a":["b",{"c":"140302-3000000"}]}`, `{"140302-3000000":1}`, `"1\u0034\u0030302-3000000"`,
	} {
		dec := json.NewDecoder(strings.NewReader(raw))
		dec.UseNumber()
		var v any
		if err := dec.Decode(&v); err != nil {
			t.Fatal(err)
		}
		if !anyResidentNumber(v) {
			t.Errorf("%s passes", raw)
		}
	}
}
