-- Confirms what a colleague has entered of a guardian's new name or address: the address that stands is to be told (told.lua).
-- Nobody confirms what they have entered themselves, nor what they have not seen (threat 20).
-- arg: 1 its number  2 revision of the people that was seen
local r = read()
if not r then return refuse('not_found') end
if r.t == 'pending' then return refuse('not_granted') end
if r.t ~= 'granted' then return refuse('ended') end
local a = amending(r)
if not a then return refuse('not_amending') end
if r.amends ~= arg(1) then return refuse('stale') end
if a.rev ~= r.v or a.rev ~= arg(2) then return refuse('stale') end
if a.by == ARGV[5] then return refuse('same_person') end
if a.endorser ~= '' then return answer() end

set('amend', r.amend .. ' ' .. ARGV[5])
trace(r.t)
return answer()
