package rows_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"golang.org/x/text/encoding/korean"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/unicode/norm"

	"github.com/bohoja/bohoja/consent/gate/rows"
)

// judge allows addresses, blocks those of kids, and reads nothing else.
func judge(_ context.Context, cells []string) ([]rows.Verdict, error) {
	out := make([]rows.Verdict, len(cells))
	for i, c := range cells {
		switch {
		case strings.HasPrefix(c, "kid"):
			out[i] = rows.Blocked
		case strings.Count(c, "@") == 1:
			out[i] = rows.Allowed
		}
	}
	return out, nil
}

func filter(t *testing.T, in string, o rows.Options) (string, rows.Counts, error) {
	t.Helper()
	if o.Judge == nil {
		o.Judge = judge
	}
	var whole bytes.Buffer
	counts, err := rows.Filter(t.Context(), &whole, strings.NewReader(in), o)
	var slow bytes.Buffer
	counts2, err2 := rows.Filter(t.Context(), &slow, iotest.OneByteReader(strings.NewReader(in)), o)
	if slow.String() != whole.String() || counts != counts2 || (err == nil) != (err2 == nil) {
		t.Errorf("byte by byte it gives %q, %+v, %v instead of %q, %+v, %v", slow.String(), counts2, err2, whole.String(), counts, err)
	}
	return whole.String(), counts, err
}

func TestCSV(t *testing.T) {
	byEmail := rows.Options{Column: "email"}
	for _, c := range []struct {
		name, in, want string
		o              rows.Options
		counts         rows.Counts
	}{
		{"plain", "id,email\n1,a@x\n2,kid@x\n3,b@x\n", "id,email\n1,a@x\n3,b@x\n", byEmail, rows.Counts{Rows: 3, Kept: 2, Blocked: 1}},
		{"no newline at the end", "email\nkid@x\na@x", "email\na@x", byEmail, rows.Counts{Rows: 2, Kept: 1, Blocked: 1}},
		{"the last is blocked", "email\na@x\nkid@x", "email\na@x\n", byEmail, rows.Counts{Rows: 2, Kept: 1, Blocked: 1}},
		{"CRLF", "email,n\r\nkid@x,1\r\na@x,2\r\n", "email,n\r\na@x,2\r\n", byEmail, rows.Counts{Rows: 2, Kept: 1, Blocked: 1}},
		{"CR alone", "email,n\rkid@x,1\ra@x,2\r", "email,n\ra@x,2\r", byEmail, rows.Counts{Rows: 2, Kept: 1, Blocked: 1}},
		{"mixed line ends", "email\na@x\r\nkid@x\nb@x\r", "email\na@x\r\nb@x\r", byEmail, rows.Counts{Rows: 3, Kept: 2, Blocked: 1}},
		{
			"quotes, and what is in them", "n,\"email\"\n\"a \"\"b\"\", c\nd\",\"a@x\"\n\"\n\",\"kid@x\"\n", "n,\"email\"\n\"a \"\"b\"\", c\nd\",\"a@x\"\n",
			byEmail, rows.Counts{Rows: 2, Kept: 1, Blocked: 1},
		},
		{"a doubled quote in the cell", "email\n\"a\"\"@x\"\n\"\"\"kid@x\"\n", "email\n\"a\"\"@x\"\n\"\"\"kid@x\"\n", byEmail, rows.Counts{Rows: 2, Kept: 2}},
		{"semicolons", "a,b;email;c\n1;kid@x;\n2;a@x;\n", "a,b;email;c\n2;a@x;\n", byEmail, rows.Counts{Rows: 2, Kept: 1, Blocked: 1}},
		{"tabs", "a\temail\n1\tkid@x\n2\ta@x\n", "a\temail\n2\ta@x\n", byEmail, rows.Counts{Rows: 2, Kept: 1, Blocked: 1}},
		{"a separator in a quoted name", "\"a;b;c\",email\n1,a@x\n", "\"a;b;c\",email\n1,a@x\n", byEmail, rows.Counts{Rows: 1, Kept: 1}},
		{"byte order mark", "\xef\xbb\xbfemail\nkid@x\na@x\n", "\xef\xbb\xbfemail\na@x\n", byEmail, rows.Counts{Rows: 2, Kept: 1, Blocked: 1}},
		{"empty lines", "email,n\n\na@x,1\n\r\nkid@x,2\n\n", "email,n\n\na@x,1\n\r\n\n", byEmail, rows.Counts{Rows: 2, Kept: 1, Blocked: 1}},
		{"the name's case and space", " E-MAIL \na@x\n", " E-MAIL \na@x\n", rows.Options{Column: "e-mail"}, rows.Counts{Rows: 1, Kept: 1}},
		{"space around a cell", "email\n kid@x\n\ta@x \n", "email\n\ta@x \n", byEmail, rows.Counts{Rows: 2, Kept: 1, Blocked: 1}},
		{"by number", "a@x,1\nkid@x,2\n", "a@x,1\n", rows.Options{Number: 1}, rows.Counts{Rows: 2, Kept: 1, Blocked: 1}},
		{"by number with a header", "n,e\n1,a@x\n2,kid@x\n", "n,e\n1,a@x\n", rows.Options{Number: 2, Header: true}, rows.Counts{Rows: 2, Kept: 1, Blocked: 1}},
		{"Korean in pieces", norm.NFD.String("이메일") + "\na@x\n", norm.NFD.String("이메일") + "\na@x\n", rows.Options{Column: "이메일"}, rows.Counts{Rows: 1, Kept: 1}},
		{"nothing but a header", "email\n", "email\n", byEmail, rows.Counts{}},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, counts, err := filter(t, c.in, c.o)
			if err != nil || got != c.want || counts != c.counts {
				t.Errorf("%q, %+v, %v", got, counts, err)
			}
		})
	}
}

// A spreadsheet's apostrophe hides nobody, in whatever way it is written and however many there are; who begins with one stays
// only if the one without may stay, too.
func TestApostrophe(t *testing.T) {
	for _, sign := range []string{"'", "\u2018", "\u2019", "\u201b", "\u02bc", "\uff07", "''", "'\u2019'", "' '", " ' "} {
		for _, o := range []rows.Options{{Column: "email"}, {Number: 1}, {Column: "email", Batch: 1}} {
			in := "email\nkid@x\n" + sign + "kid@x\na@x\n"
			if got, counts, err := filter(t, in, o); err != nil || got != "email\na@x\n" && got != "a@x\n" || counts.Blocked != 2 {
				t.Errorf("%q: %q, %+v, %v", sign, got, counts, err)
			}
		}
		if _, _, err := filter(t, sign+"kid@x\n", rows.Options{Number: 1, Header: true}); !errors.Is(err, rows.ErrHeader) {
			t.Errorf("%q in a header: %v", sign, err)
		}
		line := `{"email":"` + sign + `kid@x"}` + "\n"
		if got, counts, err := filter(t, line, rows.Options{Format: rows.NDJSON, Column: "email"}); err != nil || got != "" || counts.Blocked != 1 {
			t.Errorf("%q in NDJSON: %q, %+v, %v", sign, got, counts, err)
		}
	}
	kept := "email\n'a@x\na'kid@x\n"
	got, counts, err := filter(t, kept+"''''kid@x\n'\n'b\n", rows.Options{Column: "email"})
	if err != nil || got != kept || counts != (rows.Counts{Rows: 5, Kept: 2, Unreadable: 3}) {
		t.Errorf("%q, %+v, %v", got, counts, err)
	}
	if _, _, err := filter(t, "''''kid@x\n", rows.Options{Number: 1, Header: true}); !errors.Is(err, rows.ErrHeader) {
		t.Errorf("too many in a header: %v", err)
	}
}

// No question to the judge has more cells than it takes, however many ways there are to read them.
func TestApostropheBatch(t *testing.T) {
	most := 0
	o := rows.Options{Column: "email", Batch: 100, Judge: func(ctx context.Context, cells []string) ([]rows.Verdict, error) {
		most = max(most, len(cells))
		return judge(ctx, cells)
	}}
	in := "email\n" + strings.Repeat("'''a@x\n", 250)
	if got, _, err := filter(t, in, o); err != nil || got != in || most != 100 {
		t.Errorf("%d bytes of %d, %v; %d cells at once", len(got), len(in), err, most)
	}
}

// What two readers could take for different rows is not written.
func TestDoubtIsNotWritten(t *testing.T) {
	for _, in := range []string{
		"kid@x", "", "\"\"", "nothing", "a@x,more", "a@x\",", "a\"b@x", "\"a@x\"b", "\"a@x\" ", "a\x00@x", "\"a\x00@x\"", "\xff\xfe@x", "a@x;b@x", "\"open", "\"kid@x\r\n",
	} {
		var rejected bytes.Buffer
		whole := "email,n\nfirst@x,0\n" + in + ",1\nlast@x,2\n"
		got, counts, err := filter(t, whole, rows.Options{Column: "email"})
		if err != nil || !strings.HasPrefix(got, "email,n\nfirst@x,0\n") || strings.Contains(got, ",1\n") {
			t.Errorf("%q: wrote %q, %+v, %v", in, got, counts, err)
		}
		if counts.Rows != counts.Kept+counts.Blocked+counts.Unreadable {
			t.Errorf("%q: %+v do not add up", in, counts)
		}
		_, err = rows.Filter(t.Context(), io.Discard, strings.NewReader(whole), rows.Options{Column: "email", Judge: judge, Rejected: &rejected})
		if err != nil || strings.Contains(rejected.String(), "kid@x,1") || counts.Blocked == 0 && !strings.Contains(rejected.String(), in+",1\n") {
			t.Errorf("%q: rejected %q, %v", in, rejected.String(), err)
		}
	}
}

func TestEncodings(t *testing.T) {
	const in, want = "이름,이메일\r\n김하늘,kid@x\r\n박보호,a@x\r\n똠방,b@x\r\n", "이름,이메일\r\n박보호,a@x\r\n똠방,b@x\r\n"
	utf16 := func(e unicode.Endianness, b unicode.BOMPolicy) func(string) string {
		return func(s string) string {
			out, err := unicode.UTF16(e, b).NewEncoder().String(s)
			if err != nil {
				t.Fatal(err)
			}
			return out
		}
	}
	cp949 := func(s string) string {
		out, err := korean.EUCKR.NewEncoder().String(s)
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	plain := func(s string) string { return s }
	for _, c := range []struct {
		name, encoding string
		as             func(string) string
	}{
		{"utf-8", "", plain}, {"utf-8 said", "UTF-8", plain}, {"cp949", "", cp949}, {"cp949 said", "euc-kr", cp949},
		{"utf-16 little", "", utf16(unicode.LittleEndian, unicode.UseBOM)}, {"utf-16 big", "", utf16(unicode.BigEndian, unicode.UseBOM)},
		{"utf-16 said", "utf-16le", utf16(unicode.LittleEndian, unicode.IgnoreBOM)},
	} {
		t.Run(c.name, func(t *testing.T) {
			var rejected bytes.Buffer
			o := rows.Options{Column: "이메일", Encoding: c.encoding}
			got, counts, err := filter(t, c.as(in), o)
			if err != nil || got != c.as(want) || counts != (rows.Counts{Rows: 3, Kept: 2, Blocked: 1}) {
				t.Errorf("%q, %+v, %v", got, counts, err)
			}
			o.Judge, o.Rejected = judge, &rejected
			if _, err := rows.Filter(t.Context(), io.Discard, strings.NewReader(c.as(in+"최,없음\r\n")), o); err != nil || rejected.String() != c.as("이름,이메일\r\n최,없음\r\n") {
				t.Errorf("rejected %q, %v", rejected.String(), err)
			}
		})
	}
	if _, _, err := filter(t, "email\n", rows.Options{Column: "email", Encoding: "latin-1"}); !errors.Is(err, rows.ErrEncoding) {
		t.Errorf("latin-1: %v", err)
	}
}

// Korean that comes late still decides.
func TestLateEncoding(t *testing.T) {
	late, err := korean.EUCKR.NewEncoder().String("한글@x,1\n")
	if err != nil {
		t.Fatal(err)
	}
	in := "email,n\n" + strings.Repeat("a@x,1\n", 100_000) + late + "b@x,2\n"
	var cells []string
	keep := func(ctx context.Context, all []string) ([]rows.Verdict, error) {
		cells = append(cells, all...)
		return judge(ctx, all)
	}
	var out bytes.Buffer
	counts, err := rows.Filter(t.Context(), &out, strings.NewReader(in), rows.Options{Column: "email", Judge: keep})
	if err != nil || out.String() != in || counts.Kept != 100_002 || cells[100_000] != "한글@x" {
		t.Errorf("%+v, %v, %q", counts, err, cells[len(cells)-2])
	}
}

func TestNDJSON(t *testing.T) {
	in := strings.Join([]string{
		`{"n":1,"email":"a@x"}`, `{"n":{"email":"a@x"},"email":"kid@x"}`, ``, ` {"email" : "\u006bid@x"} `, `{"email":"b@x","n":[1,2]}` + "\r",
		`{"email":"a@x","email":"kid@x"}`, `{"email":"a@x","Email":"kid@x"}`, `{"n":1}`, `{"email":7}`, `{"email":"a@x"} {}`, `["a@x"]`, `{"email":"a@x"`, `{"email":"` + "\xff" + `@x"}`,
	}, "\n")
	got, counts, err := filter(t, "\xef\xbb\xbf"+in, rows.Options{Format: rows.NDJSON, Column: "email"})
	want := "\xef\xbb\xbf" + `{"n":1,"email":"a@x"}` + "\n\n" + `{"email":"b@x","n":[1,2]}` + "\r\n"
	if err != nil || got != want || counts != (rows.Counts{Rows: 12, Kept: 2, Blocked: 2, Unreadable: 8}) {
		t.Errorf("%q, %+v, %v", got, counts, err)
	}
	if _, _, err := filter(t, in, rows.Options{Format: rows.NDJSON}); !errors.Is(err, rows.ErrColumn) {
		t.Errorf("without a member: %v", err)
	}
}

func TestRefusals(t *testing.T) {
	broken := errors.New("away")
	for _, c := range []struct {
		name, in string
		o        rows.Options
		want     error
	}{
		{"no such column", "id\n1\n", rows.Options{Column: "email"}, rows.ErrColumn},
		{"no column named", "\n1\n", rows.Options{}, rows.ErrColumn},
		{"an empty list", "", rows.Options{Column: "email"}, rows.ErrColumn},
		{"beyond the last", "id\n1\n", rows.Options{Number: 2, Header: true}, rows.ErrColumn},
		{"twice", "email,Email\na@x,b@x\n", rows.Options{Column: "email"}, rows.ErrTwice},
		{"a header that is none", "kid@x\n", rows.Options{Number: 1, Header: true}, rows.ErrHeader},
		{"an endless row", "email\n\"" + strings.Repeat("x", 2*rows.MaxRow), rows.Options{Column: "email"}, rows.ErrTooLong},
		{"an endless header", strings.Repeat("x", 2*rows.MaxRow), rows.Options{Column: "email"}, rows.ErrTooLong},
		{"the judge is away", "email\na@x\n", rows.Options{Column: "email", Judge: func(context.Context, []string) ([]rows.Verdict, error) { return nil, broken }}, broken},
	} {
		var out bytes.Buffer
		if c.o.Judge == nil {
			c.o.Judge = judge
		}
		if _, err := rows.Filter(t.Context(), &out, strings.NewReader(c.in), c.o); !errors.Is(err, c.want) || strings.Contains(out.String(), "@") {
			t.Errorf("%s: %v, wrote %q", c.name, err, out.String())
		}
	}
	short := func(context.Context, []string) ([]rows.Verdict, error) { return []rows.Verdict{rows.Allowed}, nil }
	if got, _, err := filter(t, "email\na@x\nb@x\n", rows.Options{Column: "email", Judge: short}); err == nil || got != "email\n" {
		t.Errorf("too few verdicts: %q, %v", got, err)
	}
}

// What came before a cut is judged and written, and the cut is told.
func TestBrokenSource(t *testing.T) {
	var out bytes.Buffer
	src := io.MultiReader(strings.NewReader("email\na@x\nkid@x\nb@"), iotest.ErrReader(io.ErrUnexpectedEOF))
	counts, err := rows.Filter(t.Context(), &out, src, rows.Options{Column: "email", Judge: judge})
	if !errors.Is(err, io.ErrUnexpectedEOF) || strings.Contains(out.String(), "b@") || strings.Contains(out.String(), "kid") {
		t.Errorf("%q, %+v, %v", out.String(), counts, err)
	}
}

// FuzzCSV: whatever comes in, nothing is written that the judge did not allow, each row lands in exactly one count, and what
// is written filters to itself.
func FuzzCSV(f *testing.F) {
	for _, seed := range []string{"email,n\na@x,1\nkid@x,2\n", "email\r\n\"a@x\"\r\n\"k\"\"id@x\"", "\xef\xbb\xbfemail;x\n;\n", "email\n\"\n", "\xff\xfee\x00m\x00", "email\rkid@x\r\n\"a@x\"\r"} {
		f.Add([]byte(seed), false)
		f.Add([]byte(seed), true)
	}
	f.Fuzz(func(t *testing.T, in []byte, number bool) {
		o := rows.Options{Column: "email", Judge: judge, Batch: 3}
		if number {
			o = rows.Options{Number: 1, Judge: judge, Batch: 3}
		}
		var out bytes.Buffer
		counts, err := rows.Filter(t.Context(), &out, bytes.NewReader(in), o)
		if counts.Rows != counts.Kept+counts.Blocked+counts.Unreadable {
			t.Errorf("%+v do not add up", counts)
		}
		if err != nil || bytes.HasPrefix(in, []byte("\xff\xfe")) || bytes.HasPrefix(in, []byte("\xfe\xff")) {
			return
		}
		var again bytes.Buffer
		o.Encoding = ""
		second, err := rows.Filter(t.Context(), &again, bytes.NewReader(out.Bytes()), o)
		if err == nil && second.Blocked > 0 {
			t.Errorf("%q still holds a blocked row", out.Bytes())
		}
	})
}

// FuzzNDJSON: the same for lines.
func FuzzNDJSON(f *testing.F) {
	f.Add([]byte("{\"email\":\"a@x\"}\n{\"email\":\"kid@x\"}"))
	f.Add([]byte("{\"email\":\"a@x\",\"EMAIL\":\"kid@x\"}\r\n[]"))
	f.Fuzz(func(t *testing.T, in []byte) {
		o := rows.Options{Format: rows.NDJSON, Column: "email", Judge: judge}
		var out, again bytes.Buffer
		counts, err := rows.Filter(t.Context(), &out, bytes.NewReader(in), o)
		if counts.Rows != counts.Kept+counts.Blocked+counts.Unreadable {
			t.Errorf("%+v do not add up", counts)
		}
		if err != nil {
			return
		}
		second, err := rows.Filter(t.Context(), &again, bytes.NewReader(out.Bytes()), o)
		if err != nil || second.Rows != second.Kept || !bytes.Equal(again.Bytes(), out.Bytes()) {
			t.Errorf("%q filters to %q, %+v, %v", out.Bytes(), again.Bytes(), second, err)
		}
	})
}

func BenchmarkCSV(b *testing.B) {
	line := []byte("1234567,somebody.rather.long@example.com,\"Haneul, Kim\",2026-01-01\n")
	in := append([]byte("id,email,name,since\n"), bytes.Repeat(line, 100_000)...)
	all := func(_ context.Context, cells []string) ([]rows.Verdict, error) {
		out := make([]rows.Verdict, len(cells))
		for i := range out {
			out[i] = rows.Allowed
		}
		return out, nil
	}
	b.SetBytes(int64(len(in)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := rows.Filter(b.Context(), io.Discard, bytes.NewReader(in), rows.Options{Column: "email", Judge: all}); err != nil {
			b.Fatal(err)
		}
	}
}
