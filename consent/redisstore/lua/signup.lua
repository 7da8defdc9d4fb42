-- Creates a pending request.
-- arg: 1 ttl_ms  2 hour of the sealing key, ms  3 ms when that key dies  4 body digest ('' without a key of idempotency)
--      5 people  6 data  7 subject  8 pair  9 guardians' digests  10 codes' digests  11 mail state  12 hint  13 generation
--      14 number of flags  15 8 bytes of each flag, then of each guardian, for offline filters
--      then two for each flag: digest, value; then names and values of the other fields
-- Returns {'ok', created_ms, expires_ms, mail, hint}, or {'replay', id}: the record of the first call is to be read; with a
-- third word, 'id', when it is known by its id alone.
local dies, subject, pair, guardians, mail, hint = number(3), arg(7), arg(8), arg(9), arg(11), arg(12)

if k_again then
  local body, first, ends = string.match(redis.call('GET', k_again) or '', '^(................)(%S+) (%d+)$')
  if body and tonumber(ends) > now then
    if body ~= arg(4) then return refuse('idempotency_mismatch') end
    return { 'replay', first }
  end
end
if redis.call('EXISTS', k_record) == 1 then return { 'replay', id, 'id' } end

local hour = now - now % 3600000
if number(2) ~= hour and number(2) ~= hour - 3600000 then return refuse('clock_skew') end
local deadline = math.min(now + number(1), dies)
if deadline <= now then return refuse('clock_skew') end

-- A request past its deadline no longer stands in the way, though nobody has swept it yet.
local other = redis.call('HGET', k_asking, subject)
if other and num(redis.call('ZSCORE', k_in.pending, other) or '0') > now then return refuse('already_pending', other) end
local pause = num(pair ~= nobody and redis.call('ZSCORE', k_pauses, pair) or '0')
if pause > now then return refuse('recently_refused', text(pause - now)) end

local mute = muted(guardians)
if mute and mail == 'queued' then mail, hint = 'not_sent', 'use_another_way' end

-- Writes from here on.
redis.call('SET', k_people, arg(5))
redis.call('SET', k_data, arg(6))
set('s', subject, 't', 'pending', 'c', 'held', 'C', text(now), 'X', text(deadline), 'M', mail, 'g', arg(13),
  'b', guardians, 'o', arg(10), 'P', pair)
if hint ~= '' then set('H', hint) end
local flags = number(14)
for i = 16 + 2 * flags, #ARGV - 10 - 4 * jobs, 2 do set(arg(i), arg(i + 1)) end
redis.call('ZADD', k_in.pending, text(deadline), id)
redis.call('HSET', k_asking, subject, id)
redis.call('ZADD', k_subjects, '0', subject .. ':' .. id)
index(guardians, arg(10), arg(13))
for i = 16, 15 + 2 * flags, 2 do mark(arg(i), arg(i + 1)) end
know(guardians, string.sub(arg(15), 8 * flags + 1))
added(arg(15))
if k_again then redis.call('SET', k_again, arg(4) .. id .. ' ' .. text(now + day), 'PX', text(day)) end
redis.call('ZREMRANGEBYSCORE', k_pauses, '-inf', text(now))
redis.call('ZREMRANGEBYSCORE', k_quiet, '-inf', text(now))
trace('pending', mute)
return { 'ok', text(now), text(deadline), mail, hint }
