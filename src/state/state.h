// Everything the engine knows: one line each table, one line each index. Services and the engine read and write it on
// the owner thread; nothing else may.
//
// What is here is true of memory at once and of the disk after Store::commit() and when_durable().
#pragma once

#include "base/random.h"
#include "base/time.h"
#include "model/alarm.h"
#include "model/capacity_provider.h"
#include "model/certificate.h"
#include "model/cluster.h"
#include "model/container_instance.h"
#include "model/dashboard.h"
#include "model/gateway.h"
#include "model/iam.h"
#include "model/image.h"
#include "model/instance.h"
#include "model/load_balancer.h"
#include "model/log_group.h"
#include "model/namespace.h"
#include "model/network.h"
#include "model/parameter.h"
#include "model/repository.h"
#include "model/scaling.h"
#include "model/service.h"
#include "model/target_group.h"
#include "model/task.h"
#include "model/task_definition.h"
#include "model/topic.h"
#include "state/index.h"
#include "state/node_uses.h"
#include "state/records.h"
#include "state/store.h"
#include "state/table.h"
#include "state/task_addresses.h"

namespace state {

/// A number that only grows, by name: a family's next revision must not come twice, even after deregistration.
struct Counter {
  std::string name;
  std::int64_t value = 0;
  const std::string& key() const { return name; }
  template <class Self, class Field>
  static void visit(Self& self, Field&& field) {
    field("name", self.name);
    field("value", self.value);
  }
};

#define SCALEOUT_TABLE_IS_COMPILED(Record) extern template class Table<Record>;
SCALEOUT_RECORDS(SCALEOUT_TABLE_IS_COMPILED)  // in tables.cpp
#undef SCALEOUT_TABLE_IS_COMPILED

struct State {
  /// Loads every table. Throws std::runtime_error, with a text for the user, when the database is damaged.
  explicit State(Store& store);
  State(const State&) = delete;
  State& operator=(const State&) = delete;
  ~State();  ///< out of line: it makes every table

  Store& store;

  Table<model::Cluster> clusters;
  Table<model::TaskDefinition> task_definitions;
  Table<model::Service> services;
  Table<model::ServiceEvent> service_events;
  Table<model::Task> tasks;
  Table<model::ContainerInstance> container_instances;
  Table<model::LoadBalancer> load_balancers;
  Table<model::Listener> listeners;
  Table<model::ListenerRule> listener_rules;
  Table<model::TargetGroup> target_groups;
  Table<model::Target> targets;
  Table<model::LaunchTemplate> launch_templates;
  Table<model::Instance> instances;
  Table<model::AutoScalingGroup> auto_scaling_groups;
  Table<model::ScalingActivity> scaling_activities;
  Table<model::Vpc> vpcs;
  Table<model::Subnet> subnets;
  Table<model::SecurityGroup> security_groups;
  Table<model::LogGroup> log_groups;
  Table<model::LogStream> log_streams;
  Table<model::Repository> repositories;
  Table<model::Image> images;
  Table<model::RepositoryBlob> repository_blobs;
  Table<model::Alarm> alarms;
  Table<model::AlarmHistoryItem> alarm_history;
  Table<model::ScalableTarget> scalable_targets;
  Table<model::ScalingPolicy> scaling_policies;
  Table<model::ScheduledAction> scheduled_actions;
  Table<model::TargetActivity> target_activities;
  Table<model::CapacityProvider> capacity_providers;
  Table<model::Dashboard> dashboards;
  Table<model::Role> roles;
  Table<model::ManagedPolicy> managed_policies;
  Table<model::InstanceProfile> instance_profiles;
  Table<model::Parameter> parameters;
  Table<model::RouteTable> route_tables;
  Table<model::InternetGateway> internet_gateways;
  Table<model::NatGateway> nat_gateways;
  Table<model::ElasticAddress> elastic_addresses;
  Table<model::Topic> topics;
  Table<model::Subscription> subscriptions;
  Table<model::Certificate> certificates;
  Table<model::CertificateAuthority> certificate_authorities;
  Table<model::Namespace> namespaces;
  Table<model::NamespaceOperation> namespace_operations;
  Table<Counter> counters;

  NodeUses node_uses;
  TaskAddresses task_addresses;
  Index<model::Task> tasks_by_service;  ///< by Task::service_key()
  Index<model::Task> tasks_by_cluster;
  Index<model::Task> tasks_by_container_instance;
  Index<model::Task> waiting_tasks_by_cluster;  ///< Task::waiting()
  Index<model::Target> targets_by_group;  ///< by group ARN
  Index<model::Target> targets_by_task;
  Index<model::Listener> listeners_by_load_balancer;
  Index<model::ListenerRule> rules_by_listener;
  Index<model::ContainerInstance> container_instances_by_cluster;
  Index<model::ContainerInstance> container_instances_by_instance;  ///< by EC2 instance id
  Index<model::Instance> instances_by_group;
  Index<model::Service> services_by_cluster;
  Index<model::TaskDefinition> task_definitions_by_family;
  Index<model::ScalingActivity> activities_by_group;
  Index<model::LogStream> log_streams_by_group;
  Index<model::ScalingPolicy> policies_by_target;  ///< by ScalableTarget::key()
  Index<model::ScalingPolicy> policies_by_group;
  Index<model::ScheduledAction> scheduled_actions_by_target;
  Index<model::ScheduledAction> scheduled_actions_by_group;
  Index<model::TargetActivity> activities_by_target;
  MultiIndex<model::Image> images_by_tag;      ///< by "repository:tag"; one at most
  MultiIndex<model::Image> images_by_content;  ///< by the digests of themselves and of all they name
  Index<model::Image> images_by_subject;       ///< by "repository@digest"
  Index<model::RepositoryBlob> blobs_by_digest;
  MultiIndex<model::Alarm> alarms_by_policy;  ///< by the ARN of a scaling policy that one of its actions names

  /// 1, 2, 3… for each name; survives restarts.
  std::int64_t next(const std::string& counter);

  /// Appends to a service's events and drops the oldest beyond 100 (sheet A7). Nothing happens without the service.
  void append_event(const std::string& service_key, std::string message, Instant now, Random& random);
  /// Appends to an alarm's history and drops the oldest beyond 100.
  void append_alarm_history(model::AlarmHistoryItem item);
  /// The number of a new alarm's first item: history outlives its alarm, and a later one of that name goes on with it.
  std::int64_t next_alarm_history(const std::string& alarm) const;
  /// Drops what is older (AWS keeps 30 days), and of alarms that are gone the oldest beyond some thousand items.
  void expire_alarm_history(Instant before);
  /// With a service that is made anew under an old name.
  void drop_events(const std::string& service_key);
};

}  // namespace state
