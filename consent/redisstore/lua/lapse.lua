-- Destroys granted data whose release window is over.
local r = read()
if not r then return refuse('not_found') end
if r.c == 'destroyed' then return answer() end
if r.t ~= 'granted' or now < num(r.R) then return refuse('not_due') end

redis.call('DEL', k_data)
set('c', 'destroyed')
stop('lapse')
trace(r.t)
return answer()
