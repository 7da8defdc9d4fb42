#!lua flags=no-writes
-- Lists what is due: pending requests past their deadline first, then timers.
-- KEYS: in:pending timers
-- ARGV: offset_ms, how many at most
-- Returns {"step:id", …}.
local time, n = redis.call('TIME'), tonumber(ARGV[2])
local now = string.format('%.0f', tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000) + tonumber(ARGV[1]))
local out = redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', now, 'LIMIT', 0, n)
for i = 1, #out do out[i] = 'expire:' .. out[i] end
if #out < n then
  local timers = redis.call('ZRANGEBYSCORE', KEYS[2], '-inf', now, 'LIMIT', 0, n - #out)
  for i = 1, #timers do out[#out + 1] = timers[i] end
end
return out
