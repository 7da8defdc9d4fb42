-- Notes how the invitation fared; nothing of a request that is decided, past its deadline or of another generation.
-- arg: 1 generation  2 state  3 hint
local r = read()
if not r then return refuse('not_found') end
if not open(r) or r.g ~= arg(1) or (r.M == arg(2) and (r.H or '') == arg(3)) then return answer() end

set('M', arg(2), 'H', arg(3), 'W', text(now))
if arg(2) == 'sent' then set('i0', text(now) .. ' - 1') end -- remind.lua: a letter arrived
trace(r.t)
return answer()
