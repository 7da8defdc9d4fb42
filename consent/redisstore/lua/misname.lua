-- Notes that the guardian says the name was entered differently.
-- arg: 1 generation
local r = read()
if not r then return refuse('not_found') end
if not open(r) then return refuse('not_pending') end
if r.g ~= arg(1) then return refuse('replaced') end
if r.n == '1' then return answer() end

set('n', '1')
trace(r.t)
return answer()
