// Which addresses of 127.0.0.0/8 an engine uses. Derived from its state directory, so that engines with different
// states keep apart and one engine keeps its addresses over restarts.
#pragma once

#include <string>
#include <string_view>

class AddressPlan {
 public:
  /// A block of 1,024 addresses somewhere in 127.16.0.0 .. 127.239.255.255 for load balancers and nodes; tasks with an
  /// address of their own have the 3,072 behind it, which may be other engines' blocks: less often than chance would
  /// have two engines in one block anyway.
  explicit AddressPlan(std::string_view state_directory);

  static constexpr int kBalancers = 63;
  static constexpr int kNodes = 900;
  static constexpr int kTasks = 3072;
  /// index in [0, kBalancers)
  std::string balancer(int index) const { return at(1 + index); }
  /// index in [0, kNodes)
  std::string node(int index) const { return at(64 + index); }
  /// index in [0, kTasks)
  std::string task(int index) const { return at(1024 + index); }

 private:
  std::string at(int offset) const;
  int second_ = 0, third_ = 0;
};
