#!lua
-- Gives a guess back after a hit, and opens what it had closed.
-- KEYS: guesses
-- ARGV: 1 offset_ms
-- Returns {'ok', count}.
if ARGV[1] ~= '0' and string.sub(KEYS[1], 1, 3) ~= 'bt:' then
  return redis.error_reply('ERR the live space has no clock offset')
end
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000) + tonumber(ARGV[1])
local count, ends = string.match(redis.call('GET', KEYS[1]) or '', '^(%d+) (%d+)$')
if not ends or tonumber(ends) <= now or count == '0' then return { 'ok', '0' } end

count = string.format('%.0f', tonumber(count) - 1)
redis.call('SET', KEYS[1], count .. ' ' .. ends, 'PX', string.format('%.0f', math.max(1, tonumber(ends) - now)))
return { 'ok', count }
