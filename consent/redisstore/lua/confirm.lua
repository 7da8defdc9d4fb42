-- Notes that the confirming letter went out, once.
local r = read()
if not r then return refuse('not_found') end
if r.t ~= 'granted' then return refuse('not_granted') end
if r.K then return answer() end

set('K', text(now))
trace(r.t)
return answer()
