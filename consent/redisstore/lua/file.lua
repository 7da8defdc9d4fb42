-- Keeps what staff enter of a consent that was given on paper or by telephone, until a colleague makes it a grant. What was
-- filed before it goes; its number counts on. It is of the people as they are now: grant refuses it once they are others.
-- arg: 1 number of the one that was read, 0 for none  2 method  3 the entry, sealed  4 the scan, sealed ('' for none)
--      5 revision of the people that was seen
local r = read()
if not r then return refuse('not_found') end
if not open(r) then return refuse('not_pending') end
if redis.call('HGET', k_desk, 'd') == arg(3) then return answer() end
if (string.match(r.filed or '', '^%d+') or '0') ~= arg(1) then return refuse('stale') end
if r.v ~= arg(5) then return refuse('stale') end

redis.call('DEL', k_desk)
redis.call('HSET', k_desk, 'd', arg(3))
if arg(4) ~= '' then redis.call('HSET', k_desk, 'f', arg(4)) end
set('filed', text(number(1) + 1) .. ' ' .. ARGV[5] .. ' ' .. text(now) .. ' ' .. arg(2) .. ' ' .. r.v)
trace(r.t)
return answer()
