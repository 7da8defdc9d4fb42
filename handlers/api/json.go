package api

import (
	"errors"
	"io"
	"mime"
	"net/http"
	"reflect"
	"strconv"
	"strings"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/bohoja/bohoja/consent"
	"github.com/bohoja/bohoja/handlers/web"
)

// read reads the body of a call into a struct, and returns the body's canonical form (RFC 8785, except that whole numbers
// keep all their digits, so that two different ones never look the same).
//
// It refuses what two readers could understand in two ways (threat 31): a body that is not JSON, a name that stands twice,
// invalid UTF-8 and a second value with malformed; an unknown member, also one that differs from a known one in case
// only, with unexpected_field; a value of another type with invalid. null is the same as leaving the member out.
//
// Errors: malformed, unexpected_field, invalid, unsupported_media_type, too_large, timeout.
func read(c *gin.Context, into any) ([]byte, error) {
	body, err := rawBody(c)
	if err != nil {
		return nil, err
	}
	if len(body) == 0 {
		return nil, malformed("", "malformed", "a body is required")
	}
	if err := checkMedia(c.Request.Header); err != nil {
		return nil, err
	}
	return decode(body, into)
}

// readOnly is read for calls that need no canonical form. Errors: as read.
func readOnly(c *gin.Context, into any) error {
	body, err := rawBody(c)
	if err != nil {
		return err
	}
	if len(body) == 0 {
		return malformed("", "malformed", "a body is required")
	}
	if err := checkMedia(c.Request.Header); err != nil {
		return err
	}
	return decodeOnly(body, into)
}

// decodeOnly reads an object in one pass. What it refuses is read again, so that the answer names the same fault as everywhere.
func decodeOnly(body []byte, into any) error {
	if jsontext.Value(body).Kind() == jsontext.KindBeginObject && json.Unmarshal(body, into, json.RejectUnknownMembers(true), privateTexts) == nil {
		return nil
	}
	_, err := decode(body, into)
	return err
}

// readOptional is read for a call that may come without a body. Errors: as read.
func readOptional(c *gin.Context, into any) error {
	body, err := rawBody(c)
	if err != nil || len(body) == 0 {
		return err
	}
	if err := checkMedia(c.Request.Header); err != nil {
		return err
	}
	_, err = decode(body, into)
	return err
}

// readNothing is for calls that know no member at all.
func readNothing(c *gin.Context) error { return readOptional(c, &struct{}{}) }

func rawBody(c *gin.Context) ([]byte, error) {
	if c.Request.Body == nil {
		return nil, nil
	}
	return io.ReadAll(c.Request.Body) // bounded by web.Limit
}

// checkMedia takes application/json once, in UTF-8 and in no other coding.
func checkMedia(h http.Header) error {
	values := h.Values("Content-Type")
	if len(values) != 1 || len(h.Values("Content-Encoding")) > 0 {
		return web.ErrMedia
	}
	kind, params, err := mime.ParseMediaType(values[0])
	if err != nil || kind != "application/json" {
		return web.ErrMedia
	}
	for name, value := range params {
		if name != "charset" || !strings.EqualFold(value, "utf-8") {
			return web.ErrMedia
		}
	}
	return nil
}

// decode is the pure part of read.
func decode(body []byte, into any) ([]byte, error) {
	canonical := jsontext.Value(body).Clone()
	if err := canonical.Canonicalize(jsontext.CanonicalizeRawInts(false)); err != nil { // all of the syntax comes first
		return nil, explain(err)
	}
	if canonical.Kind() != jsontext.KindBeginObject {
		return nil, malformed("", "malformed", "the body must be an object")
	}
	if err := json.Unmarshal(body, into, json.RejectUnknownMembers(true), privateTexts); err != nil {
		return nil, explain(err)
	}
	return canonical, nil
}

// privateTexts reads a string straight into a consent.Private, so that it is hidden from the first moment on.
var privateTexts = json.WithUnmarshalers(json.UnmarshalFromFunc(func(d *jsontext.Decoder, p *consent.Private) error {
	switch d.PeekKind() {
	case jsontext.KindString, jsontext.KindNull:
	default:
		return errors.ErrUnsupported // the ordinary reading refuses it, with its place
	}
	t, err := d.ReadToken()
	if err != nil {
		return err
	}
	*p = consent.Private{}
	if t.Kind() == jsontext.KindString {
		*p = consent.Secret(t.String())
	}
	return nil
}))

// explain makes an answer of the reader's error. It never quotes a value: errors are no place for personal data.
func explain(err error) error {
	if e, ok := errors.AsType[*jsontext.SyntacticError](err); ok {
		if errors.Is(e, jsontext.ErrDuplicateName) {
			return malformed(e.JSONPointer, "duplicate_name", "this name stands twice")
		}
		return malformed(e.JSONPointer, "malformed", "no JSON in UTF-8 from this byte on: "+strconv.FormatInt(e.ByteOffset, 10))
	}
	e, ok := errors.AsType[*json.SemanticError](err)
	if !ok {
		return malformed("", "malformed", "the body cannot be read")
	}
	if errors.Is(e, json.ErrUnknownName) {
		return invalid("unexpected_field", pointerText(e.JSONPointer), "there is no such field here")
	}
	return invalid("invalid", pointerText(e.JSONPointer), "expected here: "+expected(e.GoType))
}

func malformed(at jsontext.Pointer, code, detail string) error {
	return &consent.Error{
		Kind: consent.KindMalformed, Code: "malformed", Detail: "the body is not JSON that can be read in exactly one way; see errors",
		Fields: []consent.FieldError{{Pointer: pointerText(at), Code: code, Detail: detail}},
	}
}

// invalid is one wrong field. unexpected_field stands for the whole answer, as in the API's list of refusals.
func invalid(code, pointer, detail string) error {
	e := &consent.Error{
		Kind: consent.KindInvalid, Code: "invalid", Detail: "fields are wrong; see errors",
		Fields: []consent.FieldError{{Pointer: pointer, Code: code, Detail: detail}},
	}
	if code == "unexpected_field" {
		e.Code, e.Detail = code, detail
	}
	return e
}

// maxPointer bounds what of a sent name is sent back, in bytes.
const maxPointer = 200

func pointerText(p jsontext.Pointer) string {
	if len(p) <= maxPointer {
		return string(p)
	}
	return strings.ToValidUTF8(string(p[:maxPointer]), "") + "…"
}

// expected names a type in the words of JSON.
func expected(t reflect.Type) string {
	switch {
	case t == nil:
		return "another value"
	case t == reflect.TypeFor[consent.Private]():
		return "a string"
	case t == reflect.TypeFor[time.Time]():
		return "a time such as 2026-11-23T05:12:00Z"
	}
	switch t.Kind() {
	case reflect.String:
		return "a string"
	case reflect.Bool:
		return "true or false"
	case reflect.Int:
		return "a whole number"
	case reflect.Slice:
		return "a list"
	case reflect.Pointer:
		return expected(t.Elem())
	}
	return "an object"
}

// answer writes a document: members of maps in order, so that the same state gives the same bytes.
func answer(c *gin.Context, status int, v any) error {
	body, err := json.Marshal(v, json.Deterministic(true))
	if err != nil {
		return err
	}
	web.AnswerHeaders(c.Writer.Header())
	c.Data(status, "application/json", body)
	return nil
}

// done answers that there is nothing more to say.
func done(c *gin.Context) error {
	web.AnswerHeaders(c.Writer.Header())
	c.Status(http.StatusNoContent)
	return nil
}
