#!lua
-- Counts a letter against its receiver's last 24 hours. The same letter counts once.
-- KEYS: day
-- ARGV: offset_ms letter per_day
-- Returns ms to wait, '0' when it was counted.
if ARGV[1] ~= '0' and string.sub(KEYS[1], 1, 3) ~= 'bt:' then
  return redis.error_reply('ERR the live space has no clock offset')
end
local time, day = redis.call('TIME'), 86400000
local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000) + tonumber(ARGV[1])
local since = string.format('%.0f', now - day)
if redis.call('ZSCORE', KEYS[1], ARGV[2]) then return '0' end
if redis.call('ZCOUNT', KEYS[1], '(' .. since, '+inf') >= tonumber(ARGV[3]) then
  local oldest = redis.call('ZRANGEBYSCORE', KEYS[1], '(' .. since, '+inf', 'WITHSCORES', 'LIMIT', 0, 1)
  return string.format('%.0f', math.max(1, (tonumber(oldest[2]) or now) + day - now))
end

redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', since)
redis.call('ZADD', KEYS[1], string.format('%.0f', now), ARGV[2])
redis.call('PEXPIRE', KEYS[1], day)
return '0'
