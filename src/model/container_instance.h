// A node as its cluster sees it.
#pragma once

#include <map>

#include "base/time.h"
#include "base/units.h"
#include "model/tag.h"

namespace model {

struct ContainerInstance {
  std::string id;  ///< 32 hexadecimal digits
  std::string arn, cluster, instance_id;
  std::string availability_zone, address;
  std::string capacity_provider;  ///< of its Auto Scaling group; empty: none
  std::string status = "ACTIVE";  ///< REGISTERING, ACTIVE, DRAINING, DEREGISTERING, INACTIVE
  std::string status_reason;
  bool agent_connected = true;
  CpuUnits cpu;   ///< registered
  MiB memory;
  std::map<std::string, std::string> attributes;  ///< ecs.instance-type, ecs.availability-zone…
  Instant registered_at{};
  std::int64_t version = 1;
  Tags tags;

  const std::string& key() const { return id; }
  template <class Self, class Field>
  static void visit(Self& self, Field&& field) {
    field("id", self.id);
    field("arn", self.arn);
    field("cluster", self.cluster);
    field("instance_id", self.instance_id);
    field("availability_zone", self.availability_zone);
    field("address", self.address);
    field("capacity_provider", self.capacity_provider);
    field("status", self.status);
    field("status_reason", self.status_reason);
    field("agent_connected", self.agent_connected);
    field("cpu", self.cpu);
    field("memory", self.memory);
    field("attributes", self.attributes);
    field("registered_at", self.registered_at);
    field("version", self.version);
    field("tags", self.tags);
  }
};

}  // namespace model
