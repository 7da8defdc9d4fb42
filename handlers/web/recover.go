package web

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"runtime"
	"runtime/debug"

	"github.com/gin-gonic/gin"
)

// errPanic is what the answer to a panic is made of: nothing of the panic itself.
var errPanic = errors.New("panic")

// Recover answers a panic with 500 and logs where it happened. The panic's value is named by its type, except for the
// runtime's own: a value may hold whatever the code had in hand. A stack holds functions and lines, no texts.
func Recover(log *slog.Logger, p *Problems) gin.HandlerFunc {
	return func(c *gin.Context) {
		defer func() {
			v := recover()
			if v == nil {
				return
			}
			if v == http.ErrAbortHandler { //nolint:errorlint // the server compares it by identity, too
				panic(v)
			}
			log.ErrorContext(c.Request.Context(), "panic", "request", IDOf(c), "route", route(c), "value", panicText(v), "stack", string(debug.Stack()))
			if c.Writer.Written() {
				panic(http.ErrAbortHandler) // half an answer must not look like a whole one
			}
			p.Write(c, errPanic)
		}()
		c.Next()
	}
}

func panicText(v any) string {
	if err, ok := v.(runtime.Error); ok {
		return err.Error()
	}
	return fmt.Sprintf("%T", v)
}
