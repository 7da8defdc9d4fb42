//go:build proof

package proof

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/bohoja/bohoja/consent"
	"github.com/bohoja/bohoja/consent/consenttest"
)

// A step's writes lie in the file between MULTI and EXEC. When a power cut tears the file inside a command of theirs, Redis
// (aof-load-truncated yes) takes off that command alone: the next step is written behind a half, and at the restart after
// that the half comes to life with it. So it is recommended to say no, and to let redis-check-aof take off the whole step.
func TestTornStep(t *testing.T) {
	for setting, sound := range map[string]bool{"no": true, "yes": false} {
		t.Run(setting, func(t *testing.T) {
			server := consenttest.Redis(t, "aof-load-truncated", setting)
			k := kitOn(t, server.URL(), t.TempDir())
			r := &walk{walker: &walker{kit: k}, subject: "first"}
			step := func(op, subject string) {
				r.subject = subject
				if err := r.do(t.Context(), op); err != nil {
					t.Fatal(op, err)
				}
			}
			step("signup", "first")
			step("signup", "torn")
			server.Kill()
			tear(t, server)
			server.Restart()
			step("signup", "third")
			server.Restart()
			faults, err := k.Store.Check(t.Context(), "shop")
			if err != nil {
				t.Fatal(err)
			}
			faults = append(faults, untold(t, k, "torn")...)
			whole := []string{"first", "third"} // the torn step was acknowledged by nobody whose disk keeps its word
			lost := missing(t, k, whole)
			t.Logf("P2 torn step, aof-load-truncated %s: %d acknowledged, %d lost, %d things half done", setting, len(whole), lost, len(faults))
			if lost > 0 {
				t.Errorf("%d of %q are lost", lost, whole)
			}
			if sound && len(faults) > 0 {
				t.Errorf("half done: %q", faults)
			}
			if !sound && len(faults) == 0 {
				t.Errorf("nothing is half done: this Redis has mended it, and adr/0007 may be changed")
			}
		})
	}
}

// missing counts the subjects that have no request.
func missing(t *testing.T, k *consenttest.Kit, subjects []string) (lost int) {
	t.Helper()
	for _, subject := range subjects {
		found, err := k.Store.Subject(t.Context(), "shop", subject)
		if err != nil {
			t.Fatal(err)
		}
		if len(found) != 1 {
			lost++
		}
	}
	return lost
}

// untold lists the requests of a subject of which no event tells: the event is the last thing that a signup writes.
func untold(t *testing.T, k *consenttest.Kit, subject string) (out []string) {
	t.Helper()
	found, err := k.Store.Subject(t.Context(), "shop", subject)
	if err != nil {
		t.Fatal(err)
	}
	page, err := k.Store.Events(t.Context(), "shop", "", 500)
	if err != nil {
		t.Fatal(err)
	}
	for _, rec := range found {
		if !slices.ContainsFunc(page, func(e consent.Event) bool { return e.Data.ID == rec.ID }) {
			out = append(out, rec.ID+" is there, and no event tells of it")
		}
	}
	return out
}

// tear cuts the newest file in the middle of its last step, inside a command.
func tear(t *testing.T, server *consenttest.RedisServer) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(server.Dir, "appendonlydir", "*.incr.aof"))
	if err != nil || len(files) != 1 {
		t.Fatal(files, err)
	}
	text, err := os.ReadFile(files[0])
	if err != nil {
		t.Fatal(err)
	}
	step := bytes.LastIndex(text, []byte("MULTI\r\n"))
	if step < 0 {
		t.Fatal("there is no step in the file")
	}
	middle := step + (len(text)-step)/2
	for text[middle] == '\n' || text[middle] == '\r' || text[middle] == '*' {
		middle++
	}
	if err := os.Truncate(files[0], int64(middle)); err != nil {
		t.Fatal(err)
	}
}
