#!lua
-- Charges one try of a fact about an address, before it is compared, so that any number of parallel tries gets exactly the
-- limit. The try that reaches it closes the next ones.
-- KEYS: guesses
-- ARGV: 1 offset_ms  2 limit  3 lock_ms
-- Returns {'ok', count}, or {'no', 'locked', ms to wait}.
if ARGV[1] ~= '0' and string.sub(KEYS[1], 1, 3) ~= 'bt:' then
  return redis.error_reply('ERR the live space has no clock offset')
end
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000) + tonumber(ARGV[1])
local count, ends = string.match(redis.call('GET', KEYS[1]) or '', '^(%d+) (%d+)$')
if not ends or tonumber(ends) <= now then count, ends = '0', string.format('%.0f', now + tonumber(ARGV[3])) end
if tonumber(count) >= tonumber(ARGV[2]) then
  return { 'no', 'locked', string.format('%.0f', tonumber(ends) - now) }
end

ends = string.format('%.0f', now + tonumber(ARGV[3]))
redis.call('SET', KEYS[1], string.format('%.0f', tonumber(count) + 1) .. ' ' .. ends, 'PX', ARGV[3])
return { 'ok', string.format('%.0f', tonumber(count) + 1) }
