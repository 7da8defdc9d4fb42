-- Removes a record whose time is over, with all that points to it. What is already gone is no error.
local r = read()
local due = redis.call('ZSCORE', k_timers, 'forget:' .. id)
if r and (not due or tonumber(due) > now) then return refuse('not_due') end

stop('forget')
if not r then return { 'ok', {}, {} } end
unindex(r)
stop('fade')
stop('overdue')
disown()
redis.call('DEL', k_record, k_people, k_data, k_evidence, k_disclosed, k_desk)
redis.call('ZREM', k_in[r.t], id)
redis.call('ZREM', k_subjects, r.s .. ':' .. id)
trace(r.t)
return { 'ok', {}, {} }
