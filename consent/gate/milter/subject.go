package milter

import (
	"io"
	"mime"
	"regexp"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/htmlindex"
	"golang.org/x/text/encoding/korean"
)

// word is an encoded word (RFC 2047, 2), with the spaces that some programs leave in it: charset, way, text.
var word = regexp.MustCompile(`=\?([^?\s]+)\?([bBqQ])\?([^?]*)\?=`)

// decode reads the encoded words of a header; ok is false when one of them cannot be read. The standard library decodes
// each word by itself, but mailers cut between the bytes of a Korean letter, so neighbours are put together first.
func decode(header string) (text string, ok bool) {
	var d decoder
	at := 0
	for _, m := range word.FindAllStringSubmatchIndex(header, -1) {
		if between := header[at:m[0]]; at == 0 || strings.TrimSpace(between) != "" {
			d.plain(between)
		}
		d.word(header[m[2]:m[3]], header[m[4]:m[5]], header[m[6]:m[7]])
		at = m[1]
	}
	d.plain(header[at:])
	return d.text.String(), !d.failed
}

// decoder gathers what words hold until it is whole.
type decoder struct {
	text    strings.Builder
	charset string
	bytes   []byte // of words in that charset
	failed  bool
}

// plain adds what is not encoded. Bytes that are no UTF-8 are CP949: nothing else is sent so to Koreans.
func (d *decoder) plain(s string) {
	d.flush()
	if utf8.ValidString(s) {
		d.text.WriteString(s)
		return
	}
	d.charset, d.bytes = "euc-kr", []byte(s)
	d.flush()
}

func (d *decoder) word(charset, way, text string) {
	charset, _, _ = strings.Cut(strings.ToLower(charset), "*") // a language may follow (RFC 2231, 5)
	if charset != d.charset {
		d.flush()
	}
	if strings.EqualFold(way, "b") {
		text = strings.TrimRight(strings.Join(strings.Fields(text), ""), "=")
		text += strings.Repeat("=", (4-len(text)%4)%4)
	} else {
		text = strings.ReplaceAll(text, " ", "_")
	}
	got, err := raw.Decode("=?raw?" + way + "?" + text + "?=")
	d.failed = d.failed || err != nil
	d.charset, d.bytes = charset, append(d.bytes, got...)
}

// raw undoes base64 and quoted-printable, and leaves the letters as they are.
var raw = mime.WordDecoder{CharsetReader: func(_ string, r io.Reader) (io.Reader, error) { return r, nil }}

func (d *decoder) flush() {
	if len(d.bytes) == 0 {
		return
	}
	code := codeOf(d.charset)
	if code == nil {
		d.failed = true
	} else if out, err := code.NewDecoder().Bytes(d.bytes); err != nil {
		d.failed = true
	} else {
		d.text.Write(out)
	}
	d.charset, d.bytes = "", nil
}

// codeOf finds a charset by any of its names; nil when nobody knows it.
func codeOf(charset string) encoding.Encoding {
	switch charset {
	case "cp949", "ms949", "uhc", "x-windows-949":
		return korean.EUCKR // as the web understands it: all of CP949
	}
	code, err := htmlindex.Get(charset)
	if err != nil || code == encoding.Replacement {
		return nil
	}
	return code
}
