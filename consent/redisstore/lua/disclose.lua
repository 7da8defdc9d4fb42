-- Adds a disclosure to a granted request's list.
-- arg: 1 id of the disclosure  2 sealed
local r = read()
if not r then return refuse('not_found') end
if r.t == 'pending' then return refuse('not_granted') end
if r.t ~= 'granted' then return refuse('ended') end
if redis.call('HEXISTS', k_disclosed, arg(1)) == 1 then return answer() end

redis.call('HSET', k_disclosed, arg(1), arg(2))
trace(r.t)
return answer()
