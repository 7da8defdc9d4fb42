-- Puts a guardian's correction into effect whose wait is over: the people are replaced, and what finds the consent by them. The
-- evidence of the grant stays as it is.
-- arg: 1 its number  2 revision that was read  3 people  4 their digests  5 digests of their codes  6 pair
--      7 8 bytes of each guardian for offline filters  8 digest of the new address ('' when the address stays)
local r = read()
if not r then return refuse('not_found') end
if r.t == 'pending' then return refuse('not_granted') end
if r.t ~= 'granted' then return refuse('ended') end
if enacted(r, arg(1)) > 0 then return answer() end
local a = amending(r)
if not a or r.amends ~= arg(1) then return refuse('not_amending') end
if not a.due or now < a.due then return refuse('not_due') end
if a.rev ~= r.v or r.v ~= arg(2) then return refuse('stale') end
if arg(8) ~= '' and muted(arg(8)) then return refuse('no_letters') end

local all = table.concat({ arg(1), a.guardian, a.what, text(now), a.proof, a.by, a.endorser, a.ref }, ' ')
if r.amended then all = r.amended .. ',' .. all end
unamend()
redis.call('SET', k_people, arg(3))
unindex(r)
unknow(r.b or '')
index(arg(4), arg(5), r.g)
know(arg(4), arg(7))
added(arg(7))
set('v', text(number(2) + 1), 'b', arg(4), 'o', arg(5), 'P', arg(6), 'amended', all)
trace(r.t)
return answer()
