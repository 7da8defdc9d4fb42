-- Finishes a job: nothing of it remains.
-- KEYS: due jobs
-- ARGV: offset_ms id fence
-- Returns 1; 0 when the fence is not the job's own and nothing was done.
if not outbox_held(KEYS[2], ARGV[2], ARGV[3]) then return 0 end
redis.call('ZREM', KEYS[1], ARGV[2])
redis.call('HDEL', KEYS[2], ARGV[2])
return 1
