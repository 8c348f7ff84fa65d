-- Replaces the first logs of a counter table by their sum. Logs that were added after they were read stay behind it, so
-- that the table means the same whenever this runs; a table whose beginning is another by now is left alone.
--
-- KEYS: table. ARGV: how many logs were read, their bytes one behind the other, the sum.
-- Reply: 1 when replaced, otherwise 0.
local logs = tonumber(ARGV[1])
if table.concat(redis.call('LRANGE', KEYS[1], 0, logs - 1)) ~= ARGV[2] then return 0 end
-- Never empties the list on the way: while its slot moves to another node, a key that vanished cannot be written again.
redis.call('LTRIM', KEYS[1], logs - 1, -1)
redis.call('LSET', KEYS[1], 0, ARGV[3])
return 1
