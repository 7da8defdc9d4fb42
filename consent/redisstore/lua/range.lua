#!lua flags=no-writes
-- Pages through a sorted set between two scores, from behind a member that may have left it meanwhile.
-- KEYS: the set
-- ARGV: 1 lowest score  2 highest score  3 score and 4 member that were seen last ('' for none)  5 how many at most
-- Returns {member, score, member, score, …}.
local low, high, score, last, limit = ARGV[1], tonumber(ARGV[2]), ARGV[3], ARGV[4], tonumber(ARGV[5])

local rank
if last == '' then
  rank = redis.call('ZCOUNT', KEYS[1], '-inf', '(' .. low)
elseif redis.call('ZSCORE', KEYS[1], last) == score then
  rank = redis.call('ZRANK', KEYS[1], last) + 1
else
  rank = redis.call('ZCOUNT', KEYS[1], '-inf', '(' .. score)
  local looking = true
  while looking do -- past those of the same moment that were seen
    local some = redis.call('ZRANGE', KEYS[1], rank, rank + 99, 'WITHSCORES')
    looking = #some == 200
    for i = 1, #some, 2 do
      if some[i + 1] ~= score or some[i] > last then
        looking = false
        break
      end
      rank = rank + 1
    end
  end
end
local out, some = {}, redis.call('ZRANGE', KEYS[1], rank, rank + limit - 1, 'WITHSCORES')
for i = 1, #some, 2 do
  if tonumber(some[i + 1]) > high then break end
  out[#out + 1], out[#out + 2] = some[i], some[i + 1]
end
return out
