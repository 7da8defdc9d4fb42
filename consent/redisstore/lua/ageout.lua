-- Ends a consent on the day on which the child comes of age. The evidence stays as after a withdrawal.
-- arg: 1 ms of the birthday's first moment  2 erase_due_ms ('0': nothing to erase)  3 keep_ms
local r = read()
if not r then return refuse('not_found') end
if r.t == 'aged_out' then return answer() end
if r.t == 'pending' then return refuse('not_granted') end
if r.t ~= 'granted' then return refuse('ended') end
if now < number(1) then return refuse('not_due') end

finish(r, 'aged_out', 'birthday', number(2), number(3))
trace('aged_out')
return answer()
