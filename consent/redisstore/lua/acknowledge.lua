-- Destroys the held copy once the app has it.
local r = read()
if not r then return refuse('not_found') end
if r.Q then return answer() end
if r.t == 'pending' then return refuse('not_granted') end
if r.t ~= 'granted' or r.c == 'destroyed' then return refuse('destroyed') end
if r.c == 'held' then return refuse('not_released') end

redis.call('DEL', k_data)
set('c', 'destroyed', 'Q', text(now))
stop('lapse')
trace(r.t)
return answer()
