-- wrk: one ECS call, again and again. Arguments after --: operation, body.
local target = "AmazonEC2ContainerServiceV20141113."
init = function(arguments)
  wrk.method = "POST"
  wrk.path = "/"
  wrk.body = arguments[2]
  wrk.headers["Content-Type"] = "application/x-amz-json-1.1"
  wrk.headers["X-Amz-Target"] = target .. arguments[1]
  wrk.headers["Authorization"] = "AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/ecs/aws4_request, SignedHeaders=host, Signature=0"
end
