// Package ops is the listener for whoever runs the service: is it alive, is it ready, how is it doing, and read the
// declarations anew. It stands on an address of its own (BOHOJA_OPS_LISTEN), away from guardians and apps.
//
//	GET  /livez    200 while the process serves at all; it asks nobody, so that a lost Redis does not restart the service
//	GET  /readyz   200, or 503 with the reasons: a balancer sends nobody here until they are gone
//	GET  /metrics  Prometheus' text; nothing in it names a person, an id or a path
//	POST /reload   the declarations anew, all or nothing; from this host alone
//
// Nothing personal is told on any of them: reasons are codes and sentences of this program, labels come from fixed lists,
// from route patterns and from the operator's own declarations.
package ops
