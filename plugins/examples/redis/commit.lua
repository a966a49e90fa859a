-- Appends records, and moves splits on. It changes nothing where a split is not as its owner left it: another one has taken it over,
-- this is an older copy of the data, or the part of the commit before has failed.
-- KEYS: the stream, the offsets. ARGV: how many splits there are, and each one's name, generation, offset before, and offset after; how
-- many arguments XADD has before the id, and those; then of each record how many fields and values follow, and those.
local splits, at = tonumber(ARGV[1]), 2
for i = 1, splits do
  local split = ARGV[at]
  if redis.call('HGET', KEYS[2], 'generation ' .. split) ~= ARGV[at + 1]
    or (redis.call('HGET', KEYS[2], 'next ' .. split) or '-1') ~= ARGV[at + 2] then
    return redis.error_reply('FENCED ' .. split)
  end
  at = at + 4
end
local add = {'XADD', KEYS[1]}
local options = tonumber(ARGV[at])
for i = 1, options do
  add[2 + i] = ARGV[at + i]
end
local fixed = 3 + options
add[fixed] = '*'
at = at + options + 1
while at <= #ARGV do
  local n = tonumber(ARGV[at])
  for i = 1, n do
    add[fixed + i] = ARGV[at + i]
  end
  redis.call(unpack(add, 1, fixed + n))
  at = at + n + 1
end
at = 2
for i = 1, splits do
  redis.call('HSET', KEYS[2], 'next ' .. ARGV[at], ARGV[at + 3])
  at = at + 4
end
return redis.status_reply('OK')
