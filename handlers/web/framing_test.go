package web_test

import (
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/bohoja/bohoja/handlers/web"
)

// TestNothingIsSmuggled: what stands behind a body whose end two programs could see in two places is read by nobody; a connection
// whose requests end in one place goes on.
func TestNothingIsSmuggled(t *testing.T) {
	e := web.NewEngine(web.Options{Log: quiet(), Problems: &web.Problems{Log: quiet()}})
	e.POST("/", func(c *gin.Context) { c.String(http.StatusOK, "first") })
	e.GET("/", func(c *gin.Context) { c.String(http.StatusOK, "smuggled") })
	s := httptest.NewServer(e)
	t.Cleanup(s.Close)
	const behind = "GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n"
	for name, c := range map[string]struct {
		head, body string
		reads      bool
	}{
		"chunks":            {"POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n", "0\r\n\r\n", false},
		"chunks and length": {"POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n", "0\r\n\r\n", false},
		"HTTP/1.0":          {"POST / HTTP/1.0\r\nConnection: keep-alive\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n", "0\r\n\r\n", false},
		"a length":          {"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\n", "0\r\n\r\n", true},
	} {
		conn, err := net.Dial("tcp", s.Listener.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		_ = conn.SetDeadline(time.Now().Add(time.Minute))
		if _, err := io.WriteString(conn, c.head+c.body+behind); err != nil {
			t.Fatal(err)
		}
		said, _ := io.ReadAll(conn) // a connection that was cut with bytes unread ends in an error
		_ = conn.Close()
		if !strings.Contains(string(said), "first") || strings.Contains(string(said), "smuggled") != c.reads {
			t.Errorf("%s: %s", name, said)
		}
	}
}
