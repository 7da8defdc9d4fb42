package web

import (
	"net/http"
	"net/url"
	"strings"
)

// Base answers requests with and without the path of BOHOJA_PUBLIC_URL, so that it does not matter whether a proxy cuts it
// off. path is "" or begins with a slash and does not end with one.
func Base(path string, next http.Handler) http.Handler {
	if path == "" {
		return next
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		next.ServeHTTP(w, without(path, r))
	})
}

func without(path string, r *http.Request) *http.Request {
	rest, ok := cut(path, r.URL.Path)
	if !ok {
		return r
	}
	raw := ""
	if r.URL.RawPath != "" {
		if raw, ok = cut(path, r.URL.RawPath); !ok {
			return r
		}
	}
	short := new(http.Request)
	*short = *r
	short.URL = new(url.URL)
	*short.URL = *r.URL
	short.URL.Path, short.URL.RawPath = rest, raw
	return short
}

// cut takes the path off whole segments only: /consent is not the beginning of /consents.
func cut(path, from string) (string, bool) {
	rest, ok := strings.CutPrefix(from, path)
	if !ok || rest != "" && rest[0] != '/' {
		return "", false
	}
	if rest == "" {
		rest = "/"
	}
	return rest, true
}

// BasePath is the path of a public URL as Base and the pages want it: "" or "/consent".
func BasePath(public string) string {
	u, err := url.Parse(public)
	if err != nil {
		return ""
	}
	return strings.TrimRight(u.Path, "/")
}
