#!lua
-- Raises the number of the form in which records are kept, and never lowers it. What is no number counts as a higher one.
-- KEYS: schema
-- ARGV: number of this program
-- Returns the number that stands.
local is = redis.call('GET', KEYS[1])
if is and (tonumber(is) or math.huge) >= tonumber(ARGV[1]) then return is end

redis.call('SET', KEYS[1], ARGV[1])
return ARGV[1]
