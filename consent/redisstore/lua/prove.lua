-- Notes that a guardian asked for a code by mail, with which a consent is withdrawn when the name does not match. Each code has
-- tries of its own. While one is fresh, asking again changes nothing.
-- arg: 1 which guardian  2 ms for which a code is fresh  3 codes a day (UTC)
local r = read()
if not r then return refuse('not_found') end
if r.t == 'pending' then return refuse('not_granted') end
if r.t ~= 'granted' then return refuse('ended') end
local field = 'V' .. arg(1)
local at, last, count = string.match(r[field] or '', '^(%d+) (%d+) (%d+)$')
if at and now < num(at) + number(2) then return answer() end
count = last == text(today) and num(count) or 0
if count >= number(3) then return refuse('code_limit', tomorrow()) end

set(field, text(now) .. ' ' .. text(today) .. ' ' .. text(count + 1))
redis.call('HDEL', k_record, 'w')
trace(r.t)
return answer()
