-- Gives a job back, to be claimed again later. The fence is raised, so a repeated call counts nothing twice.
-- KEYS: due jobs
-- ARGV: offset_ms id fence delay_ms attempts faults last (the counts are added; 0 for an outage)
-- Returns 1; 0 when the fence is not the job's own and nothing was done.
local now = outbox_now(ARGV[1])
local job = outbox_held(KEYS[2], ARGV[2], ARGV[3])
if not job then return 0 end
outbox_free(job)
job.attempts = job.attempts + tonumber(ARGV[5])
job.faults = job.faults + tonumber(ARGV[6])
job.last = ARGV[7]
redis.call('HSET', KEYS[2], ARGV[2], outbox_value(job))
redis.call('ZADD', KEYS[1], outbox_score(job.kind, now + tonumber(ARGV[4])), ARGV[2])
return 1
