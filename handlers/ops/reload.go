package ops

import (
	"errors"
	"net/http"
	"net/netip"
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/bohoja/bohoja/consent"
)

// errElsewhere refuses whoever does not ask from this host.
var errElsewhere = &consent.Error{Kind: consent.KindForbidden, Code: "not_local", Detail: "only this host itself may ask for a reload"}

// reload reads the declarations anew and answers 204, or 422 with every fault, and then nothing has changed.
func (o *Ops) reload(c *gin.Context) error {
	if !local(c.Request) {
		return errElsewhere
	}
	if err := o.opt.Reload(c.Request.Context()); err != nil {
		return faulty(err)
	}
	c.Status(http.StatusNoContent)
	return nil
}

// local reports whether a program of this host asks for itself: not through a proxy, which may speak for anybody, and not
// a browser, which a page from elsewhere may have sent.
func local(r *http.Request) bool {
	for _, h := range []string{"X-Forwarded-For", "Forwarded", "X-Real-Ip", "Origin", "Sec-Fetch-Site"} {
		if r.Header.Get(h) != "" {
			return false
		}
	}
	peer, err := netip.ParseAddrPort(r.RemoteAddr)
	return err == nil && peer.Addr().Unmap().IsLoopback()
}

// faulty makes a problem of a refused reload. An error of many lines is a list of faults, one a line; such lines name
// settings, never values.
func faulty(err error) error {
	if e, ok := errors.AsType[*consent.Error](err); ok {
		return e
	}
	e := &consent.Error{Kind: consent.KindInvalid, Code: "reload_refused", Detail: "nothing was changed; see errors", Err: err}
	for line := range strings.SplitSeq(err.Error(), "\n") {
		if line = strings.TrimSpace(line); line != "" {
			e.Fields = append(e.Fields, consent.FieldError{Code: "reload_refused", Detail: line})
		}
	}
	return e
}
