#!lua
-- Counts one try, before it is compared, so that any number of parallel tries gets exactly the limit.
-- KEYS: 1 string "count ends_ms"
-- ARGV: 1 offset_ms  2 most  3 within_ms
-- Returns how long to wait in ms, '0' when the try may go on. A refused try does not lengthen the time.
if ARGV[1] ~= '0' and string.sub(KEYS[1], 1, 3) ~= 'bt:' then
  return redis.error_reply('ERR the live space has no clock offset')
end
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000) + tonumber(ARGV[1])
local count, ends = string.match(redis.call('GET', KEYS[1]) or '', '^(%d+) (%d+)$')
if not ends or tonumber(ends) <= now then count, ends = '0', string.format('%.0f', now + tonumber(ARGV[3])) end
if tonumber(count) >= tonumber(ARGV[2]) then return string.format('%.0f', tonumber(ends) - now) end

redis.call('SET', KEYS[1], string.format('%.0f', tonumber(count) + 1) .. ' ' .. ends, 'PX', ARGV[3])
return '0'
