// One connection of an HttpServer, and what all of them share. Private to http_server.cpp (listening) and
// http_session.cpp (reading, ordering and writing; the only server file that includes Beast).
#pragma once

#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <ctime>
#include <list>
#include <optional>
#include <unordered_map>

#include "net/event_loop_impl.h"
#include "net/http_server.h"

namespace net {

using StreamSocket = boost::asio::generic::stream_protocol::socket;

/// A request turned down by the server itself, before any handler.
struct Refusal {
  int status = 0;
  std::string_view code;
  std::string message;
};

class RequestReader;

struct HttpServer::Impl : std::enable_shared_from_this<HttpServer::Impl> {
  Impl(EventLoop& loop, Options options, Handler handler);
  ~Impl();

  void accept(std::size_t listener);
  void accepted(StreamSocket socket, bool unix_socket);
  void mark_dirty(std::shared_ptr<HttpSession> session);
  void closed(HttpSession* session);
  void arm_sweep();
  void sweep();
  void stop(Task done);
  Response refuse(const Refusal& refusal) const;
  /// "Date: Mon, 23 Nov 2026 16:31:14 GMT\r\n"
  const std::string& date_line();

  struct Listener {
    boost::asio::basic_socket_acceptor<boost::asio::generic::stream_protocol> acceptor;
    std::string unix_path;
    Timer retry;
  };

  EventLoop& loop;
  const Options options;
  const Handler handler;
  std::list<Listener> listeners;
  std::vector<std::string> addresses;
  std::uint16_t port = 0;
  Counters counters;
  std::uint64_t bodies_in_memory = 0;

 private:
  std::unordered_map<HttpSession*, std::shared_ptr<HttpSession>> sessions_;
  std::vector<std::shared_ptr<HttpSession>> dirty_;
  std::chrono::milliseconds sweep_every_;
  Timer sweep_;
  bool stopping_ = false;
  Task drained_;
  std::time_t date_at_ = 0;
  std::string date_;
};

class HttpSession : public std::enable_shared_from_this<HttpSession> {
 public:
  HttpSession(HttpServer::Impl& server, StreamSocket socket, std::string peer);
  ~HttpSession();

  void start();
  void start_refused(const Refusal& refusal);
  /// Parses what has been read, writes what is ready, reads on.
  void process();
  void answer(std::uint64_t sequence, Response response);
  void sweep(SteadyTime now);
  /// Closes now if idle, else after what is in flight.
  void drain();
  void close();

 private:
  friend class RequestReader;
  enum class Phase { idle, header, body, lingering };
  struct Slot {
    bool ready = false;
    bool head = false;
    bool close = false;
    bool old_client = false;  // HTTP/1.0: keep-alive must be said
    std::string text;
    std::unique_ptr<BodySource> source;
  };

  void read();
  void on_read(std::size_t bytes, bool eof);
  bool parse_some();
  void dispatch();
  void refuse(const Refusal& refusal);
  void render(std::string& out, Slot& slot, Response& response);
  void advance();
  void flush();
  bool fill_from_source();
  void finish();
  void close_with_last();
  void enter(Phase phase);
  bool busy() const { return waiting_for_room_ || !slots_.empty() || out_.size() > out_sent_ || source_ != nullptr; }

  HttpServer::Impl* server_;
  StreamSocket socket_;
  const std::string peer_;
  std::unique_ptr<RequestReader> reader_;

  std::unique_ptr<char[]> in_;
  std::size_t in_size_ = 0, in_begin_ = 0, in_end_ = 0;

  std::vector<Slot> slots_;  // requests not yet answered in full, oldest first
  std::uint64_t first_sequence_ = 0;
  std::string out_;
  std::size_t out_sent_ = 0;
  std::unique_ptr<BodySource> source_;
  std::uint64_t source_left_ = 0;

  Phase phase_ = Phase::idle;
  SteadyTime phase_since_;
  SteadyTime write_progress_;
  bool waiting_for_room_ = false, waiting_for_source_ = false;  // a disk's turn, not the client's
  bool reading_ = false, waiting_to_write_ = false, processing_ = false, dirty_ = false;
  bool input_over_ = false;   // nothing more will be parsed: end of input, a refusal, or Connection: close
  bool eof_ = false;
  bool draining_ = false;
  bool close_after_ = false;  // once everything is written
  bool closed_ = false;
};

}  // namespace net
