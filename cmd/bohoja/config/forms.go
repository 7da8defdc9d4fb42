package config

import (
	"errors"
	"fmt"
	"net/netip"
	"reflect"
	"strconv"
	"strings"
	"time"

	"github.com/bohoja/bohoja/consent"
)

// errForm is a text that has not the form of its setting. What the form is says hint.
var errForm = errors.New("another form")

// Switch is on or off.
type Switch bool

// UnmarshalText reads "on" or "off".
func (s *Switch) UnmarshalText(text []byte) error {
	switch string(text) {
	case "on", "true":
		*s = true
	case "off", "false":
		*s = false
	default:
		return errForm
	}
	return nil
}

// String returns "on" or "off".
func (s Switch) String() string {
	if s {
		return "on"
	}
	return "off"
}

// Hours is a part of the day, from the beginning of one hour until the beginning of another.
type Hours struct{ From, Until int }

// UnmarshalText reads "9-20".
func (h *Hours) UnmarshalText(text []byte) error {
	from, until, ok := strings.Cut(string(text), "-")
	f, err1 := strconv.Atoi(strings.TrimSpace(from))
	u, err2 := strconv.Atoi(strings.TrimSpace(until))
	if !ok || err1 != nil || err2 != nil || f < 0 || u > 24 || f >= u {
		return errForm
	}
	*h = Hours{f, u}
	return nil
}

// String returns "9-20".
func (h Hours) String() string { return fmt.Sprintf("%d-%d", h.From, h.Until) }

// hints says, by type, what to write.
var hints = map[reflect.Type]string{
	reflect.TypeFor[bool]():          "write true or false",
	reflect.TypeFor[int]():           "write a whole number",
	reflect.TypeFor[time.Duration](): "write a duration such as 119h or 90m",
	reflect.TypeFor[netip.Prefix]():  "write a network such as 10.0.0.0/8 or 192.0.2.7/32",
	reflect.TypeFor[Switch]():        "write on or off",
	reflect.TypeFor[Hours]():         "write hours of the day such as 9-20",
	reflect.TypeFor[consent.Text]():  "write a text for each language: {ko: …, en: …}",
}

func hint(t reflect.Type) string {
	if h, ok := hints[t]; ok {
		return h
	}
	switch {
	case t.Kind() == reflect.Slice && isScalar(t.Elem()):
		return "write a list; " + hint(t.Elem()) + " for each"
	case t.Kind() == reflect.Slice:
		return "write a list (- …)"
	case isScalar(t):
		return "write one text"
	}
	return "write a mapping (name: value)"
}

// isScalar reports whether a value of the type is written as one text.
func isScalar(t reflect.Type) bool {
	if reflect.PointerTo(t).Implements(textType) || t == privateType {
		return true
	}
	switch t.Kind() {
	case reflect.String, reflect.Bool, reflect.Int, reflect.Int64:
		return true
	}
	return false
}

var (
	textType    = reflect.TypeFor[interface{ UnmarshalText([]byte) error }]()
	privateType = reflect.TypeFor[consent.Private]()
)

// parse reads a scalar's text into v. The error never holds the text.
func parse(text string, v reflect.Value) error {
	switch into := v.Addr().Interface().(type) {
	case *consent.Private:
		*into = consent.Secret(text)
		return nil
	case *time.Duration:
		d, err := time.ParseDuration(text)
		*into = d
		return err
	case interface{ UnmarshalText([]byte) error }:
		return into.UnmarshalText([]byte(text))
	}
	return parseKind(text, v)
}

func parseKind(text string, v reflect.Value) error {
	switch v.Kind() {
	case reflect.String:
		v.SetString(text)
	case reflect.Bool:
		if text != "true" && text != "false" {
			return errForm
		}
		v.SetBool(text == "true")
	case reflect.Int:
		n, err := strconv.Atoi(text)
		if err != nil {
			return errForm
		}
		v.SetInt(int64(n))
	default:
		return errForm
	}
	return nil
}

// write is parse's other direction, for `config print`. Durations lose their empty minutes and seconds.
func write(v reflect.Value) string {
	switch value := v.Interface().(type) {
	case time.Duration:
		s := value.String()
		if strings.HasSuffix(s, "m0s") {
			s = strings.TrimSuffix(s, "0s")
		}
		if strings.HasSuffix(s, "h0m") {
			s = strings.TrimSuffix(s, "0m")
		}
		return s
	case fmt.Stringer: // a Private too: "[sealed]"
		return value.String()
	}
	return fmt.Sprint(v.Interface())
}
