// The short way for the request that nearly every client sends: a whole GET whose header changes nothing about how it
// is framed or answered. Called by Server before RequestParser, for a quarter of its instructions.
// Always holds: what is accepted here, RequestParser accepts with the same length and the same Request
// (plain_request_test holds that against mutated requests). What is not accepted is no verdict: RequestParser gives it.
#pragma once

#include <string_view>

#include "app/request_parser.h"

namespace http_api {

/// The bytes of the plain request that `bytes` start with, and what it asks for; 0 where none does.
std::size_t read_plain_request(std::string_view bytes, Request& request);

}  // namespace http_api
