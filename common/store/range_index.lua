-- A page of an ordered index that goes on after a given member, whether or not that is still there.
--
-- KEYS: index. ARGV: least score, greatest score, '1' when descending, number of members wanted, and for all but the
-- first page score and member to go on after.
-- Reply: member, score, ... ascending in any case.
-- Costs the logarithm of the size of the index, also among many members with the same score.

local call = redis.call
local index, descending, wanted = KEYS[1], ARGV[3] == '1', tonumber(ARGV[4])

-- Not Lua's comparison, which follows the locale of the server.
local function less(a, b)
  for i = 1, math.min(#a, #b) do
    local x, y = string.byte(a, i), string.byte(b, i)
    if x ~= y then return x < y end
  end
  return #a < #b
end

-- How many members come before (score, member), which itself counts when `inclusive`.
local function rank_of(score, member, inclusive)
  local low = call('ZCOUNT', index, '-inf', '(' .. score)
  local high = call('ZCOUNT', index, '-inf', score)
  while low < high do
    local middle = math.floor((low + high) / 2)
    local candidate = call('ZRANGE', index, middle, middle)[1]
    if less(candidate, member) or (inclusive and candidate == member) then
      low = middle + 1
    else
      high = middle
    end
  end
  return low
end

local first = call('ZCOUNT', index, '-inf', '(' .. ARGV[1])
local past = call('ZCOUNT', index, '-inf', ARGV[2])
if ARGV[5] then
  if descending then
    past = math.min(past, rank_of(ARGV[5], ARGV[6], false))
  else
    first = math.max(first, rank_of(ARGV[5], ARGV[6], true))
  end
end
if descending then
  first = math.max(first, past - wanted)
else
  past = math.min(past, first + wanted)
end
if first >= past then return {} end
return call('ZRANGE', index, first, past - 1, 'WITHSCORES')
