-- Removes the words of a rights request and the data of its answer, some days after it.
-- arg: 1 its id
local r = read()
if not r then return refuse('not_found') end
local right = arg(1)
if not find(right) then return refuse('not_found') end
local due = redis.call('ZSCORE', k_timers, 'clear:' .. id .. ':' .. right)
local left = redis.call('HEXISTS', k_rights, right .. ':t') + redis.call('HEXISTS', k_rights, right .. ':d')
if not due and left == 0 then return rights() end
if not due or tonumber(due) > now then return refuse('not_due') end

redis.call('HDEL', k_rights, right .. ':t', right .. ':d')
silence(right)
trace(r.t)
return rights()
