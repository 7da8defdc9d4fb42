-- Ends a pending request on the app's or the staff's word.
-- arg: 1 reason
local r = read()
if not r then return refuse('not_found') end
if r.t == 'cancelled' then return answer() end
if not open(r) then return refuse('not_pending') end

close(r, 'cancelled', arg(1))
trace('cancelled')
return answer()
