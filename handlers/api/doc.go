// Package api answers the apps: the calls under /v1, and their description at /openapi.json and /docs.
//
// A call passes, in this order and for these reasons:
//
//	key       who asks, found in constant time; failed tries are counted by network
//	browser   a live key that comes with an Origin header has leaked into a page, and is refused whatever it asks
//	rate      counted by key, so after the key is known, and before any work is done
//	scope     what the key may ask
//	body      read strictly: what is not understood is refused, never skipped
//	step      a method of consent.Service
//
// Keys that begin with bhj_test_ meet the test space, all others the live one. No answer holds anything of a guardian; the
// child's data is in that of release alone. Times are RFC 3339 in UTC with at most three decimals.
//
// The calls stand in routes.go, a resource a file, and openapi.yaml describes them; a test compares the two both ways.
package api
