-- Prelude of the steps of rights requests, behind lib.lua. All requests of a record are one hash:
--   <id>    words: kind channel guardian status created due answered late held told nudges
--   <id>:i  how the asker was identified, sealed     <id>:t  what was asked for, in words, sealed
--   <id>:a  the answer, sealed                       <id>:d  its data, sealed
--   n       how many are open
-- Returns {'ok', fields of the hash}.
local fields = { 'kind', 'channel', 'guardian', 'status', 'created', 'due', 'answered', 'late', 'held', 'told', 'nudges' }

local function rights() return { 'ok', redis.call('HGETALL', k_rights) } end

-- find gives one rights request, nil when there is none.
local function find(right)
  local all = redis.call('HGET', k_rights, right)
  if not all then return nil end
  local w, i = {}, 0
  for word in string.gmatch(all, '%S+') do
    i = i + 1
    w[fields[i]] = word
  end
  return w
end

-- write keeps one, and set_aside one of its sealed parts.
local function write(right, w)
  local all = {}
  for i, name in ipairs(fields) do all[i] = w[name] end
  redis.call('HSET', k_rights, right, table.concat(all, ' '))
end

local function set_aside(right, part, sealed)
  if sealed ~= '' then redis.call('HSET', k_rights, right .. ':' .. part, sealed) end
end

-- reseal replaces held data. With a window it begins anew, and what is sealed dies with its new key.
local function reseal(r, data, rev, window, dies)
  redis.call('SET', k_data, data)
  set('d', text(rev + 1))
  if window > 0 then
    local release = math.min(now + window, dies)
    set('R', text(release))
    timer('lapse', release)
  end
end

local function holds_data(r) return r.t == 'granted' and r.c ~= 'destroyed' end
