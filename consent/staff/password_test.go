package staff_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/bohoja/bohoja/consent/staff"
)

// TestPasswords: any signs make a password, as they were typed and 64 of them and more; short, flat and speaking ones do not.
func TestPasswords(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("correct horse battery staple ", 3)
	for _, good := range []string{"only small letters", "가나다라마바사아자차카타", "!\"#$%&/()=?*", "            a b c d e", long[:64], long[:80]} {
		if err := staff.CheckPassword("minji", good); err != nil {
			t.Errorf("%q: %v", good, err)
		}
	}
	for _, bad := range []string{"", "elevenchars", "aaaaaaaaaaaaaaaa", "abcabcabcabcabc", "my name is MINJI", strings.Repeat("abcdef", 22), "not utf-8 \xff\xfe at all"} {
		if err := staff.CheckPassword("minji", bad); !errors.Is(err, staff.ErrPassword) {
			t.Errorf("%q passes: %v", bad, err)
		}
	}
}
