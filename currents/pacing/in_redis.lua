-- Takes what may go of each ask, as bucket.py does. KEYS: none fixed, ids are many.
-- ARGV: prefix, now (s), interval (s), burst, per day, end of the next day (s), shown seconds,
--       hot from (events in a window), hot ids kept, asks (msgpack: [[user, device, count], ...]).
-- Returns: count and quota flag of each ask; nothing for a project that is not known.
local prefix, now, interval = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3])
local ahead, per_day = tonumber(ARGV[4]) * interval, tonumber(ARGV[5])
local ends, shown = tonumber(ARGV[6]), tonumber(ARGV[7])
local hot_from, hot_kept = tonumber(ARGV[8]), tonumber(ARGV[9])
local asks = cmsgpack.unpack(ARGV[10])
local day, window = math.floor(now / 86400), math.floor(now / shown)
local ttl = math.max(60, math.ceil(ends - now))

local function read(key)
  local kept = redis.call('GET', key)
  if not kept then return now, 0, 0, 0, 0 end
  local free_at, of_day, today, yesterday, of_window, inside, before =
    struct.unpack('ddddddd', kept)
  if free_at < now or free_at > now + ahead + interval then free_at = now end
  if of_day ~= day then
    yesterday = (day == of_day + 1) and today or 0
    today = 0
  end
  if of_window ~= window then
    before = (window == of_window + 1) and inside or 0
    inside = 0
  end
  return free_at, today, yesterday, inside, before
end

local function room(free_at)
  return math.max(0, math.floor((now + ahead - free_at) / interval + 1e-3))
end

local function left_of(today, yesterday)
  return math.floor(per_day - today - yesterday * (1 - (now % 86400) / 86400))
end

local function use(key, name, free_at, today, yesterday, inside, before, count)
  local value = struct.pack('ddddddd', free_at + count * interval, day, today + count, yesterday,
    window, inside + count, before)
  redis.call('SET', key, value, 'EX', ttl)
  if inside + count >= hot_from then
    redis.call('ZADD', prefix .. 'hot', inside + count + before, name)
  end
end

if redis.call('EXISTS', prefix .. 'known') == 0 then return {} end
local answer = {}
for _, ask in ipairs(asks) do
  local user, device, count = ask[1], ask[2], ask[3]
  local rate, left = count, count
  local uf, ut, uy, ui, ub, df, dt, dy, di, db
  if user ~= '' then
    uf, ut, uy, ui, ub = read(prefix .. 'u:' .. user)
    rate, left = room(uf), left_of(ut, uy)
  end
  if device ~= '' then
    df, dt, dy, di, db = read(prefix .. 'd:' .. device)
    local r, l = room(df), left_of(dt, dy)
    if user == '' or r < rate then rate = r end
    if user == '' or l < left then left = l end
  end
  left = math.max(0, left)
  local given = math.min(count, rate, left)
  if given > 0 then
    if user ~= '' then use(prefix .. 'u:' .. user, 'u:' .. user, uf, ut, uy, ui, ub, given) end
    if device ~= '' then use(prefix .. 'd:' .. device, 'd:' .. device, df, dt, dy, di, db, given) end
  end
  answer[#answer + 1] = given
  answer[#answer + 1] = (left < count and left <= rate) and 1 or 0
end
if redis.call('ZCARD', prefix .. 'hot') > 2 * hot_kept then
  redis.call('ZREMRANGEBYRANK', prefix .. 'hot', 0, -hot_kept - 1)
end
return answer
