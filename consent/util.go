package consent

import (
	"maps"
	"slices"
	"strconv"
	"strings"
)

func itoa(i int) string { return strconv.Itoa(i) }

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

// escapePointer writes a name as a token of a JSON pointer (RFC 6901, 3).
func escapePointer(s string) string {
	return strings.NewReplacer("~", "~0", "/", "~1").Replace(s)
}

func purposeIDs(ps []Purpose) []string {
	out := make([]string, len(ps))
	for i, p := range ps {
		out[i] = p.ID
	}
	return out
}

// label names a sealed value of a record.
func label(rec Record, field string, rev int) Label {
	return Label{App: rec.App, ID: rec.ID, Field: field, Rev: rev}
}
