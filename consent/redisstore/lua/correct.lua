-- Replaces the sealed people of a pending request. A new address raises the generation, so older links and codes die.
-- arg: 1 revision that was read  2 '1' for a new address  3 '1' for a new name  4 number of guardians  5 their digests
--      6 digests of their codes (5 and 6 '': as before)  7 pair  8 people  9 how often a name may be set anew
--      10 '1' when it is the child who corrects  11 how often a child may set an address
--      12 8 bytes of each guardian for offline filters  13 '1' when an app corrects  14 how many addresses an app may set a day
local r = read()
if not r then return refuse('not_found') end
if not open(r) then return refuse('not_pending') end
if redis.call('GET', k_people) == arg(8) then return answer() end
if r.v ~= arg(1) then return refuse('stale') end
local renamed = arg(3) == '1' and r.n == '1'
if renamed and num(r.k) >= number(9) then return refuse('name_limit') end
local moved = arg(2) == '1' and arg(10) == '1'
if moved and num(r.x) >= number(11) then return refuse('address_limit') end
local tried = arg(2) == '1' and arg(13) == '1'
if tried and todays(r.r) >= number(14) then return refuse('correction_limit', tomorrow()) end

local gen, mute = r.g, false
redis.call('SET', k_people, arg(8))
set('v', text(number(1) + 1))
if number(4) > 0 then set('q', arg(4)) end
if renamed then set('n', '0', 'k', text(num(r.k) + 1)) end
if arg(2) == '1' then
  gen, mute = text(num(r.g) + 1), muted(arg(5))
  set('g', gen, 'W', text(now))
  if moved then set('x', text(num(r.x) + 1)) end
  if tried then set('r', text(today) .. ' ' .. text(todays(r.r) + 1)) end
  if mute then set('M', 'not_sent', 'H', 'use_another_way') else set('M', 'queued', 'H', '') end
end
if arg(5) ~= '' then
  unindex(r)
  unknow(r.b or '')
  index(arg(5), arg(6), gen)
  know(arg(5), arg(12))
  added(arg(12))
  set('b', arg(5), 'o', arg(6), 'P', arg(7))
end
trace(r.t, mute)
return answer()
