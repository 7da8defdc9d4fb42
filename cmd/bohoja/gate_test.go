package main

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/dchest/siphash"
	cp949 "golang.org/x/text/encoding/korean"
	"golang.org/x/text/encoding/unicode"

	"github.com/bohoja/bohoja/consent"
	"github.com/bohoja/bohoja/consent/gate"
	"github.com/bohoja/bohoja/consent/gate/rows"
)

// snapshotOf writes a snapshot that knows these canonical addresses, as of an instant.
func snapshotOf(t *testing.T, asOf time.Time, addresses ...string) string {
	t.Helper()
	key := [16]byte{1, 2, 3}
	var short []uint64
	for _, a := range addresses {
		short = append(short, siphash.Hash(binary.LittleEndian.Uint64(key[:8]), binary.LittleEndian.Uint64(key[8:]), []byte(a)))
	}
	filter, err := gate.Filters{}.Build(short)
	if err != nil {
		t.Fatal(err)
	}
	name := filepath.Join(t.TempDir(), "snapshot")
	write(t, name, gate.Encode(consent.Snapshot{
		App: "shop", Region: "KR", Since: asOf.UnixMilli(), Count: len(short), Filter: filter,
		Keys: map[consent.DigestKind][16]byte{consent.DigestFlagEmail: key, consent.DigestFlagPhone: key, consent.DigestFlagSubject: key},
	}))
	return name
}

func write(t *testing.T, name string, b []byte) {
	t.Helper()
	if err := os.WriteFile(name, b, 0o600); err != nil {
		t.Fatal(err)
	}
}

// onlyThere fails unless nothing at all lies in the folder but these.
func onlyThere(t *testing.T, dir string, names ...string) {
	t.Helper()
	all, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, one := range all {
		got = append(got, one.Name())
	}
	if strings.Join(got, " ") != strings.Join(names, " ") {
		t.Errorf("there are %v, want %v", got, names)
	}
}

// TestFilterKeepsForm: a list comes out in its own encoding, with its own separator and line ends.
func TestFilterKeepsForm(t *testing.T) {
	const list = "이름;이메일\r\n하나;adult@example.com\r\n둘;Kid@Example.com\r\n셋;?\r\n넷;other@example.com"
	const clean = "이름;이메일\r\n하나;adult@example.com\r\n넷;other@example.com"
	const left = "이름;이메일\r\n셋;?\r\n"
	snapshot := snapshotOf(t, time.Now(), "kid@example.com")
	utf16 := unicode.UTF16(unicode.LittleEndian, unicode.UseBOM)
	same := func(s string) (string, error) { return s, nil }
	for name, encode := range map[string]func(string) (string, error){
		"utf-8": same, "cp949": cp949.EUCKR.NewEncoder().String,
		"mark": func(s string) (string, error) { return "\ufeff" + s, nil }, "utf-16": utf16.NewEncoder().String,
	} {
		dir := t.TempDir()
		in, out, rejected := filepath.Join(dir, "in.csv"), filepath.Join(dir, "out.csv"), filepath.Join(dir, "rejected.csv")
		text := func(s string) []byte {
			b, err := encode(s)
			if err != nil {
				t.Fatal(err)
			}
			return []byte(b)
		}
		write(t, in, text(list))
		args := []string{"gate", "filter", "--in", in, "--out", out, "--rejected", rejected, "--column", "이메일", "--snapshot", snapshot}
		if name == "cp949" {
			args = append(args, "--encoding", "euc-kr")
		}
		call(t, nil, args...).want(t, exitAmiss, "4 rows: 2 kept, 1 blocked, 1 unreadable", `"percent":100`)
		for file, want := range map[string]string{out: clean, rejected: left} {
			got, err := os.ReadFile(file)
			if name == "mark" && file == rejected {
				want = strings.TrimPrefix(want, "\ufeff")
			}
			if err != nil || !bytes.Equal(bytes.TrimPrefix(got, []byte("\ufeff")), bytes.TrimPrefix(text(want), []byte("\ufeff"))) {
				t.Errorf("%s: %v\n%q, want\n%q", name, err, got, text(want))
			}
		}
		if info, err := os.Stat(out); err != nil || info.Mode().Perm()&0o077 != 0 {
			t.Errorf("others may read the list: %v %v", info.Mode(), err)
		}
		onlyThere(t, dir, "in.csv", "out.csv", "rejected.csv")
	}
}

// TestFilterStale: without the server the age of the snapshot is the age of the answer.
func TestFilterStale(t *testing.T) {
	dir := t.TempDir()
	in, out := filepath.Join(dir, "in.csv"), filepath.Join(dir, "out.csv")
	write(t, in, []byte("email\nadult@example.com\n"))
	for name, c := range map[string]struct {
		asOf  time.Time
		stale bool
	}{
		"fresh": {time.Now().Add(-14 * time.Minute), false}, "old": {time.Now().Add(-16 * time.Minute), true},
		"of another clock": {time.Now().Add(time.Hour), true},
	} {
		args := []string{"gate", "filter", "--in", in, "--out", out, "--column", "email", "--snapshot", snapshotOf(t, c.asOf)}
		got := call(t, nil, args...)
		if !c.stale {
			got.want(t, exitFine, "1 kept")
			_ = os.Remove(out)
			continue
		}
		got.want(t, exitUsage, "--i-will-recheck-before-sending")
		if _, err := os.Stat(out); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s: there is a list: %v", name, err)
		}
		got = call(t, nil, append(args, "--i-will-recheck-before-sending")...)
		got.want(t, exitFine, "CHECK AGAIN before sending")
		_ = os.Remove(out)
		if f := read[filtered](t, call(t, nil, append(args, "--i-will-recheck-before-sending", "--json")...)); !f.Recheck || f.Confirmed || f.AsOf.IsZero() {
			t.Errorf("%s: %+v", name, f)
		}
		_ = os.Remove(out)
	}
}

// TestFilterWhole: a fault in the last row leaves what was there before, and nothing else.
func TestFilterWhole(t *testing.T) {
	dir := t.TempDir()
	in, out := filepath.Join(dir, "in.csv"), filepath.Join(dir, "out.csv")
	write(t, in, []byte("email\n"+strings.Repeat("adult@example.com\n", 20_000)+`"`+strings.Repeat("x", 2<<20)))
	write(t, out, []byte("yesterday's"))
	call(t, nil, "gate", "filter", "--in", in, "--out", out, "--rejected", filepath.Join(dir, "r.csv"), "--column", "email", "--snapshot", snapshotOf(t, time.Now())).
		want(t, exitFailed, "nothing was written", "row 20002", `"done":false`)
	if got, err := os.ReadFile(out); err != nil || string(got) != "yesterday's" {
		t.Errorf("%q %v", got, err)
	}
	onlyThere(t, dir, "in.csv", "out.csv")
}

// TestFilterUsage: what is wrong with the command line is told before anything is opened.
func TestFilterUsage(t *testing.T) {
	dir := t.TempDir()
	in := filepath.Join(dir, "in.csv")
	write(t, in, []byte("email\nadult@example.com\n"))
	snapshot := snapshotOf(t, time.Now())
	for _, c := range []struct{ args, say string }{
		{"", "are needed"}, {"--in IN --out OUT", "are needed"}, {"--in IN --out IN --column 1", "different files"},
		{"--in IN --out OUT --rejected OUT --column 1", "different files"}, {"--in IN --out OUT --column 1 --as name", "--as"},
		{"--in IN --out OUT --column 1 --format xls", "--format"}, {"--in IN --out OUT --column 1 --confirm", "--snapshot"},
		{"--in IN --out OUT --column 1 --kind mail", "--kind"}, {"--in IN --out OUT --column 1 --basis none", "--basis"},
		{"--in IN --out OUT --column name --snapshot SNAP", "no such column"}, {"--in IN --out OUT --column 2 --header --snapshot SNAP", "no such column"},
		{"--in IN --out OUT --column 1", "BOHOJA_API_KEY"}, {"--in IN --out OUT --column 1 --snapshot IN", "not a snapshot"},
	} {
		args := []string{"gate", "filter"}
		for _, word := range strings.Fields(c.args) {
			args = append(args, strings.NewReplacer("IN", in, "OUT", filepath.Join(dir, "out.csv"), "SNAP", snapshot).Replace(word))
		}
		call(t, nil, args...).want(t, exitUsage, c.say)
	}
	onlyThere(t, dir, "in.csv")
	call(t, nil, "gate", "milter", "--header", "제목").want(t, exitUsage, "--header")
	call(t, nil, "gate", "milter", "--listen", "").want(t, exitUsage, "--policy")
	call(t, nil, "gate", "milter", "--tag", "--policy", "127.0.0.1:0").want(t, exitUsage, "refuse")
	call(t, nil, "gate", "milter", "--kind", "mail").want(t, exitUsage, "--kind")
}

// TestFilterOthers: telephone numbers and references, NDJSON by the file's name, and standard input.
func TestFilterOthers(t *testing.T) {
	dir := t.TempDir()
	in, out := filepath.Join(dir, "in.JSONL"), filepath.Join(dir, "out")
	write(t, in, []byte("{\"p\":\"010-1234-5678\"}\n{\"p\":\"+82 10 8765 4321\"}\n{\"p\":\"\"}\n"))
	snapshot := snapshotOf(t, time.Now(), "+821012345678", "shop\x00user-1")
	call(t, nil, "gate", "filter", "--in", in, "--out", out, "--column", "p", "--as", "phone", "--snapshot", snapshot).
		want(t, exitAmiss, "3 rows: 1 kept, 1 blocked, 1 unreadable")
	var stdout, stderr bytes.Buffer
	code := run(t.Context(), []string{"gate", "filter", "--in", "-", "--out", out, "--column", "1", "--as", "subject", "--snapshot", snapshot}, nil,
		strings.NewReader("user-1,x\nuser-2,x\n"), &stdout, &stderr)
	if got, _ := os.ReadFile(out); code != exitFine || string(got) != "user-2,x\n" || strings.Contains(stderr.String(), "percent") {
		t.Errorf("%d %q %s", code, got, stderr.String())
	}
}

// TestFilterApostrophe: a snapshot clears nobody whom a spreadsheet's apostrophe hides, in any column and encoding.
func TestFilterApostrophe(t *testing.T) {
	dir := t.TempDir()
	in, out := filepath.Join(dir, "in.csv"), filepath.Join(dir, "out.csv")
	snapshot := snapshotOf(t, time.Now(), "kid@example.com", "+821012345678", "shop\x00user-1")
	signs, err := cp949.EUCKR.NewEncoder().String("’＇‘")
	if err != nil {
		t.Fatal(err)
	}
	for as, flagged := range map[string]string{"email": "kid@example.com", "phone": "010-1234-5678", "subject": "user-1"} {
		list := "이름,v\n"
		for _, sign := range []string{"", "'", "''", "’", "＇", "‘", " '"} {
			list += "아무개," + sign + flagged + "\n"
		}
		write(t, in, []byte(list+"어른,adult@example.com\n어른,010-8765-4321\n어른,user-2\n"))
		call(t, nil, "gate", "filter", "--in", in, "--out", out, "--column", "v", "--as", as, "--snapshot", snapshot)
		if b, err := os.ReadFile(out); err != nil || bytes.Contains(b, []byte(flagged)) || !bytes.Contains(b, []byte("어른")) {
			t.Errorf("%s: %q, %v", as, b, err)
		}
		korean := "v\n"
		for _, sign := range []string{signs[:2], signs[2:4], signs[4:]} {
			korean += sign + flagged + "\n"
		}
		write(t, in, []byte(korean))
		call(t, nil, "gate", "filter", "--in", in, "--out", out, "--column", "v", "--as", as, "--snapshot", snapshot, "--encoding", "cp949").
			want(t, exitFine, "3 rows: 0 kept, 3 blocked, 0 unreadable")
	}
}

func TestProgressBar(t *testing.T) {
	var out bytes.Buffer
	now := time.Now()
	p := &progress{to: &out, bar: true, size: 200, clock: func() time.Time { return now }}
	p.read = 100
	p.tell(rows.Counts{Rows: 5, Kept: 4, Blocked: 1})
	p.tell(rows.Counts{Rows: 6}) // too soon
	now, p.read = now.Add(time.Second), 300
	p.end(rows.Counts{Rows: 7}, true)
	want := "\r[###############...............]  50 %  5 rows, 1 blocked, 0 unreadable \r[##############################] 100 %  7 rows, 0 blocked, 0 unreadable \n"
	if out.String() != want {
		t.Errorf("%q, want %q", out.String(), want)
	}
}

// Two names of one file are one file, also before it is there; where case makes no difference, in any case.
func TestSamePath(t *testing.T) {
	here, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		a, b       string
		fold, want bool
	}{
		{"clean.csv", "./clean.csv", false, true}, {"clean.csv", filepath.Join(here, "clean.csv"), false, true}, {"a/../clean.csv", "clean.csv", false, true},
		{"Clean.csv", "clean.CSV", false, false}, {"Clean.csv", "clean.CSV", true, true}, {"명단.csv", "./명단.csv", true, true}, {"a.csv", "b.csv", true, false},
	} {
		if got := samePath(c.a, c.b, c.fold); got != c.want {
			t.Errorf("%s, %s: %v", c.a, c.b, got)
		}
	}
}

// A file that a scanner or a spreadsheet holds is waited for; who holds it for good is asked to close it, and the list stays as it was.
func TestReplaceHeldFile(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir := t.TempDir()
		from, to := filepath.Join(dir, "new"), filepath.Join(dir, "list.csv")
		write(t, from, []byte("new"))
		write(t, to, []byte("old"))
		tries := 0
		busy := func(free int) func(string, string) error {
			tries = 0
			return func(a, b string) error {
				if tries++; tries < free {
					return &os.LinkError{Op: "rename", Old: a, New: b, Err: fs.ErrPermission}
				}
				return os.Rename(a, b)
			}
		}
		isHeld := func(err error) bool { return errors.Is(err, fs.ErrPermission) }
		if err := replace(from, to, busy(99), isHeld); err == nil || !strings.Contains(err.Error(), "close the program that has list.csv open") || tries != renameTries {
			t.Errorf("held for good: %v after %d tries", err, tries)
		}
		if err := replace(from, to, busy(1), func(error) bool { return false }); err != nil {
			t.Error(err)
		}
		write(t, from, []byte("newer"))
		if err := replace(from, to, busy(4), isHeld); err != nil || tries != 4 {
			t.Errorf("%v after %d tries", err, tries)
		}
		if b, err := os.ReadFile(to); string(b) != "newer" {
			t.Errorf("%q, %v", b, err)
		}
		if err := replace(from, to, busy(99), func(error) bool { return false }); err == nil || tries != 1 {
			t.Errorf("another error: %v after %d tries", err, tries)
		}
	})
}
