package main

import (
	"bytes"
	"fmt"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/gin-gonic/gin"

	"github.com/bohoja/bohoja/cmd/bohoja/config"
	"github.com/bohoja/bohoja/consent"
	"github.com/bohoja/bohoja/consent/staff"
	"github.com/bohoja/bohoja/handlers/web"
)

// inventory returns the rows of a section's table, each as its cells.
func inventory(t *testing.T, section string) (rows [][]string) {
	t.Helper()
	text, err := os.ReadFile("../../consent/INVENTORY.md")
	if err != nil {
		t.Fatal(err)
	}
	_, part, _ := strings.Cut(string(text), "# "+section)
	part, _, _ = strings.Cut(part, "\n## ")
	for _, line := range strings.Split(part, "\n") {
		if strings.HasPrefix(line, "| ") {
			rows = append(rows, strings.Split(strings.Trim(line, "| "), " | "))
		}
	}
	if len(rows) < 4 {
		t.Fatalf("%s has %d rows", section, len(rows))
	}
	return rows[1:]
}

var inBackticks = regexp.MustCompile("`([^`]+)`")

// settingsByName are all settings with their default values.
func settingsByName() map[string]string {
	out := map[string]string{"apps": "", "webhooks.allow_private": ""}
	for _, r := range config.Load(config.Source{}).Rows() {
		out[r.Setting] = r.Value
	}
	return out
}

// TestInventoryOfKeys: each class of keys has a row and no other has one, and each kind of digest is named.
func TestInventoryOfKeys(t *testing.T) {
	t.Parallel()
	var told []string
	var digests string
	for _, row := range inventory(t, "Keys") {
		told = append(told, strings.Trim(row[0], "`"))
		if told[len(told)-1] == "digest" {
			digests = row[2]
		}
	}
	want := append(slices.Collect(maps.Keys(lost)), rowAudit, "dkim")
	slices.Sort(want)
	slices.Sort(told)
	if !slices.Equal(told, want) {
		t.Errorf("told of %v, there are %v", told, want)
	}
	source, err := os.ReadFile("../../consent/ports.go")
	if err != nil {
		t.Fatal(err)
	}
	kinds := regexp.MustCompile(`DigestKind += "([^"]+)"`).FindAllStringSubmatch(string(source), -1)
	if n := len(inBackticks.FindAllString(digests, -1)); n != len(kinds) || n == 0 {
		t.Errorf("%d kinds of digests are told, there are %d", n, len(kinds))
	}
	for _, k := range kinds {
		if !strings.Contains(digests, "`"+k[1]+"`") {
			t.Errorf("the digest %s is not told of", k[1])
		}
	}
}

// TestInventoryOfConnections: whatever setting names another end or a door of the service has a row, and each setting that is named exists.
func TestInventoryOfConnections(t *testing.T) {
	t.Parallel()
	var all string
	known := settingsByName()
	for _, row := range inventory(t, "Connections") {
		all += row[1]
		if _, ok := known[strings.Trim(row[1], "`")]; !ok {
			t.Errorf("%s is no setting", row[1])
		}
	}
	ends := 0
	for name := range known {
		last := name[strings.LastIndexByte(name, '.')+1:]
		if name == "public_url" || name == "ops_url" || strings.HasPrefix(name, "operator.") { // told to people, not connected to
			continue
		}
		if strings.HasSuffix(last, "url") || strings.HasSuffix(last, "listen") {
			ends++
			if !strings.Contains(all, "`"+name+"`") {
				t.Errorf("%s has no row", name)
			}
		}
	}
	if ends < 5 {
		t.Errorf("only %d ends were looked for", ends)
	}
}

// TestInventoryOfLogs: a request's line in the log holds no other fields than those that are told, and what is told of settings is there.
func TestInventoryOfLogs(t *testing.T) {
	t.Parallel()
	rows := inventory(t, "Logs")
	var out bytes.Buffer
	log := newLog(&out, config.Log{Level: "info", Format: "json"})
	e := web.NewEngine(web.Options{Log: log, Problems: &web.Problems{Log: log, Book: func() *consent.Book { return &consent.Book{} }}})
	e.GET("/", func(c *gin.Context) {
		web.Note(c, slog.String("app", "a"), slog.String("key", "k"))
		c.Status(http.StatusOK)
	})
	for _, path := range []string{"/", "/v1/nowhere"} {
		e.ServeHTTP(httptest.NewRecorder(), httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, http.NoBody))
	}
	fields := regexp.MustCompile(`[{,]"(\w+)":`).FindAllStringSubmatch(out.String(), -1)
	if len(fields) < 18 {
		t.Fatalf("%d fields in %s", len(fields), out.String())
	}
	for _, f := range fields {
		if !strings.Contains(rows[0][2], "`"+f[1]+"`") {
			t.Errorf("the field %s is not told of", f[1])
		}
	}
	known := settingsByName()
	for _, row := range rows {
		for _, m := range regexp.MustCompile("`((?:log|audit)\\.[a-z]+|ops_listen)`").FindAllStringSubmatch(strings.Join(row, " "), -1) {
			if _, ok := known[m[1]]; !ok {
				t.Errorf("%s is no setting", m[1])
			}
		}
	}
}

// TestInventoryOfLimits: each limit is told as it is.
func TestInventoryOfLimits(t *testing.T) {
	t.Parallel()
	fixed := map[string]any{
		"wrong names or codes, then an hour's pause": consent.MaxTries, "a mailed code lives": consent.CodeLives, "wrong sign-ins of one name": staff.TriesMost, "… within": staff.TriesIn,
		"an idle session": staff.IdleFor, "any session": staff.WholeFor, "an invitation of staff": staff.InviteFor, "bytes of a body": web.MaxBody, "bytes of a scan": consent.MaxScan,
	}
	known, seen := settingsByName(), 0
	for _, row := range inventory(t, "Limits") {
		want := known[strings.Trim(row[2], "`")]
		if row[2] == "–" {
			seen++
			want = fmt.Sprint(fixed[row[0]])
		}
		if row[1] != want {
			t.Errorf("%s: %s is told, it is %s", row[0], row[1], want)
		}
	}
	if seen != len(fixed) {
		t.Errorf("%d of %d limits that nobody sets are told", seen, len(fixed))
	}
}

// TestInventoryOfRoles: what each role of staff may is told as the table of permissions has it.
func TestInventoryOfRoles(t *testing.T) {
	t.Parallel()
	for _, may := range []staff.Permission{
		staff.MaySelf, staff.MayLook, staff.MayExport, staff.MayReveal, staff.MayHelp, staff.MayEnd, staff.MayDestroy, staff.MayRecord, staff.MayRights, staff.MayGate, staff.MayAccount, staff.MayPeople,
	} {
		var roles []string
		for _, r := range staff.Roles {
			if r.May(may) {
				roles = append(roles, string(r))
			}
		}
		told := false
		for _, row := range inventory(t, "Staff, by their roles") {
			if row[0] == "`"+string(may)+"`" {
				told = true
				if row[2] != strings.Join(roles, ", ") {
					t.Errorf("%s: told of %s, it is %v", may, row[2], roles)
				}
			}
		}
		if !told {
			t.Errorf("%s is not told of", may)
		}
	}
}
