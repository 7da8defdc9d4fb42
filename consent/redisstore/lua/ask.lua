-- Opens a rights request. A correction holds the data of a consent in force until it is answered; the hold that opens first
-- re-seals the data under its own hour.
-- arg: 1 its id  2 kind  3 channel  4 guardian (-1: not known)  5 due_ms  6 nudge_ms ('0': none)  7 how many may be open
--      8 '1' when this opens the hold  9 data for the next revision ('' when none is held)  10 revision of the data that was
--      read  11 window_ms  12 ms when its key dies  13 identity  14 text ('' for none)  15 body digest ('' without a key of
--      idempotency)  16 event's id ('' without a hold), 17 type, 18 data of the hold
-- Returns {'ok', fields of the hash}, or {'replay', id}: the first call's is to be read.
local right, kind, opens, data = arg(1), arg(2), arg(8) == '1', arg(9)

if k_again then
  local body, first, ends = string.match(redis.call('GET', k_again) or '', '^(................)(%S+) (%d+)$')
  if body and tonumber(ends) > now then
    if body ~= arg(15) then return refuse('idempotency_mismatch') end
    return { 'replay', first }
  end
end
local r = read()
if not r then return refuse('not_found') end
if redis.call('HEXISTS', k_rights, right) == 1 then return rights() end
if r.t == 'pending' then return refuse('not_granted') end
if r.t ~= 'granted' and r.t ~= 'withdrawn' and r.t ~= 'aged_out' then return refuse('ended') end
if num(redis.call('HGET', k_rights, 'n') or '0') >= number(7) then return refuse('rights_limit') end
local held = kind == 'correction' and r.t == 'granted'
if opens ~= (held and not r.h) then return refuse('stale') end
if opens and holds_data(r) and data ~= '' and r.d ~= arg(10) then return refuse('stale') end

local due = now + number(5)
write(right, {
  kind = kind, channel = arg(3), guardian = arg(4), status = 'open', created = text(now), due = text(due), answered = '0',
  late = '0', held = held and '1' or '0', told = '0', nudges = '0',
})
redis.call('HINCRBY', k_rights, 'n', 1)
set_aside(right, 'i', arg(13))
set_aside(right, 't', arg(14))
redis.call('ZADD', k_wishes, '0', right .. ' ' .. id)
redis.call('ZADD', k_owing, text(due), right)
alarm('late', right, due)
if number(6) > 0 then alarm('nudge', right, now + number(6)) end
if k_again then redis.call('SET', k_again, arg(15) .. right .. ' ' .. text(now + day), 'PX', text(day)) end
if held then set('h', text(num(r.h) + 1)) end
if opens and holds_data(r) and data ~= '' then reseal(r, data, number(10), number(11), number(12)) end
trace(r.t)
if opens then tell(arg(16), arg(17), arg(18)) end
return rights()
