package api_test

import (
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/bohoja/bohoja/consent"
	"github.com/bohoja/bohoja/consent/consenttest"
)

// digests reads an exported list.
func (h *house) digests(query string) (list, next string) {
	h.t.Helper()
	r := h.call("GET", "/v1/marketing/export?form=csv"+query, nil).want(200, "")
	return string(r.Body), r.Header.Get("Bohoja-Next")
}

func TestExport(t *testing.T) {
	h := open(t)
	h.minor(object{"email": "kid@example.com"})
	h.signup("user-1")
	list, _ := h.digests("")
	lines := strings.Split(strings.TrimSuffix(list, "\n"), "\n")
	if lines[0] != "digest" || len(lines) != 4 { // the child's address (flagged twice), telephone and subject, not the guardian's address
		t.Fatalf("%q", lines)
	}
	again := h.call("GET", "/v1/marketing/export", nil).want(200, "")
	for _, line := range lines[1:] {
		if !strings.Contains(string(again.Body), `{"digest":"`+line+`"}`+"\n") || len(line) != 2*consent.ExportSize {
			t.Errorf("%q is not in the other form: %s", line, again.Body)
		}
	}
	h.Advance(3 * time.Hour)
	_, next := h.digests("")
	h.minor(object{"email": "later@example.com"})
	added, _ := h.digests("&since=" + next)
	if later := h.Vault.Digest(consent.DigestFlagEmail, "later@example.com"); added != fmt.Sprintf("digest\n%x\n", later[:consent.ExportSize]) {
		t.Errorf("added is %q", added)
	}
	if all, _ := h.digests("&since=99999999999999"); strings.Count(all, "\n") != 5 {
		t.Errorf("since an instant that is yet to come: %q", all)
	}
	h.call("GET", "/v1/marketing/export?form=xml", nil).want(422, "invalid")
	h.call("GET", "/v1/marketing/export?since=x", nil).want(422, "invalid")
}

// What ended is in no list, and a flag that was taken back neither; who is known only as a guardian never was.
func TestExportOfNobody(t *testing.T) {
	h := open(t)
	id := h.minor(object{"email": "kid@example.com", "age": 13})
	h.call("DELETE", "/v1/minors/"+id, object{"reason": "a mistake"}).want(204, "")
	h.minor(object{"phone": "010-1234-5678", "age": 13})
	h.Advance(3 * 366 * 24 * time.Hour)
	if list, _ := h.digests(""); list != "digest\n" {
		t.Errorf("%q", list)
	}
	if list := h.call("GET", "/v1/marketing/export", nil).want(200, ""); len(list.Body) != 0 {
		t.Errorf("%q", list.Body)
	}
}

// A store that is away gives no list, not an empty one.
func TestExportWithoutAStore(t *testing.T) {
	server := consenttest.Redis(t)
	h := openOn(t, consenttest.NewOn(t, server.URL(), t.TempDir()))
	h.minor(object{"email": "kid@example.com"})
	h.call("GET", "/v1/marketing/export", nil).want(200, "")
	server.Kill()
	h.call("GET", "/v1/marketing/export", nil).want(503, "unavailable")
}

// The recipes of consent/gate/README.md are run as they stand there, with a list, its keys and a file of one's own.
func TestExportRecipes(t *testing.T) {
	h := open(t)
	h.minor(object{"email": "kid@example.com"})
	dir := t.TempDir()
	list, _ := h.digests("")
	keys := h.call("GET", "/v1/marketing/export/keys", nil).want(200, "")
	for name, content := range map[string]string{
		"flagged.csv": list, "keys.json": string(keys.Body),
		"list.csv": "email,name\nadult@example.com,A\nKid+news@example.com,K\n", "canonical.txt": "adult@example.com\nkid@example.com\n",
	} {
		must(t, os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600))
	}
	readme, err := os.ReadFile("../../consent/gate/README.md")
	must(t, err)
	for name, want := range map[string]string{"python": "email,name\nadult@example.com,A\n", "openssl": "kid@example.com\n"} {
		t.Run(name, func(t *testing.T) {
			_, recipe, found := strings.Cut(string(readme), "<!-- run: "+name+" -->\n```sh\n")
			recipe, _, ended := strings.Cut(recipe, "```")
			if !found || !ended {
				t.Fatal("the README has no such recipe")
			}
			cmd := exec.CommandContext(t.Context(), "bash", "-eu", "-o", "pipefail", "-c", recipe)
			cmd.Dir = dir
			out, err := cmd.CombinedOutput()
			if err != nil || strings.ReplaceAll(string(out), "\r", "") != want {
				t.Errorf("%v: %q, want %q", err, out, want)
			}
		})
	}
}

func TestPlainDigests(t *testing.T) {
	h := open(t)
	h.minor(object{"email": "kid@example.com"})
	h.signup("user-1")
	ask := object{"identities": []object{
		{"email": " Kid@Example.com"}, {"email": "adult@example.com"}, {"phone": "010-1234-5678"}, {"email": guardianEmail + ".user-1@example.com"},
	}}
	h.call("POST", "/v1/marketing/export/sha256", ask).want(http.StatusForbidden, "forbidden")
	h.Service.Book().Gate.PlainSHA256 = true
	got := h.call("POST", "/v1/marketing/export/sha256", ask).want(200, "").json()
	// printf kid@example.com | sha256sum; printf +821012345678 | sha256sum
	want := "[" + sumOf(t, "kid@example.com") + " " + sumOf(t, "+821012345678") + "]"
	if fmt.Sprint(got["sha256"]) != want || !strings.Contains(fmt.Sprint(got["warning"]), "disclosure") {
		t.Errorf("%v, want %s", got, want)
	}
	h.call("POST", "/v1/marketing/export/sha256", object{"identities": []object{{"email": "?"}}}).want(422, "invalid")
}

// sumOf asks the system's own tool.
func sumOf(t *testing.T, text string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "sha256sum")
	cmd.Stdin = strings.NewReader(text)
	out, err := cmd.Output()
	must(t, err)
	return string(out[:64])
}
