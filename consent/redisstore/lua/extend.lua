#!lua
-- Lets a visit last from now on, after an act.
-- KEYS: visit
-- ARGV: 1 offset_ms  2 generation  3 life_ms  4 kept_ms
-- Returns {'ok', fields}, or {'no', code, ''}.
if ARGV[1] ~= '0' and string.sub(KEYS[1], 1, 3) ~= 'bt:' then
  return redis.error_reply('ERR the live space has no clock offset')
end
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000) + tonumber(ARGV[1])
local gen, ends = redis.call('HGET', KEYS[1], 'g'), redis.call('HGET', KEYS[1], 'x')
if not gen then return { 'no', 'not_found', '' } end
if gen ~= ARGV[2] then return { 'no', 'replaced', '' } end
if tonumber(ends) <= now then return { 'no', 'visit_over', '' } end

redis.call('HSET', KEYS[1], 'x', string.format('%.0f', now + tonumber(ARGV[3])))
redis.call('PEXPIRE', KEYS[1], ARGV[4])
return { 'ok', redis.call('HGETALL', KEYS[1]) }
