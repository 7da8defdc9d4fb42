-- Signs off a month of the access log, once, with its entry of the audit log.
-- KEYS: 1 reviews (hash month -> "ms by entries outcome ticket")  2 audit of the staff's own log
-- ARGV: 1 offset_ms  2 month  3 by  4 number of entries that were looked at  5 outcome  6 ticket, '-' for none
-- Returns 1, or 0 when the month was signed off before.
if ARGV[1] ~= '0' and string.sub(KEYS[1], 1, 3) ~= 'bt:' then
  return redis.error_reply('ERR the live space has no clock offset')
end
if redis.call('HGET', KEYS[1], ARGV[2]) then return 0 end

local time = redis.call('TIME')
local at = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000) + tonumber(ARGV[1])
local found = ARGV[4] .. ' ' .. ARGV[5] .. ' ' .. ARGV[6]
redis.call('HSET', KEYS[1], ARGV[2], string.format('%.0f', at) .. ' ' .. ARGV[3] .. ' ' .. found)
own_entry(KEYS[2], at, 'review', ARGV[3], ARGV[2] .. ' ' .. found)
return 1
