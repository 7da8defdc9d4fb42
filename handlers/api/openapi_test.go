package api_test

import (
	"bytes"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"sort"
	"strings"
	"sync"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/gin-gonic/gin"

	"github.com/bohoja/bohoja/handlers/api"
)

// spec is /openapi.json as it is served, read once.
var spec = sync.OnceValues(func() (*openapi3.T, error) {
	a, err := api.New(api.Options{PublicURL: public})
	if err != nil {
		return nil, err
	}
	return openapi3.NewLoader().LoadFromData(a.OpenAPI())
})

func theSpec(t *testing.T) *openapi3.T {
	t.Helper()
	doc, err := spec()
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

// conforms checks an exchange against the document: the answer always, the body of a request when it was accepted.
func (h *house) conforms(req *http.Request, raw string, r *reply) {
	h.t.Helper()
	route, params := find(theSpec(h.t), req)
	if route == nil {
		return
	}
	req.Body = io.NopCloser(strings.NewReader(raw))
	options := &openapi3filter.Options{IncludeResponseStatus: true, AuthenticationFunc: openapi3filter.NoopAuthenticationFunc}
	in := &openapi3filter.RequestValidationInput{Request: req, PathParams: params, Route: route, Options: options}
	if r.Status < 300 {
		if err := openapi3filter.ValidateRequest(h.t.Context(), in); err != nil {
			h.t.Errorf("%s was accepted, and the document refuses it: %v", r.what, err)
		}
	}
	media := r.Header.Get("Content-Type") // no schema tells a page, or lines
	options.ExcludeResponseBody = strings.HasPrefix(media, "text/html") || media == "application/x-ndjson"
	out := &openapi3filter.ResponseValidationInput{
		RequestValidationInput: in, Status: r.Status, Header: r.Header, Body: io.NopCloser(bytes.NewReader(r.Body)), Options: options,
	}
	if err := openapi3filter.ValidateResponse(h.t.Context(), out); err != nil {
		h.t.Errorf("%s: the answer is not as documented: %v\n%d %s", r.what, err, r.Status, r.Body)
	}
}

var hole = regexp.MustCompile(`\{(\w+)\}`)

// find finds the operation of a request.
func find(doc *openapi3.T, req *http.Request) (*routers.Route, map[string]string) {
	for pattern, item := range doc.Paths.Map() {
		form := regexp.MustCompile("^" + hole.ReplaceAllString(pattern, `(?P<$1>[^/]+)`) + "$")
		m := form.FindStringSubmatch(req.URL.EscapedPath())
		op := item.GetOperation(req.Method)
		if m == nil || op == nil {
			continue
		}
		params := map[string]string{}
		for i, name := range form.SubexpNames() {
			if name != "" {
				params[name], _ = url.PathUnescape(m[i])
			}
		}
		return &routers.Route{Spec: doc, Path: pattern, PathItem: item, Method: req.Method, Operation: op}, params
	}
	return nil, nil
}

func TestDocumentIsSound(t *testing.T) {
	doc := theSpec(t)
	if err := doc.Validate(t.Context()); err != nil {
		t.Fatal(err)
	}
	if doc.OpenAPI != "3.1.0" || doc.Servers[0].URL != public || len(doc.Webhooks) == 0 {
		t.Errorf("version %s, servers %v, %d webhooks", doc.OpenAPI, doc.Servers, len(doc.Webhooks))
	}
}

// TestRoutesAreDocumented compares the routes with the document both ways.
func TestRoutesAreDocumented(t *testing.T) {
	var coded, documented []string
	a, err := api.New(api.Options{PublicURL: public})
	if err != nil {
		t.Fatal(err)
	}
	gin.SetMode(gin.ReleaseMode)
	e := gin.New()
	a.Routes(e)
	param := regexp.MustCompile(`:(\w+)`)
	for _, r := range e.Routes() {
		if r.Method == http.MethodHead || strings.HasSuffix(r.Path, ".css") {
			continue // the head of a documented page, and its style
		}
		coded = append(coded, r.Method+" "+param.ReplaceAllString(r.Path, "{$1}"))
	}
	for path, item := range theSpec(t).Paths.Map() {
		for method := range item.Operations() {
			documented = append(documented, method+" "+path)
		}
	}
	sort.Strings(coded)
	sort.Strings(documented)
	if !slices.Equal(coded, documented) {
		t.Errorf("routes\n%s\ndocumented\n%s", strings.Join(coded, "\n"), strings.Join(documented, "\n"))
	}
}
