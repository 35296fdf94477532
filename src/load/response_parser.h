// Finds the end of an HTTP/1.1 response in a stream of bytes, and keeps nothing of it but the status: the generator reads
// answers only to measure them. One to a connection; begin() before each answer. Bounded: an endless header is an error.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace load {

class ResponseParser {
 public:
  enum class State {
    more,       ///< the answer goes on
    done,       ///< it is whole; what came after it is `left` bytes
    malformed,  ///< no HTTP, or framed in a way that cannot be trusted
  };

  /// An answer to HEAD has no body, whatever its header says.
  void begin(bool to_head);
  State feed(std::string_view bytes);
  /// The peer closed: `done` for an answer whose end is the end of the connection, else `more`.
  State end() const;

  int status() const { return status_; }
  bool keeps_alive() const { return keep_alive_; }
  /// A byte of this answer has come.
  bool started() const { return started_; }
  /// Bytes after the end of the answer: nobody asked for them.
  std::size_t left() const { return left_; }

 private:
  enum class Part { header, body, until_close, chunk_size, chunk_data, chunk_end, trailer, finished };
  State take_header(std::string_view& bytes);
  bool read_header(std::string_view text);
  bool read_field(std::string_view name, std::string_view value);
  bool choose_body();
  State take_body(std::string_view& bytes);
  State take_line(std::string_view& bytes);

  Part part_ = Part::header;
  std::string held_;              ///< of a header or a line that came in pieces
  std::uint64_t remaining_ = 0;   ///< of the body or the chunk
  int status_ = 0;
  bool to_head_ = false, keep_alive_ = true, started_ = false, chunked_ = false, sized_ = false;
  std::size_t left_ = 0;
};

}  // namespace load
