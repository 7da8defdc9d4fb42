-- Lifts the lock that wrong tries have set, by staff who know the caller. The misses go with it; the deadline stays.
local r = read()
if not r then return refuse('not_found') end
if not open(r) then return refuse('not_pending') end
if not r.L and num(r.u) == 0 and num(r.w) == 0 then return answer() end

redis.call('HDEL', k_record, 'L', 'S', 'u', 'w')
trace(r.t)
return answer()
