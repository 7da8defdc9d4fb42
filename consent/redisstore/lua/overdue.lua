-- Notes once that the app did not confirm its erasure in time.
local r = read()
if not r then return refuse('not_found') end
if r.j then return answer() end
if not r.B or r.A or now < num(r.B) then return refuse('not_due') end

set('j', '1')
stop('overdue')
trace(r.t)
return answer()
