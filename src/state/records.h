// The records that State has a table of; one line each. Whoever needs something made for each record walks this list.
#pragma once

#define SCALEOUT_RECORDS(each)    \
  each(model::Cluster)            \
  each(model::TaskDefinition)     \
  each(model::Service)            \
  each(model::ServiceEvent)       \
  each(model::Task)               \
  each(model::ContainerInstance)  \
  each(model::LoadBalancer)       \
  each(model::Listener)           \
  each(model::ListenerRule)       \
  each(model::TargetGroup)        \
  each(model::Target)             \
  each(model::LaunchTemplate)     \
  each(model::Instance)           \
  each(model::AutoScalingGroup)   \
  each(model::ScalingActivity)    \
  each(model::Vpc)                \
  each(model::Subnet)             \
  each(model::SecurityGroup)      \
  each(model::LogGroup)           \
  each(model::LogStream)          \
  each(model::Repository)         \
  each(model::Image)              \
  each(model::RepositoryBlob)     \
  each(model::Alarm)              \
  each(model::AlarmHistoryItem)   \
  each(model::ScalableTarget)     \
  each(model::ScalingPolicy)      \
  each(model::ScheduledAction)    \
  each(model::TargetActivity)     \
  each(model::CapacityProvider)   \
  each(model::Dashboard)          \
  each(model::Role)               \
  each(model::ManagedPolicy)      \
  each(model::InstanceProfile)    \
  each(model::Parameter)          \
  each(model::RouteTable)         \
  each(model::InternetGateway)    \
  each(model::NatGateway)         \
  each(model::ElasticAddress)     \
  each(model::Topic)              \
  each(model::Subscription)       \
  each(Counter)
