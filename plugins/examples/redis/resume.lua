-- Takes a split over: no later commit of its owner before comes about. Returns the offset after what is committed of it, and the
-- split's generation. Offsets stay texts, since numbers here are exact up to 2^53 only.
-- KEYS: the offsets. ARGV: the split.
local generation = redis.call('HINCRBY', KEYS[1], 'generation ' .. ARGV[1], 1)
return {redis.call('HGET', KEYS[1], 'next ' .. ARGV[1]) or '-1', generation}
