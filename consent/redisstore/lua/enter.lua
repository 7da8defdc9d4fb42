-- Begins a session of the staff, with its entry of the audit log. A code of the second factor is good for one session: its
-- step must lie behind the last one.
-- KEYS: 1 the session  2 steps (hash id -> last step)  3 seats of the person (hash session -> "began_ms device")
--       4 audit of the staff's own log
-- ARGV: 1 offset_ms  2 id of the person  3 their generation  4 step  5 most_ms that a session lasts
--       6 the session's field among the seats  7 device, one word for each part
-- Returns 1, or 0 when the code was used.
if ARGV[1] ~= '0' and string.sub(KEYS[1], 1, 3) ~= 'bt:' then
  return redis.error_reply('ERR the live space has no clock offset')
end
local last = tonumber(redis.call('HGET', KEYS[2], ARGV[2]) or '0')
if tonumber(ARGV[4]) <= last then return 0 end

local time = redis.call('TIME')
local at = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000) + tonumber(ARGV[1])
local now = string.format('%.0f', at)
redis.call('HSET', KEYS[2], ARGV[2], ARGV[4])
redis.call('SET', KEYS[1], ARGV[2] .. ' ' .. ARGV[3] .. ' ' .. now .. ' ' .. now, 'PX', ARGV[5])
local seats = redis.call('HGETALL', KEYS[3])
for i = 1, #seats, 2 do
  local began = tonumber(string.match(seats[i + 1], '^%d+') or '0')
  if at - began >= tonumber(ARGV[5]) then redis.call('HDEL', KEYS[3], seats[i]) end
end
redis.call('HSET', KEYS[3], ARGV[6], now .. ' ' .. ARGV[7])
redis.call('PEXPIRE', KEYS[3], ARGV[5])
own_entry(KEYS[4], at, 'sign_in', ARGV[2], '')
return 1
