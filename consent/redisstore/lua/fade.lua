-- Removes what finds an ended request by address or code, and the evidence of a consent whose time is over.
local r = read()
local due = redis.call('ZSCORE', k_timers, 'fade:' .. id)
if r and due and tonumber(due) > now then return refuse('not_due') end
if r and not due and (r.b or not ended(r)) then return refuse('not_due') end

stop('fade')
if not r or not r.b then return { 'ok', {}, {} } end
unindex(r)
redis.call('HDEL', k_record, 'b', 'o', 'P')
redis.call('DEL', k_people, k_evidence, k_disclosed, k_desk)
disown()
trace(r.t)
return answer()
