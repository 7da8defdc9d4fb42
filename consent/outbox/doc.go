// Package outbox is the durable queue of what must follow a step: letters and webhooks.
//
// A step's script leaves its jobs in the same breath as its change (PutLua), so no job is lost and none is there for a step
// that never happened. The Relay claims what is due, hands it to the worker of its kind, and says how it went:
//
//	put → due → claim → worker → done | retry | bury
//	                                dead → revive | drop
//
// A claim raises the job's fence and moves its score to the end of a lease. Nobody recovers the jobs of a crashed process:
// they fall due when the lease ends. Done, retry and bury must present the fence, so a worker that slept through its lease
// changes nothing any more. Delivery is therefore at least once, and exactly once while no process dies and none stalls past
// its lease; receivers tell a repetition by the job's id, which is the same in every try.
//
// What the outbox promises: a job is in due or in dead until it is finished, never in both, never in neither; a slow kind,
// a slow app or a job that makes its worker fail does not stand in the way of others; nothing of a body is ever logged.
package outbox
