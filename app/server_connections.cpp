// How Server moves one connection from stage to stage: read, parse, work, answer, linger, close.
#include <sys/epoll.h>
#include <sys/socket.h>

#include <cerrno>
#include <utility>

#include "app/plain_request.h"
#include "app/server.h"
#include "app/work.h"

namespace http_api {
namespace {

constexpr Moment kLingerMilliseconds = 2'000;  // enough for a client to read a refusal while it still sends

}  // namespace

void Server::handle_connection(Connection& connection, std::uint32_t events) {
  switch (connection.stage) {
    case Stage::reading:
      return read_from(connection);
    case Stage::writing:
      return write_rest(connection);
    case Stage::lingering:
      return read_to_nowhere(connection);
    case Stage::working:
      // Gone: nobody waits for this work. Else it has sent more, which can wait.
      if ((events & (EPOLLERR | EPOLLHUP)) != 0) return close(connection);
      return set_interest(connection, 0);
  }
}

void Server::read_from(Connection& connection) {
  const ssize_t got = recv(connection.socket.number(), read_buffer_.data(), read_buffer_.size(), 0);
  if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (got <= 0) return close(connection);
  const std::string_view bytes(read_buffer_.data(), static_cast<std::size_t>(got));
  if (connection.input.empty()) return serve(connection, bytes);
  const std::string joined = std::exchange(connection.input, {}).append(bytes);
  serve(connection, joined);
}

void Server::read_to_nowhere(Connection& connection) {
  const ssize_t got = recv(connection.socket.number(), read_buffer_.data(), read_buffer_.size(), 0);
  if (got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR)) close(connection);
}

/// Parses, answers and sends until the bytes end, a request needs work, or the client takes no more.
void Server::serve(Connection& connection, std::string_view bytes) {
  while (true) {
    const bool paused = parse_requests(connection, bytes);
    const Sent sent = send_all(connection, out_);
    if (sent.failed) {
      out_.clear();
      return close(connection);
    }
    if (sent.bytes < out_.size()) {
      connection.output.assign(out_, sent.bytes);
      out_.clear();
      connection.input.assign(bytes);
      connection.stage = Stage::writing;
      connection.deadline = now_ + settings_.client_timeout.count();
      return set_interest(connection, EPOLLOUT);
    }
    out_.clear();
    if (connection.closing) return finish(connection);
    if (connection.waiting) {
      connection.input.assign(bytes);
      return start_work(connection);
    }
    if (!paused) break;
  }
  if (!bytes.empty()) connection.input.assign(bytes);
  // The time for a request counts from its first byte, not from its last: a trickle does not prolong it.
  const bool partial = connection.parser != nullptr || !connection.input.empty();
  if (!partial && responder_.draining()) {  // its last answer was rendered before SIGTERM and taken after it
    connection.deadline = now_ + kDrainFirstRequestMilliseconds;
  } else if (!partial) {
    connection.deadline = now_ + (connection.answered ? settings_.idle_timeout : settings_.client_timeout).count();
  } else if (!connection.partial) {
    connection.deadline = now_ + settings_.client_timeout.count();
  }
  connection.partial = partial;
}

/// Answers into out_ what it finds whole in `bytes`, and takes that off. True when it left requests unread.
bool Server::parse_requests(Connection& connection, std::string_view& bytes) {
  while (!bytes.empty() && !connection.closing) {
    if (out_.size() >= kFlushBytes) return true;
    if (connection.parser == nullptr) {
      if (bytes.starts_with("\r\n")) {  // RFC 9112 2.2: be patient with an empty line before a request
        bytes.remove_prefix(2);
        continue;
      }
      if (bytes == "\r") return false;
      Request plain;
      if (const std::size_t length = read_plain_request(bytes, plain); length != 0) {
        bytes.remove_prefix(length);
        if (!answer(connection, plain, bytes)) return true;
        continue;
      }
    }
    // Most requests come whole: their parser lives here, and only the others' in the connection.
    RequestParser fresh;
    RequestParser& parser = connection.parser != nullptr ? *connection.parser : fresh;
    const RequestParser::Progress progress = parser.parse(bytes);
    bytes.remove_prefix(progress.consumed);
    Request request = parser.request();
    if (progress.outcome == RequestParser::Outcome::refused) {
      responder_.refuse(request, parser.refusal(), out_);
      connection.closing = connection.linger = true;
      return false;
    }
    if (progress.outcome == RequestParser::Outcome::need_more) {
      if (!parser.awaits_continue()) {
        if (&parser == &fresh) connection.parser = std::make_unique<RequestParser>(std::move(fresh));
        return false;
      }
      // It waits for "100 Continue" before it sends the body. No route wants one, so it gets its answer at once.
      request.keep_alive = false;
      connection.linger = true;
    }
    if (&parser != &fresh) connection.parser.reset();
    if (!answer(connection, request, bytes)) return true;
  }
  return false;
}

/// Into out_; false where the answer needs work first. `rest` is what the client sent after the request.
bool Server::answer(Connection& connection, const Request& request, std::string_view rest) {
  connection.partial = false;
  connection.answered = true;
  if (settings_.work.count() > 0 && Responder::needs_work(request)) {
    connection.waiting = request;
    return false;
  }
  connection.closing = !responder_.answer(request, out_);
  if (connection.closing && !rest.empty()) connection.linger = true;
  return true;
}

void Server::write_rest(Connection& connection) {
  const Sent sent = send_all(connection, connection.output);
  if (sent.failed) return close(connection);
  connection.output.erase(0, sent.bytes);
  if (!connection.output.empty()) return;
  connection.output = {};  // gives the memory back
  if (connection.closing) return finish(connection);
  if (connection.waiting) return start_work(connection);
  read_on(connection);
}

/// Back to reading, first what has been read already.
void Server::read_on(Connection& connection) {
  connection.stage = Stage::reading;
  set_interest(connection, EPOLLIN);
  const std::string held = std::exchange(connection.input, {});
  serve(connection, held);
}

Server::Sent Server::send_all(const Connection& connection, std::string_view bytes) {
  std::size_t sent = 0;
  while (sent < bytes.size()) {
    const ssize_t n = send(connection.socket.number(), bytes.data() + sent, bytes.size() - sent, MSG_NOSIGNAL);
    if (n >= 0) {
      sent += static_cast<std::size_t>(n);
    } else if (errno != EINTR) {
      return {.bytes = sent, .failed = errno != EAGAIN};
    }
  }
  return {.bytes = sent, .failed = false};
}

void Server::start_work(Connection& connection) {
  connection.stage = Stage::working;
  connection.deadline = kNever;
  work_.push_back({connection.socket.number(), connection.serial});
}

/// One request's work a turn of the loop: /health and the like are answered in between, however long the queue.
void Server::finish_next_work() {
  const Work next = work_.front();
  work_.pop_front();
  Connection* connection = find(next.descriptor, next.serial);
  if (connection == nullptr) return;  // the client has gone
  burn_cpu(settings_.work);
  const Request request = *std::exchange(connection->waiting, {});
  connection->closing = !responder_.answer(request, out_);
  if (connection->closing && !connection->input.empty()) connection->linger = true;
  read_on(*connection);
}

/// All is said: close, or let the client read it first where bytes it sent would make the kernel reset.
void Server::finish(Connection& connection) {
  if (!connection.linger) return close(connection);
  shutdown(connection.socket.number(), SHUT_WR);
  connection.parser.reset();
  connection.input = {};
  connection.stage = Stage::lingering;
  connection.deadline = now_ + kLingerMilliseconds;
  set_interest(connection, EPOLLIN);
}

void Server::close(Connection& connection) {
  --counters_.connections_open;
  connections_[static_cast<std::size_t>(connection.socket.number())].reset();
}

void Server::set_interest(Connection& connection, std::uint32_t events) {
  if (connection.interest == events) return;
  connection.interest = events;
  epoll_event event{};
  event.events = events;
  event.data.u64 = connection.tag();
  epoll_ctl(epoll_.number(), EPOLL_CTL_MOD, connection.socket.number(), &event);
}

}  // namespace http_api
