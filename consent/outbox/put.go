package outbox

import _ "embed"

// PutLua defines, for scripts of other packages,
//
//	outbox_put(due_key, jobs_key, now_ms, job_id, after_ms, kind, body)
//
// so that a move and the jobs that follow it are one script, all or none. now_ms and after_ms are numbers; due_key and
// jobs_key are the Due and Jobs of the app's Keys and come in through KEYS. It checks nothing and cannot fail.
//
//go:embed put.lua
var PutLua string
