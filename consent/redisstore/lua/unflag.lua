-- Takes back a flag that was set by hand. What others report of the same identities stays.
-- arg: 1 16 bytes of its source
local looks = redis.call('HGET', k_record, 'f')
if not looks then return refuse('not_found') end

local function theirs(report) return string.sub(report, 4) ~= arg(1) end
for i = 1, #looks, 14 do unmark(string.sub(looks, i, i + 13), theirs) end
redis.call('DEL', k_record)
trace('')
return { 'ok', {} }
