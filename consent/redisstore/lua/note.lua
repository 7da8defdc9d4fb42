-- Notes an act that changes no record; the log has the act's own word. The id may be '' or of a record that is gone.
local r = id ~= '' and read()

trace(r and r.t or '')
return { 'ok', {} }
