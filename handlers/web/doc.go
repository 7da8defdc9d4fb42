// Package web is what every listener shares: one table from an error's kind to an answer, the middleware, a file each,
// the headers of each kind of page, and the HTTP server with its times.
//
// A request passes, in this order and for these reasons (NewEngine writes the chain once):
//
//	Base       strips the path of BOHOJA_PUBLIC_URL, so that routes are written without it
//	RequestID  first of all: whatever follows, and fails, is found in the log by it
//	Framing    before any answer: a request whose end is seen in two places is the last of its connection
//	AccessLog  sees the final status, also that of a panic; writes the route's pattern, never the path, which holds links
//	Recover    turns a panic into an answer; what is inside it has an id and is logged
//	Limit      bounds the body before anybody reads it
//
// Handlers return errors and Problems writes them: as application/problem+json (RFC 9457) to programs, as a page to people.
// No handler reads Request.Host or a forwarding header: links come from BOHOJA_PUBLIC_URL, networks from Networks.
package web
