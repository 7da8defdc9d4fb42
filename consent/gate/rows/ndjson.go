package rows

import (
	"bytes"
	"context"
	"errors"
	"io"

	"github.com/go-json-experiment/json/jsontext"
)

// lines cuts NDJSON.
type lines struct {
	*letters
	member string
	dec    jsontext.Decoder
}

// start keeps a byte order mark.
func (l *lines) start(_ context.Context, f *filter, b []byte, end bool) (n int, ready bool, err error) {
	if f.o.Column == "" {
		return 0, false, ErrColumn
	}
	if len(b) < len(mark) && !end {
		return 0, false, nil
	}
	if bytes.HasPrefix(b, mark) {
		n = len(mark)
	}
	return n, true, put(f.out, b[:n])
}

// cut implements form.
func (l *lines) cut(b []byte, end bool) (r row, size int) {
	at := bytes.IndexByte(b, '\n')
	if at < 0 && !end {
		return row{}, 0
	}
	size = at + 1
	if at < 0 {
		size = len(b)
	}
	line := bytes.TrimSpace(b[:size])
	if len(line) == 0 {
		return row{free: true}, size
	}
	cell, ok := l.cell(line)
	return row{cell: tidy(cell), bad: !ok}, size
}

// cell reads the member of one object. Not ok: no object, the member is missing or no string, something stands twice (also
// in another case: readers differ in which they take), or more follows.
func (l *lines) cell(line []byte) (cell string, ok bool) {
	l.dec.Reset(bytes.NewBuffer(line))
	if t, err := l.dec.ReadToken(); err != nil || t.Kind() != jsontext.KindBeginObject {
		return "", false
	}
	for l.dec.PeekKind() == jsontext.KindString {
		name, err := l.dec.ReadToken()
		if err != nil {
			return "", false
		}
		if text := name.String(); fold(text) != fold(l.member) {
			if l.dec.SkipValue() != nil {
				return "", false
			}
			continue
		}
		value, err := l.dec.ReadToken()
		if err != nil || ok || value.Kind() != jsontext.KindString {
			return "", false
		}
		cell, ok = value.String(), true
	}
	if t, err := l.dec.ReadToken(); err != nil || t.Kind() != jsontext.KindEndObject {
		return "", false
	}
	_, err := l.dec.ReadToken()
	return cell, ok && errors.Is(err, io.EOF)
}
