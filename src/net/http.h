// HTTP messages as plain values: what the server hands to handlers, what the client sends and returns. Nothing here
// knows a socket or a parser.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "net/callback.h"

namespace net {

/// Fields in the order they arrived, names compared without case. All text lies in one string, so that a request costs
/// two allocations however many fields it has. Views stay valid until the next add or set.
class Headers {
 public:
  struct Field {
    std::string_view name;
    std::string_view value;
  };

  Headers() = default;
  Headers(std::initializer_list<Field> fields) {
    for (const auto& field : fields) add(field.name, field.value);
  }

  /// CR, LF and NUL in a value become spaces: a header cannot be split by what a client sent.
  void add(std::string_view name, std::string_view value);
  /// Replaces every field of that name.
  void set(std::string_view name, std::string_view value);
  std::optional<std::string_view> find(std::string_view name) const;
  /// The value, or "" if there is none.
  std::string_view get(std::string_view name) const { return find(name).value_or(std::string_view{}); }
  bool contains(std::string_view name) const { return find(name).has_value(); }
  std::size_t count(std::string_view name) const;

  std::size_t size() const { return spans_.size(); }
  Field operator[](std::size_t index) const;

 private:
  struct Span {
    std::uint32_t name_at, name_size, value_at, value_size;
  };
  std::string text_;
  std::vector<Span> spans_;
};

bool equal_ignoring_case(std::string_view a, std::string_view b);

/// Takes a request body as it arrives, instead of Request::body (large uploads). Destroyed unfinished when the client
/// goes away.
class BodySink {
 public:
  virtual ~BodySink() = default;
  /// An error ends the request with 400 and the error's text.
  virtual Result<void> write(std::string_view bytes) = 0;
  /// False: what was written waits for a disk. Nothing more is read from the client until `resume` is called, on the
  /// loop; a few bytes that have been read already still come.
  virtual bool has_room() const { return true; }
  virtual void when_room(Task resume) { resume(); }
};

/// Gives a response body piece by piece, as fast as the client reads it (large downloads). Called on the loop, so it
/// must not wait: what is not there yet comes through when_ready().
class BodySource {
 public:
  virtual ~BodySource() = default;
  virtual std::uint64_t size() const = 0;
  /// Appends at most `most` bytes; an error, or too few bytes in all, cuts the connection.
  virtual Result<void> read(std::string& out, std::size_t most) = 0;
  /// False: the next piece is still being read. `resume` is called, on the loop, once it is there or has failed.
  virtual bool ready() const { return true; }
  virtual void when_ready(Task resume) { resume(); }
};

struct Request {
  std::string method;
  /// Origin form ("/path?query") or "*": an absolute-form target is cut and its authority put into Host.
  std::string target;
  Headers headers;
  std::string body;
  /// "127.0.0.1:51234", or "unix".
  std::string peer;
  /// The sink that took the body, if the server's options gave one.
  std::unique_ptr<BodySink> sink;

  std::string_view path() const { return std::string_view(target).substr(0, target.find('?')); }
  /// What follows the first '?', or "".
  std::string_view query() const;
};

struct Response {
  int status = 200;
  /// Content-Length, Date and Connection are the server's to write.
  Headers headers;
  std::string body;
  /// Instead of body.
  std::unique_ptr<BodySource> source;
};

std::string_view reason_phrase(int status);

}  // namespace net
