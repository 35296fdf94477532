// One connection of the generator, and the lists it lies in. Owned and used by generator.cpp alone.
#pragma once

#include <cstdint>

#include "load/response_parser.h"
#include "load/tally.h"

namespace load {

struct Connection {
  enum class State { unused, connecting, idle, busy };

  State state = State::unused;
  int fd = -1;
  std::uint64_t answered = 0;      ///< on this socket
  Request request;                 ///< while busy
  Nanoseconds sent_at{0};
  std::size_t written = 0;         ///< of the request's bytes
  ResponseParser parser;

  Nanoseconds deadline{0};         ///< while connecting or busy
  Connection* before = nullptr;    ///< in a Waiting
  Connection* after = nullptr;
  std::size_t idle_place = 0;      ///< in the generator's list of idle ones
};

/// Connections that wait for the network, the one whose deadline comes first at the front. Adding walks from the back,
/// where deadlines nearly always belong.
class Waiting {
 public:
  bool empty() const { return first_ == nullptr; }
  std::size_t size() const { return size_; }
  Connection* first() const { return first_; }
  void add(Connection& connection) {
    Connection* place = last_;
    while (place != nullptr && place->deadline > connection.deadline) place = place->before;
    connection.before = place;
    connection.after = place == nullptr ? first_ : place->after;
    (connection.before == nullptr ? first_ : connection.before->after) = &connection;
    (connection.after == nullptr ? last_ : connection.after->before) = &connection;
    ++size_;
  }
  void remove(Connection& connection) {
    (connection.before == nullptr ? first_ : connection.before->after) = connection.after;
    (connection.after == nullptr ? last_ : connection.after->before) = connection.before;
    connection.before = connection.after = nullptr;
    --size_;
  }

 private:
  Connection* first_ = nullptr;
  Connection* last_ = nullptr;
  std::size_t size_ = 0;
};

}  // namespace load
