-- Begins a session of the staff, with its entry of the audit log. A code of the second factor is good for one session: its
-- step must lie behind the last one.
-- KEYS: 1 the session  2 steps (hash id -> last step)  3 audit of the staff's own log
-- ARGV: 1 offset_ms  2 id of the person  3 their generation  4 step  5 most_ms that a session lasts
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
own_entry(KEYS[3], at, 'sign_in', ARGV[2], '')
return 1
