-- Gives a try back after a hit, and lifts the lock that this kind of try had set.
-- arg: 1 '1' for the pairing code
local r = read()
if not r then return refuse('not_found') end
local field = arg(1) == '1' and 'w' or 'u'
if ended(r) or num(r[field]) == 0 then return answer() end

set(field, text(num(r[field]) - 1))
if r.S == field then redis.call('HDEL', k_record, 'L', 'S') end
trace(r.t)
return answer()
