#!lua
-- Notes that the keys of the hours are taken from a folder, unless another folder is in use: one that was worked with lately, and from which nobody
-- begins at its very place. The time is Redis' own in every space: it is processes that live or not.
-- KEYS: 1 string "id place seen_ms"
-- ARGV: 1 id  2 place  3 '1' for one that begins, else '0'  4 quiet_ms; '0' only asks
-- Returns the id of the folder in use, '' when there is none.
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
local id, place, seen = string.match(redis.call('GET', KEYS[1]) or '', '^(%S+) (%S+) (%d+)$')
if ARGV[4] == '0' then return id or '' end

local lost = not id or now - tonumber(seen) >= tonumber(ARGV[4]) or (ARGV[3] == '1' and place == ARGV[2])
if id ~= ARGV[1] and not lost then return id end
redis.call('SET', KEYS[1], ARGV[1] .. ' ' .. ARGV[2] .. ' ' .. string.format('%.0f', now))
return ARGV[1]
