package api

import (
	"net/http"
	"strconv"
	"time"

	"github.com/gin-gonic/gin"
)

// retirement says of a call that it goes: since when it is deprecated, when it will answer no more, and where it is told
// what to use instead. A call that goes gets one in API.retired, and `deprecated: true` in openapi.yaml.
type retirement struct {
	since  time.Time
	sunset time.Time // zero: not decided
	link   string    // a path of this service, such as /docs#call-show
}

// headers tells it in every answer of the call: Deprecation (RFC 9745), Sunset (RFC 8594), and a link to the reason.
func (r *retirement) headers(c *gin.Context, public string) {
	if r == nil {
		return
	}
	h := c.Writer.Header()
	h.Set("Deprecation", "@"+strconv.FormatInt(r.since.Unix(), 10))
	if !r.sunset.IsZero() {
		h.Set("Sunset", r.sunset.UTC().Format(http.TimeFormat))
	}
	h.Add("Link", "<"+public+r.link+`>; rel="deprecation"; type="text/html"`)
}
