-- Notes that somebody looks at what is sealed in a record, and gives the record. The log has the act's own word.
local r = read()
if not r then return refuse('not_found') end

trace(r.t)
return answer()
