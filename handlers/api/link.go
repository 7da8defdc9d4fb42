package api

// linkNext names the next page in a Link header (RFC 8288), with all that this page was asked for. It says nothing on the
// last page.
func (q *ask) linkNext(next string) {
	if next == "" {
		return
	}
	u := *q.c.Request.URL
	query := u.Query()
	query.Set("after", next)
	q.c.Writer.Header().Add("Link", "<"+q.public+u.EscapedPath()+"?"+query.Encode()+`>; rel="next"`)
}
