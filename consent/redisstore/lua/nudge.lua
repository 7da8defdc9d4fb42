-- Notes that the app is reminded of an open rights request, and when the next time is.
-- arg: 1 its id  2 how many reminders there were then  3 ms until the next ('0': none)
local r = read()
if not r then return refuse('not_found') end
local right = arg(1)
local w = find(right)
if not w then return refuse('not_found') end
if num(w.nudges) >= number(2) then return rights() end
local due = redis.call('ZSCORE', k_timers, 'nudge:' .. id .. ':' .. right)
if w.status ~= 'open' or not due or tonumber(due) > now then return refuse('not_due') end

w.nudges = arg(2)
write(right, w)
if number(3) > 0 then
  alarm('nudge', right, now + number(3))
else
  redis.call('ZREM', k_timers, 'nudge:' .. id .. ':' .. right)
end
trace(r.t)
return rights()
