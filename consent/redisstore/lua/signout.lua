-- Ends a session of the staff, with its entry of the audit log. One that is not there leaves none.
-- KEYS: 1 the session  2 seats of its person  3 audit of the staff's own log
-- ARGV: 1 offset_ms  2 the session's field among the seats
-- Returns 1, or 0 when there was none.
if ARGV[1] ~= '0' and string.sub(KEYS[1], 1, 3) ~= 'bt:' then
  return redis.error_reply('ERR the live space has no clock offset')
end
local who = string.match(redis.call('GET', KEYS[1]) or '', '^(%S+) ')
if not who then return 0 end

local time = redis.call('TIME')
redis.call('DEL', KEYS[1])
redis.call('HDEL', KEYS[2], ARGV[2])
own_entry(KEYS[3], tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000) + tonumber(ARGV[1]), 'sign_out', who, '')
return 1
