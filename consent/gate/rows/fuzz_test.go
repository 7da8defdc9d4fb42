package rows_test

import (
	"bytes"
	"encoding/csv"
	"io"
	"strings"
	"testing"
	"testing/synctest"
	"time"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/encoding/korean"

	"github.com/bohoja/bohoja/consent/gate/rows"
)

// pieces gives a list's first two bytes, by which its encoding may be told, then what comes before a place, then the rest, with pauses between them that are longer than any
// row waits for company: the second piece is worked off before the third is there.
type pieces struct {
	list []byte
	at   int
	done int
}

// Read implements io.Reader.
func (p *pieces) Read(b []byte) (int, error) {
	upto := min(2, len(p.list))
	switch {
	case p.done == len(p.list):
		return 0, io.EOF
	case p.done >= p.at:
		upto = len(p.list)
	case p.done > 0:
		upto = p.at
	}
	if p.done > 0 {
		time.Sleep(time.Minute)
	}
	n := copy(b, p.list[p.done:upto])
	p.done += n
	return n, nil
}

// run filters a source to its end.
func run(t *testing.T, src io.Reader, o rows.Options) (string, rows.Counts, error) {
	t.Helper()
	var out bytes.Buffer
	o.Judge, o.Batch = judge, 3
	counts, err := rows.Filter(t.Context(), &out, src, o)
	return out.String(), counts, err
}

// A list that comes slowly is the same list, wherever it is torn: within a letter, a quotation mark, a line end, the mark.
func FuzzPieces(f *testing.F) {
	for _, seed := range seeds {
		for _, encoding := range []uint8{0, 1, 2} {
			f.Add([]byte(seed), uint16(len(seed)/2), encoding)
			f.Add([]byte(seed), uint16(len(seed)-1), encoding)
		}
	}
	f.Fuzz(func(t *testing.T, in []byte, at uint16, encoding uint8) {
		o := rows.Options{Column: "이메일", Encoding: []string{"", "utf-8", "cp949", "utf-16le"}[encoding%4]}
		if o.Encoding == "" && !utf8.Valid(in) {
			return // what comes first may look like UTF-8 by chance
		}
		if bytes.Contains(in, []byte("email")) {
			o.Column = "email"
		}
		whole, counts, err := run(t, bytes.NewReader(in), o)
		synctest.Test(t, func(t *testing.T) {
			torn, counts2, err2 := run(t, &pieces{list: in, at: int(at) % (len(in) + 1)}, o)
			if torn != whole || counts != counts2 || (err == nil) != (err2 == nil) {
				t.Errorf("in two: %q, %+v, %v; as a whole: %q, %+v, %v", torn, counts2, err2, whole, counts, err)
			}
		})
	})
}

// seeds are lists that could be read wrongly: quotation marks, line ends, rows that are ragged, what is no letter, and letters whose
// last byte in CP949 is one of ASCII.
var seeds = []string{
	"이메일\na@x\nkid@x\n", "이름,이메일\r\n\"김, 둘\",kid@x\r\n\"a\"\"b\",a@x\r\n", "\ufeff이메일,이름\r\na@x,똠방\nkid@x,펲\r", "이메일\n\"kid@x\n\",\n\"a@x\"",
	"이름,이메일\n갂갃갅갆갋갌,a@x\n걻걼,kid@x\n뢔뢕,b@x,ragged\n,\n\n", "email,n\n\"a@x\"\"\n", "email;n\na@x;\"\r\n\"\r\nkid@x;\"\n", "email\n\x00kid@x\na\x00@x\n",
	"email,n\n" + strings.Repeat("a@x,", 40) + "\n" + strings.Repeat("x", 300) + "@x,1\n", "email\nkid＠x\nkid@x。kr\nkid@x．kr\n０１０１２３４５６７８\n", "email\na@x\n\xef\xbf\xbdkid@x\n",
	"email|n\r\r\nkid@x|\n\n\ra@x|\"|\"\n", "email\n \"kid@x\"\n\"a@x\" \n\u00a0kid@x\n", "email\n+82 (0)10-1234-5678,\n", "e\x00m\x00a\x00i\x00l\x00\n\x00k\x00i\x00d\x00@\x00x\x00\n\x00a\x00@\x00x\x00\n\x00",
}

// In CP949 the same rows go and stay as in UTF-8.
func FuzzKorean(f *testing.F) {
	for _, seed := range seeds {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, in string) {
		as, err := korean.EUCKR.NewEncoder().String(in)
		if err != nil || !utf8.ValidString(in) {
			return
		}
		back, err := korean.EUCKR.NewDecoder().String(as)
		if err != nil || back != in {
			return // a letter that CP949 has twice
		}
		o := rows.Options{Column: "email"}
		if strings.Contains(in, "이메일") {
			o.Column = "이메일"
		}
		o.Encoding = "utf-8"
		want, counts, err := run(t, strings.NewReader(in), o)
		o.Encoding = "cp949"
		got, counts2, err2 := run(t, strings.NewReader(as), o)
		back, _ = korean.EUCKR.NewDecoder().String(got)
		if back != want || counts != counts2 || (err == nil) != (err2 == nil) {
			t.Errorf("cp949: %q, %+v, %v; utf-8: %q, %+v, %v", back, counts2, err2, want, counts, err)
		}
	})
}

// bare is a cell as a spreadsheet shows it: without space and apostrophes in front.
func bare(cell string) string {
	return strings.TrimLeftFunc(cell, func(r rune) bool {
		return unicode.IsSpace(r) || strings.ContainsRune("'\u2018\u2019\u201b\u02bc\uff07", r)
	})
}

// The standard library's reader finds nobody blocked in what is written, though it cuts rows and fields in its own way; nor does who
// then takes off what spreadsheets put in front.
func FuzzOtherReader(f *testing.F) {
	for _, seed := range seeds {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		if bytes.ContainsAny(in, ";\t|") || !utf8.Valid(in) {
			return // it does not look for another separator
		}
		out, _, err := run(t, bytes.NewReader(in), rows.Options{Column: "email"})
		if err != nil {
			return
		}
		r := csv.NewReader(strings.NewReader(strings.TrimPrefix(out, "\ufeff")))
		r.FieldsPerRecord = -1
		all, err := r.ReadAll()
		if err != nil || len(all) == 0 {
			return
		}
		for _, row := range all[1:] {
			for i, cell := range row {
				if i < len(all[0]) && strings.EqualFold(strings.TrimSpace(all[0][i]), "email") && strings.HasPrefix(bare(cell), "kid") {
					t.Errorf("%q holds %q", out, cell)
				}
			}
		}
	})
}
