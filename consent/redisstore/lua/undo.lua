-- Takes back what a refusal left behind for the guardian who gave it: the pause of this subject, and the wish for no letters.
-- What was destroyed stays so.
-- arg: 1 generation  2 which guardian
local r = read()
if not r then return refuse('not_found') end
if r.t ~= 'declined' then return refuse('not_declined') end
if r.g ~= arg(1) or (r.f or '0') ~= arg(2) then return refuse('replaced') end
if r.U then return answer() end
if not r.b then return refuse('ended') end
if paused(r) then return refuse('paused', text(paused(r))) end
local at = number(2) * 16
local guardian = string.sub(r.b, at + 1, at + 16)

set('U', text(now))
redis.call('ZREM', k_pauses, r.P or nobody)
redis.call('ZREM', k_quiet, guardian)
trace(r.t)
return answer()
