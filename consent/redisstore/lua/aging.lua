-- Notes once that the child comes of age soon, and looks again in the month of the birthday.
-- arg: 1 ms from which it may be told  2 number of that month
local r = read()
if not r then return refuse('not_found') end
if r.t ~= 'granted' then return refuse('not_granted') end
if r.Z then return answer() end
if now < number(1) then return refuse('not_due') end

set('Z', text(now))
redis.call('ZADD', k_ages, arg(2), id)
trace('granted')
return answer()
