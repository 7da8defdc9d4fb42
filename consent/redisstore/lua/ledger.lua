-- What numbers an audit log: last_entry for all scripts that append to one, own_entry for those of the staff, which are no steps.

-- last_entry is the number of the log's last entry. A stream that was trimmed to nothing still knows it.
local function last_entry(key)
  local newest = redis.call('XREVRANGE', key, '+', '-', 'COUNT', '1')
  if newest[1] then return tonumber(string.match(newest[1][1], '^%d+')) end
  if redis.call('EXISTS', key) == 0 then return 0 end
  local info = redis.call('XINFO', 'STREAM', key)
  for i = 1, #info, 2 do
    if info[i] == 'last-generated-id' then return tonumber(string.match(info[i + 1], '^%d+')) end
  end
end

-- own_entry appends an act that concerns no record to the staff's own log. The names are those of a step's entry (lib.lua).
local function own_entry(key, at, step, ref, note)
  redis.call('XADD', key, string.format('%.0f', last_entry(key) + 1) .. '-0',
    'at', string.format('%.0f', at), 'step', step, 'id', '', 'by', 'staff', 'ref', ref, 'note', note, 'status', '',
    'prev', '', 'custody', '', 'reason', '', 'method', '', 'terms', '', 'granted', '', 'hold', '')
end

