package api

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/bohoja/bohoja/consent"
)

// FuzzDecode feeds the reader whatever: it never panics, refuses with two kinds alone, and what it takes is JSON for the
// standard library too, in UTF-8, with the same meaning in its canonical form.
func FuzzDecode(f *testing.F) {
	for _, seed := range []string{
		`{"subject":"a","child":{"under_age":true,"age":9,"name":"김하늘"},"guardian":{"name":"b","email":"c@d.example"}}`,
		`{"data":{"a":1.50,"b":[null,{"c":"\u00e9"}]},"purposes":null}`, `{"subject":"a","subject":"b"}`, `{"Subject":1}`, `{}{}`,
		`{"child":{"age":1e400}}`, "{\"subject\":\"\xff\"}", `{"subject":"\ud800"}`, `null`, `[]`, `{"guardian":{"name":{}}}`, ` `,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		sent := bytes.Clone(body)
		var in signupBody
		canonical, err := decode(body, &in)
		if !bytes.Equal(sent, body) {
			t.Fatal("the body was changed")
		}
		var only signupBody
		if other := decodeOnly(body, &only); fmt.Sprint(other) != fmt.Sprint(err) || err == nil && !reflect.DeepEqual(only, in) {
			t.Fatalf("%q is read in two ways: %v, %v", body, other, err)
		}
		if err != nil {
			checkRefusal(t, err)
			return
		}
		if !utf8.Valid(body) || !json.Valid(body) {
			t.Fatalf("%q was taken", body)
		}
		var again signupBody
		twice, err := decode(canonical, &again)
		if err != nil || !bytes.Equal(canonical, twice) {
			t.Fatalf("canonical %q became %q, %v", canonical, twice, err)
		}
		if again.Subject != in.Subject || again.Guardian.Name.Reveal() != in.Guardian.Name.Reveal() || len(again.Data) != len(in.Data) {
			t.Fatalf("%q and its canonical form mean different things", body)
		}
	})
}

func checkRefusal(t *testing.T, err error) {
	t.Helper()
	e, ok := errors.AsType[*consent.Error](err)
	if !ok || e.Kind != consent.KindMalformed && e.Kind != consent.KindInvalid || len(e.Fields) != 1 {
		t.Fatalf("refused with %v", err)
	}
	if p := e.Fields[0].Pointer; len(p) > maxPointer+len("…") || p != "" && !strings.HasPrefix(p, "/") {
		t.Fatalf("pointer %q", p)
	}
}

// TestPrivateTexts: what belongs to a person is hidden from the moment it is read, and errors quote nothing of it.
func TestPrivateTexts(t *testing.T) {
	var in signupBody
	if _, err := decode([]byte(`{"guardian":{"name":"canary","email":null}}`), &in); err != nil {
		t.Fatal(err)
	}
	if in.Guardian.Name.Reveal() != "canary" || !in.Guardian.Email.Empty() {
		t.Errorf("read %q", in.Guardian.Name.Reveal())
	}
	for _, body := range []string{
		`{"guardian":{"name":["canary"]}}`, `{"child":{"age":"canary"}}`, `{"subject":{"x":"canary"}}`, `{"child":{"under_age":"canary"}}`,
		`{"guardian":{"name":"canary"`, `{"guardian":{"name":"canary"}} canary`, `{"guardian":"canary"}`, `{"purposes":"canary"}`,
	} {
		_, err := decode([]byte(body), &signupBody{})
		if err == nil || strings.Contains(err.Error(), "canary") {
			t.Errorf("%s: %v", body, err)
		}
		e, _ := errors.AsType[*consent.Error](err)
		for _, f := range e.Fields {
			if strings.Contains(f.Detail, "canary") || f.Detail == "" {
				t.Errorf("%s: %v", body, f)
			}
		}
	}
}

func TestExpected(t *testing.T) {
	for body, want := range map[string]string{
		`{"subject":1}`: "a string", `{"child":{"under_age":1}}`: "true or false", `{"child":{"age":1.5}}`: "a whole number",
		`{"purposes":{}}`: "a list", `{"child":[]}`: "an object", `{"guardian":{"name":1}}`: "a string", `{"data":[]}`: "an object",
	} {
		_, err := decode([]byte(body), &signupBody{})
		e, _ := errors.AsType[*consent.Error](err)
		if e == nil || !strings.HasSuffix(e.Fields[0].Detail, ": "+want) {
			t.Errorf("%s: %v", body, e)
		}
	}
	_, err := decode([]byte(`{"at":"yesterday"}`), &eraseBody{})
	if e, _ := errors.AsType[*consent.Error](err); e == nil || e.Code != "invalid" || e.Fields[0].Pointer != "/at" {
		t.Errorf("a time: %v", err)
	}
}

// checkRefusalKind fails unless an error lays the fault with whoever asked.
func checkRefusalKind(t *testing.T, err error) {
	t.Helper()
	e, ok := errors.AsType[*consent.Error](err)
	if !ok || e.Kind != consent.KindMalformed && e.Kind != consent.KindInvalid {
		t.Fatalf("refused with %v", err)
	}
}
