package web_test

import (
	"encoding/json"
	"fmt"
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
	"unicode"

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
		{"ko-KR,ko;q=0.9,en;q=0.8", "ko", "올바르지 않은 항목이 있습니다. errors를 보십시오", "같은 이름이 두 번 있습니다"},
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
var spoken = []string{"../../consent", "../../consent/redisstore", "../../consent/gate", "../api", "../embed", "../guardian", "../web", "../dev", ".."}

// told is an error as the source writes it: a code, and its sentence where that is a text or one with a value behind its last colon.
type told struct {
	code, detail string
	at           token.Position
	unread       string // the expression of a sentence that is neither
}

// everyError reads the sources for all errors and their fields.
func everyError(t *testing.T) []told {
	t.Helper()
	var out []told
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
				if code, detail := errorIn(n); code != nil {
					one := told{code: textOf(code), at: set.Position(n.Pos())}
					one.detail, one.unread = sentenceOf(detail)
					if regexp.MustCompile(`^[a-z_]+$`).MatchString(one.code) {
						out = append(out, one)
					}
				}
				return true
			})
		}
	}
	return out
}

// errorIn is what an expression gives to an error as its code and its sentence: by the fields Code and Detail, as the last two of a
// Refusal, or as arguments of one of the functions that make faults.
func errorIn(n ast.Node) (code, detail ast.Expr) {
	switch n := n.(type) {
	case *ast.CompositeLit:
		if kind, ok := n.Type.(*ast.Ident); ok && kind.Name == "Refusal" && len(n.Elts) == 4 {
			return n.Elts[2], n.Elts[3]
		}
		return member(n, "Code"), member(n, "Detail")
	case *ast.CallExpr:
		if place, ok := makers[calledName(n)]; ok && len(n.Args) > 2 {
			return n.Args[place], n.Args[2]
		}
	}
	return nil, nil
}

func member(lit *ast.CompositeLit, name string) ast.Expr {
	for _, one := range lit.Elts {
		if kv, ok := one.(*ast.KeyValueExpr); ok {
			if key, ok := kv.Key.(*ast.Ident); ok && key.Name == name {
				return kv.Value
			}
		}
	}
	return nil
}

// sentenceOf is a text as it stands, or with "x" for the value that is put behind its last colon.
func sentenceOf(e ast.Expr) (text, unread string) {
	if sum, ok := e.(*ast.BinaryExpr); ok {
		if head := textOf(sum.X); strings.HasSuffix(head, ": ") {
			return head + "x", ""
		}
	}
	if text = textOf(e); text == "" && e != nil {
		unread = fmt.Sprintf("%T", e)
	}
	return text, unread
}

func textOf(e ast.Expr) string {
	lit, ok := e.(*ast.BasicLit)
	if !ok || lit.Kind != token.STRING {
		return ""
	}
	text, _ := strconv.Unquote(lit.Value) // the parser has read it
	return text
}

// makers are the functions that make faults, and the place of the code among their arguments; the third is the sentence.
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

// general are codes that many errors share: what such a code means by itself does not help, so each of their sentences is there in
// every language.
var general = []string{
	"forbidden", "invalid", "malformed", "not_found", "reason", "required", "too_long", "too_many", "too_short", "unauthorized",
	"unsupported_media_type",
}

// TestEveryCodeInEveryLanguage: what a program is told is whole in each language, for every code and every sentence of the sources.
func TestEveryCodeInEveryLanguage(t *testing.T) {
	codes, sentences := map[string]bool{}, 0
	for _, one := range everyError(t) {
		codes[one.code] = true
		if one.unread != "" && slices.Contains(general, one.code) {
			t.Errorf("%s: %s is put together by a %s; put what varies behind a last colon", one.at, one.code, one.unread)
		}
		if one.detail != "" {
			sentences++
		}
		for _, lang := range templates.Languages() {
			if !templates.Words(lang).Has("detail." + one.code) {
				t.Errorf("%s: the code %s has no sentence in %s", one.at, one.code, lang)
			}
			for _, exact := range []string{one.detail, ""} {
				if fault := foreign(lang, web.DetailIn(lang, one.code, exact)); fault != "" {
					t.Errorf("%s: %s in %s: %s", one.at, one.code, lang, fault)
				}
			}
		}
		if ko := web.DetailIn("ko", one.code, one.detail); one.detail != "" && slices.Contains(general, one.code) && ko == web.DetailIn("ko", one.code, "") {
			t.Errorf("%s: %q of %s is not in the catalogue (sentences.yaml)", one.at, one.detail, one.code)
		}
	}
	if len(codes) < 80 || sentences < 150 {
		t.Fatalf("only %d codes and %d sentences were found: %v", len(codes), sentences, slices.Sorted(maps.Keys(codes)))
	}
	t.Logf("%d codes and %d sentences, whole in %v", len(codes), sentences, templates.Languages())
}

// TestTitlesInEveryLanguage: the titles of all kinds of errors and of all refusals.
func TestTitlesInEveryLanguage(t *testing.T) {
	errs := []error{web.ErrMethod, web.ErrTooLarge, web.ErrMedia, web.ErrSlow, web.ErrForm}
	for kind := consent.KindInternal; kind <= consent.KindBusy; kind++ {
		errs = append(errs, &consent.Error{Kind: kind, Code: "stale", Detail: "a sentence"})
	}
	for _, err := range errs {
		b := newBench(t, func(*gin.Context) error { return err })
		for _, lang := range templates.Languages() {
			w := b.ask("GET", "/v1/c/x", "Accept-Language", lang)
			var p web.Problem
			if json.Unmarshal(w.Body.Bytes(), &p) != nil || foreign(lang, p.Title) != "" || foreign(lang, p.Detail) != "" && p.Code != "stale" {
				t.Errorf("%v in %s: %s", err, lang, w.Body)
			}
		}
	}
}

// names stand in every language as they are: those of fields, values, headers and formats.
var names = strings.Fields(`A-Z a-z ASCII Allow Authorization Bearer Bohoja-Next Idempotency-Key JSON KR MiB Origin Retry-After UTF-8 X-Request-Id
	ad_mail after age application/json application/x-www-form-urlencoded back bhj_live_sk_ birth_date child child_notice cp949 csv decline docs
	done email embed_token errors event false father game gate.plain_sha256 grant guardian id legal_guardian limit mother name@domain.tld ndjson
	next no not_mine number offer open origin origins own_optin phone prize purposes recipients_told refused return_urls scope service_notice
	subject access correction deletion PDF JPEG PNG GET RateLimit outcome under_age v1/child-notice version true utf-16be utf-16le utf-8 webhook yes guardian.test`)

var latin = regexp.MustCompile(`[A-Za-z][A-Za-z0-9_./@+-]*`)

// amounts are a time and durations as they are written everywhere, and the x of sentenceOf.
var amounts = regexp.MustCompile(`\d{4}-\d\d-\d\dT[\d:]+Z|\b\d+[hm]|\bx$`)

// foreign says what of a text is in another language than it should be; "" for none.
func foreign(lang, text string) string {
	hangul := strings.ContainsFunc(text, func(r rune) bool { return unicode.Is(unicode.Hangul, r) })
	if lang == "en" || !hangul {
		if hangul || lang != "en" {
			return text
		}
		return ""
	}
	for _, word := range latin.FindAllString(amounts.ReplaceAllString(text, ""), -1) {
		if !slices.Contains(names, strings.TrimRight(word, ".")) {
			return word + " in " + text
		}
	}
	return ""
}

// TestForeign: the test above can fail.
func TestForeign(t *testing.T) {
	for text, whole := range map[string]bool{
		"찾을 수 없습니다: there is no such consent request": false, "there is nothing": false, "Retry-After가 지난 뒤": true, "26h나 90m": true,
	} {
		if (foreign("ko", text) == "") != whole || (foreign("en", text) == "") == strings.ContainsAny(text, "찾지나") {
			t.Errorf("%q: %q, %q", text, foreign("ko", text), foreign("en", text))
		}
	}
}

// TestNoIdleSentence: the catalogue holds no code and no sentence that nothing tells.
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
		sentence, _, _ := strings.Cut(templates.Words("en").Raw(key), "{value}")
		if strings.HasPrefix(key, "said.") && !strings.Contains(text, `"`+sentence) {
			t.Errorf("nothing says %s: %q", key, sentence)
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
