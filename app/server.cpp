#include "app/server.h"

#include <sys/epoll.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/timerfd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <ctime>

#include "app/work.h"

namespace http_api {
namespace {

constexpr int kEventsPerWait = 128;
constexpr int kAcceptsPerEvent = 64;               // clients already connected get their turn in between
constexpr std::uint64_t kConnectionsMax = 16'384;  // with the bounds of connection.h: 0.6 GB if every one is hostile
constexpr Moment kLingerMilliseconds = 2'000;
constexpr Moment kSweepMillisecondsMax = 1'000;
constexpr Moment kSweepMillisecondsMin = 10;
constexpr Moment kDrainSweepMilliseconds = 50;
// Connected but silent at SIGTERM: its first request may be on the way.
constexpr Moment kDrainFirstRequestMilliseconds = 500;
// ECS kills a task 30 s after SIGTERM: leave by ourselves before.
constexpr Moment kDrainMillisecondsMax = 25'000;

// Tags of the descriptors that are not connections, whose serials start at 1.
constexpr std::uint64_t kListenerTag = 0;
constexpr std::uint64_t kSignalsTag = 1;
constexpr std::uint64_t kTimerTag = 2;

std::uint64_t tag_of(const Connection& connection) {
  return (std::uint64_t{connection.serial} << 32) | static_cast<std::uint32_t>(connection.socket.number());
}

Moment read_monotonic() {
  timespec time{};
  clock_gettime(CLOCK_MONOTONIC_COARSE, &time);  // 4 ms are fine enough for deadlines, and it is the cheapest
  return time.tv_sec * 1'000 + time.tv_nsec / 1'000'000;
}

double read_unix_seconds() {
  timespec time{};
  clock_gettime(CLOCK_REALTIME, &time);
  return static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec);
}

void raise_descriptor_limit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = std::min<rlim_t>(limit.rlim_max, kConnectionsMax + 64);
  setrlimit(RLIMIT_NOFILE, &limit);  // if refused, the cap is lower: accept_clients copes
}

bool watch(int epoll, int descriptor, std::uint32_t events, std::uint64_t tag) {
  epoll_event event{};
  event.events = events;
  event.data.u64 = tag;
  return epoll_ctl(epoll, EPOLL_CTL_ADD, descriptor, &event) == 0;
}

}  // namespace

tl::expected<std::unique_ptr<Server>, std::string> Server::open(const Settings& settings) {
  const auto fail = [](const char* what) {
    return tl::unexpected(std::string("cannot start: ") + what + ": " + std::strerror(errno));
  };
  raise_descriptor_limit();
  std::signal(SIGPIPE, SIG_IGN);
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGTERM);
  sigaddset(&set, SIGINT);
  // Blocked and read from a descriptor, so that they work as pid 1 of a container too.
  if (sigprocmask(SIG_BLOCK, &set, nullptr) != 0) return fail("sigprocmask");
  FileDescriptor signals(signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC));
  if (!signals.is_open()) return fail("signalfd");
  FileDescriptor epoll(epoll_create1(EPOLL_CLOEXEC));
  if (!epoll.is_open()) return fail("epoll_create1");
  FileDescriptor timer(timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC));
  if (!timer.is_open()) return fail("timerfd_create");
  if (!watch(epoll.number(), signals.number(), EPOLLIN, kSignalsTag) ||
      !watch(epoll.number(), timer.number(), EPOLLIN, kTimerTag)) {
    return fail("epoll_ctl");
  }
  RandomLetters::Seed seed{};
  if (getrandom(seed.data(), sizeof seed, 0) != static_cast<ssize_t>(sizeof seed)) return fail("getrandom");

  auto listener = open_listener(settings);
  if (!listener) return tl::unexpected(listener.error());
  std::unique_ptr<Server> server(new Server(settings, std::move(*listener), std::move(epoll), std::move(signals),
                                            std::move(timer), seed, read_unix_seconds()));
  if (!watch(server->epoll_.number(), server->listener_.socket.number(), EPOLLIN, kListenerTag)) {
    return fail("epoll_ctl");
  }
  server->listener_watched_ = true;
  return server;
}

Server::Server(const Settings& settings, Listener listener, FileDescriptor epoll, FileDescriptor signals,
               FileDescriptor timer, const RandomLetters::Seed& seed, double start_unix_seconds)
    : settings_(settings),
      listener_(std::move(listener)),
      epoll_(std::move(epoll)),
      signals_(std::move(signals)),
      timer_(std::move(timer)),
      responder_(settings, counters_, seed, start_unix_seconds),
      sweep_interval_(std::clamp<Moment>(std::min(settings.client_timeout, settings.idle_timeout).count() / 4,
                                         kSweepMillisecondsMin, kSweepMillisecondsMax)) {
  out_.reserve(2 * kFlushBytes);
  look_at_clocks();
}

void Server::run() {
  std::array<epoll_event, kEventsPerWait> events;
  while (true) {
    // Deadlines come by timerfd: a time-out here would program the clock's interrupt for each wait.
    const int ready = epoll_wait(epoll_.number(), events.data(), kEventsPerWait, work_.empty() ? -1 : 0);
    look_at_clocks();
    for (int i = 0; i < ready; ++i) handle(events[i].data.u64, events[i].events);
    // After the reads: what a client sent in time counts, even where this process was held up.
    if (sweep_due_) sweep();
    if (!work_.empty()) finish_next_work();
    if (responder_.draining() && counters_.connections_open == 0) {
      accept_clients();  // who connected before the end is served
      if (counters_.connections_open == 0) return;
    }
  }
}

void Server::look_at_clocks() {
  now_ = read_monotonic();
  timespec time{};
  clock_gettime(CLOCK_REALTIME_COARSE, &time);
  if (time.tv_sec == unix_seconds_) return;
  unix_seconds_ = time.tv_sec;
  responder_.set_time(unix_seconds_);
}

/// Sweeps come every sweep_interval_ while there is a deadline to watch; an idle service sleeps.
void Server::keep_sweeping(bool on) {
  if (on == sweeping_) return;
  itimerspec times{};
  if (on) {
    times.it_interval = {.tv_sec = sweep_interval_ / 1'000, .tv_nsec = sweep_interval_ % 1'000 * 1'000'000};
    times.it_value = times.it_interval;
  }
  if (timerfd_settime(timer_.number(), 0, &times, nullptr) == 0) sweeping_ = on;
}

void Server::handle(std::uint64_t tag, std::uint32_t events) {
  if (tag == kListenerTag) return accept_clients();
  if (tag == kTimerTag) {
    std::uint64_t times = 0;
    if (read(timer_.number(), &times, sizeof times) > 0) sweep_due_ = true;
    return;
  }
  if (tag == kSignalsTag) {
    signalfd_siginfo info{};
    while (read(signals_.number(), &info, sizeof info) > 0) {
    }
    return start_draining();
  }
  Connection* connection = find(static_cast<int>(tag & 0xffffffff), static_cast<std::uint32_t>(tag >> 32));
  if (connection != nullptr) handle_connection(*connection, events);
}

Connection* Server::find(int descriptor, std::uint32_t serial) const {
  const auto index = static_cast<std::size_t>(descriptor);
  if (index >= connections_.size()) return nullptr;
  Connection* connection = connections_[index].get();
  return connection != nullptr && connection->serial == serial ? connection : nullptr;
}

void Server::accept_clients() {
  for (int i = 0; i < kAcceptsPerEvent; ++i) {
    if (counters_.connections_open >= kConnectionsMax) return watch_listener(false);
    FileDescriptor socket(accept4(listener_.socket.number(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (!socket.is_open()) {
      if (errno == EINTR || errno == ECONNABORTED || errno == EPROTO) continue;
      // Out of descriptors or memory: the client waits in the backlog until the next sweep.
      if (errno != EAGAIN) watch_listener(false);
      return;
    }
    auto connection = std::make_unique<Connection>();
    connection->serial = next_serial_++;
    if (next_serial_ == 0) next_serial_ = 1;
    connection->interest = EPOLLIN;
    connection->deadline =
        now_ + (responder_.draining() ? kDrainFirstRequestMilliseconds : settings_.client_timeout.count());
    const auto descriptor = static_cast<std::size_t>(socket.number());
    connection->socket = std::move(socket);
    if (!watch(epoll_.number(), connection->socket.number(), EPOLLIN, tag_of(*connection))) continue;
    keep_sweeping(true);
    ++counters_.connections_accepted;
    ++counters_.connections_open;
    if (descriptor >= connections_.size()) connections_.resize(descriptor + 1);
    connections_[descriptor] = std::move(connection);
  }
}

void Server::watch_listener(bool on) {
  if (on == listener_watched_) return;
  epoll_event event{};
  event.events = on ? EPOLLIN : 0U;
  event.data.u64 = kListenerTag;
  if (epoll_ctl(epoll_.number(), EPOLL_CTL_MOD, listener_.socket.number(), &event) == 0) listener_watched_ = on;
  if (!on) keep_sweeping(true);  // a sweep tries again
}

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
    connection.partial = false;
    connection.answered = true;
    if (settings_.work.count() > 0 && Responder::needs_work(request)) {
      connection.waiting = request;
      return true;
    }
    connection.closing = !responder_.answer(request, out_);
    if (connection.closing && !bytes.empty()) connection.linger = true;
  }
  return false;
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
  event.data.u64 = tag_of(connection);
  epoll_ctl(epoll_.number(), EPOLL_CTL_MOD, connection.socket.number(), &event);
}

void Server::start_draining() {
  if (responder_.draining()) return;
  responder_.start_draining();
  drain_end_ = now_ + kDrainMillisecondsMax;
  sweep_interval_ = std::min(sweep_interval_, kDrainSweepMilliseconds);
  keep_sweeping(false);
  keep_sweeping(true);  // with the new interval
  for (const auto& connection : connections_) {
    if (connection == nullptr || !connection->is_idle()) continue;
    char byte = 0;
    if (recv(connection->socket.number(), &byte, 1, MSG_PEEK) > 0) continue;  // a request is here already
    if (connection->answered) {
      close(*connection);
    } else {
      connection->deadline = std::min(connection->deadline, now_ + kDrainFirstRequestMilliseconds);
    }
  }
}

void Server::sweep() {
  sweep_due_ = false;
  for (const auto& connection : connections_) {
    if (connection == nullptr) continue;
    if (now_ >= drain_end_) {
      close(*connection);
    } else if (now_ >= connection->deadline) {
      expire(*connection);
    }
  }
  watch_listener(true);
  if (counters_.connections_open == 0 && !responder_.draining()) keep_sweeping(false);
}

void Server::expire(Connection& connection) {
  if (connection.stage == Stage::writing) ++counters_.clients_timed_out;
  if (connection.stage != Stage::reading || !connection.partial) return close(connection);
  ++counters_.clients_timed_out;
  responder_.refuse(Request{}, 408, out_);
  connection.closing = connection.linger = true;
  serve(connection, {});
}

}  // namespace http_api
