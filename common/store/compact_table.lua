-- Replaces the beginning of a counter table by its sum. What was appended after it was read stays, so that the table
-- means the same whenever this runs; a table that was summed up or dropped by others in between is left alone.
--
-- KEYS: table. ARGV: the whole value as it was read, what to put in its place.
-- Reply: 1 when replaced, otherwise 0.
local size = #ARGV[1]
if redis.call('GETRANGE', KEYS[1], 0, size - 1) ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[2] .. redis.call('GETRANGE', KEYS[1], size, -1))
return 1
