-- Prelude of every script that leaves jobs behind, and of the outbox's own scripts.
--
-- due  (sorted set): job id -> score, the moment from which it may be claimed
-- jobs (hash):       job id -> value, "fence attempts faults enqueued last kind body":
--        fence     raised by each claim; only its holder may finish the job
--        attempts  deliveries that failed and count for the back-off
--        faults    times that this program itself failed at it (panics)
--        enqueued  ms, when it was put
--        last      code of the last failure, "-" for none
--        kind      who works it; body: opaque, to the end, may hold any byte
--
-- Each kind has a lane of its own within the one sorted set: score = lane * 1e14 + due ms. So a long queue of one kind
-- never stands in front of another, and a claim still names its keys. Scores stay exact: 2^53 is 90 lanes. A kind that is
-- not named here goes into lane 9. The numbers are for ever: scores hold them.
local OUTBOX_LANE = 100000000000000
local outbox_lanes = { letter = 0, webhook = 1 }

local function outbox_floor(kind)
  return (outbox_lanes[kind] or 9) * OUTBOX_LANE
end

local function outbox_score(kind, due_ms)
  return string.format('%.0f', outbox_floor(kind) + due_ms)
end

-- outbox_put leaves a job that is due after_ms after now_ms. It only writes, so it belongs after a script's checks. An id
-- that is already there stays as it is.
local function outbox_put(due_key, jobs_key, now_ms, job_id, after_ms, kind, body)
  local value = string.format('0 0 0 %.0f - ', now_ms) .. kind .. ' ' .. body
  if redis.call('HSETNX', jobs_key, job_id, value) == 1 then
    redis.call('ZADD', due_key, outbox_score(kind, now_ms + after_ms), job_id)
  end
end
