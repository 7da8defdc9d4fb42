package rows

import (
	"bytes"
	"context"
	"fmt"
	"strings"

	"golang.org/x/text/unicode/norm"
)

// table cuts CSV. The standard library's reader gives fields without the bytes they came in, passes over empty lines and
// unites line ends; here rows go out as they came.
type table struct {
	*letters
	sep    byte
	stops  [256]bool // what ends the plain run of an unquoted field
	column int       // from 0
	fields int       // of the header, 0 while not known
}

// start finds the separator and the column by the first line.
func (t *table) start(ctx context.Context, f *filter, b []byte, end bool) (n int, ready bool, err error) {
	head := 0
	if bytes.HasPrefix(b, mark) {
		head = len(mark)
	}
	line := b[head:]
	if i := bytes.IndexAny(line, "\r\n"); i >= 0 {
		line = line[:i]
	} else if !end {
		return 0, false, nil
	}
	t.setSeparator(separatorOf(line))
	if f.o.Number > 0 && !f.o.Header {
		t.column = f.o.Number - 1
		return head, true, put(f.out, b[:head])
	}
	names, size := t.header(b[head:], end)
	if size == 0 && !end {
		return 0, false, nil
	}
	f.number++
	if err := t.find(ctx, f, names); err != nil {
		return 0, false, err
	}
	if err := put(f.out, b[:head+size]); err != nil {
		return 0, false, err
	}
	return head + size, true, put(f.rejected, b[:head+size])
}

func (t *table) setSeparator(sep byte) {
	t.sep = sep
	for _, c := range []byte{sep, '\r', '\n', '"', 0} {
		t.stops[c] = true
	}
}

// separatorOf is the candidate that stands most often outside quotation marks; a list of one column has none.
func separatorOf(line []byte) byte {
	best, most := byte(','), 0
	for _, sep := range []byte{',', ';', '\t', '|'} {
		n, quoted := 0, false
		for _, c := range line {
			if c == '"' {
				quoted = !quoted
			} else if c == sep && !quoted {
				n++
			}
		}
		if n > most {
			best, most = sep, n
		}
	}
	return best
}

// header reads the names of the columns.
func (t *table) header(b []byte, end bool) (names []string, size int) {
	t.column = -1
	_, size = t.walk(b, end, func(raw []byte, bad bool) {
		name, ok := t.text(raw)
		if bad || !ok {
			name = ""
		}
		names = append(names, name)
	})
	return names, size
}

// find looks for the column.
func (t *table) find(ctx context.Context, f *filter, names []string) error {
	t.fields = len(names)
	if f.o.Number > 0 {
		if f.o.Number > len(names) {
			return ErrColumn
		}
		t.column = f.o.Number - 1
		return t.unblocked(ctx, f, names[t.column])
	}
	for i, name := range names {
		if fold(name) != fold(f.o.Column) {
			continue
		}
		if t.column >= 0 {
			return ErrTwice
		}
		t.column = i
	}
	if t.column < 0 || fold(f.o.Column) == "" {
		return ErrColumn
	}
	return nil
}

// unblocked checks the cell of a header that nobody named: it may be a row after all.
func (t *table) unblocked(ctx context.Context, f *filter, name string) error {
	verdicts, err := f.ask(ctx, []string{tidy(name)})
	if err != nil {
		return err
	}
	if overmarked(tidy(name)) || verdicts[0] == Blocked {
		return fmt.Errorf("row 1: %w", ErrHeader)
	}
	return nil
}

// fold is the form in which names are compared: files from a Mac hold Korean letters in pieces.
func fold(name string) string { return strings.ToLower(norm.NFKC.String(strings.TrimSpace(name))) }

// cut implements form.
func (t *table) cut(b []byte, end bool) (r row, size int) {
	var cell []byte
	n, found, faulty := 0, false, false
	ended, size := t.walk(b, end, func(raw []byte, bad bool) {
		if n == t.column {
			cell, found = raw, true
		}
		faulty = faulty || bad
		n++
	})
	if size == 0 {
		return row{}, 0
	}
	if ended == 0 && n == 1 && len(cell) == 0 && !faulty { // nothing before the line's end
		return row{free: true}, size
	}
	if t.fields == 0 {
		t.fields = n
	}
	text, ok := t.text(cell)
	return row{cell: tidy(text), bad: faulty || !found || !ok || n != t.fields}, size
}

// walk reads the fields of one row. It returns how many bytes stand before the line's end, and with it; size is 0 when more
// is needed. bad is a field that two readers could understand in two ways.
func (t *table) walk(b []byte, end bool, field func(raw []byte, bad bool)) (length, size int) {
	at := 0
	for {
		raw, next, bad, ok := t.field(b, at, end)
		if !ok {
			return 0, 0
		}
		field(raw, bad)
		if next < len(b) && b[next] == t.sep {
			at = next + 1
			continue
		}
		return next, lineEnd(b, next, end)
	}
}

// lineEnd is where the row that ends at i is over; 0 when a \r stands last and its \n may still come.
func lineEnd(b []byte, i int, end bool) int {
	switch {
	case i >= len(b):
		return i
	case b[i] == '\n':
		return i + 1
	case i+1 < len(b) && b[i+1] == '\n':
		return i + 2
	case i+1 == len(b) && !end:
		return 0
	}
	return i + 1
}

// field reads one field that begins at from, and returns where it ends.
func (t *table) field(b []byte, from int, end bool) (raw []byte, next int, bad, ok bool) {
	if from < len(b) && b[from] == '"' {
		return t.quoted(b, from, end)
	}
	next, bad = t.plainEnd(b, from)
	return b[from:next], next, bad, next < len(b) || end
}

// plainEnd runs to the end of what stands without quotation marks. One inside it, or a NUL, is in doubt.
func (t *table) plainEnd(b []byte, i int) (next int, bad bool) {
	for ; i < len(b); i++ {
		if !t.stops[b[i]] {
			continue
		}
		if b[i] != '"' && b[i] != 0 {
			break
		}
		bad = true
	}
	return i, bad
}

func (t *table) quoted(b []byte, from int, end bool) (raw []byte, next int, bad, ok bool) {
	doubled := false
	for i := from + 1; ; i += 2 {
		at := bytes.IndexByte(b[min(i, len(b)):], '"')
		if at < 0 {
			return nil, len(b), true, end // open to the end of the list
		}
		i += at
		if i+1 == len(b) && !end {
			return nil, 0, false, false
		}
		if i+1 < len(b) && b[i+1] == '"' {
			doubled = true
			continue
		}
		raw = b[from+1 : i]
		next, _ = t.plainEnd(b, i+1)
		bad = next != i+1 || bytes.IndexByte(raw, 0) >= 0
		if doubled {
			raw = bytes.ReplaceAll(raw, []byte(`""`), []byte(`"`))
		}
		return raw, next, bad, next < len(b) || end
	}
}
