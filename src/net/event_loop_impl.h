// The Asio context inside an EventLoop. Included by net's own .cpp files only, so that Asio's compile cost stays here.
#pragma once

#include <atomic>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <list>
#include <thread>

#include "net/event_loop.h"

namespace net {

struct EventLoop::Impl {
  boost::asio::io_context context{1};
  std::atomic<std::thread::id> thread{};
  std::list<boost::asio::signal_set> signals;
};

}  // namespace net
