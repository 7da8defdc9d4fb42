package consent

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"
)

// TestPrivateHides prints private and sealed values in every way that a careless line might.
func TestPrivateHides(t *testing.T) {
	const canary = "canary-김보호"
	type inner struct{ hidden Private }
	g := Guardian{Name: Secret(canary), Email: Secret(canary)}
	values := []any{
		Secret(canary), g, &g, People{Guardians: []Guardian{g}}, inner{Secret(canary)}, []Private{Secret(canary)},
		map[string]Private{"x": Secret(canary)}, Sealed(canary), Record{People: Sealed(canary), Data: Sealed(canary)},
		Letter{To: Secret(canary)}, Webhook{Secret: Secret(canary)}, Signup{Child: Child{Name: Secret(canary)}},
	}
	var out bytes.Buffer
	log := slog.New(slog.NewJSONHandler(&out, nil))
	for _, v := range values {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d", "%T"} {
			fmt.Fprintf(&out, verb, v)
		}
		log.Info("value", "v", v)
		_ = json.NewEncoder(&out).Encode(v)
	}
	hex := fmt.Sprintf("%x", canary)
	if s := out.String(); strings.Contains(s, "canary") || strings.Contains(s, hex) || strings.Contains(s, "99 97 110 97 114 121") {
		t.Errorf("a private value was printed")
	}
}

func TestPrivate(t *testing.T) {
	if !Secret("").Empty() || Secret("").Reveal() != "" || Secret("a").Empty() || Secret("a").Reveal() != "a" {
		t.Error("Secret and Reveal do not agree")
	}
}

func TestPeopleRoundTrip(t *testing.T) {
	in := People{
		Child:     Child{Age: -1, BirthDate: Secret("2014-03-02"), Name: Secret("김하늘"), Email: Secret("kid@example.com"), Phone: Secret("+8210"), Locale: "ko"},
		Guardians: []Guardian{{Secret("김보호"), Secret("p@example.com"), Secret("+8211"), "ko"}, {Name: Secret("B"), Locale: "en"}},
	}
	plain, err := in.encode()
	if err != nil {
		t.Fatal(err)
	}
	out, err := decodePeople(plain)
	if err != nil {
		t.Fatal(err)
	}
	again, err := out.encode()
	if err != nil || !bytes.Equal(plain, again) || out.Guardians[1].Name.Reveal() != "B" {
		t.Errorf("people changed on the way: %v", err)
	}
}
