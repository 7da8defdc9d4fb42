#!lua
-- Reads a session of the staff and notes that it was used. One that is idle or too old is removed.
-- KEYS: 1 the session, string "person gen began_ms seen_ms"
-- ARGV: 1 offset_ms  2 idle_ms  3 whole_ms
-- Returns the session as it was before, or ''.
if ARGV[1] ~= '0' and string.sub(KEYS[1], 1, 3) ~= 'bt:' then
  return redis.error_reply('ERR the live space has no clock offset')
end
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000) + tonumber(ARGV[1])
local kept = redis.call('GET', KEYS[1]) or ''
local who, began, seen = string.match(kept, '^(%S+ %d+) (%d+) (%d+)$')
if not who then return '' end
if now - tonumber(seen) >= tonumber(ARGV[2]) or now - tonumber(began) >= tonumber(ARGV[3]) then
  redis.call('DEL', KEYS[1])
  return ''
end

redis.call('SET', KEYS[1], who .. ' ' .. began .. ' ' .. string.format('%.0f', now), 'KEEPTTL')
return kept
