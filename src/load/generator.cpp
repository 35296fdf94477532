#include "load/generator.h"

#include <fmt/format.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <deque>
#include <memory>

#include "load/connection.h"
#include "load/request_text.h"
#include "load/sockets.h"

namespace load {

namespace {

/// Due requests taken, and events handled, before the other is looked at again: neither waits longer than about 100 µs.
constexpr int kDueAtOnce = 16, kEventsAtOnce = 32;
/// A stopped run waits this long for answers under way.
constexpr Nanoseconds kDrain = std::chrono::seconds(1);
/// The addresses of a name with several are tried this long before the run, all together.
constexpr auto kChoice = std::chrono::milliseconds(2000);

using SteadyClock = std::chrono::steady_clock;

class Generator {
 public:
  Generator(const Plan& plan, const Address& address, Observer& observer, Stop& stop)
      : plan_(plan), address_(address), observer_(observer), stop_(stop), schedule_(plan.stages, plan.arrival, plan.seed),
        tally_(plan, schedule_), bytes_(request_text(plan)), length_(schedule_.length()), end_(length_),
        may_retry_(plan.retry_closed && idempotent(plan.method)), allowed_(plan.connections) {}
  ~Generator() {
    for (const auto& connection : connections_) {
      if (connection->fd >= 0) ::close(connection->fd);
    }
    if (epoll_ >= 0) ::close(epoll_);
  }
  Generator(const Generator&) = delete;

  Result<Outcome> run();

 private:
  Nanoseconds now() const { return SteadyClock::now() - start_; }

  // What becomes due.
  void take_due(Nanoseconds now);
  void take_closed_loop(Nanoseconds now);
  void dispatch();
  void expire(Nanoseconds now);

  // Connections.
  void open_connection();
  void connect_failed(int error);
  void send_on(Connection& connection, const Request& request);
  void write_rest(Connection& connection);
  void handle(Connection& connection, std::uint32_t events);
  void established(Connection& connection, std::uint32_t events);
  void read_answer(Connection& connection);
  void complete(Connection& connection, bool keep);
  void lost(Connection& connection, ErrorKind kind, const std::string& example);
  void make_idle(Connection& connection);
  void leave_idle(Connection& connection);
  void close(Connection& connection);
  void watch(Connection& connection, int operation, std::uint32_t events);

  // The run.
  void report(Nanoseconds now);
  void check_stop(Nanoseconds now);
  bool over() const { return no_more_due_ && pending_.empty() && busy_.empty(); }
  Nanoseconds next_moment() const;

  const Plan& plan_;
  const Address address_;
  Observer& observer_;
  Stop& stop_;
  Schedule schedule_;
  Tally tally_;
  const std::string bytes_;
  const Nanoseconds length_;
  Nanoseconds end_;  ///< of the schedule, or where it was stopped
  const bool may_retry_;
  std::size_t allowed_;

  int epoll_ = -1;
  SteadyClock::time_point start_;
  std::optional<Schedule::Due> next_due_;
  bool no_more_due_ = false, interrupted_ = false;
  Nanoseconds drain_until_{0};
  std::deque<Request> pending_;  ///< due, and on no connection yet; oldest first

  std::vector<std::unique_ptr<Connection>> connections_;
  std::vector<Connection*> unused_, idle_;
  std::vector<Connection*> closed_;  ///< in this round of events; unused after it
  Waiting connecting_, busy_;
  std::size_t open_ = 0, opened_ = 0, most_open_ = 0;

  Nanoseconds next_progress_ = std::chrono::seconds(1);
  std::size_t stage_ = 0;
  Nanoseconds stage_end_{0};
};

Result<Outcome> Generator::run() {
  epoll_ = ::epoll_create1(EPOLL_CLOEXEC);
  if (epoll_ < 0) return fail("NoEpoll", std::string("cannot watch sockets: ") + std::strerror(errno));
  epoll_event wake{.events = EPOLLIN, .data = {.ptr = nullptr}};
  ::epoll_ctl(epoll_, EPOLL_CTL_ADD, stop_.fd(), &wake);
  const ExactTimeouts exact;
  const Instant started_at = SteadyWallClock().now();
  stage_end_ = plan_.stages.front().length;
  start_ = SteadyClock::now();
  if (!plan_.closed_loop) next_due_ = schedule_.next();
  epoll_event events[kEventsAtOnce];
  while (true) {
    const Nanoseconds moment = now();
    if (stop_.requested()) check_stop(moment);
    plan_.closed_loop ? take_closed_loop(moment) : take_due(moment);
    dispatch();
    expire(moment);
    report(moment);
    if (over()) break;
    const int found = wait_events(epoll_, events, kEventsAtOnce, next_moment() - now());
    for (int i = 0; i < found; ++i) {
      auto* connection = static_cast<Connection*>(events[i].data.ptr);
      if (connection != nullptr && connection->fd >= 0) handle(*connection, events[i].events);
    }
    unused_.insert(unused_.end(), closed_.begin(), closed_.end());
    closed_.clear();
  }
  tally_.connections(opened_, most_open_);
  Outcome outcome = tally_.finish(end_, now(), interrupted_);
  outcome.started_at = started_at;
  return outcome;
}

void Generator::take_due(Nanoseconds now) {
  for (int taken = 0; next_due_ && next_due_->at <= now && taken < kDueAtOnce; ++taken) {
    pending_.push_back({next_due_->at, next_due_->stage, false});
    tally_.due(pending_.back(), now - next_due_->at);
    next_due_ = schedule_.next();
  }
  // A pause at the end belongs to the run.
  if (!next_due_ && now >= end_) no_more_due_ = true;
}

void Generator::take_closed_loop(Nanoseconds now) {
  if (now >= end_) no_more_due_ = true;
  while (!no_more_due_ && busy_.size() + pending_.size() < allowed_) {
    pending_.push_back({now, 0, false});
    tally_.due(pending_.back(), Nanoseconds(0));
  }
}

/// The oldest request goes to whatever connection is free first. A new one is opened for each request that has none coming.
void Generator::dispatch() {
  while (!pending_.empty()) {
    if (!idle_.empty()) {
      Connection& connection = *idle_.back();
      leave_idle(connection);
      const Request request = pending_.front();
      pending_.pop_front();
      send_on(connection, request);
    } else if (connecting_.size() < pending_.size() && open_ < allowed_) {
      open_connection();
    } else {
      return;
    }
  }
}

void Generator::expire(Nanoseconds now) {
  while (!busy_.empty() && busy_.first()->deadline <= now) {
    Connection& connection = *busy_.first();
    tally_.failed(connection.request, ErrorKind::timeout, "no whole answer after " + duration_text(plan_.timeout), connection.sent_at, now);
    close(connection);
  }
  while (!pending_.empty() && pending_.front().due + plan_.timeout <= now) {
    // A connection that is being opened only now is not what it waited for.
    const bool connecting = !connecting_.empty() && connecting_.first()->deadline - now < plan_.timeout / 2;
    // The attempt began when it was due, and it was the target that let it hang.
    if (connecting) tally_.not_taken(pending_.front(), pending_.front().due);
    tally_.failed(pending_.front(), connecting ? ErrorKind::connect_timeout : ErrorKind::not_sent,
                  connecting ? "no connection after " + duration_text(plan_.timeout)
                             : fmt::format("all {} connections busy for {}", open_, duration_text(plan_.timeout)),
                  Nanoseconds(-1), now);
    pending_.pop_front();
  }
  while (!connecting_.empty() && connecting_.first()->deadline <= now) close(*connecting_.first());
}

void Generator::open_connection() {
  const int fd = connect_to(address_);
  if (fd < 0) {
    if ((fd == -EMFILE || fd == -ENFILE) && open_ > 0) {
      allowed_ = open_;  // as many as the system gives us
      tally_.short_of(std::strerror(-fd));
      return;
    }
    return connect_failed(-fd);
  }
  if (unused_.empty()) {
    connections_.push_back(std::make_unique<Connection>());
    unused_.push_back(connections_.back().get());
  }
  Connection& connection = *unused_.back();
  unused_.pop_back();
  connection.fd = fd;
  connection.state = Connection::State::connecting;
  connection.answered = 0;
  connection.deadline = now() + plan_.timeout;
  connecting_.add(connection);
  most_open_ = std::max(most_open_, ++open_);
  watch(connection, EPOLL_CTL_ADD, EPOLLIN | EPOLLOUT);
}

/// The request that has waited longest has lost its chance: each failed attempt fails one.
void Generator::connect_failed(int error) {
  if (pending_.empty()) return;
  if (is_shortage(error)) {
    tally_.short_of(std::strerror(error));
  } else {
    tally_.not_taken(pending_.front(), now());
  }
  tally_.failed(pending_.front(), error == ECONNREFUSED ? ErrorKind::connect_refused : ErrorKind::connect_failed, std::strerror(error),
                Nanoseconds(-1), now());
  pending_.pop_front();
}

void Generator::watch(Connection& connection, int operation, std::uint32_t events) {
  epoll_event event{.events = events, .data = {.ptr = &connection}};
  ::epoll_ctl(epoll_, operation, connection.fd, &event);
}

void Generator::send_on(Connection& connection, const Request& request) {
  connection.request = request;
  connection.state = Connection::State::busy;
  connection.written = 0;
  connection.deadline = request.due + plan_.timeout;
  connection.parser.begin(plan_.method == "HEAD");
  busy_.add(connection);
  connection.sent_at = now();
  tally_.sent(request, connection.sent_at, bytes_.size());
  write_rest(connection);
}

void Generator::write_rest(Connection& connection) {
  const bool first = connection.written == 0;
  const ssize_t sent = ::send(connection.fd, bytes_.data() + connection.written, bytes_.size() - connection.written, MSG_NOSIGNAL);
  if (sent < 0 && errno != EAGAIN && errno != EINTR) {
    return lost(connection, errno == EPIPE ? ErrorKind::closed : ErrorKind::reset, std::string("while sending: ") + std::strerror(errno));
  }
  connection.written += static_cast<std::size_t>(std::max<ssize_t>(0, sent));
  const bool whole = connection.written == bytes_.size();
  if (first && !whole) watch(connection, EPOLL_CTL_MOD, EPOLLIN | EPOLLOUT);
  if (!first && whole) watch(connection, EPOLL_CTL_MOD, EPOLLIN);
}

void Generator::handle(Connection& connection, std::uint32_t events) {
  switch (connection.state) {
    case Connection::State::connecting:
      return established(connection, events);
    case Connection::State::idle:  // closed by the server, or words nobody asked for
      return close(connection);
    case Connection::State::busy:
      if ((events & EPOLLOUT) != 0 && connection.written < bytes_.size()) write_rest(connection);
      if ((events & ~EPOLLOUT) != 0 && connection.state == Connection::State::busy) read_answer(connection);
      return;
    case Connection::State::unused:
      return;
  }
}

void Generator::established(Connection& connection, std::uint32_t events) {
  const int error = connect_error(connection.fd);
  if (error != 0 || (events & (EPOLLERR | EPOLLHUP)) != 0) {
    close(connection);
    return connect_failed(error == 0 ? ECONNRESET : error);
  }
  connecting_.remove(connection);
  ++opened_;
  watch(connection, EPOLL_CTL_MOD, EPOLLIN);
  make_idle(connection);
}

void Generator::read_answer(Connection& connection) {
  char buffer[64 * 1024];
  while (true) {
    const ssize_t got = ::recv(connection.fd, buffer, sizeof buffer, 0);
    if (got < 0) {
      if (errno == EAGAIN || errno == EINTR) return;
      return lost(connection, ErrorKind::reset, std::strerror(errno));
    }
    if (got == 0) {
      if (connection.parser.end() == ResponseParser::State::done) return complete(connection, false);
      return lost(connection, ErrorKind::closed, connection.parser.started() ? "closed within the answer" : "closed before any answer");
    }
    tally_.received(static_cast<std::size_t>(got));
    const auto state = connection.parser.feed({buffer, static_cast<std::size_t>(got)});
    if (state == ResponseParser::State::malformed) return lost(connection, ErrorKind::malformed, "not an HTTP/1.1 response");
    if (state == ResponseParser::State::done) {
      // An answer before the whole request was written, or bytes after it: the connection is out of step.
      const bool in_step = connection.parser.left() == 0 && connection.written == bytes_.size();
      return complete(connection, in_step && connection.parser.keeps_alive());
    }
    if (static_cast<std::size_t>(got) < sizeof buffer) return;
  }
}

void Generator::complete(Connection& connection, bool keep) {
  tally_.answered(connection.request, connection.sent_at, now(), connection.parser.status());
  ++connection.answered;
  if (!keep) return close(connection);
  busy_.remove(connection);
  make_idle(connection);
}

void Generator::lost(Connection& connection, ErrorKind kind, const std::string& example) {
  Request request = connection.request;
  // As often as it meets a kept connection that was about to close; each such loss closes one, and a fresh one is the last try.
  const bool again = may_retry_ && connection.answered > 0 && !connection.parser.started() && kind != ErrorKind::malformed;
  if (again) {
    request.again = true;
    pending_.push_front(request);
    tally_.retried();
  } else {
    tally_.failed(request, kind, example, connection.sent_at, now());
  }
  close(connection);
}

void Generator::make_idle(Connection& connection) {
  connection.state = Connection::State::idle;
  connection.idle_place = idle_.size();
  idle_.push_back(&connection);
}

void Generator::leave_idle(Connection& connection) {
  idle_.back()->idle_place = connection.idle_place;
  std::swap(idle_[connection.idle_place], idle_.back());
  idle_.pop_back();
}

void Generator::close(Connection& connection) {
  if (connection.state == Connection::State::idle) leave_idle(connection);
  if (connection.state == Connection::State::busy) busy_.remove(connection);
  if (connection.state == Connection::State::connecting) connecting_.remove(connection);
  ::close(std::exchange(connection.fd, -1));
  connection.state = Connection::State::unused;
  closed_.push_back(&connection);
  --open_;
}

void Generator::check_stop(Nanoseconds now) {
  if (!interrupted_) {
    interrupted_ = true;
    end_ = std::min(end_, now);
    drain_until_ = now + kDrain;
    next_due_.reset();
    no_more_due_ = true;
    ::epoll_ctl(epoll_, EPOLL_CTL_DEL, stop_.fd(), nullptr);
    for (const Request& request : pending_) tally_.cancelled(request);
    pending_.clear();
  }
  if (now < drain_until_) return;
  while (!busy_.empty()) {
    tally_.cancelled(busy_.first()->request);
    close(*busy_.first());
  }
}

void Generator::report(Nanoseconds now) {
  const auto progress = [&] {
    return Progress{std::min(now, length_), length_, stage_, schedule_.rate_at(now), tally_.counts(), {}};
  };
  while (!interrupted_ && now >= stage_end_ && stage_ < plan_.stages.size()) {
    observer_.stage_ended(stage_, progress());
    if (++stage_ < plan_.stages.size()) stage_end_ += plan_.stages[stage_].length;
  }
  if (now < next_progress_) return;
  Progress told = progress();
  told.stage = std::min(stage_, plan_.stages.size() - 1);
  told.recent = tally_.take_recent();
  observer_.progress(told);
  while (next_progress_ <= now) next_progress_ += std::chrono::seconds(1);
}

Nanoseconds Generator::next_moment() const {
  Nanoseconds moment = next_progress_;
  if (next_due_) moment = std::min(moment, next_due_->at);
  if (!no_more_due_) moment = std::min(moment, end_);
  if (stage_ < plan_.stages.size() && !interrupted_) moment = std::min(moment, stage_end_);
  if (!busy_.empty()) moment = std::min(moment, busy_.first()->deadline);
  if (!connecting_.empty()) moment = std::min(moment, connecting_.first()->deadline);
  if (!pending_.empty()) moment = std::min(moment, pending_.front().due + plan_.timeout);
  if (interrupted_) moment = std::min(moment, drain_until_);
  return moment;
}

}  // namespace

Stop::Stop() : fd_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {}
Stop::~Stop() { ::close(fd_); }

void Stop::request() {
  requested_.store(true, std::memory_order_relaxed);
  const std::uint64_t one = 1;
  [[maybe_unused]] const auto written = ::write(fd_, &one, sizeof one);
}

Result<Outcome> run(const Plan& plan, Observer& observer, Stop& stop) {
  TRY_VOID(check(plan));
  TRY(const auto addresses, resolve(plan.target));
  return Generator(plan, choose(addresses, kChoice), observer, stop).run();
}

}  // namespace load
