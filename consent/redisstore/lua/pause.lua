-- Keeps every answer from one guardian's link for a while, because its decoy was pressed. A press within that time changes nothing.
-- arg: 1 which guardian  2 ms
local r = read()
if not r then return refuse('not_found') end
local field = 'p' .. arg(1)
if ended(r) and r.t ~= 'declined' or num(r[field]) > now then return answer() end -- a refusal can be taken back

set(field, text(now + number(2)))
trace(r.t)
return answer()
