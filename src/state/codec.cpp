#include "state/codec.h"

#include "state/state.h"

namespace state {

#define SCALEOUT_STORED(Record)                  \
  template std::string encode(const Record&);    \
  template Result<Record> decode(std::string_view)

SCALEOUT_STORED(model::Cluster);
SCALEOUT_STORED(model::TaskDefinition);
SCALEOUT_STORED(model::Service);
SCALEOUT_STORED(model::ServiceEvent);
SCALEOUT_STORED(model::Task);
SCALEOUT_STORED(model::ContainerInstance);
SCALEOUT_STORED(model::LoadBalancer);
SCALEOUT_STORED(model::Listener);
SCALEOUT_STORED(model::ListenerRule);
SCALEOUT_STORED(model::TargetGroup);
SCALEOUT_STORED(model::Target);
SCALEOUT_STORED(model::LaunchTemplate);
SCALEOUT_STORED(model::Instance);
SCALEOUT_STORED(model::AutoScalingGroup);
SCALEOUT_STORED(model::ScalingActivity);
SCALEOUT_STORED(model::Vpc);
SCALEOUT_STORED(model::Subnet);
SCALEOUT_STORED(model::SecurityGroup);
SCALEOUT_STORED(model::LogGroup);
SCALEOUT_STORED(model::LogStream);
SCALEOUT_STORED(model::Repository);
SCALEOUT_STORED(model::Alarm);
SCALEOUT_STORED(model::AlarmHistoryItem);
SCALEOUT_STORED(model::ScalableTarget);
SCALEOUT_STORED(model::ScalingPolicy);
SCALEOUT_STORED(model::ScheduledAction);
SCALEOUT_STORED(model::TargetActivity);
SCALEOUT_STORED(model::CapacityProvider);
SCALEOUT_STORED(model::Dashboard);
SCALEOUT_STORED(Counter);
SCALEOUT_STORED(StoredReply);

}  // namespace state
