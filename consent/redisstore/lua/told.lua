-- Begins the wait of a guardian's correction that was confirmed: a mail server took the letter to the address that stands, or refused
-- it for good. A letter that goes out twice begins it once.
-- arg: 1 its number  2 wait_ms
local r = read()
if not r then return refuse('not_found') end
if r.t == 'pending' then return refuse('not_granted') end
if r.t ~= 'granted' then return refuse('ended') end
local a = amending(r)
if not a or r.amends ~= arg(1) or a.endorser == '' then return refuse('not_amending') end
if a.due then return answer() end

local due = now + number(2)
set('amend', r.amend .. ' ' .. text(due))
timer('enact', due)
trace(r.t)
return answer()
