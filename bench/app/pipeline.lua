-- wrk: 16 requests in one write.
init = function(args)
  local requests = {}
  for i = 1, 16 do requests[i] = wrk.format(nil, "/api") end
  batch = table.concat(requests)
end

request = function() return batch end
