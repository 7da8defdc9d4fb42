-- Keeps what staff enter of a guardian's new name or address, until a colleague confirms it. What waited before it goes, confirmed or
-- not. It is of the people as they are now: endorse and enact refuse it once they are others.
-- arg: 1 number of the last one that was read, 0 for none  2 revision of the people that was seen  3 guardian  4 what
--      5 kind of proof  6 reference  7 the entry, sealed  8 how many may take effect
local r = read()
if not r then return refuse('not_found') end
if r.t == 'pending' then return refuse('not_granted') end
if r.t ~= 'granted' then return refuse('ended') end
if redis.call('HGET', k_desk, 'a') == arg(7) then return answer() end
if (r.amends or '0') ~= arg(1) then return refuse('stale') end
if r.v ~= arg(2) then return refuse('stale') end
if enacted(r) >= number(8) then return refuse('amend_limit') end

unamend()
redis.call('HSET', k_desk, 'a', arg(7))
set('amends', text(number(1) + 1),
  'amend', table.concat({ arg(3), arg(4), ARGV[5], text(now), arg(2), arg(5), arg(6) }, ' '))
trace(r.t)
return answer()
