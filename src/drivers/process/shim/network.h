// A container's network where it is not the machine's: the namespace, and the relays of its ports (relay.h). Used by
// the shim before it starts anything else; everything it starts afterwards is inside.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "drivers/process/container_files.h"

namespace drivers::process {

class Network {
 public:
  /// Listens at the machine's addresses, enters the namespace and starts the relays. Empty, else why not. Nothing to do
  /// for a container in the machine's network.
  std::string open(const Launch& launch);
  /// The process is in a user namespace of the task's: it may mount there.
  bool in_user_namespace() const { return in_user_namespace_; }
  bool is_relay(pid_t pid) const;
  /// A child has ended and was reaped; true if it was a relay: without it nobody reaches the container.
  bool ended(pid_t pid);
  /// The container has ended: what its last connections still hold is passed on, then the relays end.
  void close();

 private:
  struct Child {
    pid_t pid = -1;
    int control = -1;  ///< closing it tells it to end
  };
  std::string reach(const Launch& launch, int outside);

  bool in_user_namespace_ = false;
  std::vector<Child> relays_;
};

}  // namespace drivers::process
