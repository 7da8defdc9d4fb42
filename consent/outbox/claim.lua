-- Claims jobs of one kind that are due: each gets a new fence, and a score at the end of the lease.
-- Dead letters past their time are removed on the way, a few at each call.
-- KEYS: due jobs dead
-- ARGV: offset_ms kind n lease_ms kept_ms (how long the dead are kept)
-- Returns the space's time, then id and value of each in the order in which they fell due: {now_ms, id, value, id, value, …}
local now = outbox_now(ARGV[1])
local floor = outbox_floor(ARGV[2])
local ids = redis.call('ZRANGEBYSCORE', KEYS[1], string.format('%.0f', floor), string.format('%.0f', floor + now), 'LIMIT', 0, ARGV[3])
local old = redis.call('ZRANGEBYSCORE', KEYS[3], '-inf', string.format('%.0f', now - tonumber(ARGV[5])), 'LIMIT', 0, 20)
local values = {}
if #ids > 0 then values = redis.call('HMGET', KEYS[2], unpack(ids)) end

local out = { string.format('%.0f', now) }
for i, id in ipairs(ids) do
  local job = outbox_read(values[i])
  if job then
    outbox_claim(job)
    local value = outbox_value(job)
    redis.call('HSET', KEYS[2], id, value)
    redis.call('ZADD', KEYS[1], string.format('%.0f', floor + now + tonumber(ARGV[4])), id)
    out[#out + 1] = id
    out[#out + 1] = value
  else -- nobody could ever work it: out of the way, but not out of sight
    redis.call('ZREM', KEYS[1], id)
    redis.call('ZADD', KEYS[3], string.format('%.0f', now), id)
  end
end
for _, id in ipairs(old) do
  redis.call('ZREM', KEYS[3], id)
  redis.call('HDEL', KEYS[2], id)
end
return out
