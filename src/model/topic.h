// SNS: topics and their subscriptions, as far as alarms name them. Nothing is delivered.
#pragma once

#include <map>
#include <string>

#include "base/time.h"
#include "model/tag.h"

namespace model {

struct Topic {
  std::string arn, name;
  std::map<std::string, std::string> attributes;  ///< that were set
  Instant created_at{};
  Tags tags;
  const std::string& key() const { return arn; }
  template <class Self, class Field>
  static void visit(Self& self, Field&& field) {
    field("arn", self.arn);
    field("name", self.name);
    field("attributes", self.attributes);
    field("created_at", self.created_at);
    field("tags", self.tags);
  }
};

struct Subscription {
  std::string arn, topic, protocol, endpoint;
  std::map<std::string, std::string> attributes;
  bool pending = false;  ///< nobody has confirmed it
  const std::string& key() const { return arn; }
  template <class Self, class Field>
  static void visit(Self& self, Field&& field) {
    field("arn", self.arn);
    field("topic", self.topic);
    field("protocol", self.protocol);
    field("endpoint", self.endpoint);
    field("attributes", self.attributes);
    field("pending", self.pending);
  }
};

}  // namespace model
