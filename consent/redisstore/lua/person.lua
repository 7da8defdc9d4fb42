-- Writes a person of the staff, the change that made them so, and its entry of the audit log.
-- KEYS: people (hash id -> person), names (hash name -> id), changes (stream), audit of the staff's own log
-- ARGV: 1 offset_ms  2 id  3 name  4 revision, one above what is kept  5 person
--       6 by  7 what  8 role  9 state  10 how long changes are kept, ms
-- Returns 1, or 0 when another change came between or the name is somebody else's.
local id, name = ARGV[2], ARGV[3]
if ARGV[1] ~= '0' and string.sub(KEYS[1], 1, 3) ~= 'bt:' then
  return redis.error_reply('ERR the live space has no clock offset')
end
local kept = redis.call('HGET', KEYS[1], id)
local rev = kept and tonumber(string.match(kept, '^(%d+) ')) or 0
if rev ~= tonumber(ARGV[4]) - 1 then return 0 end
local whose = redis.call('HGET', KEYS[2], name)
if whose and whose ~= id then return 0 end

local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
local at = now + tonumber(ARGV[1])
redis.call('HSET', KEYS[1], id, ARGV[4] .. ' ' .. ARGV[5])
redis.call('HSET', KEYS[2], name, id)
redis.call('XADD', KEYS[3], 'MINID', '~', string.format('%.0f', now - tonumber(ARGV[10])), '*',
  'at', string.format('%.0f', at), 'by', ARGV[6], 'id', id, 'name', name, 'what', ARGV[7],
  'role', ARGV[8], 'state', ARGV[9])
own_entry(KEYS[4], at, 'staff', ARGV[6], id .. ' ' .. ARGV[7] .. ' ' .. ARGV[8])
return 1
