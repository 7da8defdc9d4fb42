package web

import (
	"io"
	"net/http"
	"time"

	"github.com/gin-gonic/gin"
)

// What is still read of a body that was refused for its size. Many clients send all of it before they read a word: to those a
// connection that closes at once is a broken pipe, and they never learn why.
const (
	swallowMost = 8 << 20 // bytes; whoever sends more sees the connection break
	swallowFor  = 5 * time.Second
)

// swallow sends the answer off and then throws away what comes of the body, within bounds. The connection ends with it. A client that
// asked whether it may send (Expect: 100-continue) has its answer and sends nothing.
func swallow(c *gin.Context, body io.Reader, clock func() time.Time) {
	if c.Request.Header.Get("Expect") != "" {
		return
	}
	control := http.NewResponseController(c.Writer)
	// A recorder in a test can do none of these; a connection can all.
	_ = control.EnableFullDuplex() // or the server takes the body away where the answer begins
	_ = control.Flush()
	_ = control.SetReadDeadline(clock().Add(swallowFor))
	_, _ = io.CopyN(io.Discard, body, swallowMost) // it ends early where the body or the time does
}
