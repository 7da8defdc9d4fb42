#!lua
-- Begins a visit to the portal, or a later generation of it. What was typed in the one before stays.
-- KEYS: visit
-- ARGV: 1 offset_ms  2 generation  3 address, sealed  4 life_ms  5 kept_ms
-- Returns {'ok', fields}.
if ARGV[1] ~= '0' and string.sub(KEYS[1], 1, 3) ~= 'bt:' then
  return redis.error_reply('ERR the live space has no clock offset')
end
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000) + tonumber(ARGV[1])
if tonumber(redis.call('HGET', KEYS[1], 'g') or '0') >= tonumber(ARGV[2]) then
  return { 'ok', redis.call('HGETALL', KEYS[1]) }
end

redis.call('HSET', KEYS[1], 'g', ARGV[2], 'a', ARGV[3], 'x', string.format('%.0f', now + tonumber(ARGV[4])))
redis.call('PEXPIRE', KEYS[1], ARGV[5])
return { 'ok', redis.call('HGETALL', KEYS[1]) }
