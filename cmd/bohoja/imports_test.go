package main

import (
	"bytes"
	"encoding/json"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/bohoja/bohoja/"

// pkg is what `go list -json` tells of a package.
type pkg struct {
	ImportPath string
	Imports    []string
	Doc        string
	Name       string
}

func packages(t *testing.T) []pkg {
	t.Helper()
	out, err := exec.Command("go", "list", "-json=ImportPath,Imports,Doc,Name", module+"...").Output()
	if err != nil {
		t.Fatal(err)
	}
	var all []pkg
	for dec := json.NewDecoder(bytes.NewReader(out)); dec.More(); {
		var p pkg
		if err := dec.Decode(&p); err != nil {
			t.Fatal(err)
		}
		all = append(all, p)
	}
	if len(all) < 15 {
		t.Fatalf("only %d packages were listed", len(all))
	}
	return all
}

// rooms says which packages of this module a package may import. A name ends with /... for all below it; what is not
// listed may import nothing of the module. The way is cmd → handlers → web → {consent, templates}; adapters import the
// domain and not each other, save the store, which writes the outbox's jobs in the same script.
var rooms = map[string][]string{
	"consent":                   nil,
	"consent/seal":              {"consent", "consent/seal/keyfile"},
	"consent/seal/keyfile":      {"consent"},
	"consent/seal/escrow":       {"consent/seal/keyfile"},
	"consent/link":              {"consent", "consent/seal/keyfile"},
	"consent/audit":             {"consent"},
	"consent/gate":              {"consent", "consent/gate/rows"},
	"consent/gate/rows":         nil,
	"consent/gate/milter":       {"consent/gate/rows"},
	"consent/webhook":           {"consent"},
	"consent/rehearsal":         {"consent"},
	"consent/redisstore/script": {"consent"},
	"consent/outbox":            {"consent", "consent/redisstore/script"},
	"consent/staff":             {"consent"},
	"consent/redisstore":        {"consent", "consent/outbox", "consent/redisstore/script", "consent/staff"},
	"consent/consenttest":       {"consent", "consent/..."},
	"consent/consenttest/ports": nil,
	"consent/proof":             nil, // tests only
	"templates":                 {"consent"},
	"templates/browsertest":     nil,
	"mailer":                    {"consent", "templates"},
	"mailer/bounces":            nil,
	"mailer/catcher":            nil,
	"mailer/mailertest":         {"mailer/catcher"},
	"handlers":                  {"handlers/web"},
	"handlers/web":              {"consent", "templates"},
	"handlers/api":              {"consent", "consent/gate", "consent/gate/rows", "templates", "handlers/web"},
	"handlers/api/client":       {"consent", "consent/gate"},
	"handlers/api/recipes/go":   {"handlers/api/client", "consent/webhook"},
	"handlers/guardian":         {"consent", "templates", "handlers/web"},
	"handlers/embed":            {"consent", "templates", "handlers/web"},
	"handlers/ops":              {"consent", "consent/gate", "consent/gate/rows", "consent/staff", "templates", "handlers/web"},
	"handlers/dev":              {"consent", "templates", "handlers/web", "mailer/catcher"},
	"cmd/bohoja/config":         {"consent"},
	"cmd/bohoja":                {"consent", "consent/...", "templates", "mailer", "mailer/bounces", "mailer/catcher", "handlers", "handlers/...", "cmd/bohoja/config", "cmd/demoshop/shop"},
	"cmd/demoshop":              {"cmd/demoshop/shop", "handlers/api/client", "handlers/web"},
	"cmd/demoshop/shop":         {"handlers/api/client", "templates", "consent", "consent/webhook"},
}

// homes says where a technology may live.
var homes = map[string][]string{
	"github.com/gin-gonic/gin":       {"handlers"},
	"github.com/redis/go-redis/":     {"consent/redisstore", "consent/outbox", "consent/gate", "consent/consenttest", "cmd/bohoja"},
	"github.com/alicebob/miniredis/": {"consent/consenttest", "cmd/bohoja"},
	"github.com/wneessen/go-mail":    {"mailer"},
	"github.com/emersion/":           {"mailer", "consent/gate/milter"},
	"github.com/golang-jwt/":         {"consent/link"},
	"github.com/tink-crypto/":        {"consent/seal"},
	"filippo.io/age":                 {"consent/seal/escrow"},
	"code.dny.dev/ssrf":              {"consent/webhook"},
	"github.com/prometheus/":         {"handlers/ops", "cmd/bohoja"},
	"github.com/spf13/cobra":         {"cmd/bohoja"},
	"github.com/pquerna/":            {"consent/staff"},
	"github.com/boombuler/":          {"handlers/ops"},
	"github.com/nyaruka/":            {"consent/gate"},
	"testing":                        {"consent/consenttest", "mailer/mailertest", "templates/browsertest"},
}

func may(name, imported string) bool {
	for _, allowed := range rooms[name] {
		below, all := strings.CutSuffix(allowed, "...")
		if imported == allowed || all && strings.HasPrefix(imported, below) {
			return true
		}
	}
	return false
}

func TestImports(t *testing.T) {
	for _, p := range packages(t) {
		name := strings.TrimPrefix(p.ImportPath, module)
		if _, known := rooms[name]; !known {
			t.Errorf("%s has no line in rooms: say what it may import", name)
		}
		for _, i := range p.Imports {
			if inner, ours := strings.CutPrefix(i, module); ours && !may(name, inner) {
				t.Errorf("%s imports %s", name, inner)
			}
		}
	}
}

func TestHomes(t *testing.T) {
	for _, p := range packages(t) {
		name := strings.TrimPrefix(p.ImportPath, module)
		for _, i := range p.Imports {
			for technology, allowed := range homes {
				at := i == technology || strings.HasSuffix(technology, "/") && strings.HasPrefix(i, technology) || strings.HasPrefix(i, technology+"/")
				if at && !slices.ContainsFunc(allowed, func(home string) bool { return strings.HasPrefix(name, home) }) {
					t.Errorf("%s imports %s, which lives in %v", name, i, allowed)
				}
			}
		}
	}
}

// weak says who may use what is no good for secrets, and for what.
var weak = map[string][]string{
	"crypto/sha1":  {"consent/redisstore/script", "consent/consenttest"},                  // Redis calls scripts by it
	"math/rand/v2": {"consent/redisstore", "consent/outbox", "consent/consenttest/ports"}, // which records are looked at, when a job is tried again
}

// TestSecretsAreMadeWell: what is random comes from crypto/rand, and no package takes a hash or a cipher that is broken, or one from
// elsewhere than the standard library, Tink, age and Argon2.
func TestSecretsAreMadeWell(t *testing.T) {
	good := []string{"crypto/aes", "crypto/cipher", "crypto/ecdsa", "crypto/ed25519", "crypto/elliptic", "crypto/hmac", "crypto/rand", "crypto/rsa", "crypto/sha256", "crypto/subtle", "crypto/tls", "crypto/x509", "crypto/x509/pkix"}
	used := map[string]bool{}
	for _, p := range packages(t) {
		name := strings.TrimPrefix(p.ImportPath, module)
		for _, i := range p.Imports {
			used[i] = true
			switch {
			case strings.HasPrefix(i, "math/rand"), i == "crypto/sha1":
				if !slices.Contains(weak[i], name) {
					t.Errorf("%s imports %s: secrets are made by crypto/rand, and digests by SHA-256", name, i)
				}
			case strings.HasPrefix(i, "crypto/") && !slices.Contains(good, i), strings.HasPrefix(i, "golang.org/x/crypto/") && i != "golang.org/x/crypto/argon2", i == "unsafe", i == "C":
				t.Errorf("%s imports %s", name, i)
			case i == "os/exec" && name != "consent/consenttest":
				t.Errorf("%s starts other programs", name)
			}
		}
	}
	for _, i := range []string{"crypto/rand", "crypto/sha1", "math/rand/v2", "golang.org/x/crypto/argon2"} {
		if !used[i] {
			t.Errorf("nobody imports %s: this test is blind, or says too much", i)
		}
	}
}

// TestDomainKnowsNoTechnology: the domain stands on the standard library and on tables of Unicode alone.
func TestDomainKnowsNoTechnology(t *testing.T) {
	for _, p := range packages(t) {
		if p.ImportPath != module+"consent" {
			continue
		}
		for _, i := range p.Imports {
			outside := strings.Contains(strings.Split(i, "/")[0], ".")
			if outside && !strings.HasPrefix(i, "golang.org/x/text/") && i != "golang.org/x/net/idna" {
				t.Errorf("the domain imports %s", i)
			}
			if slices.Contains([]string{"net/http", "database/sql", "os", "html/template"}, i) {
				t.Errorf("the domain imports %s", i)
			}
		}
	}
}

func TestPackagesAreDocumented(t *testing.T) {
	for _, p := range packages(t) {
		want := "Package " + p.Name + " "
		if p.Name == "main" {
			want = "Command " + path.Base(p.ImportPath) + " "
		}
		if !strings.HasPrefix(p.Doc, want) {
			t.Errorf("%s: its comment begins %q, not %q", p.ImportPath, p.Doc, want)
		}
	}
}

// TestDecisionsHaveNumbersOfTheirOwn: a comment that names a decision names one.
func TestDecisionsHaveNumbersOfTheirOwn(t *testing.T) {
	names, err := filepath.Glob("../../consent/adr/[0-9]*.md")
	if err != nil || len(names) == 0 {
		t.Fatal("no decisions", err)
	}
	taken := map[string]string{}
	for _, name := range names {
		number := filepath.Base(name)[:4]
		if other := taken[number]; other != "" {
			t.Errorf("%s and %s have one number", other, name)
		}
		taken[number] = name
	}
}
