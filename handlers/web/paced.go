package web

import (
	"errors"
	"io"
	"net/http"
	"time"

	"github.com/gin-gonic/gin"
)

// PieceTime is how long one piece of a list may take to arrive or to be taken (threat 27).
const PieceTime = 30 * time.Second

// Paced reads a body and writes an answer of any length: each piece has a time of its own, so that it takes as long as it takes while
// something moves, and who stands still is let go.
type Paced struct {
	Control *http.ResponseController
	c       *gin.Context
	each    time.Duration
}

// NewPaced is for one request. each is PieceTime, save in tests.
func NewPaced(c *gin.Context, each time.Duration) *Paced {
	return &Paced{Control: http.NewResponseController(c.Writer), c: c, each: each}
}

// Read implements io.Reader.
func (p *Paced) Read(b []byte) (int, error) {
	_ = p.Control.SetReadDeadline(time.Now().Add(p.each)) // a recorder in a test has none
	return p.c.Request.Body.Read(b)
}

// Write implements io.Writer, and sends at once what it is given.
func (p *Paced) Write(b []byte) (int, error) {
	_ = p.Control.SetWriteDeadline(time.Now().Add(p.each))
	n, err := p.c.Writer.Write(b)
	if err == nil {
		err = p.Control.Flush()
	}
	if errors.Is(err, http.ErrNotSupported) {
		err = nil
	}
	return n, err
}

var _ io.ReadWriter = (*Paced)(nil)
