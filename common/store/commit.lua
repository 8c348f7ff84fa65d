-- Commits one mutation of one partition: the whole of it, or nothing when an expectation does not hold.
--
-- Atomicity: Redis runs a script alone, and writes its effects to the append-only file as one transaction. Whatever can
-- refuse a write (memory, persistence, a replica's role) refuses the first one, INCR, before anything has changed.
-- All keys carry the partition's hash tag, so that they live on one node of a cluster. While their slot moves to another
-- node, the script runs where all of its keys are; a key that it deletes cannot be touched again there. So keys that
-- are to be empty and then written are written first, and deleting from what is gone already is no error.
--
-- A version is the sequence number of the commit that put the entity, as a varint in front of the value. No varint is
-- the beginning of another, so that versions are compared by their bytes.
--
-- KEYS and ARGV are taken in order by the sections below; `n` announces how many entries follow it.
--   section           KEYS                          ARGV
--   head              sequence of the partition     loaded_at (decimal), effect ('0': only check), retention (commits)
--   packed expects    bucket                        n, n x (id, version bytes or '')
--   plain expects     entity                        n, n x (version bytes or '')
--   packed puts       bucket                        g, n, n x (id, expected version bytes, '' or 'any', value)
--   plain puts        entity                        n, n x (value, time to live in milliseconds)
--   packed erases     bucket                        n, n x (id)
--   dropped keys      entity or table               n
--   adds              table                         n, n x (counter log)
--   ranks             index                         n, n x (m, m x (score, member), k, k x (member))
--   appends           stream, its trim record       n, n x (m, m x (index, value))
--
-- A packed put carries its own expectation: version bytes, '' (there is none) or 'any' (which is no varint). Its value
-- begins with the version that it gets when nothing was committed since the load, of g bytes: the usual case then copies
-- no value in Lua.
--
-- Reply: {0, i} when the i-th expectation (from 0: packed ones, plain ones, puts) did not hold; otherwise {sequence, i...}, the
-- sequence of this commit (0 without effect) and the adds (from 0) whose tables may be due for summing up.

local MAX_UNPACK = 4000        -- values; the stack of Lua takes about 8000
local LEAST_LOGS = 16          -- of a table before it is looked at for summing up; a power of two

local call = redis.call
local next_key, next_arg = 1, 0

local function key()
  next_key = next_key + 1
  return KEYS[next_key]
end

local function arg()
  next_arg = next_arg + 1
  return ARGV[next_arg]
end

local function count()
  next_arg = next_arg + 1
  return tonumber(ARGV[next_arg])
end

-- Runs the command on the next `n` arguments, in as few pieces as the stack allows. Pairs stay together.
local function call_with_next(run, command, k, n)
  while n > 0 do
    local size = math.min(n, MAX_UNPACK)
    run(command, k, unpack(ARGV, next_arg + 1, next_arg + size))
    next_arg = next_arg + size
    n = n - size
  end
end

local function varint(number)
  local bytes = ''
  while number >= 128 do
    bytes = bytes .. string.char(number % 128 + 128)
    number = math.floor(number / 128)
  end
  return bytes .. string.char(number)
end

local stored_sequence = call('GET', KEYS[1])
local unchanged = stored_sequence == arg()
local effect = arg() == '1'
local retention = count()

local function holds(stored, version)
  if version == '' then return not stored or stored == '' end
  return stored and string.sub(stored, 1, #version) == version
end

local packed = count()
if unchanged then
  next_key = next_key + packed
  next_arg = next_arg + 2 * packed
else
  for i = 1, packed do
    local stored = call('HGET', key(), arg())
    if not holds(stored, arg()) then return {0, i - 1} end
  end
end
local plain = count()
if unchanged then
  next_key = next_key + plain
  next_arg = next_arg + plain
else
  for i = 1, plain do
    if not holds(call('GETRANGE', key(), 0, 9), arg()) then return {0, packed + i - 1} end
  end
end
local guess, puts = count(), count()
local first_key, first_arg = next_key, next_arg
if not unchanged then
  for i = 1, puts do
    local expected = ARGV[first_arg + 3 * i - 1]
    if expected ~= 'any' then
      local stored = call('HGET', KEYS[first_key + i], ARGV[first_arg + 3 * i - 2])
      if not holds(stored, expected) then return {0, packed + plain + i - 1} end
    end
  end
end
if not effect then return {0} end

local sequence = call('INCR', KEYS[1])
local version = varint(sequence)
local reply = {sequence}

for i = 1, puts do
  local value = ARGV[first_arg + 3 * i]
  if not unchanged then value = version .. string.sub(value, guess + 1) end
  call('HSET', KEYS[first_key + i], ARGV[first_arg + 3 * i - 2], value)
end
next_key = first_key + puts
next_arg = first_arg + 3 * puts

for _ = 1, count() do
  local value = version .. arg()
  call('SET', key(), value, 'PX', arg())
end
for _ = 1, count() do
  redis.pcall('HDEL', key(), arg())
end
local dropped, is_dropped = {}, {}
for i = 1, count() do
  dropped[i] = key()
  is_dropped[dropped[i]] = true
end

for i = 1, count() do
  local added_to = key()
  local logs = call('RPUSH', added_to, arg())
  if is_dropped[added_to] then
    call('LTRIM', added_to, -1, -1)
    is_dropped[added_to] = false
    logs = 1
  end
  -- Whenever their number doubles.
  if logs >= LEAST_LOGS and bit.band(logs, logs - 1) == 0 then reply[#reply + 1] = i - 1 end
end
for _, each in ipairs(dropped) do
  if is_dropped[each] then redis.pcall('UNLINK', each) end
end

for _ = 1, count() do
  local index = key()
  call_with_next(call, 'ZADD', index, 2 * count())
  call_with_next(redis.pcall, 'ZREM', index, count())
end

for _ = 1, count() do
  local stream, trim_record = key(), key()
  for _ = 1, count() do
    local id = string.format('%.0f-', sequence) .. arg()
    call('XADD', stream, id, 'v', arg())
  end
  local first_kept = sequence - retention
  if first_kept > 0 then
    local first = call('XRANGE', stream, '-', '+', 'COUNT', 1)[1][1]
    local first_sequence = tonumber(string.match(first, '^%d+'))
    -- Now and then, so that the cost of cutting is shared by many commits.
    if first_sequence < first_kept - retention / 8 then
      local limit = string.format('%.0f-0', first_kept)
      call('SET', trim_record, call('XREVRANGE', stream, '(' .. limit, '-', 'COUNT', 1)[1][1])
      call('XTRIM', stream, 'MINID', limit)
    end
  end
end

return reply
