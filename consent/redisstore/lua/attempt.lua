#!lua
-- Notes one attempt to deliver an event in the app's delivery log, and turns its target off or on.
-- KEYS: tries off
-- ARGV: offset_ms target switch ("off", "on" or "") kept_ms attempt
-- Returns 1.
if ARGV[1] ~= '0' and string.sub(KEYS[1], 1, 3) ~= 'bt:' then
  return redis.error_reply('ERR the live space has no clock offset')
end
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)

redis.call('XADD', KEYS[1], 'MINID', '~', string.format('%.0f', now - tonumber(ARGV[4])), '*', 'a', ARGV[5])
if ARGV[3] == 'off' then
  redis.call('HSETNX', KEYS[2], ARGV[2], string.format('%.0f', now + tonumber(ARGV[1])))
elseif ARGV[3] == 'on' then
  redis.call('HDEL', KEYS[2], ARGV[2])
end
return 1
