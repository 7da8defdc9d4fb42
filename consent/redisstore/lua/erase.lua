-- Notes that the app erased what a withdrawal, whole or in part, took away.
-- arg: 1 ms when it did
local r = read()
if not r then return refuse('not_found') end
if r.t ~= 'withdrawn' and r.t ~= 'aged_out' and not (r.t == 'granted' and r.B) then return refuse('not_withdrawn') end
if r.A then return answer() end

set('A', arg(1))
stop('overdue')
trace(r.t)
return answer()
