-- Takes what may go of each ask, as bucket.py does. KEYS: none fixed, they are named by day.
-- ARGV: prefix, now (s), interval (s), burst, per day, shown seconds, hot from (events in a
--       window), hot ids kept, asks (msgpack, flat: user, device, events, user, device, ...).
-- Returns: place of the ask from 0, events granted and quota flag, of each ask that is not granted
--       whole; nil for a project that is not known.
-- The buckets of a day are fields of one hash for users and of one for devices: many are read and
-- written by one command, which costs a third of a command each (measured).
local prefix, now, interval = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3])
local ahead, per_day, shown = tonumber(ARGV[4]) * interval, tonumber(ARGV[5]), tonumber(ARGV[6])
local hot_from, hot_kept = tonumber(ARGV[7]), tonumber(ARGV[8])
local floor, max, min = math.floor, math.max, math.min
local day, window, gone = floor(now / 86400), floor(now / shown), (now % 86400) / 86400
local BUCKET = '<dI4I4I4I4I4' -- free at, today, yesterday, window, in it, in the one before
local AT_ONCE = 2000 -- fields of one command: Lua hands over at most 8,000 arguments

-- The ids of one kind that are asked for, each once: its place by name, and a column a field.
local function columns(kind)
  return {kind = kind, names = {}, place = {}, free_at = {}, today = {}, yesterday = {},
    inside = {}, before = {}}
end

local function add(ids, name)
  if name ~= '' and not ids.place[name] then
    local at = #ids.names + 1
    ids.names[at], ids.place[name] = name, at
  end
end

local function put(ids, at, value, of_today)
  if not value then
    ids.free_at[at], ids.today[at], ids.yesterday[at] = now, 0, 0
    ids.inside[at], ids.before[at] = 0, 0
    return
  end
  local free_at, today, yesterday, of_window, inside, before = struct.unpack(BUCKET, value)
  if free_at < now or free_at > now + ahead + interval then free_at = now end
  if not of_today then today, yesterday = 0, today end
  if of_window ~= window then
    before = (window == of_window + 1) and inside or 0
    inside = 0
  end
  ids.free_at[at], ids.today[at], ids.yesterday[at] = free_at, today, yesterday
  ids.inside[at], ids.before[at] = inside, before
end

local function read(ids)
  local names, key = ids.names, prefix .. ids.kind
  local day_before = redis.call('EXISTS', key .. (day - 1)) == 1
  for first = 1, #names, AT_ONCE do
    local last = min(first + AT_ONCE - 1, #names)
    local values = redis.call('HMGET', key .. day, unpack(names, first, last))
    for at = first, last do
      local value = values[at - first + 1]
      if value or not day_before then
        put(ids, at, value, true)
      else
        put(ids, at, redis.call('HGET', key .. (day - 1), names[at]), false)
      end
    end
  end
end

local function write(ids)
  local names, key, changes, count = ids.names, prefix .. ids.kind .. day, {}, 0
  for at = 1, #names do
    local inside, before = ids.inside[at], ids.before[at]
    changes[count + 1] = names[at]
    changes[count + 2] = struct.pack(BUCKET, ids.free_at[at], ids.today[at], ids.yesterday[at],
      window, inside, before)
    count = count + 2
    if count == 2 * AT_ONCE or at == #names then
      redis.call('HSET', key, unpack(changes, 1, count))
      count = 0
    end
    if inside >= hot_from then
      redis.call('ZADD', prefix .. 'hot', inside + before, ids.kind .. ':' .. names[at])
    end
  end
  redis.call('EXPIRE', key, math.ceil((day + 3) * 86400 - now))
end

local function room(ids, at)
  return max(0, floor((now + ahead - ids.free_at[at]) / interval + 1e-3))
end

local function left_of(ids, at)
  return max(0, floor(per_day - ids.today[at] - ids.yesterday[at] * (1 - gone)))
end

local function use(ids, at, count)
  ids.free_at[at] = ids.free_at[at] + count * interval
  ids.today[at], ids.inside[at] = ids.today[at] + count, ids.inside[at] + count
end

if redis.call('EXISTS', prefix .. 'known') == 0 then return nil end
local asks, users, devices = cmsgpack.unpack(ARGV[9]), columns('u'), columns('d')
for i = 1, #asks, 3 do
  add(users, asks[i])
  add(devices, asks[i + 1])
end
read(users)
read(devices)
local answer, cut = {}, 0
for i = 1, #asks, 3 do
  local user, device, count = users.place[asks[i]], devices.place[asks[i + 1]], asks[i + 2]
  local rate, left = count, count
  if user then rate, left = min(rate, room(users, user)), min(left, left_of(users, user)) end
  if device then rate, left = min(rate, room(devices, device)), min(left, left_of(devices, device)) end
  local given = min(rate, left)
  if given > 0 then
    if user then use(users, user, given) end
    if device then use(devices, device, given) end
  end
  if given < count then
    answer[cut + 1], answer[cut + 2] = (i - 1) / 3, given
    answer[cut + 3] = (left < count and left <= rate) and 1 or 0
    cut = cut + 3
  end
end
write(users)
write(devices)
if redis.call('ZCARD', prefix .. 'hot') > 2 * hot_kept then
  redis.call('ZREMRANGEBYRANK', prefix .. 'hot', 0, -hot_kept - 1)
end
return answer
