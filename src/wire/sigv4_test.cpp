#include "wire/sigv4.h"

#include <doctest/doctest.h>

namespace {

const Instant kNow = instant_from_ms(1'440'938'160'000);  // 20150830T123600Z
const wire::Credentials kKey{"AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", ""};

net::Request signed_request() {
  net::Request request;
  request.method = "POST";
  request.target = "/?Action=ListUsers&Version=2010-05-08";
  request.headers.add("Host", "iam.amazonaws.com");
  request.headers.add("Content-Type", "application/x-www-form-urlencoded; charset=utf-8");
  wire::sign(request, kKey, {"us-east-1", "iam"}, kNow);
  return request;
}

std::optional<std::string> secret_of(std::string_view key) {
  return key == kKey.access_key ? std::optional(kKey.secret_key) : std::nullopt;
}

}  // namespace

TEST_CASE("AWS's published example of a GET signature is accepted") {
  // https://docs.aws.amazon.com/IAM/latest/UserGuide/signing-elements.html (the ListUsers example)
  net::Request request;
  request.method = "GET";
  request.target = "/?Action=ListUsers&Version=2010-05-08";
  request.headers.add("Host", "iam.amazonaws.com");
  request.headers.add("Content-Type", "application/x-www-form-urlencoded; charset=utf-8");
  request.headers.add("X-Amz-Date", "20150830T123600Z");
  request.headers.add("Authorization",
                      "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/iam/aws4_request, "
                      "SignedHeaders=content-type;host;x-amz-date, "
                      "Signature=5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7");
  const auto who = wire::verify(request, secret_of, kNow);
  REQUIRE(who);
  CHECK(*who == "AKIDEXAMPLE");
}

TEST_CASE("what sign makes, verify takes, and nothing else") {
  CHECK(wire::verify(signed_request(), secret_of, kNow));
  CHECK(wire::verify(signed_request(), secret_of, kNow + minutes(4)));
  const auto refused = [](auto change, std::string_view code) {
    net::Request request = signed_request();
    change(request);
    const auto who = wire::verify(request, secret_of, kNow);
    REQUIRE_FALSE(who);
    CHECK(who.error().code == code);
  };
  refused([](auto& r) { r.body = "x"; }, "SignatureDoesNotMatch");
  refused([](auto& r) { r.method = "PUT"; }, "SignatureDoesNotMatch");
  refused([](auto& r) { r.target = "/?Action=DeleteUser&Version=2010-05-08"; }, "SignatureDoesNotMatch");
  refused([](auto& r) { r.headers.set("Host", "evil"); }, "SignatureDoesNotMatch");
  refused([](auto& r) { r.headers.set("X-Amz-Date", "20150831T123600Z"); }, "SignatureDoesNotMatch");
  refused([](auto& r) { r.headers.set("X-Amz-Date", "20150830T124500Z"); }, "SignatureDoesNotMatch");
}

TEST_CASE("malformed Authorization headers are refused with AWS's codes") {
  const auto code = [](std::string_view authorization) {
    net::Request request = signed_request();
    request.headers.set("Authorization", authorization);
    const auto who = wire::verify(request, secret_of, kNow);
    return who ? std::string() : who.error().code;
  };
  CHECK(code("") == "MissingAuthenticationToken");
  for (const char* text : {"Basic abc", "AWS4-HMAC-SHA256", "AWS4-HMAC-SHA256 Credential=", "AWS4-HMAC-SHA256 Credential=a/b/c/d/aws4_request",
                           "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/iam/aws4_request",
                           "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/iam/aws4_request, SignedHeaders=host",
                           "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/iam/aws3_request, SignedHeaders=host, Signature=a",
                           "AWS4-HMAC-SHA256 Credential=//////, SignedHeaders=host, Signature=a"}) {
    CAPTURE(text);
    CHECK(code(text) == "IncompleteSignature");
  }
  CHECK(code("AWS4-HMAC-SHA256 Credential=NOBODY/20150830/us-east-1/iam/aws4_request, SignedHeaders=host, Signature=a") == "InvalidClientTokenId");
  CHECK(code("AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/iam/aws4_request, SignedHeaders=host, Signature=") == "IncompleteSignature");
  CHECK(code("AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/iam/aws4_request, SignedHeaders=host, Signature=a") == "SignatureDoesNotMatch");
  CHECK(code("AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/iam/aws4_request, SignedHeaders=date, Signature=a") == "SignatureDoesNotMatch");
  net::Request request = signed_request();
  request.headers.set("X-Amz-Date", "yesterday-or-so!");
  CHECK(wire::verify(request, secret_of, kNow).error().code == "IncompleteSignature");
}
