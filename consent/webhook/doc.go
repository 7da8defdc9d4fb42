// Package webhook tells apps that something happened, by Standard Webhooks (https://www.standardwebhooks.com).
//
// An event is thin: its type, when it happened, and the ids and states of the request it is about. Nothing of a person is
// in it, and the app fetches what it needs with its own key. So an event that arrives twice, late, out of order or at the
// wrong place does no harm; the receiver takes the webhook-id as the name of the event and works each name once.
//
// The way of an event: the script that makes a step also writes the job; the outbox leases it; [Deliverer.Try] makes
// one attempt and says whether another makes sense; the outbox keeps the schedule. webhook-id and body are the same bytes
// at every attempt, the timestamp and so the signature are the attempt's own.
//
// The targets are declared by the operator, yet a name may resolve to anything, today or tomorrow. So each address is
// judged at the moment it is dialled, after resolution (see guard.go), redirects are not followed, proxies from the
// environment are not asked, and what the target answers is thrown away unread beyond its status and Retry-After.
//
// Receivers written in Go check a delivery with [Verify].
package webhook
