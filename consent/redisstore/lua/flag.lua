-- Sets a flag by hand.
-- arg: 1 how many reports an identity may have  2 8 bytes of each identity  then two for each: digest, value
local function each(use) for i = 3, #ARGV - 10 - 4 * jobs, 2 do use(arg(i), arg(i + 1)) end end
if redis.call('EXISTS', k_record) == 1 then return { 'ok', {} } end
local full = false
each(function(look) full = full or #(redis.call('HGET', k_flags, look) or '') >= 8 + 19 * number(1) end)
if full then return refuse('flag_limit') end

local looks = ''
each(function(look, value)
  looks = looks .. look
  mark(look, value)
end)
set('f', looks)
added(arg(2))
trace('')
return { 'ok', {} }
