package api

import (
	_ "embed"
	"fmt"
	"net/http"

	"github.com/gin-gonic/gin"
	"github.com/goccy/go-yaml"

	"github.com/bohoja/bohoja/handlers/web"
)

//go:embed openapi.yaml
var openAPI []byte

// document is the description of the API, in its two forms, made once.
type document struct {
	json []byte
	page []byte
}

// newDocument names the public URL as the server, so that the description of an instance can be used as it is.
func newDocument(public string) (*document, error) {
	var spec yaml.MapSlice
	if err := yaml.UnmarshalWithOptions(openAPI, &spec, yaml.UseOrderedMap()); err != nil {
		return nil, fmt.Errorf("openapi.yaml: %w", err)
	}
	for i := range spec {
		if spec[i].Key == "servers" && public != "" {
			spec[i].Value = []any{yaml.MapSlice{{Key: "url", Value: public}}}
		}
	}
	body, err := yaml.MarshalWithOptions(spec, yaml.JSON())
	if err != nil {
		return nil, fmt.Errorf("openapi.json: %w", err)
	}
	page, err := renderDocs(spec, web.BasePath(public))
	if err != nil {
		return nil, fmt.Errorf("docs: %w", err)
	}
	return &document{json: body, page: page}, nil
}

// showDocument is GET /openapi.json.
func (a *API) showDocument(c *gin.Context) {
	web.AnswerHeaders(c.Writer.Header())
	c.Data(http.StatusOK, "application/json", a.document.json)
}

// showDocs is GET /docs.
func (a *API) showDocs(c *gin.Context) {
	web.DocsHeaders(c.Writer.Header())
	c.Data(http.StatusOK, "text/html; charset=utf-8", a.document.page)
}
