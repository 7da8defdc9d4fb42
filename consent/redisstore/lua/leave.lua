-- Leaves jobs in the outbox that follow no step. It comes behind put.lua.
-- KEYS: due jobs
-- ARGV: offset_ms, then four for each job: id after_ms kind body
-- Returns 1.
if ARGV[1] ~= '0' and string.sub(KEYS[1], 1, 3) ~= 'bt:' then
  return redis.error_reply('ERR the live space has no clock offset')
end
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000) + tonumber(ARGV[1])

for i = 2, #ARGV, 4 do
  outbox_put(KEYS[1], KEYS[2], now, ARGV[i], tonumber(ARGV[i + 1]), ARGV[i + 2], ARGV[i + 3])
end
return 1
