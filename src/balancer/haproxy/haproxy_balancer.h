// The load balancer for real traffic: drives an HAProxy that outlives the engine. `cmd/engine.cpp` makes one; the
// engine sees the Balancer contract only.
//
// What always holds: calls return at once and are carried out on a thread of its own. Destruction leaves HAProxy
// serving (the next one on the same directory adopts it); only shut_down() ends it.
#pragma once

#include <functional>
#include <stdexcept>
#include <string>

#include "balancer/balancer.h"

namespace balancer {

struct HaproxyOptions {
  std::string directory;  ///< <state>/haproxy; made if missing
  std::string program = "/usr/sbin/haproxy";
  int threads = 1;
  Duration silence{4'000};           ///< HAProxy alive but unanswering for so long is killed and started again
  Duration report_interval{1'000};   ///< between two reports of traffic; counters are read each 100 ms
  Duration connect_timeout{10'000};  ///< until a target that does not answer costs a 504, as an ALB's; of several tries together
  /// Called at named points; one that never returns or throws SimulatedCrash stands for a crash there.
  std::function<void(std::string_view)> at_point;
};

/// Ends the balancer's thread as kill -9 ends the engine's. Any other exception is logged and what failed tried again.
struct SimulatedCrash : std::runtime_error {
  using std::runtime_error::runtime_error;
};

class HaproxyBalancer final : public Balancer {
 public:
  HaproxyBalancer(HaproxyOptions options, const Clock& clock, Sink& sink);
  ~HaproxyBalancer() override;

  void ready() override;
  void set_listener(const ListenerSpec& listener) override;
  void remove_listener(const std::string& listener_id) override;
  void set_group(const GroupSpec& group) override;
  void remove_group(const std::string& group_id) override;
  void set_members(const std::string& group_id, const std::vector<Member>& members) override;
  void shut_down() override;

 private:
  class Worker;
  std::unique_ptr<Worker> worker_;
};

}  // namespace balancer
