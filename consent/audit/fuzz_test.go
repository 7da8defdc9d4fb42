package audit

import (
	"bufio"
	"bytes"
	"encoding/json"
	"testing"

	"github.com/bohoja/bohoja/consent"
)

// FuzzCheckpoint: a text that is taken for a checkpoint says the same when it is written again.
func FuzzCheckpoint(f *testing.F) {
	c := Checkpoint{Size: 7, Heads: map[string]int64{"shop": 4, "game": 3}}
	f.Add(c.text())
	f.Add(Origin + "\n-1\n\n\n")
	f.Add(c.text() + "head shop 4\n")
	f.Fuzz(func(t *testing.T, text string) {
		got, err := parseCheckpoint(text)
		if err != nil {
			return
		}
		again, err := parseCheckpoint(got.text())
		if err != nil || again.Size != got.Size || again.Root != got.Root || !again.Time.Equal(got.Time) || len(again.Heads) != len(got.Heads) {
			t.Fatalf("%q became %q, %v", text, got.text(), err)
		}
	})
}

// FuzzLines: the lines of a segment are read whole, each once, and a torn end is told.
func FuzzLines(f *testing.F) {
	f.Add([]byte("{}\n{}\n"))
	f.Add([]byte("{}\n{"))
	f.Add([]byte("\n\n"))
	f.Fuzz(func(t *testing.T, content []byte) {
		var read bytes.Buffer
		err := lines(bufio.NewReaderSize(bytes.NewReader(content), maxLine), "x", func(line []byte) error {
			read.Write(bytes.TrimSuffix(line, []byte("\n")))
			read.WriteByte('\n')
			var e consent.Entry
			_ = json.Unmarshal(line, &e)
			return nil
		})
		whole := content[:bytes.LastIndexByte(content, '\n')+1]
		if err == nil && !bytes.Equal(read.Bytes(), content) || err != nil && !bytes.HasPrefix(whole, read.Bytes()) {
			t.Fatalf("of %q was read %q, %v", content, read.Bytes(), err)
		}
	})
}
