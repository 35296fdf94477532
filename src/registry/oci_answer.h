// Answers of the distribution API as values: errors in its JSON, and the headers that several operations share.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "net/http.h"

namespace registry {

/// {"errors":[{"code":…,"message":…}]} with the status that belongs to the code. A code that is none of OCI's (a file
/// that cannot be read) becomes UNKNOWN, is logged, and its text stays here.
net::Response refuse(const Error& error);
net::Response answer(int status);
net::Response answer_json(std::string body);

}  // namespace registry
