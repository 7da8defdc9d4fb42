package api

import (
	"errors"
	"net/http"

	"github.com/bohoja/bohoja/consent"
)

type noticeAnswer struct {
	Version string `json:"version"`
	Locale  string `json:"locale"`
	HTML    string `json:"html"`
	Text    string `json:"text"`
}

// errNotice is a notice whose words are missing: a fault of the build.
var errNotice = errors.New("the notice for children cannot be made")

// showNotice is GET /v1/child-notice (KR-03): what the child must be shown before the guardian's name and address are asked.
func (a *API) showNotice(q *ask) error {
	query, err := readQuery(q.c, "locale")
	if err != nil {
		return err
	}
	n, ok := q.space.index().notices[q.app.ID][q.app.Language(query.Get("locale"))]
	if !ok {
		return errNotice
	}
	return answer(q.c, http.StatusOK, noticeAnswer{n.Version, n.Lang, n.HTML, n.Text})
}

// noticeWarning says that the child was shown another text than today's: an old page still open, or a version made up.
// It is recorded all the same, since the child has read what it has read.
func (s *space) noticeWarning(app *consent.App, version string) []consent.Warning {
	for _, n := range s.index().notices[app.ID] {
		if n.Version == version {
			return nil
		}
	}
	return []consent.Warning{{Code: "notice_unknown", Pointer: "/child_notice/version"}}
}
