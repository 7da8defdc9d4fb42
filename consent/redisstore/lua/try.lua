-- Charges one try of the second fact, before it is compared. The try that reaches the limit closes approving at once, so
-- any number of parallel tries gets exactly the limit; its refund opens it again.
-- Pending requests are tried for the grant, granted ones for the withdrawal.
-- arg: 1 generation  2 limit  3 lock_ms  4 '1' for the pairing code, which has a count of its own
local r = read()
if not r then return refuse('not_found') end
if not open(r) and r.t ~= 'granted' then return refuse('not_pending') end
if r.g ~= arg(1) then return refuse('replaced') end
local locked = num(r.L)
if locked > now then return refuse('locked', text(locked - now)) end

local field = arg(4) == '1' and 'w' or 'u'
if locked > 0 then -- a lock that is over takes its misses with it
  r.u, r.w = '0', '0'
  redis.call('HDEL', k_record, 'L', 'S', 'u', 'w')
end
local tries = num(r[field]) + 1
set(field, text(tries))
local locks = tries >= number(2)
if locks then set('L', text(now + number(3)), 'S', field) end
trace(r.t, not locks) -- its letter tells of the lock, so only the try that locks leaves it
return answer()
