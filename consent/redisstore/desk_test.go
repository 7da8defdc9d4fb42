package redisstore_test

import (
	"errors"
	"testing"

	"github.com/alicebob/miniredis/v2"

	"github.com/bohoja/bohoja/consent"
)

// What an older program filed says not of whom: it is shown, granted by nobody, and filed anew under the next number.
func TestFiledByAnOlderProgram(t *testing.T) {
	m := miniredis.RunT(t)
	s, _ := open(t, "redis://"+m.Addr())
	r := signup(t, s, 1)
	base := "bt:{" + app + "}:"
	m.HSet(base+"r:"+r.ID, "filed", "1 s1 5 paper")
	m.HSet(base+"c:"+r.ID, "d", "one")
	r, err := s.Get(t.Context(), app, r.ID)
	if err != nil || r.Filed != (consent.Filed{No: 1, By: "s1", At: 5, Method: consent.MethodPaper}) {
		t.Fatalf("%+v, %v", r.Filed, err)
	}
	second := by(r.ID)
	second.Actor.Ref = "s2"
	if _, err = s.Grant(t.Context(), second, consent.Granting{Gen: 1, Rev: 1, Method: consent.MethodPaper, Filed: 1}); !errors.Is(err, consent.ErrStale) {
		t.Errorf("granted: %v", err)
	}
	r, err = s.File(t.Context(), by(r.ID), consent.Filing{After: 1, Rev: r.Rev, Method: consent.MethodPaper, Entry: consent.Sealed("two")})
	if err != nil || r.Filed.No != 2 || r.Filed.Rev != 1 {
		t.Errorf("%+v, %v", r.Filed, err)
	}
}
