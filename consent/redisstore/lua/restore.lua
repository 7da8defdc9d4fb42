-- Brings a record of a restored backup to the state that it had: what ended is ended, what was destroyed is destroyed. It
-- never gives anything back: a grant that the backup does not know is asked for again.
-- arg: 1 status  2 reason  3 ms of the end  4 '1': the held data was destroyed  5 purposes in force ('-': as here)
--      6 '1': a correction is open  7 erase_due_ms  8 ms when the app confirmed its erasure ('0': not)  9 keep_ms
--      10 block_ms  11 numbers of the guardians who want no letters
local r = read()
if not r then return refuse('not_found') end
local to, destroyed = arg(1), arg(4) == '1'
local ends = not ended(r) and to ~= 'pending' and to ~= 'granted'

if ends and r.t == 'pending' then
  close(r, to, arg(2))
elseif ends then
  move(r, to)
  redis.call('DEL', k_data)
  set('c', 'destroyed', 'y', arg(2))
  stop('lapse')
  if number(7) > 0 and number(8) == 0 then
    set('B', text(number(3) + number(7)))
    timer('overdue', number(3) + number(7))
  end
  if number(9) < 400 * day then timer('fade', number(3) + number(9)) end
  timer('forget', number(3) + math.max(400 * day, number(9)))
elseif r.t == 'granted' and to == 'granted' then
  local less = arg(5) ~= '-' and not same(r.G, arg(5))
  if less then set('G', arg(5)) end
  if r.c ~= 'destroyed' and (destroyed or less) then
    redis.call('DEL', k_data)
    set('c', 'destroyed')
    stop('lapse')
  end
  set('h', arg(6))
end
if r.amend then unamend() end -- the log does not tell what was entered, and somebody may have stopped it since
if ends then set('E', arg(3)) end
if number(8) > 0 and (ends or ended(r)) then
  set('A', arg(8))
  stop('overdue')
end
for n in string.gmatch(arg(11), '%d+') do
  local one = string.sub(r.b or '', tonumber(n) * 16 + 1, tonumber(n) * 16 + 16)
  if #one == 16 and one ~= nobody then redis.call('ZADD', k_quiet, 'GT', text(number(3) + number(10)), one) end
end
trace(ends and to or r.t)
return answer()
