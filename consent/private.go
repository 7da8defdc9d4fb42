package consent

import (
	"fmt"
	"log/slog"
)

// hidden is what every printing of a private or sealed value shows.
const hidden = "[sealed]"

// Private is a text that belongs to a person: a name, an address, a birth date, an item of data.
// It cannot be printed, logged or marshalled by accident: only Reveal gives the text, and a search for Reveal finds
// every place that uses it. The text sits behind a pointer, so that even fmt's view of unexported fields shows no more
// than an address. The zero value is empty.
type Private struct{ text *string }

// Secret wraps text.
func Secret(text string) Private {
	if text == "" {
		return Private{}
	}
	return Private{&text}
}

// Reveal returns the text.
func (p Private) Reveal() string {
	if p.text == nil {
		return ""
	}
	return *p.text
}

// Empty reports whether there is no text.
func (p Private) Empty() bool { return p.text == nil }

// Format implements fmt.Formatter: every verb prints "[sealed]".
func (p Private) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(hidden)) }

// String implements fmt.Stringer with "[sealed]".
func (p Private) String() string { return hidden }

// LogValue implements slog.LogValuer with "[sealed]".
func (p Private) LogValue() slog.Value { return slog.StringValue(hidden) }

// MarshalJSON implements json.Marshaler with "[sealed]".
func (p Private) MarshalJSON() ([]byte, error) { return []byte(`"` + hidden + `"`), nil }

// MarshalText implements encoding.TextMarshaler with "[sealed]".
func (p Private) MarshalText() ([]byte, error) { return []byte(hidden), nil }

// Sealed is a ciphertext that names its own key. Only the Vault that made it can open it. It prints as "[sealed]".
type Sealed []byte

// Format implements fmt.Formatter: every verb prints "[sealed]".
func (s Sealed) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(hidden)) }

// LogValue implements slog.LogValuer with "[sealed]".
func (s Sealed) LogValue() slog.Value { return slog.StringValue(hidden) }
