-- Sends requests that were written beforehand, in turn, and prints what wrk measured as JSON.
--   wrk ... -s wrk.lua URL -- FILE
-- FILE holds whole requests with a zero byte between them.
local requests, next_request = {}, 1
threads = {}

function setup(thread)
    thread:set("offset", #threads)
    table.insert(threads, thread)
end

function init(arguments)
    local file = assert(io.open(arguments[1], "rb"))
    for request in file:read("*a"):gmatch("[^%z]+") do
        requests[#requests + 1] = request
    end
    file:close()
    next_request = 1 + math.floor(#requests * offset / 7) % #requests
end

function request()
    local text = requests[next_request]
    next_request = next_request % #requests + 1
    return text
end

function done(summary, latency, _)
    local errors = summary.errors
    io.write(string.format(
        '{"requests":%d,"seconds":%.6f,"refused":%d,"broken":%d,"p50_ms":%.3f,"p99_ms":%.3f}\n',
        summary.requests, summary.duration / 1e6,
        errors.status, errors.connect + errors.read + errors.write + errors.timeout,
        latency:percentile(50) / 1000, latency:percentile(99) / 1000))
end
