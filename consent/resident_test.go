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
		"140302\u200b-3000000", "번호:140302-4000000.", "140302‐3000000", "140302−3000000", "140302/3000000", "140302_3000000",
		"140302\n3000000", "140302·3000000", "140302 : 3000000", "(140302) 3000000", "١٤٠٣٠٢-٣٠٠٠٠٠٠", "१४०३०२३००००००", "140302\u03013000000",
	} {
		if !hasResidentNumber(s) {
			t.Errorf("%q passes", s)
		}
	}
	for _, s := range []string{
		"", "2014-03-02", "+821012345678", "141302-3000000", "140332-3000000", "91403023000000", "14030230000001", "cr_140302", "140302-300000",
		"140302 and 3000000", "20140302 3000000", "140302----3000000", "2014.03.02 010-1234-5678", "١٤٠٣٠٢",
	} {
		if hasResidentNumber(s) {
			t.Errorf("%q is refused", s)
		}
	}
}

func TestResidentNumberInsideData(t *testing.T) {
	for _, raw := range []string{
		`"140302-3000000"`, `1403023000000`, `{"a":["b",{"c":"140302-3000000"}]}`, `{"140302-3000000":1}`, `"1\u0034\u0030302-3000000"`,
		`1.403023e12`, `14030230000000e-1`, `1403023000000.0`, `1403023000000.5`, `[-1403023000000]`,
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

// TestNumbersThatAreNone: large and small numbers cost nothing and are not refused.
func TestNumbersThatAreNone(t *testing.T) {
	for _, n := range []json.Number{"0", "1e999999999", "1e-999999999", "14030230000000", "1.403023e13", "20140302", "-1e400"} {
		if anyResidentNumber(n) {
			t.Errorf("%s is refused", n)
		}
	}
}
