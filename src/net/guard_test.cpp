#include "net/guard.h"

#include <doctest/doctest.h>

namespace net {
namespace {

Request with(std::initializer_list<Headers::Field> fields, std::string method = "POST", std::string target = "/") {
  Request request;
  request.method = std::move(method);
  request.target = std::move(target);
  request.headers = Headers(fields);
  return request;
}

}  // namespace

TEST_CASE("only loopback names and the names of the options are taken as Host") {
  GuardOptions options;
  options.hosts = {"registry.test", "*.amazonaws.com"};
  for (const char* host : {"localhost", "LOCALHOST:4566", "localhost.", "api.localhost:1", "127.0.0.1:4566", "127.9.8.7",
                           "[::1]:4566", "[::1]", "registry.test:5000", "123456789012.dkr.ecr.us-east-1.amazonaws.com"}) {
    CAPTURE(host);
    CHECK(check_request(options, with({{"Host", host}})));
  }
  for (const char* host : {"", "evil.example", "127.0.0.1.evil.example", "localhost.evil.example", "notlocalhost",
                           "128.0.0.1", "127.1", "0127.0.0.1", "127.0.0.256", "127.0.0.1:port", "127.0.0.1:123456",
                           "amazonaws.com", "xamazonaws.com", "[::2]", "[::1", "[::1]x", "user@localhost", "a b",
                           "localhost:80:80", "0.0.0.0", "169.254.169.254"}) {
    CAPTURE(host);
    CHECK_FALSE(check_request(options, with({{"Host", host}})));
  }
  options.check_host = false;
  CHECK(check_request(options, with({{"Host", "engine.lan"}})));
}

TEST_CASE("a web page's requests are refused, the server's own pages' are not") {
  GuardOptions options;
  options.origins = {"http://localhost:3000"};
  const auto origin = [&](const char* value) {
    return check_request(options, with({{"Host", "127.0.0.1:4566"}, {"Origin", value}})).has_value();
  };
  CHECK(origin("http://127.0.0.1:4566"));
  CHECK(origin("http://localhost:3000"));
  CHECK_FALSE(origin("http://evil.example"));
  CHECK_FALSE(origin("null"));
  CHECK_FALSE(origin(""));
  CHECK_FALSE(origin("http://127.0.0.1:4567"));
  CHECK_FALSE(origin("http://127.0.0.1:4566.evil.example"));
}

TEST_CASE("a browser's image, form or link of another site is no action; a link to a page is followed") {
  const auto fetch = [](const char* site, const char* mode, std::string method, std::string target) {
    return check_request({}, with({{"Host", "localhost"}, {"Sec-Fetch-Site", site}, {"Sec-Fetch-Mode", mode}},
                                  std::move(method), std::move(target)))
        .has_value();
  };
  CHECK(fetch("same-origin", "cors", "POST", "/"));
  CHECK(fetch("none", "navigate", "GET", "/?Action=X"));
  CHECK(fetch("cross-site", "navigate", "GET", "/console"));
  CHECK_FALSE(fetch("cross-site", "navigate", "GET", "/?Action=DeleteLoadBalancer"));
  CHECK_FALSE(fetch("cross-site", "navigate", "POST", "/"));
  CHECK_FALSE(fetch("same-site", "no-cors", "GET", "/?Action=X"));
  CHECK_FALSE(fetch("cross-site", "no-cors", "GET", "/"));
}

}  // namespace net
