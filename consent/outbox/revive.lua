-- Makes a job due now, by staff: a dead one begins anew, a waiting one comes forward.
-- KEYS: due jobs dead
-- ARGV: offset_ms id
-- Returns 1; 0 when there is no such job; 2 when a worker holds it just now and nothing was done.
local now = outbox_now(ARGV[1])
local job = outbox_read(redis.call('HGET', KEYS[2], ARGV[2]))
if not job then return 0 end
local dead = redis.call('ZSCORE', KEYS[3], ARGV[2])
if not dead and job.fence % 2 == 1 then return 2 end
if dead then
  job.attempts = 0
  job.faults = 0
  redis.call('HSET', KEYS[2], ARGV[2], outbox_value(job))
  redis.call('ZREM', KEYS[3], ARGV[2])
end
redis.call('ZADD', KEYS[1], outbox_score(job.kind, now), ARGV[2])
return 1
