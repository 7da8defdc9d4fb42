package api

// OpenAPI is the document as it is served.
func (a *API) OpenAPI() []byte { return a.document.json }
