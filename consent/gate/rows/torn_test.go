package rows_test

import (
	"testing"
	"testing/synctest"

	"github.com/bohoja/bohoja/consent/gate/rows"
)

// A list that comes slowly may stop for a while within a letter: that alone is no sign of CP949.
func TestTornLetter(t *testing.T) {
	const list = "no,이메일\n김하늘,kid@x\n박보호,a@x\n"
	for at := range len(list) {
		synctest.Test(t, func(t *testing.T) {
			out, counts, err := run(t, &pieces{list: []byte(list), at: at}, rows.Options{Column: "이메일"})
			if err != nil || out != "no,이메일\n박보호,a@x\n" || counts.Kept != 1 {
				t.Errorf("torn at byte %d: %q, %+v, %v", at, out, counts, err)
			}
		})
	}
}
