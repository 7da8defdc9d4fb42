package web

import (
	"log/slog"
	"time"

	"github.com/gin-gonic/gin"
)

const (
	codeKey  = "bohoja.code"
	notesKey = "bohoja.notes"
)

// AccessLog writes one line for each request: the route's pattern and never the path or the query, which hold links,
// ids and names; no address, no header.
func AccessLog(log *slog.Logger, clock func() time.Time) gin.HandlerFunc {
	return func(c *gin.Context) {
		start := clock()
		c.Next()
		attrs := []slog.Attr{
			slog.String("request", IDOf(c)),
			slog.String("method", knownMethod(c.Request.Method)),
			slog.String("route", route(c)),
			slog.Int("status", c.Writer.Status()),
			slog.Int("bytes", max(0, c.Writer.Size())),
			slog.Float64("ms", float64(clock().Sub(start).Microseconds())/1000),
		}
		if code := c.GetString(codeKey); code != "" {
			attrs = append(attrs, slog.String("code", code))
		}
		notes, _ := c.Get(notesKey)
		if more, ok := notes.([]slog.Attr); ok {
			attrs = append(attrs, more...)
		}
		log.LogAttrs(c.Request.Context(), slog.LevelInfo, "request", attrs...)
	}
}

// Note adds to the line of this request in the access log. Never give it anything of a person.
func Note(c *gin.Context, attrs ...slog.Attr) {
	have, _ := c.Get(notesKey)
	notes, _ := have.([]slog.Attr)
	c.Set(notesKey, append(notes, attrs...))
}

func route(c *gin.Context) string {
	if r := c.FullPath(); r != "" {
		return r
	}
	return "none"
}

// knownMethod keeps made-up methods, which may hold any text, out of the log.
func knownMethod(m string) string {
	switch m {
	case "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS":
		return m
	}
	return "other"
}
