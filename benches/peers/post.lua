-- wrk's POST of a JSON body that is another each time, with a check of the answer
local messages = {"quantum computers", "reusable rockets", "deep sea cables", "old maps", "new batteries"}
local threads = {}
bad = 0

function setup(thread) table.insert(threads, thread) end

function init()
    wrk.headers["Content-Type"] = "application/json"
    wrk.headers["X-API-Key"] = "cm_test_key"
end

function request()
    local body = string.format('{"message":"%s","max_concepts":%d}', messages[math.random(#messages)], math.random(5, 20))
    return wrk.format("POST", nil, nil, body)
end

function response(status, headers, body)
    if status ~= 200 or not body:find('"concepts_found":%d') then bad = bad + 1 end
end

function done()
    local all = 0
    for _, thread in ipairs(threads) do all = all + thread:get("bad") end
    print("bad answers: " .. all)
end
