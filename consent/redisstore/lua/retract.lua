-- Ends a guardian's correction that waits; what was entered is gone. One that has ended already stays so.
-- A timer that is left without one that is to take effect goes, whatever the record is.
-- arg: 1 its number, 0 for such a timer alone
local r = read()
if not r then return refuse('not_found') end
local a = amending(r)
local stray = not (r.t == 'granted' and a and a.due) and redis.call('ZSCORE', k_timers, 'enact:' .. id)
if r.t == 'pending' and not stray then return refuse('not_granted') end
if r.t ~= 'granted' and not stray then return refuse('ended') end
if enacted(r, arg(1)) > 0 then return refuse('not_amending') end

if stray then stop('enact') end
if not r.amend or r.amends ~= arg(1) then return answer() end

unamend()
trace(r.t)
return answer()
