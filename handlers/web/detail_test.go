package web_test

import (
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/gin-gonic/gin"

	"github.com/bohoja/bohoja/consent"
	"github.com/bohoja/bohoja/handlers/web"
	"github.com/bohoja/bohoja/templates"
)

// TestDetailByLanguage: errors speak English unless another language is asked for, and never share what was put into one.
func TestDetailByLanguage(t *testing.T) {
	shared := &consent.Error{
		Kind: consent.KindInvalid, Code: "invalid", Detail: "fields are wrong; see errors",
		Fields: []consent.FieldError{{Pointer: "/a", Code: "duplicate_name", Detail: "this name stands twice"}},
	}
	b := newBench(t, func(*gin.Context) error { return shared })
	for _, c := range []struct{ accept, lang, detail, field string }{
		{"ko-KR,ko;q=0.9,en;q=0.8", "ko", "값이 올바르지 않습니다: fields are wrong; see errors", "같은 이름이 두 번 있습니다"},
		{"", "en", "fields are wrong; see errors", "this name stands twice"},
		{"en, ko;q=0.5", "en", "fields are wrong; see errors", "this name stands twice"},
		{"fr", "en", "fields are wrong; see errors", "this name stands twice"},
		{"{{{", "en", "fields are wrong; see errors", "this name stands twice"},
	} {
		w := b.ask("GET", "/v1/c/x", "Accept-Language", c.accept)
		var p web.Problem
		if err := json.Unmarshal(w.Body.Bytes(), &p); err != nil {
			t.Fatal(err)
		}
		if p.Detail != c.detail || len(p.Errors) != 1 || p.Errors[0].Detail != c.field || w.Header().Get("Content-Language") != c.lang {
			t.Errorf("%q: %s %s", c.accept, w.Header().Get("Content-Language"), w.Body)
		}
	}
	for code, want := range map[string]string{"some_code": "a sentence", "on_hold": "정정 요청을 처리하는 중이므로, 답할 때까지 자료를 이용할 수 없습니다"} {
		b := newBench(t, func(*gin.Context) error {
			return &consent.Error{Kind: consent.KindOnHold, Code: code, Detail: "a sentence"}
		})
		if w := b.ask("GET", "/v1/c/x", "Accept-Language", "ko"); !strings.Contains(w.Body.String(), want) {
			t.Errorf("%s: %s", code, w.Body)
		}
	}
	b = newBench(t, func(*gin.Context) error { return &consent.Error{Kind: consent.KindBusy, Code: "busy"} })
	if w := b.ask("GET", "/v1/c/x"); !strings.Contains(w.Body.String(), "come back after Retry-After") {
		t.Errorf("an error without a sentence: %s", w.Body)
	}
}

// spoken are the packages whose errors become problem documents of programs.
var spoken = []string{"../../consent", "../../consent/redisstore", "../../consent/gate", "../api", "../embed", "../web", "../dev"}

// TestEveryCodeInEveryLanguage reads the sources for the codes of errors and of their fields.
func TestEveryCodeInEveryLanguage(t *testing.T) {
	found := map[string]token.Position{}
	set := token.NewFileSet()
	for _, dir := range spoken {
		names, err := filepath.Glob(dir + "/*.go")
		if err != nil || len(names) == 0 {
			t.Fatal(dir, err)
		}
		for _, name := range names {
			if strings.HasSuffix(name, "_test.go") {
				continue
			}
			file, err := parser.ParseFile(set, name, nil, parser.SkipObjectResolution)
			if err != nil {
				t.Fatal(err)
			}
			ast.Inspect(file, func(n ast.Node) bool {
				for _, code := range codesIn(n) {
					found[code] = set.Position(n.Pos())
				}
				return true
			})
		}
	}
	if len(found) < 80 {
		t.Fatalf("only %d codes were found: %v", len(found), slices.Sorted(maps.Keys(found)))
	}
	for _, code := range slices.Sorted(maps.Keys(found)) {
		for _, lang := range templates.Languages() {
			if !templates.Words(lang).Has("detail." + code) {
				t.Errorf("%s: the code %s has no sentence in %s", found[code], code, lang)
			}
		}
	}
	t.Logf("%d codes in %v", len(found), templates.Languages())
}

// codesIn lists the codes that an expression gives to an error: by the field Code, as the third of a Refusal, or as an argument of one
// of the functions that make faults.
func codesIn(n ast.Node) []string {
	var at []ast.Expr
	switch n := n.(type) {
	case *ast.KeyValueExpr:
		if key, ok := n.Key.(*ast.Ident); ok && key.Name == "Code" {
			at = append(at, n.Value)
		}
	case *ast.CompositeLit:
		if kind, ok := n.Type.(*ast.Ident); ok && kind.Name == "Refusal" && len(n.Elts) == 4 {
			at = append(at, n.Elts[2])
		}
	case *ast.CallExpr:
		if place, ok := makers[calledName(n)]; ok && len(n.Args) > place {
			at = append(at, n.Args[place])
		}
	}
	var out []string
	for _, one := range at {
		if lit, ok := one.(*ast.BasicLit); ok && lit.Kind == token.STRING {
			code, err := strconv.Unquote(lit.Value)
			if err == nil && regexp.MustCompile(`^[a-z_]+$`).MatchString(code) {
				out = append(out, code)
			}
		}
	}
	return out
}

// makers are the functions that make faults, and the place of the code among their arguments.
var makers = map[string]int{"add": 1, "invalid": 0, "malformed": 1}

func calledName(call *ast.CallExpr) string {
	switch f := call.Fun.(type) {
	case *ast.Ident:
		return f.Name
	case *ast.SelectorExpr:
		return f.Sel.Name
	}
	return ""
}

// TestNoIdleSentence: the catalogue holds no code that nothing tells.
func TestNoIdleSentence(t *testing.T) {
	var sources strings.Builder
	for _, dir := range []string{"../../consent", "../../handlers"} {
		err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
			if err == nil && !d.IsDir() && (strings.HasSuffix(path, ".go") && !strings.HasSuffix(path, "_test.go") || strings.HasSuffix(path, ".lua")) {
				sources.WriteString(readText(t, path))
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	text := sources.String()
	for _, key := range templates.Words("en").Keys() {
		if code, ok := strings.CutPrefix(key, "detail."); ok && !strings.Contains(text, `"`+code+`"`) {
			t.Errorf("nothing says %s", code)
		}
	}
}

func readText(t *testing.T, path string) string {
	t.Helper()
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}
