package api

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"github.com/bohoja/bohoja/consent"
	"github.com/bohoja/bohoja/handlers/web"
)

// call is one line of the table of calls.
type call struct {
	method string
	path   string
	scope  string // "" for any key
	serve  func(*ask) error
}

func (a *API) calls() []call {
	const (
		get, post = http.MethodGet, http.MethodPost
		one       = "/v1/consent-requests/:id"
	)
	return []call{
		{post, "/v1/age-checks", consent.ScopeRequests, a.checkAge},
		{get, "/v1/child-notice", consent.ScopeRequests, a.showNotice},
		{post, "/v1/client-tokens", consent.ScopeRequests, a.makeClient},
		{post, "/v1/consent-requests", consent.ScopeRequests, a.signup},
		{get, "/v1/consent-requests", consent.ScopeRequests, a.list},
		{get, one, consent.ScopeRequests, a.show},
		{post, one + "/resend", consent.ScopeRequests, a.resend},
		{post, one + "/cancel", consent.ScopeRequests, a.cancel},
		{post, one + "/guardian", consent.ScopeRequests, a.correct},
		{post, one + "/guardians", consent.ScopeRequests, a.join},
		{post, one + "/release", consent.ScopeRelease, a.release},
		{post, one + "/release/ack", consent.ScopeRelease, a.acknowledge},
		{post, one + "/withdraw", consent.ScopeRequests, a.withdraw},
		{post, one + "/erased", consent.ScopeRequests, a.erase},
		{post, one + "/disclosures", consent.ScopeRequests, a.disclose},
		{get, "/v1/subjects/:subject/consent", consent.ScopeRequests, a.showSubject},
		{get, "/v1/receipts/:id", consent.ScopeRequests, a.showReceipt},
		{get, "/v1/terms/:version", consent.ScopeRequests, a.showTerms},
		{post, "/v1/rights-requests", consent.ScopeRights, a.askRight},
		{get, "/v1/rights-requests", consent.ScopeRights, a.listRights},
		{get, "/v1/rights-requests/:id", consent.ScopeRights, a.showRight},
		{post, "/v1/rights-requests/:id/answer", consent.ScopeRights, a.answerRight},
		{post, "/v1/minors", consent.ScopeMarketing, a.flag},
		{http.MethodDelete, "/v1/minors/:id", consent.ScopeMarketing, a.unflag},
		{post, "/v1/marketing/check", consent.ScopeMarketing, a.checkMarketing},
		{post, batchPath, consent.ScopeMarketing, a.checkBatch},
		{post, filterPath, consent.ScopeMarketing, a.filter},
		{get, "/v1/marketing/filter-runs/:id", consent.ScopeMarketing, a.showRun},
		{get, "/v1/marketing/snapshot", consent.ScopeMarketingSnapshot, a.showSnapshot},
		{get, "/v1/marketing/export", consent.ScopeMarketingExport, a.export},
		{get, "/v1/marketing/export/keys", consent.ScopeMarketingExport, a.showExportKeys},
		{post, plainPath, consent.ScopeMarketingExport, a.plainDigests},
		{get, "/v1/events", consent.ScopeEvents, a.listEvents},
		{post, "/v1/events/:id/replay", consent.ScopeEvents, a.replay},
		{get, "/v1/webhooks/deliveries", consent.ScopeEvents, a.listDeliveries},
		{post, "/v1/webhooks/:n/test", consent.ScopeEvents, a.testWebhook},
		{post, "/v1/test/clock/advance", "", a.advance},
	}
}

// Paths whose bodies have bounds of their own.
const (
	batchPath  = "/v1/marketing/check-batch"
	filterPath = "/v1/marketing/filter"
	plainPath  = "/v1/marketing/export/sha256"
)

// Bodies are the bounds of bodies that web.Options must know, by route.
func Bodies() map[string]int64 {
	return map[string]int64{batchPath: 2 << 20, plainPath: 2 << 20, filterPath: -1}
}

// Routes adds the calls and their description to an engine made by web.NewEngine.
func (a *API) Routes(r gin.IRouter) {
	for _, one := range a.calls() {
		r.Handle(one.method, one.path, a.problems.Handle(a.guarded(one)))
	}
	for _, method := range []string{http.MethodGet, http.MethodHead} {
		r.Handle(method, "/openapi.json", a.showDocument)
		r.Handle(method, "/docs", a.showDocs)
		r.Handle(method, stylePath, a.showStyle)
		r.Handle(method, consent.KeysPath(false), a.showKeys(a.live))
		r.Handle(method, consent.KeysPath(true), a.showKeys(a.test))
	}
}

// guarded puts the checks of this package's doc before a call.
func (a *API) guarded(one call) func(*gin.Context) error {
	return func(c *gin.Context) error {
		a.retired[one.method+" "+one.path].headers(c, a.public)
		q, err := a.identify(c)
		if err != nil {
			return err
		}
		if err := refuseBrowser(c); err != nil {
			a.leaked()
			a.tell(web.KeyInBrowser, q, "origin")
			return err
		}
		if err := a.rates.take(c, q); err != nil {
			a.tell(web.RateLimited, q, "key")
			return err
		}
		if err := checkScope(q.key, one.scope); err != nil {
			a.tell(web.PermissionDenied, q, "scope")
			return err
		}
		return one.serve(q)
	}
}
