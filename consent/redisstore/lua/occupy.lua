#!lua
-- Notes that the keys of the hours are taken from a folder, unless another folder is in use: one that was worked with lately. One that begins at
-- a place from which that was worked with, while nobody else does from another place, knows that it was lost there, and need not wait.
-- The time is Redis' own in every space: it is processes that live or not.
-- KEYS: 1 string "identity place seen_ms place seen_ms", the last two places from which it was worked with, the latest first
-- ARGV: 1 identity  2 the one it had before, or -  3 place  4 '1' for one that begins, else '0'  5 quiet_ms; '0' only asks
-- Returns the identity of the folder in use, '' when there is none.
local time = redis.call('TIME')
local now, quiet = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000), tonumber(ARGV[5])
local is, place, seen, second, before = string.match(redis.call('GET', KEYS[1]) or '', '^(%S+) (%S+) (%d+) (%S+) (%d+)$')
if quiet == 0 then return is or '' end

local function elsewhere(p, at) return p ~= ARGV[3] and now - tonumber(at) < quiet end
local own = is == ARGV[1] or is == ARGV[2]
local lost = not is or now - tonumber(seen) >= quiet
  or (ARGV[4] == '1' and (place == ARGV[3] or second == ARGV[3]) and not elsewhere(place, seen) and not elsewhere(second, before))
if not own and not lost then return is end
if not own then second, before = '-', '0'
elseif place ~= ARGV[3] then second, before = place, seen end
redis.call('SET', KEYS[1], table.concat({ARGV[1], ARGV[3], string.format('%.0f', now), second, before}, ' '))
return ARGV[1]
