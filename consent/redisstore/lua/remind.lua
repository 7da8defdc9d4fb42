-- Gives a letter that asks a guardian its turn, and notes that it arrived: of the letters that an outage held up together
-- one goes out, and the others are moot.
-- arg: 1 generation  2 which guardian  3 the letter's job  4 '1': it arrived  5 ms since which another that arrived serves as well
--      6 ms that must lie between it and the one before  7 ms that a letter may take to arrive before the next has its turn
local r = read()
if not r then return refuse('not_found') end
local field, arrived = 'i' .. arg(2), arg(4) == '1'
local at, letter, done = string.match(r[field] or '', '^(%d+) (%S+) (%d)$')
at = num(at)
local own = letter == arg(3)
if own and arrived and done == '1' then return answer() end
if own and not arrived and done == '0' and now < at + number(7) then return answer() end -- it has the turn
local serves = r.g == arg(1) and (open(r) or r.t == 'granted')
if not serves and arrived then return answer() end
if not serves or own and not arrived and done == '1' then return refuse('moot') end
if not arrived and done == '1' and (at >= number(5) or now - at < number(6)) then return refuse('moot') end
if not arrived and done == '0' and not own and now < at + number(7) then return refuse('turn', text(at + number(7) - now)) end

set(field, text(now) .. ' ' .. arg(3) .. ' ' .. arg(4))
if arrived and arg(2) == '0' and r.M == 'queued' and open(r) then set('M', 'sent', 'H', '', 'W', text(now)) end -- the one that was to be sent is moot now
if arrived then trace(r.t) end -- a turn is no act
return answer()
