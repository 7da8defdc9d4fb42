#!lua
-- Keeps what was typed in a visit, also after it is over; '' removes it.
-- KEYS: visit
-- ARGV: 1 offset_ms  2 draft, sealed
-- Returns {'ok', fields}, or {'no', code, ''}.
if ARGV[1] ~= '0' and string.sub(KEYS[1], 1, 3) ~= 'bt:' then
  return redis.error_reply('ERR the live space has no clock offset')
end
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000) + tonumber(ARGV[1])
if redis.call('EXISTS', KEYS[1]) == 0 or not now then return { 'no', 'not_found', '' } end

if ARGV[2] == '' then redis.call('HDEL', KEYS[1], 'd') else redis.call('HSET', KEYS[1], 'd', ARGV[2]) end
return { 'ok', redis.call('HGETALL', KEYS[1]) }
