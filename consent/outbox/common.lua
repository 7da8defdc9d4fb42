-- Common to the outbox's own scripts; it follows put.lua. The first argument of each is offset_ms: the space's time is
-- Redis' TIME plus this offset (the constant 0 in the live space).

local function outbox_now(offset_ms)
  local t = redis.call('TIME')
  return tonumber(t[1]) * 1000 + math.floor(tonumber(t[2]) / 1000) + tonumber(offset_ms)
end

-- outbox_read takes a value apart. nil: there is none, or nobody can read it.
local function outbox_read(value)
  if not value then return nil end
  local fence, attempts, faults, enqueued, last, kind, at = string.match(value, '^(%d+) (%d+) (%d+) (%d+) (%S+) (%S+) ()')
  if not fence then return nil end
  return {
    fence = tonumber(fence), attempts = tonumber(attempts), faults = tonumber(faults), enqueued = tonumber(enqueued),
    last = last, kind = kind, body = string.sub(value, at),
  }
end

local function outbox_value(job)
  return string.format('%.0f %.0f %.0f %.0f ', job.fence, job.attempts, job.faults, job.enqueued)
    .. job.last .. ' ' .. job.kind .. ' ' .. job.body
end

-- An odd fence is held by a worker, an even one by nobody; a dead job's is even. outbox_claim and outbox_free raise it.
local function outbox_claim(job) job.fence = job.fence + 1 + job.fence % 2 end
local function outbox_free(job) job.fence = job.fence + 1 end

-- outbox_held returns the job if fence is its own and held, else nil: another worker has claimed it since, or it is
-- finished, given back, buried or dropped.
local function outbox_held(jobs_key, id, fence)
  local job = outbox_read(redis.call('HGET', jobs_key, id))
  if not job or job.fence ~= tonumber(fence) or job.fence % 2 == 0 then return nil end
  return job
end
