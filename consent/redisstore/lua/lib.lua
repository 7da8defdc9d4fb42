-- Prelude of every step. The script of a step reads and checks first and writes afterwards: an error of Lua does not undo
-- what was written, so nothing that can be refused stands behind a write.
--
-- KEYS  1-7   in: pending granted declined expired cancelled withdrawn aged_out
--       8-15  timers asking subjects guardians codes pauses quiet flags
--       16-19 audit events due jobs
--       20-25 of the record: record people data evidence disclosed rights
--       26-27 wishes owing
--       28-29 added ages
--       30    of the record: desk
--       31    signup and ask only: idempotency
-- ARGV  1 offset_ms   2 id   3 step   4-6 actor's kind, actor's ref, note   7-9 event's id ('' for none), type, data
--       10 number of jobs, then four for each: id after_ms kind body; then the step's own: arg(1), arg(2), …
-- Returns {'ok', fields of the record, {people, data, evidence}}, or {'no', code, extra}.

local k_in = {
  pending = KEYS[1], granted = KEYS[2], declined = KEYS[3], expired = KEYS[4], cancelled = KEYS[5], withdrawn = KEYS[6],
  aged_out = KEYS[7],
}
local k_timers, k_asking, k_subjects, k_guardians = KEYS[8], KEYS[9], KEYS[10], KEYS[11]
local k_codes, k_pauses, k_quiet, k_flags = KEYS[12], KEYS[13], KEYS[14], KEYS[15]
local k_audit, k_events, k_due, k_jobs = KEYS[16], KEYS[17], KEYS[18], KEYS[19]
local k_record, k_people, k_data, k_evidence, k_disclosed = KEYS[20], KEYS[21], KEYS[22], KEYS[23], KEYS[24]
local k_rights, k_wishes, k_owing = KEYS[25], KEYS[26], KEYS[27]
local k_added, k_ages = KEYS[28], KEYS[29]
local k_desk = KEYS[30]
local k_again = KEYS[31] -- of idempotency, or nil

local id, step = ARGV[2], ARGV[3]
local jobs = tonumber(ARGV[10])
local day = 86400000
local nobody = string.rep('\0', 16) -- the digest of a guardian without an address

local function arg(i) return ARGV[10 + 4 * jobs + i] end
local function number(i) return tonumber(arg(i)) end
local function text(n) return string.format('%.0f', n) end

-- The live space knows no other time than Redis' own.
if ARGV[1] ~= '0' and string.sub(KEYS[1], 1, 3) ~= 'bt:' then
  return redis.error_reply('ERR the live space has no clock offset')
end
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000) + tonumber(ARGV[1])

-- today is the day (UTC); todays gives how often something happened on it, of a field that keeps "day count"; tomorrow is how many
-- ms away.
local today = math.floor(now / day)
local function todays(kept)
  local last, count = string.match(kept or '', '^(%d+) (%d+)$')
  return last == text(today) and tonumber(count) or 0
end
local function tomorrow() return text((today + 1) * day - now) end

local function refuse(code, extra) return { 'no', code, extra or '' } end

-- answer gives the record as it is now.
local function answer()
  return { 'ok', redis.call('HGETALL', k_record), redis.call('MGET', k_people, k_data, k_evidence) }
end

-- What the record's last entry of the audit log was, and its status, before this step; read sets both.
local before, was = '', ''

-- read gives the record's fields (fields.go has their names), nil when there is none.
local function read()
  local flat = redis.call('HGETALL', k_record)
  if #flat == 0 then return nil end
  local r = {}
  for i = 1, #flat, 2 do r[flat[i]] = flat[i + 1] end
  before, was = r.e or '', r.t
  return r
end

local function num(field) return tonumber(field or '0') end

-- open: pending, and its deadline lies ahead. Past it nothing but expire changes the request, whether somebody sweeps or not.
local function open(r) return r.t == 'pending' and now < num(r.X) end

-- ended: no consent and nothing of the child's data any more.
local function ended(r) return r.t ~= 'pending' and r.t ~= 'granted' end

-- muted: every holder of these addresses (16 bytes each) asked this app for no more letters.
local function muted(digests)
  local quiet = false
  for i = 1, #digests, 16 do
    local one = string.sub(digests, i, i + 15)
    if one ~= nobody then
      quiet = num(redis.call('ZSCORE', k_quiet, one) or '0') > now
      if not quiet then return false end
    end
  end
  return quiet
end

-- words: a set of comma-separated words.
local function words(list)
  local set = {}
  for w in string.gmatch(list or '', '[^,]+') do set[w] = true end
  return set
end

local function same(a, b)
  local left, right = words(a), words(b)
  for w in pairs(left) do if not right[w] then return false end end
  for w in pairs(right) do if not left[w] then return false end end
  return true
end

-- paused: how long a guardian whose decoy was pressed decides nothing, nil for everybody else.
local function paused(r)
  local left = ARGV[4] == 'guardian' and num(r['p' .. ARGV[5]]) - now or 0
  return left > 0 and left or nil
end

-- amending: the correction of a guardian that waits (fields.go has its form), nil when none does. It has an endorser once it was confirmed
-- ('' before), and a due once the address that stands was told.
local function amending(r)
  local form = '^(%d+) (%S+) (%S+) %d+ (%d+) (%S+) (%S+) ?(%S*) ?(%d*)$'
  local guardian, what, by, rev, proof, ref, endorser, due = string.match(r.amend or '', form)
  if not guardian then return nil end
  return { guardian = guardian, what = what, by = by, rev = rev, proof = proof, ref = ref, endorser = endorser, due = tonumber(due) }
end

-- enacted: how many corrections took effect, of all or of the one under this number.
local function enacted(r, no)
  local n = 0
  for one in string.gmatch(r.amended or '', '[^,]+') do
    if not no or string.match(one, '^%d+') == no then n = n + 1 end
  end
  return n
end

-- Everything below writes.

local function set(...) redis.call('HSET', k_record, ...) end

local function alarm(what, right, at) redis.call('ZADD', k_timers, text(at), what .. ':' .. id .. ':' .. right) end
local function silence(right)
  for _, what in ipairs({ 'nudge', 'late', 'clear' }) do redis.call('ZREM', k_timers, what .. ':' .. id .. ':' .. right) end
end

-- disown removes every rights request of the record, with all that points to them.
local function disown()
  for _, name in ipairs(redis.call('HKEYS', k_rights)) do
    if string.match(name, '^rr_%w+$') then
      redis.call('ZREM', k_wishes, name .. ' ' .. id)
      redis.call('ZREM', k_owing, name)
      silence(name)
    end
  end
  redis.call('DEL', k_rights)
end

local function timer(what, at) redis.call('ZADD', k_timers, text(at), what .. ':' .. id) end
local function stop(what) redis.call('ZREM', k_timers, what .. ':' .. id) end

-- unamend ends the correction that waits, with what was entered.
local function unamend()
  redis.call('HDEL', k_desk, 'a')
  redis.call('HDEL', k_record, 'amend')
  stop('enact')
end

-- index makes the request findable by guardian and code; unindex undoes it. A code that meanwhile means another request stays.
local function index(guardians, codes, gen)
  for i = 0, #guardians / 16 - 1 do
    local one = string.sub(guardians, i * 16 + 1, i * 16 + 16)
    if one ~= nobody then redis.call('ZADD', k_guardians, '0', one .. id) end
  end
  for i = 0, #codes / 16 - 1 do
    redis.call('HSET', k_codes, string.sub(codes, i * 16 + 1, i * 16 + 16), string.sub(id, 4) .. ' ' .. gen .. ' ' .. text(i))
  end
end

local function unindex(r)
  local guardians, codes = r.b or '', r.o or ''
  for i = 1, #guardians, 16 do redis.call('ZREM', k_guardians, string.sub(guardians, i, i + 15) .. id) end
  for i = 1, #codes, 16 do
    local one = string.sub(codes, i, i + 15)
    local whose = redis.call('HGET', k_codes, one)
    if whose and string.sub(whose, 1, #id - 3) == string.sub(id, 4) then redis.call('HDEL', k_codes, one) end
  end
end

-- The gate's entries (flag.go), under the first 14 bytes of a digest: 8 bytes for offline filters, then 19 for each report: 2 of the last month, a letter, 16 of
-- the source; or for a guardian's address 0xffff, g and the number of its living requests.
local function last_month(report)
  local high, low = string.byte(report, 1, 2)
  return high * 256 + low
end

-- mark adds a report to an identity. Of requests the latest end stays; what was set by hand stays until it is taken back or ends.
local function mark(look, value)
  local old, report, kept = redis.call('HGET', k_flags, look) or '', string.sub(value, 9), ''
  for i = 9, #old, 19 do
    local one = string.sub(old, i, i + 18)
    local both = string.sub(one, 3, 3) == 'p' and string.sub(report, 3, 3) == 'p'
    if both and last_month(one) >= last_month(report) then
      report = one
    elseif not both and string.sub(one, 4) ~= string.sub(report, 4) then
      kept = kept .. one
    end
  end
  redis.call('HSET', k_flags, look, string.sub(value, 1, 8) .. kept .. report)
end

-- unmark leaves of an identity's reports those that pass.
local function unmark(look, passes)
  local old = redis.call('HGET', k_flags, look)
  if not old then return end
  local kept = ''
  for i = 9, #old, 19 do
    local one = string.sub(old, i, i + 18)
    if passes(one) then kept = kept .. one end
  end
  if kept == '' then redis.call('HDEL', k_flags, look) else redis.call('HSET', k_flags, look, string.sub(old, 1, 8) .. kept) end
end

-- know counts a living request under each of its guardians' addresses; unknow takes it off again.
local function know(guardians, shorts)
  for i = 0, #guardians / 16 - 1 do
    local one = string.sub(guardians, i * 16 + 1, i * 16 + 14)
    if one ~= string.sub(nobody, 1, 14) then
      local old = redis.call('HGET', k_flags, one)
      local n = old and num(string.sub(old, 12)) or 0
      redis.call('HSET', k_flags, one, string.sub(shorts, i * 8 + 1, i * 8 + 8) .. '\255\255g' .. text(n + 1))
    end
  end
end

local function unknow(guardians)
  for i = 1, #guardians, 16 do
    local one = string.sub(guardians, i, i + 13)
    local old = redis.call('HGET', k_flags, one)
    local n = old and num(string.sub(old, 12)) or 0
    if n > 1 then
      redis.call('HSET', k_flags, one, string.sub(old, 1, 11) .. text(n - 1))
    elseif old then
      redis.call('HDEL', k_flags, one)
    end
  end
end

-- added tells offline filters of more identities, 8 bytes each. Ids of the stream are Redis' own time, in both spaces.
local function added(shorts)
  if shorts ~= '' then
    redis.call('XADD', k_added, 'MINID', '~', text(tonumber(time[1]) * 1000 - 2 * day), '*', 's', shorts)
  end
end

-- move changes the status; the caller has checked that the table of moves knows it.
local function move(r, to)
  redis.call('ZREM', k_in[r.t], id)
  redis.call('ZADD', k_in[to], text(now), id)
  if to ~= 'granted' then
    unknow(r.b or '')
    redis.call('ZREM', k_ages, id)
  end
  if r.t == 'pending' and redis.call('HGET', k_asking, r.s) == id then redis.call('HDEL', k_asking, r.s) end
  set('t', to)
end

-- close ends a pending request: the data is destroyed, what finds it fades, the bare record is forgotten.
local function close(r, to, reason)
  move(r, to)
  redis.call('DEL', k_people, k_data, k_evidence, k_desk)
  redis.call('HDEL', k_record, 'filed')
  set('c', 'destroyed', 'y', reason, 'E', text(now))
  timer('fade', now + 30 * day)
  timer('forget', now + 400 * day)
end

-- claim_erasure sets when the app must have confirmed its erasure; 0 for never.
local function claim_erasure(due)
  redis.call('HDEL', k_record, 'A', 'j')
  if due > 0 then
    set('B', text(now + due))
    timer('overdue', now + due)
  end
end

-- finish ends a consent: the held data is destroyed, the evidence is kept so long.
local function finish(r, to, reason, erase_due, keep)
  claim_erasure(erase_due)
  unamend()
  move(r, to)
  redis.call('DEL', k_data)
  set('c', 'destroyed', 'y', reason, 'E', text(now))
  stop('lapse')
  if keep < 400 * day then timer('fade', now + keep) end
  timer('forget', now + math.max(400 * day, keep))
end

-- audit appends the step under the app's next number, with what the record says after it, and links it to the record's
-- entry before. All entries have the same names, which Redis then keeps once. It stands behind all other writes. No number
-- is below floor: those were given once, before a backup was restored.
local function audit(status, floor)
  local seq = text(math.max(last_entry(k_audit), floor or 0) + 1)
  local is = redis.call('HMGET', k_record, 'c', 'y', 'm', 'T', 'G', 'h')
  local moved = status ~= '' and was ~= status
  local function tell(i, when) return when and is[i] or '' end
  redis.call('XADD', k_audit, seq .. '-0',
    'at', text(now), 'step', step, 'id', id, 'by', ARGV[4], 'ref', ARGV[5], 'note', ARGV[6], 'status', status,
    'prev', before, 'custody', tell(1, true), 'reason', tell(2, moved), 'method', tell(3, moved), 'terms', tell(4, moved),
    'granted', tell(5, moved or step == 'withdraw'), 'hold', tell(6, is[6] == '1'))
  if is[1] then set('e', seq) end
end

-- tell adds an event to the stream.
local function tell(event, kind, data)
  local oldest = text(tonumber(time[1]) * 1000 - 30 * day)
  redis.call('XADD', k_events, 'MINID', '~', oldest, '*', 'e', event, 'a', text(now), 't', kind, 'd', data)
end

-- trace leaves behind what every change leaves: audit entry, event, jobs. mute leaves out the letters.
local function trace(status, mute, floor)
  audit(status, floor)
  if ARGV[7] ~= '' then tell(ARGV[7], ARGV[8], ARGV[9]) end
  for i = 0, jobs - 1 do
    local job = 10 + 4 * i
    if not (mute and ARGV[job + 3] == 'letter') then
      outbox_put(k_due, k_jobs, now, ARGV[job + 1], tonumber(ARGV[job + 2]), ARGV[job + 3], ARGV[job + 4])
    end
  end
end
