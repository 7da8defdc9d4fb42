// Package redisstore keeps the records in Redis.
//
// Every step is one Lua script (lua/<step>.lua) over the keys of one app, which share one slot: it reads and checks first and
// writes afterwards, so it does the record, its indexes, deadlines, marketing flags, jobs, event and audit entry all or
// none. Redis' own clock decides; the test space alone may add an offset to it. keys.go names every key.
//
// What the package promises: a change that was answered is written as durably as Redis is set up to write (Safety tells);
// a script is executed at most once for each call, and a caller who cannot know whether it was gets
// consent.ErrOutcomeUnknown; called again with the same arguments, a step answers the same and changes nothing; a deadline
// holds even when nobody sweeps.
package redisstore
