package api

import (
	"errors"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/bohoja/bohoja/consent"
)

// Bounds of a page.
const (
	pageSize    = 50
	maxPageSize = 100
	maxCursor   = 200
)

// readQuery reads the query as strictly as read does a body: a parameter that is not known, or stands twice, is refused.
// In errors a parameter is written ?name.
//
// Errors: malformed, unexpected_field.
func readQuery(c *gin.Context, known ...string) (url.Values, error) {
	values, err := url.ParseQuery(c.Request.URL.RawQuery)
	if err != nil {
		return nil, &consent.Error{Kind: consent.KindMalformed, Code: "malformed", Detail: "the query cannot be read"}
	}
	for name, all := range values {
		if !slices.Contains(known, name) {
			return nil, invalid("unexpected_field", "?"+url.QueryEscape(name[:min(len(name), maxPointer)]), "there is no such parameter here")
		}
		if len(all) > 1 {
			return nil, &consent.Error{
				Kind: consent.KindMalformed, Code: "malformed", Detail: "a parameter stands twice; see errors",
				Fields: []consent.FieldError{{Pointer: "?" + name, Code: "duplicate_name", Detail: "this name stands twice"}},
			}
		}
	}
	return values, nil
}

// asParameters makes a refusal of fields one of the parameters of the same names, for a call whose query says what others read
// from a body.
func asParameters(err error) error {
	e, ok := errors.AsType[*consent.Error](err)
	if !ok || len(e.Fields) == 0 {
		return err
	}
	told := *e
	told.Fields = slices.Clone(e.Fields)
	for i, one := range told.Fields {
		told.Fields[i].Pointer = "?" + strings.TrimPrefix(one.Pointer, "/")
	}
	return &told
}

// limitOf reads ?limit=, 1 to maxPageSize. Errors: invalid.
func limitOf(q url.Values) (int, error) {
	text := q.Get("limit")
	if text == "" {
		return pageSize, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 || n > maxPageSize {
		return 0, invalid("invalid", "?limit", "a number from 1 to 100")
	}
	return n, nil
}

// cursorOf reads ?after=. Errors: invalid.
func cursorOf(q url.Values) (string, error) {
	after := q.Get("after")
	if after != "" && (!visible(after) || len(after) > maxCursor) {
		return "", invalid("invalid", "?after", "a value of next from the page before")
	}
	return after, nil
}
