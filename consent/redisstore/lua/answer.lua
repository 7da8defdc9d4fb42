-- Answers a rights request. The answer to the last open correction ends the hold and re-seals the data under its own hour; one
-- before it may replace the data and leaves its time as it is.
-- arg: 1 its id  2 outcome: done or refused  3 answer  4 data of the answer ('' for none)  5 keep_ms of that data
--      6 '1' when this ends the hold  7 held data for the next revision ('': as it is)  8 revision of the data that was read
--      9 window_ms ('0': as it is)  10 ms when its key dies  11 '1' when the recipients of disclosures were told
--      12 event's id ('' when no hold ends), 13 type, 14 data
local r = read()
if not r then return refuse('not_found') end
local right, outcome, data = arg(1), arg(2), arg(7)
local w = find(right)
if not w then return refuse('not_found') end
if w.status == outcome then return rights() end
if w.status ~= 'open' then return refuse('answered') end
if w.kind == 'correction' and outcome == 'done' and arg(11) ~= '1' and redis.call('HLEN', k_disclosed) > 0 then
  return refuse('recipients_not_told')
end
local ends = w.held == '1' and num(r.h) <= 1
if ends ~= (arg(6) == '1') then return refuse('stale') end
if data ~= '' and holds_data(r) and r.d ~= arg(8) then return refuse('stale') end

w.status, w.answered, w.told = outcome, text(now), arg(11)
write(right, w)
redis.call('HINCRBY', k_rights, 'n', -1)
set_aside(right, 'a', arg(3))
set_aside(right, 'd', arg(4))
redis.call('ZREM', k_owing, right)
silence(right)
alarm('clear', right, now + number(5))
if ends then redis.call('HDEL', k_record, 'h') elseif w.held == '1' then set('h', text(num(r.h) - 1)) end
if data ~= '' and holds_data(r) then reseal(r, data, number(8), number(9), number(10)) end
trace(r.t)
if ends then tell(arg(12), arg(13), arg(14)) end
return rights()
