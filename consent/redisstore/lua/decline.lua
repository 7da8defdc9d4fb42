-- Decides no. The data is destroyed; the same subject may not ask the same guardian again for a while.
-- arg: 1 generation  2 reason  3 pause_ms  4 block_ms ('0': no such wish)  5 which guardian
--      6 digest of subject and guardian (zeros: the record's own)
local r = read()
if not r then return refuse('not_found') end
if r.t == 'declined' and r.g == arg(1) and r.y == arg(2) then return answer() end
if not open(r) then return refuse('not_pending') end
if r.g ~= arg(1) then return refuse('replaced') end
if paused(r) then return refuse('paused', text(paused(r))) end
local at = number(5) * 16
local guardian = string.sub(r.b or '', at + 1, at + 16)

close(r, 'declined', arg(2))
set('D', text(now))
local pair = arg(6) ~= nobody and arg(6) or r.P
set('P', pair or nobody)
if arg(5) ~= '0' then set('f', arg(5)) end
if number(3) > 0 and pair and pair ~= nobody then redis.call('ZADD', k_pauses, 'GT', text(now + number(3)), pair) end
if number(4) > 0 and #guardian == 16 and guardian ~= nobody then
  set('O', '1')
  redis.call('ZADD', k_quiet, 'GT', text(now + number(4)), guardian)
end
trace('declined')
return answer()
