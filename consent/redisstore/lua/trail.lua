#!lua flags=no-writes
-- Walks back through a record's entries of the audit log.
-- KEYS: record audit
-- ARGV: how many at most
-- Returns the entries as XRANGE gives them, the newest first; it ends where the stream was trimmed.
local out, seq = {}, redis.call('HGET', KEYS[1], 'e')
while seq and seq ~= '' and #out < tonumber(ARGV[1]) do
  local one = redis.call('XRANGE', KEYS[2], seq .. '-0', seq .. '-0')[1]
  if not one then break end
  out[#out + 1], seq = one, nil
  for i = 1, #one[2], 2 do
    if one[2][i] == 'prev' then seq = one[2][i + 1] end
  end
end
return out
