package ops

import (
	"bytes"
	"io"
	"mime/multipart"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/bohoja/bohoja/consent"
	"github.com/bohoja/bohoja/consent/staff"
)

// paper is a scan, as far as its first bytes tell.
var paper = []byte("%PDF-1.7\nscan of a signed paper")

// sendPaper sends a form with a file behind its fields; no file when it is nil.
func (w *browser) sendPaper(path string, file []byte, pairs ...string) reply {
	w.Helper()
	var body bytes.Buffer
	m := multipart.NewWriter(&body)
	for i := 0; i+1 < len(pairs); i += 2 {
		w.must(m.WriteField(pairs[i], pairs[i+1]))
	}
	if file != nil {
		part, err := m.CreateFormFile("scan", "scan.pdf")
		w.must(err)
		_, err = part.Write(file)
		w.must(err)
	}
	w.must(m.Close())
	return w.sendBody("POST", path, &body, m.FormDataContentType())
}

func (w *browser) sendBody(method, path string, body io.Reader, media string) reply {
	w.Helper()
	r, err := http.NewRequestWithContext(w.Context(), method, w.server.URL+path, body)
	w.must(err)
	r.Header.Set("Accept-Language", "en")
	r.Header.Set("Content-Type", media)
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	res, err := w.client.Do(r)
	w.must(err)
	defer res.Body.Close()
	raw, err := io.ReadAll(res.Body)
	w.must(err)
	return reply{w.T, res.StatusCode, res.Header, string(raw)}
}

// paperForm is a form as it is filled by who has the paper.
func paperForm(change ...string) []string {
	form := []string{
		"method", "paper", "purpose.account", "yes", "guardian_name", "박보호", "birth_year", "1985", "birth_month", "3", "birth_day", "4",
		"relation", "mother", "declares", "yes", "ref", "box-7", "rev", "1",
	}
	for i := 0; i+1 < len(form); i += 2 {
		for j := 0; j+1 < len(change); j += 2 {
			if form[i] == change[j] {
				form[i+1] = change[j+1]
			}
		}
	}
	return form
}

// A consent on paper counts when two persons have seen it, by its clause (KR-04), and its scan is kept as evidence.
func TestOnPaper(t *testing.T) {
	b := newBureau(t)
	rec := b.askIn(game, "user-1")
	w, other := b.as(staff.Support), b.as(staff.Privacy)
	at := path(rec)
	w.get(at).want(200, "Enter consent given on paper")
	w.get(at+"/file").want(200, "The deadline stays")
	w.post(at+"/grant", "sure", "yes", "no", "1").want(409)
	w.sendPaper(at+"/file", nil, paperForm()...).want(422, "Choose the scan")
	w.sendPaper(at+"/file", []byte("<html>no scan"), paperForm()...).want(422, "PDF, JPEG or PNG")
	w.sendPaper(at+"/file", append(bytes.Clone(paper), make([]byte, consent.MaxScan)...), paperForm()...).want(422, "larger than 2 MiB")
	w.sendPaper(at+"/file", paper, paperForm("purpose.account", "no", "birth_year", "2012", "relation", "x", "declares", "", "ref", "in the box", "guardian_name", "")...).
		want(422, "there is no consent", "not of age", "Write where the paper lies", "Choose what the guardian is to the child", "so.")
	w.sendPaper(at+"/file", paper, paperForm("method", "phone")...).want(422, "a way that this app takes")
	w.sendPaper(at+"/file", paper, paperForm()...).leads(at + "?done=file")
	w.get(at).want(200, "Waits for a second person", "no. 4", "You entered this", consent.MaskName("박보호"), "Agreed to Opening and running the account")
	w.post(at+"/grant", "sure", "yes", "no", "1").want(403, "A colleague has to confirm it")
	other.post(at+"/grant", "sure", "", "no", "1").want(422, "Tick the box")
	other.post(at+"/grant", "sure", "yes", "no", "2").want(409)
	other.post(at+"/scan", "scan_ticket", "").want(422, "Check the ticket")
	seen := other.post(at+"/scan", "scan_ticket", "T-1").want(200)
	if seen.body != string(paper) || seen.header.Get("Content-Type") != "application/pdf" || seen.header.Get("Content-Disposition") != `attachment; filename="`+rec.ID+`.pdf"` || seen.header.Get("X-Content-Type-Options") != "nosniff" {
		t.Errorf("%q, %v", seen.body, seen.header)
	}
	other.post(at+"/grant", "sure", "yes", "no", "1").leads(at + "?done=grant")
	got, err := b.kit.Store.Get(t.Context(), rec.App, rec.ID)
	if err != nil || got.Status != consent.Granted || got.Method != consent.MethodPaper || len(got.Granted) != 1 {
		t.Fatal(got.Status, got.Method, err)
	}
	if r := w.post(at+"/scan", "scan_ticket", "T-2").want(200); r.body != string(paper) {
		t.Error("the scan is no evidence")
	}
	trail, err := b.kit.Store.Trail(t.Context(), rec.App, rec.ID)
	b.must(err)
	var steps []string
	for _, e := range trail {
		if e.Step == consent.StepFile || e.Step == consent.StepGrant {
			steps = append(steps, string(e.Step)+" "+e.Ref+" "+e.Note+" "+string(e.Method))
		}
	}
	one, two := b.hire(staff.Support).ID, b.hire(staff.Privacy).ID
	if want := "file " + one + " paper ; grant " + two + " " + one + " paper"; strings.Join(steps, "; ") != want {
		t.Errorf("%v, want %s", steps, want)
	}
}

// An app that takes neither paper nor telephone has no such form, and a paper that nobody confirmed dies with the request (KR-12).
func TestPaperIsBound(t *testing.T) {
	b := newBureau(t)
	w := b.as(staff.Support)
	shop := b.ask("user-1")
	w.get(path(shop) + "/file").want(409)
	w.sendPaper(path(shop)+"/file", paper, paperForm()...).want(409)
	rec := b.askIn(game, "user-2")
	w.sendPaper(path(rec)+"/file", paper, paperForm()...).leads(path(rec) + "?done=file")
	b.must(b.kit.Store.Advance(t.Context(), 119*time.Hour+time.Minute))
	b.kit.Sweep()
	if entry, scan, err := b.kit.Store.Filed(t.Context(), rec.App, rec.ID); err != nil || len(entry)+len(scan) > 0 {
		t.Errorf("%d bytes are left, %v", len(entry)+len(scan), err)
	}
	if r, err := b.kit.Store.Get(t.Context(), rec.App, rec.ID); err != nil || r.Status != consent.Expired || r.Filed.No != 0 {
		t.Error(r.Status, "filed "+strconv.Itoa(r.Filed.No), err)
	}
}

// A paper is of the guardian for whom it was entered: after a correction it is confirmed by nobody, the page says so, and it is
// entered anew.
func TestPaperIsOfOneGuardian(t *testing.T) {
	b := newBureau(t)
	rec := b.askIn(game, "user-1")
	w, other := b.as(staff.Support), b.as(staff.Privacy)
	at := path(rec)
	w.sendPaper(at+"/file", paper, paperForm()...).leads(at + "?done=file")
	const button, note = "Confirm the consent", "The guardian was changed after this was entered"
	before := other.get(at).want(200, button)
	if strings.Contains(before.body, note) {
		t.Error("a guardian was changed, the page says")
	}
	w.post(at+"/correct", "name", "이다른", "email", "other@example.com").leads(at + "?done=correct")
	for who, one := range map[string]*browser{"who entered it": w, "a colleague": other} {
		if r := one.get(at).want(200, note); strings.Contains(r.body, button) {
			t.Errorf("%s may still confirm it", who)
		}
	}
	other.post(at+"/grant", "sure", "yes", "no", "1").want(409)
	w.sendPaper(at+"/file", paper, paperForm()...).want(409) // the form that showed the guardian of before
	w.get(at+"/file").want(200, "")
	w.sendPaper(at+"/file", paper, paperForm("rev", "2")...).leads(at + "?done=file")
	other.post(at+"/grant", "sure", "yes", "no", "2").leads(at + "?done=grant")
}
