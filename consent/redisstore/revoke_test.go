package redisstore_test

import (
	"strings"
	"testing"

	"github.com/alicebob/miniredis/v2"

	"github.com/bohoja/bohoja/consent"
)

func TestRevoke(t *testing.T) {
	m := miniredis.RunT(t)
	s, _ := open(t, "redis://"+m.Addr())
	if got, err := s.Revoked(t.Context()); err != nil || len(got) != 0 {
		t.Errorf("before: %v, %v", got, err)
	}
	a, b := strings.Repeat("a", 64), strings.Repeat("b", 64)
	for _, sum := range []string{a, b, a} {
		if err := s.Revoke(t.Context(), sum); err != nil {
			t.Fatal(err)
		}
	}
	got, err := s.Revoked(t.Context())
	if _, has := got[a]; err != nil || len(got) != 2 || !has {
		t.Errorf("revoked: %v, %v", got, err)
	}
	m.Close()
	if _, err := s.Revoked(t.Context()); consent.KindOf(err) != consent.KindUnavailable {
		t.Errorf("without Redis: %v", err)
	}
	if err := s.Revoke(t.Context(), a); err == nil {
		t.Error("without Redis it was revoked")
	}
}
