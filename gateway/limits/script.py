"""The script that counts in Redis (5 or newer): all limits of a request, or none, in one step.

Its keys are the limits of the requests, one request's after another's; each of its arguments is
one request, as the kind, amount and seconds of each of its limits. It answers in one line, `;`
between requests: 1 or 0, then of each limit what is left and the microseconds to wait.

It goes by Redis' own clock. A rate is a bucket, kept as how much of it is used and when that was;
a quota is a window, kept as how much is used and when it ends. Each goes when it would be as new.
A clock that was set back keeps nobody out for longer than a rate's own time, or the window that it
now is; what was counted stays counted.
"""

import hashlib

TEXT = """
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000000 + tonumber(time[2])

local function bucket(count, used, at)
  local idle = math.max(now - at, 0)
  count.at = now
  count.used = math.max(used - idle * count.amount / count.span, 0)
  count.left = math.max(math.floor(count.amount - count.used), 0)
end

local function window(count, used, ends)
  if now >= ends then used = 0 end
  count.is_moved = now < ends and ends - now > count.span
  if now >= ends or count.is_moved then
    ends = (math.floor(now / count.span) + 1) * count.span
  end
  count.at, count.used = ends, used
  count.left = math.max(count.amount - used, 0)
end

local function wait(count)
  if count.kind == 'quota' then return count.at - now end
  if count.left > 0 then return 0 end
  return (count.used - count.amount + 1) * count.span / count.amount
end

local function keep(count, taken)
  count.used, count.left = count.used + taken, count.left - taken
  local span = count.at - now
  if count.kind == 'rate' then span = count.used * count.span / count.amount end
  local text = string.format('%.17g %.17g', count.used, count.at)
  redis.call('SET', count.key, text, 'PX', string.format('%d', math.ceil(span / 1000) + 1))
end

local answers, place = {}, 0
for number, request in ipairs(ARGV) do
  local counts, admitted = {}, 1
  for kind, amount, seconds in string.gmatch(request, '(%a+) (%d+) (%d+)') do
    place = place + 1
    local count = {key = KEYS[place], kind = kind}
    count.amount, count.span = tonumber(amount), tonumber(seconds) * 1000000
    local used, at = string.match(redis.call('GET', count.key) or '', '^(%S+) (%S+)$')
    local read = kind == 'rate' and bucket or window
    read(count, tonumber(used or 0), tonumber(at or 0))
    if count.left < 1 then admitted = 0 end
    counts[#counts + 1] = count
  end
  local answer = {admitted}
  for _, count in ipairs(counts) do
    if admitted == 1 or count.is_moved then keep(count, admitted) end
    answer[#answer + 1] = string.format('%d %d', count.left, math.ceil(wait(count)))
  end
  answers[number] = table.concat(answer, ' ')
end
return table.concat(answers, ';')
"""
SHA1 = hashlib.sha1(TEXT.encode(), usedforsecurity=False).hexdigest()  # by which Redis knows it
