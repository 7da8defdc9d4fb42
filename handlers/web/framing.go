package web

import "github.com/gin-gonic/gin"

// Framing makes a request the last of its connection when a proxy before us could see its end elsewhere: a body in chunks, which may
// have come with a length that net/http passes over (RFC 9112, 6.1), and HTTP/1.0, where chunks are not known. What was smuggled behind
// its body is then read by nobody. It sets a header alone, and so closes one connection too many rather than one too few.
func Framing() gin.HandlerFunc {
	return func(c *gin.Context) {
		if len(c.Request.TransferEncoding) > 0 || !c.Request.ProtoAtLeast(1, 1) {
			c.Header("Connection", "close")
		}
		c.Next()
	}
}
