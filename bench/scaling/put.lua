-- wrk: one request of the Query protocol, again and again. Arguments after --: body.
init = function(arguments)
  wrk.method = "POST"
  wrk.path = "/"
  wrk.body = arguments[1]
  wrk.headers["Content-Type"] = "application/x-www-form-urlencoded; charset=utf-8"
  wrk.headers["Authorization"] = "AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/monitoring/aws4_request, SignedHeaders=host, Signature=0"
end
