-- Notes that the guardian says the name was entered differently.
-- arg: 1 generation  2 misses that must have come before
local r = read()
if not r then return refuse('not_found') end
if not open(r) then return refuse('not_pending') end
if r.g ~= arg(1) then return refuse('replaced') end
if r.n == '1' then return answer() end
if num(r.u) + num(r.w) < number(2) then return refuse('not_missed') end

set('n', '1')
trace(r.t)
return answer()
