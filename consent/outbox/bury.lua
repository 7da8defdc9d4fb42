-- Moves a job to the dead, with the reason as its last code.
-- KEYS: due jobs dead
-- ARGV: offset_ms id fence reason body (what is kept of the body)
-- Returns 1; 0 when the fence is not the job's own and nothing was done.
local now = outbox_now(ARGV[1])
local job = outbox_held(KEYS[2], ARGV[2], ARGV[3])
if not job then return 0 end
outbox_free(job)
job.last = ARGV[4]
job.body = ARGV[5]
redis.call('HSET', KEYS[2], ARGV[2], outbox_value(job))
redis.call('ZREM', KEYS[1], ARGV[2])
redis.call('ZADD', KEYS[3], string.format('%.0f', now), ARGV[2])
return 1
