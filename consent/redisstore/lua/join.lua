-- Adds a guardian to a pending or granted request.
-- arg: 1 revision that was read  2 number of guardians  3 their digests  4 digests of their codes  5 people
--      6 8 bytes of each guardian for offline filters
local r = read()
if not r then return refuse('not_found') end
if r.t ~= 'granted' and not open(r) then return refuse('ended') end
if redis.call('GET', k_people) == arg(5) then return answer() end
if r.v ~= arg(1) then return refuse('stale') end

redis.call('SET', k_people, arg(5))
set('v', text(number(1) + 1), 'q', arg(2))
unindex(r)
unknow(r.b or '')
index(arg(3), arg(4), r.g)
know(arg(3), arg(6))
added(arg(6))
set('b', arg(3), 'o', arg(4))
trace(r.t, muted(string.sub(arg(3), -16)))
return answer()
