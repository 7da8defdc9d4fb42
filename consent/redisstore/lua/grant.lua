-- Decides yes. What was sealed under the hour's key is replaced by what is sealed under longer-lived ones.
-- arg: 1 generation  2 revision that was seen  3 method  4 purposes  5 refused  6 people  7 data  8 evidence
--      9 ms when the release key dies  10 window_ms  11 version of the terms ('': as asked)
--      12 month in which the child's age is looked at (0: never)
--      13 number of what was filed, '' when the guardian decides  14 the scan of the paper, sealed as evidence ('' for none)
-- The guardian decides alone. Staff grant only what a colleague has filed, by the way in which it was filed and for the people of
-- whom it was filed (threat 20). Nobody else grants.
local r = read()
if not r then return refuse('not_found') end
if r.t == 'granted' and r.g == arg(1) and same(r.G, arg(4)) then return answer() end
if not open(r) then return refuse('not_pending') end
local filed, filer, way, of = string.match(r.filed or '', '^(%d+) (%S+) %d+ (%S+) ?(%d*)$') -- older ones say not of whom: ''
local own = ARGV[4] == 'guardian'
if not own and (ARGV[4] ~= 'staff' or not filed) then return refuse('not_filed') end
if not own and filer == ARGV[5] then return refuse('same_person') end
if arg(13) ~= (own and '' or filed) then return refuse('stale') end
if not own and way ~= arg(3) then return refuse('stale') end
if not own and of ~= r.v then return refuse('stale') end
if r.g ~= arg(1) then return refuse('replaced') end
if own and num(r.L) > now then return refuse('locked', text(num(r.L) - now)) end
if paused(r) then return refuse('paused', text(paused(r))) end
if r.v ~= arg(2) then return refuse('stale') end

local release = math.min(now + number(10), number(9))
move(r, 'granted')
redis.call('HDEL', k_record, 'u', 'w', 'L', 'S', 'filed') -- the withdrawal has tries of its own
redis.call('SET', k_people, arg(6))
redis.call('SET', k_data, arg(7))
redis.call('SET', k_evidence, arg(8))
redis.call('DEL', k_desk)
if arg(14) ~= '' then redis.call('HSET', k_desk, 'f', arg(14)) end
set('m', arg(3), 'G', arg(4), 'F', arg(5), 'D', text(now), 'R', text(release),
  'v', text(number(2) + 1), 'd', text(num(r.d) + 1))
if arg(11) ~= '' then set('T', arg(11)) end
if number(12) > 0 then redis.call('ZADD', k_ages, arg(12), id) end
timer('lapse', release)
trace('granted')
return answer()
