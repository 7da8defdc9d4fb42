#!lua
-- Folds a batch of log entries into the work lists and counts, once: the number of the last entry that was folded decides.
-- KEYS: board, work
-- ARGV: 1 offset_ms  2 number that was last  3 number that is now  4 how many members leave, then they
--       then how many enter, then two for each: score, member; then how many counts, then two for each: field, by how much
--       then the day before which counts go
-- Returns 1, or 0 when another process folded them.
if ARGV[1] ~= '0' and string.sub(KEYS[1], 1, 3) ~= 'bt:' then
  return redis.error_reply('ERR the live space has no clock offset')
end
if (redis.call('HGET', KEYS[1], 'seq') or '0') ~= ARGV[2] then return 0 end

redis.call('HSET', KEYS[1], 'seq', ARGV[3])
local i = 5
for _ = 1, tonumber(ARGV[4]) do
  redis.call('ZREM', KEYS[2], ARGV[i])
  i = i + 1
end
i = i + 1
for _ = 1, tonumber(ARGV[i - 1]) do
  redis.call('ZADD', KEYS[2], 'NX', ARGV[i], ARGV[i + 1]) -- one that stands there already keeps its place
  i = i + 2
end
i = i + 1
for _ = 1, tonumber(ARGV[i - 1]) do
  redis.call('HINCRBY', KEYS[1], ARGV[i], ARGV[i + 1])
  i = i + 2
end
for _, field in ipairs(redis.call('HKEYS', KEYS[1])) do
  if field ~= 'seq' and string.sub(field, 1, 10) < ARGV[i] then redis.call('HDEL', KEYS[1], field) end
end
return 1
