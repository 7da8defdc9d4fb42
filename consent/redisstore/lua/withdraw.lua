-- Ends a consent, or takes purposes out of it. The evidence stays until keep_ms after the end. Held data that could not be
-- sealed anew without the items is destroyed: a withdrawal is never refused for that.
-- arg: 1 purposes ('': all)  2 data without their items, sealed for the next revision ('' when none is held)  3 reason
--      4 erase_due_ms ('0': nothing to erase)  5 keep_ms  6 revision of the data that was read
local r = read()
if not r then return refuse('not_found') end
if r.t == 'withdrawn' then return answer() end
if r.t == 'pending' then return refuse('not_granted') end
if r.t ~= 'granted' then return refuse('ended') end
if paused(r) then return refuse('paused', text(paused(r))) end
local gone, left, hit = words(arg(1)), {}, arg(1) == ''
for w in string.gmatch(r.G or '', '[^,]+') do
  if gone[w] then hit = true else left[#left + 1] = w end
end
if not hit then return answer() end
local all, held = arg(1) == '' or #left == 0, r.c ~= 'destroyed'
if not all and held and arg(2) ~= '' and r.d ~= arg(6) then return refuse('stale') end

if all then
  finish(r, 'withdrawn', arg(3), number(4), number(5))
  trace('withdrawn')
  return answer()
end
claim_erasure(number(4))
set('G', table.concat(left, ','))
if held and arg(2) ~= '' then
  redis.call('SET', k_data, arg(2))
  set('d', text(number(6) + 1))
elseif held then
  redis.call('DEL', k_data)
  set('c', 'destroyed')
  stop('lapse')
end
trace('granted')
return answer()
