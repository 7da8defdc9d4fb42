package web

import (
	"net/http"
	"time"

	"github.com/gin-gonic/gin"
)

// MaxBody is how many bytes a body may have where a route says nothing else.
const MaxBody = 64 << 10

// ReadBody is how long a body may take to arrive. A body of MaxBody at 64 kbit/s takes 8 s.
const ReadBody = 10 * time.Second

// Limit bounds the body in size and time before anybody parses it. A body that says it is too large is refused unread;
// one that does not say fails while it is read (asRefusal makes 413 of that). Of both the rest is swallowed, so that the refusal arrives.
func Limit(o Options) gin.HandlerFunc {
	read := o.Read
	if read == 0 {
		read = ReadBody
	}
	return func(c *gin.Context) {
		most, ok := o.Bodies[c.FullPath()]
		if !ok {
			most = MaxBody
		}
		if most < 0 {
			c.Next()
			return
		}
		body := c.Request.Body
		if c.Request.ContentLength > most {
			c.Header("Connection", "close")
			o.Problems.Write(c, ErrTooLarge)
			swallow(c, body, o.Clock)
			return
		}
		c.Request.Body = http.MaxBytesReader(c.Writer, body, most)
		// A recorder in a test has no deadline to set; a connection always has.
		_ = http.NewResponseController(c.Writer).SetReadDeadline(o.Clock().Add(read))
		c.Next()
		if c.Writer.Status() == http.StatusRequestEntityTooLarge {
			swallow(c, body, o.Clock)
		}
	}
}
