package redisstore

import (
	"strings"

	"github.com/bohoja/bohoja/consent"
)

// rights checks the rights requests: each is listed, each open one is owed and has its timer, no other has; and as many
// corrections are open as hold the record.
func (c *checker) rights() {
	listed, owed := map[string]bool{}, map[string]bool{}
	holds := map[string]int{}
	c.walk(c.n.owing(), func(id string, _ float64) { owed[id] = true })
	c.walk(c.n.wishes(), func(member string, _ float64) {
		id, request, _ := strings.Cut(member, " ")
		listed[id] = true
		c.right(id, request, owed, holds)
	})
	for id := range owed {
		if !listed[id] {
			c.fault("owing names %s, which is not listed", id)
		}
	}
	for request, n := range holds {
		if f := c.fieldsOf(request); f.int("h") != n {
			c.fault("%s is held by %d corrections, and its record says %q", request, n, f["h"])
		}
	}
}

func (c *checker) right(id, request string, owed map[string]bool, holds map[string]int) {
	f, err := c.c.HGetAll(c.ctx, c.n.rights(request)).Result()
	if err != nil && c.err == nil {
		c.err = err
	}
	open := 0
	var mine *consent.Right
	for _, r := range rights(c.app, request, f) {
		if r.Status == consent.RightOpen {
			open++
		}
		if r.ID == id {
			mine = &r
		}
	}
	if mine == nil {
		c.fault("wishes names %s, which is gone", id)
		return
	}
	if values(f).int("n") != open {
		c.fault("%s has %d open rights requests, and counts %q", request, open, f["n"])
	}
	if isOpen := mine.Status == consent.RightOpen; isOpen != owed[id] {
		c.fault("%s is %s: owed: %v", id, mine.Status, owed[id])
	}
	_, late := c.score(c.n.timers(), string(consent.StepLate)+":"+request+":"+id)
	if want := mine.Status == consent.RightOpen && !mine.Late; late != want {
		c.fault("%s is %s: timer late there: %v", id, mine.Status, late)
	}
	if _, known := holds[request]; !known {
		holds[request] = 0
	}
	if mine.Held && mine.Status == consent.RightOpen {
		holds[request]++
	}
}
