#!lua
-- Notes that the keys of the hours are taken from a folder, unless another folder is in use: one that was worked with lately, and from which nobody
-- begins at its very place. The time is Redis' own in every space: it is processes that live or not.
-- KEYS: 1 string "identity place seen_ms"
-- ARGV: 1 identity  2 the one it had before, or -  3 place  4 '1' for one that begins, else '0'  5 quiet_ms; '0' only asks
-- Returns the identity of the folder in use, '' when there is none.
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
local is, place, seen = string.match(redis.call('GET', KEYS[1]) or '', '^(%S+) (%S+) (%d+)$')
if ARGV[5] == '0' then return is or '' end

local own = is == ARGV[1] or is == ARGV[2]
local lost = not is or now - tonumber(seen) >= tonumber(ARGV[5]) or (ARGV[4] == '1' and place == ARGV[3])
if not own and not lost then return is end
redis.call('SET', KEYS[1], ARGV[1] .. ' ' .. ARGV[3] .. ' ' .. string.format('%.0f', now))
return ARGV[1]
