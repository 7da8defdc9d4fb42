-- Charges one try of the second fact, before it is compared. The try that reaches the limit closes approving at once, so
-- any number of parallel tries gets exactly the limit; its refund opens it again.
-- Pending requests are tried for the grant, granted ones for the withdrawal.
-- arg: 1 generation  2 limit  3 lock_ms  4 '1' for the code: before the grant the pairing code, which has a count of its own;
--      after it the one that was mailed (prove.lua), whose tries neither lock nor are locked, so that withdrawing stays possible (KR-17)
local r = read()
if not r then return refuse('not_found') end
if not open(r) and r.t ~= 'granted' then return refuse('not_pending') end
if r.g ~= arg(1) then return refuse('replaced') end
local field, locked = arg(4) == '1' and 'w' or 'u', num(r.L)
local mailed = r.t == 'granted' and field == 'w'
if mailed and num(r.w) >= number(2) then return refuse('code_spent') end
if locked > now and not mailed then return refuse('locked', text(locked - now)) end

if locked > 0 and not mailed then -- a lock that is over takes its misses with it
  r.u, r.w = '0', '0'
  redis.call('HDEL', k_record, 'L', 'S', 'u', 'w')
end
local tries = num(r[field]) + 1
set(field, text(tries))
local locks = tries >= number(2) and not mailed
if locks then set('L', text(now + number(3)), 'S', field) end
trace(r.t, not locks) -- its letter tells of the lock, so only the try that locks leaves it
return answer()
