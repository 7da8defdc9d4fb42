-- Ends a guardian's correction that waits; what was entered is gone. One that has ended already stays so.
-- arg: 1 its number
local r = read()
if not r then return refuse('not_found') end
if r.t == 'pending' then return refuse('not_granted') end
if r.t ~= 'granted' then return refuse('ended') end
if enacted(r, arg(1)) > 0 then return refuse('not_amending') end
if not r.amend or r.amends ~= arg(1) then return answer() end

unamend()
trace(r.t)
return answer()
