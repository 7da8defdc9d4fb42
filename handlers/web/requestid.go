package web

import (
	"time"

	"github.com/gin-gonic/gin"

	"github.com/bohoja/bohoja/consent"
)

// HeaderRequestID names the id under which the log knows a request.
const HeaderRequestID = "X-Request-Id"

const requestKey = "bohoja.request"

// RequestID gives each request an id of our own making: one that is sent in could carry anything into the log.
func RequestID(clock func() time.Time) gin.HandlerFunc {
	return func(c *gin.Context) {
		id := consent.NewID("req_", clock())
		c.Set(requestKey, id)
		c.Header(HeaderRequestID, id)
		c.Next()
	}
}

// IDOf returns the id of the request.
func IDOf(c *gin.Context) string { return c.GetString(requestKey) }
