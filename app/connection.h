// One client's connection, as Server keeps it. Plain data: Server moves it from stage to stage.
// Always holds: an idle connection keeps no buffer; `input` and `output` stay below one read and one flush.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "app/file_descriptor.h"
#include "app/request_parser.h"

namespace http_api {

/// Milliseconds of the monotonic clock.
using Moment = std::int64_t;
inline constexpr Moment kNever = INT64_MAX;

enum class Stage : unsigned char {
  reading,    // waits for a request, or for the rest of one
  working,    // its request waits for its turn to burn CPU
  writing,    // an answer waits until the client takes it
  lingering,  // all is said; reads on for a moment, so that the kernel does not reset what was said
};

/// The fields that every request touches come first, in one cache line.
struct alignas(64) Connection {
  FileDescriptor socket;
  std::uint32_t serial = 0;  // tells it from a later connection with the same descriptor
  std::uint32_t interest = 0;
  Stage stage = Stage::reading;
  bool partial = false;            // a request has begun to arrive
  bool answered = false;           // at least one
  bool closing = false;            // once the output is written
  bool linger = false;             // there may be bytes that nobody will read: see Stage::lingering
  std::optional<Request> waiting;  // read, but its work is not done
  Moment deadline = kNever;
  std::unique_ptr<RequestParser> parser;  // of the request that has begun to arrive
  std::string input;                      // read, not parsed
  std::string output;                     // rendered, not sent

  /// What epoll gives back for it. Serials start at 1: smaller tags are free for others.
  std::uint64_t tag() const { return (std::uint64_t{serial} << 32) | static_cast<std::uint32_t>(socket.number()); }
  bool is_idle() const { return stage == Stage::reading && !partial; }
};

}  // namespace http_api
