package guardian

import (
	"github.com/gin-gonic/gin"

	"github.com/bohoja/bohoja/handlers/web"
)

// strict lets a page's function see only forms that read in one way.
func strict(act func(*gin.Context) (answer, error)) func(*gin.Context) (answer, error) {
	return func(c *gin.Context) (answer, error) {
		if err := web.CheckForm(c.Request); err != nil {
			return answer{}, err
		}
		return act(c)
	}
}
