package web

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"github.com/bohoja/bohoja/templates"
)

// Static serves the pages' style sheet and icon. Their names hold a digest, so a browser keeps them for ever.
func Static(r gin.IRouter) {
	for _, method := range []string{http.MethodGet, http.MethodHead} {
		r.Handle(method, "/static/:name", asset)
	}
}

func asset(c *gin.Context) {
	a, ok := templates.Static(c.Param("name"))
	if !ok {
		c.Status(http.StatusNotFound)
		return
	}
	AssetHeaders(c.Writer.Header())
	c.Data(http.StatusOK, a.Type, a.Body)
}
