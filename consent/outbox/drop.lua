-- Removes a job, dead or due, by staff. A worker that holds it may still deliver, and then finds nothing to finish.
-- KEYS: due jobs dead
-- ARGV: offset_ms id
-- Returns 1; 0 when there is no such job.
redis.call('ZREM', KEYS[1], ARGV[2])
redis.call('ZREM', KEYS[3], ARGV[2])
return redis.call('HDEL', KEYS[2], ARGV[2])
