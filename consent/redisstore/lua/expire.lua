-- Ends a pending request past its deadline, or at once when it cannot be read any more.
-- arg: 1 reason
local r = read()
if not r then return refuse('not_found') end
if r.t == 'expired' then return answer() end
if r.t ~= 'pending' then return refuse('not_pending') end
if now < num(r.X) and arg(1) ~= 'unreadable' then return refuse('not_due') end

close(r, 'expired', arg(1))
trace('expired')
return answer()
