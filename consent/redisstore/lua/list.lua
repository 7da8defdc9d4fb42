#!lua flags=no-writes
-- Pages through sorted sets, one after the other, from behind a member that may have left its set meanwhile.
-- KEYS: in:<status> of the statuses to be listed
-- ARGV: 1 which of KEYS to begin with  2 score and 3 id of the last one seen ('' for none)  4 how many at most
-- Returns {which, id, score, which, id, score, …}.
local first, score, last, limit = tonumber(ARGV[1]), ARGV[2], ARGV[3], tonumber(ARGV[4])

-- behind gives the rank of the first member after (score, last).
local function behind(key)
  if last == '' then return 0 end
  if redis.call('ZSCORE', key, last) == score then return redis.call('ZRANK', key, last) + 1 end
  local rank = redis.call('ZCOUNT', key, '-inf', '(' .. score)
  while true do
    local some = redis.call('ZRANGE', key, rank, rank + 99, 'WITHSCORES')
    for i = 1, #some, 2 do
      if some[i + 1] ~= score or some[i] > last then return rank + (i - 1) / 2 end
    end
    if #some < 200 then return rank + #some / 2 end
    rank = rank + 100
  end
end

local out, found = {}, 0
for which = first, #KEYS do
  if found >= limit then break end
  local from = which == first and behind(KEYS[which]) or 0
  local some = redis.call('ZRANGE', KEYS[which], from, from + limit - found - 1, 'WITHSCORES')
  for i = 1, #some, 2 do
    out[#out + 1], out[#out + 2], out[#out + 3] = which, some[i], some[i + 1]
    found = found + 1
  end
end
return out
