-- Notes that the data is being handed over; the first time only is worth an event.
local r = read()
if not r then return refuse('not_found') end
if r.t == 'pending' then return refuse('not_granted') end
if r.t ~= 'granted' or r.c == 'destroyed' or now >= num(r.R) then return refuse('destroyed') end
if r.h then return refuse('on_hold') end
if r.c == 'released' then return answer() end

set('c', 'released')
trace(r.t)
return answer()
