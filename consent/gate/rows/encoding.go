package rows

import (
	"bufio"
	"bytes"
	"io"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding/korean"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"
)

// The byte order mark in UTF-8. It is kept, and belongs to no name.
var mark = []byte("\xef\xbb\xbf")

// script is how the letters of a list are written. Rows are cut as bytes: in UTF-8 and in CP949 no byte of a letter looks
// like a separator, a quotation mark or a line end. UTF-16 is turned into UTF-8 on its way in, and back on its way out.
type script uint8

const (
	unknown script = iota // so far all of it was ASCII
	utf8Script
	cp949Script
	utf16Script
)

// open looks at the first bytes and puts the ends together.
func (f *filter) open(dst io.Writer, src io.Reader) error {
	s, order, err := scriptOf(f.o.Encoding)
	if err != nil {
		return err
	}
	r := bufio.NewReaderSize(src, 64<<10)
	if s == unknown {
		head, err := r.Peek(2)
		switch {
		case string(head) == "\xff\xfe":
			s, order = utf16Script, unicode.LittleEndian
		case string(head) == "\xfe\xff":
			s, order = utf16Script, unicode.BigEndian
		case err != nil && err != io.EOF:
			return err
		}
	}
	f.in = window{src: r, buf: make([]byte, firstWindow)}
	f.out, f.rejected = plain{dst}, plain{io.Discard}
	if f.o.Rejected != nil {
		f.rejected = plain{f.o.Rejected}
	}
	if s == utf16Script {
		code := unicode.UTF16(order, unicode.IgnoreBOM) // the mark is a letter as any other, so it comes out again
		f.in.src = transform.NewReader(r, code.NewDecoder())
		f.out = transform.NewWriter(dst, code.NewEncoder())
		if f.o.Rejected != nil {
			f.rejected = transform.NewWriter(f.o.Rejected, code.NewEncoder())
		}
	}
	f.letters.script = s
	if f.o.Format == NDJSON {
		f.letters.script = utf8Script // JSON knows no other (RFC 8259, 8.1)
		f.form = &lines{letters: &f.letters, member: f.o.Column}
	} else {
		f.form = &table{letters: &f.letters}
	}
	return nil
}

func scriptOf(name string) (script, unicode.Endianness, error) {
	switch strings.ToLower(name) {
	case "":
		return unknown, unicode.LittleEndian, nil
	case "utf-8", "utf8":
		return utf8Script, unicode.LittleEndian, nil
	case "cp949", "euc-kr", "euckr", "ms949", "uhc":
		return cp949Script, unicode.LittleEndian, nil
	case "utf-16le":
		return utf16Script, unicode.LittleEndian, nil
	case "utf-16be":
		return utf16Script, unicode.BigEndian, nil
	}
	return 0, unicode.LittleEndian, ErrEncoding
}

// plain is a writer that has nothing to close.
type plain struct{ io.Writer }

// Close implements io.Closer.
func (plain) Close() error { return nil }

// letters decodes cells.
type letters struct{ script script }

// learn decides about the script by the first lines that are not ASCII: until such a line is whole there is nothing to decode, and
// what is torn within a letter looks like neither. Korean text in CP949 is no valid UTF-8, save by a chance that a whole window
// makes negligible.
func (l *letters) learn(b []byte, end bool) {
	if l.script != unknown {
		return
	}
	from := bytes.IndexFunc(b, func(r rune) bool { return r >= utf8.RuneSelf })
	if from < 0 {
		return
	}
	if b = b[from:]; !end {
		b = b[:bytes.LastIndexAny(b, "\r\n")+1]
	}
	switch {
	case len(b) == 0:
	case utf8.Valid(b):
		l.script = utf8Script
	default:
		l.script = cp949Script
	}
}

// text decodes a cell; ok is false for bytes that are no letters, and for the sign that stands for such.
func (l *letters) text(b []byte) (s string, ok bool) {
	if l.script == cp949Script && !ascii(b) {
		out, err := korean.EUCKR.NewDecoder().Bytes(b)
		return string(out), err == nil && !bytes.ContainsRune(out, utf8.RuneError)
	}
	return string(b), utf8.Valid(b) && !bytes.ContainsRune(b, utf8.RuneError)
}

func ascii(b []byte) bool {
	for _, c := range b {
		if c >= utf8.RuneSelf {
			return false
		}
	}
	return true
}
