package handlers

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"github.com/bohoja/bohoja/handlers/web"
)

// Instance is the part by which the operator's own doctor knows the service again behind names and proxies. The answer to a
// challenge is of use to nobody else: it says neither where nor what the service is, and no secret can be made of it.
type Instance struct {
	Problems *web.Problems
	Prove    func(challenge string) (string, error) // consent.ErrNotFound for what is no challenge
}

// InstancePath begins the path of the question; the challenge follows.
const InstancePath = "/instance/"

// Routes implements Part.
func (i Instance) Routes(r gin.IRouter) {
	r.GET(InstancePath+":challenge", i.Problems.Handle(i.prove))
}

func (i Instance) prove(c *gin.Context) error {
	proof, err := i.Prove(c.Param("challenge"))
	if err != nil {
		return err
	}
	c.Header("Cache-Control", "no-store")
	c.String(http.StatusOK, proof)
	return nil
}

var _ Part = Instance{}
