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

namespace http_api {
namespace {

constexpr int kEventsPerWait = 128;
constexpr int kAcceptsPerEvent = 64;               // clients already connected get their turn in between
constexpr std::uint64_t kConnectionsMax = 16'384;  // with the bounds of connection.h: 0.6 GB if every one is hostile
constexpr Moment kSweepMillisecondsMax = 1'000;
constexpr Moment kSweepMillisecondsMin = 10;
constexpr Moment kDrainSweepMilliseconds = 50;
// ECS kills a task 30 s after SIGTERM: leave by ourselves before.
constexpr Moment kDrainMillisecondsMax = 25'000;

// Tags of the descriptors that are not connections, whose serials start at 1.
constexpr std::uint64_t kListenerTag = 0;
constexpr std::uint64_t kSignalsTag = 1;
constexpr std::uint64_t kTimerTag = 2;

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
    if (!watch(epoll_.number(), connection->socket.number(), EPOLLIN, connection->tag())) continue;
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
