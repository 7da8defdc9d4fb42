-- Notes once that a rights request was not answered in time.
-- arg: 1 its id
local r = read()
if not r then return refuse('not_found') end
local right = arg(1)
local w = find(right)
if not w then return refuse('not_found') end
if w.late == '1' then return rights() end
if w.status ~= 'open' or now < num(w.due) then return refuse('not_due') end

w.late = '1'
write(right, w)
silence(right)
trace(r.t)
return rights()
