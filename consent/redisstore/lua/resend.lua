-- Counts a resend against its day (UTC) and leaves its letter. Staff have a count of their own: a child who pressed too often
-- must not keep them from helping.
-- arg: 1 resends a day
local r = read()
if not r then return refuse('not_found') end
if not open(r) then return refuse('not_pending') end
local this = jobs > 0 and ARGV[11] or ''
if this ~= '' and r.J == this then return answer() end
local field = ARGV[4] == 'staff' and 'I' or 'z'
local count = todays(r[field])
if count >= number(1) then return refuse('resend_limit', tomorrow()) end

local mute = muted(r.b or '')
set(field, text(today) .. ' ' .. text(count + 1), 'J', this, 'W', text(now))
if mute then set('M', 'not_sent', 'H', 'use_another_way') else set('M', 'queued', 'H', '') end
trace(r.t, mute)
return answer()
