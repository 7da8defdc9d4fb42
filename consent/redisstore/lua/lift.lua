-- Removes what a source said of identities, as far as it has ended.
-- arg: 1 number of the present month  2 16 bytes of the source  then the digests
local function lasts(report) return last_month(report) >= number(1) or string.sub(report, 4) ~= arg(2) end
local gone = false
for i = 3, #ARGV - 10 - 4 * jobs do
  local value = redis.call('HGET', k_flags, arg(i)) or ''
  for j = 9, #value, 19 do gone = gone or not lasts(string.sub(value, j, j + 18)) end
end
if not gone then return refuse('not_due') end

for i = 3, #ARGV - 10 - 4 * jobs do unmark(arg(i), lasts) end
if string.sub(id, 1, 4) == 'min_' then redis.call('DEL', k_record) end
trace('')
return { 'ok', {} }
