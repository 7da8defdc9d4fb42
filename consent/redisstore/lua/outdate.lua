-- Notes once for each version that the terms of a consent are no longer those of its app.
-- arg: 1 version of today's terms
local r = read()
if not r then return refuse('not_found') end
if r.t ~= 'granted' then return refuse('not_granted') end
if r.T == arg(1) or r.Y == arg(1) then return answer() end

set('Y', arg(1))
trace('granted')
return answer()
