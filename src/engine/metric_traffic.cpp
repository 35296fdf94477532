// The AWS/ApplicationELB metrics of a period: RequestCount and the host counts always, the others only when not zero.
#include <algorithm>
#include <cmath>

#include "engine/metric_publisher.h"

namespace engine {

namespace {

// Response times are counted in buckets of 5 %: percentiles stay as exact, and a datapoint small.
constexpr double kBucketWidth = 1.05;
constexpr double kShortest = 1e-6;

std::string after(const std::string& arn, std::string_view mark) {
  const auto found = arn.find(mark);
  return found == std::string::npos ? arn : arn.substr(found + mark.size());
}
std::string balancer_dimension(const std::string& arn) { return after(arn, ":loadbalancer/"); }
std::string group_dimension(const std::string& arn) { return arn.substr(arn.rfind(':') + 1); }

double bucket_of(double seconds) {
  const double exponent = std::round(std::log(std::max(seconds, kShortest)) / std::log(kBucketWidth));
  return std::pow(kBucketWidth, exponent);
}

model::Datapoint count(double value, Instant at, const char* unit = "Count") { return summarize({value}, at, unit); }

void add_up(balancer::Traffic& sum, const balancer::Traffic& part) {
  sum.requests += part.requests;
  sum.target_2xx += part.target_2xx;
  sum.target_3xx += part.target_3xx;
  sum.target_4xx += part.target_4xx;
  sum.target_5xx += part.target_5xx;
  sum.elb_3xx += part.elb_3xx;
  sum.elb_4xx += part.elb_4xx;
  sum.elb_500 += part.elb_500;
  sum.elb_502 += part.elb_502;
  sum.elb_503 += part.elb_503;
  sum.elb_504 += part.elb_504;
  sum.bytes_in += part.bytes_in;
  sum.bytes_out += part.bytes_out;
  sum.new_connections += part.new_connections;
  sum.connection_errors += part.connection_errors;
  sum.active_connections = std::max(sum.active_connections, part.active_connections);
}

/// Which groups a load balancer sends to.
std::map<std::string, std::set<std::string>> attached_groups(const state::State& state) {
  std::map<std::string, std::set<std::string>> attached;
  const auto note = [&](const std::string& balancer, const std::vector<model::ListenerAction>& actions) {
    for (const model::ListenerAction& action : actions) {
      if (action.type != "forward") continue;
      if (!action.target_group_arn.empty()) attached[balancer].insert(action.target_group_arn);
      for (const auto& group : action.groups) attached[balancer].insert(group.target_group_arn);
    }
  };
  for (const auto& [arn, listener] : state.listeners.all()) {
    note(listener.load_balancer_arn, listener.default_actions);
    for (const std::string& rule : state.rules_by_listener.keys(arn)) {
      note(listener.load_balancer_arn, state.listener_rules.find(rule)->actions);
    }
  }
  return attached;
}

struct Hosts {
  int healthy = 0, unhealthy = 0, registered = 0;
};

Hosts hosts_of(const state::State& state, const std::string& group) {
  Hosts hosts;
  for (const std::string& key : state.targets_by_group.keys(group)) {
    const model::Target* target = state.targets.find(key);
    if (target->state == "draining") continue;
    ++hosts.registered;
    if (target->state == "healthy") ++hosts.healthy;
    if (target->state == "unhealthy") ++hosts.unhealthy;
  }
  return hosts;
}

}  // namespace

void MetricPublisher::add(const balancer::Traffic& traffic) {
  Requests& requests = requests_[{traffic.load_balancer_id, traffic.group_id}];
  add_up(requests.sum, traffic);
  for (const auto& [seconds, weight] : traffic.latency_seconds) requests.latencies[bucket_of(seconds)] += weight;
}

void MetricPublisher::publish_traffic(Instant start, double elapsed) {
  using Dimensions = std::map<std::string, std::string>;
  const auto put = [&](const Dimensions& dimensions, const char* name, double value, const char* unit = "Count") {
    metrics_.put({"AWS/ApplicationELB", name, dimensions}, count(value, start, unit));
  };
  const auto put_sparse = [&](const Dimensions& dimensions, const char* name, std::uint64_t value,
                              const char* unit = "Count") {
    if (value > 0) put(dimensions, name, static_cast<double>(value), unit);
  };
  const auto put_target_metrics = [&](const Dimensions& dimensions, const Requests& requests) {
    put(dimensions, "RequestCount", static_cast<double>(requests.sum.requests));
    put_sparse(dimensions, "HTTPCode_Target_2XX_Count", requests.sum.target_2xx);
    put_sparse(dimensions, "HTTPCode_Target_3XX_Count", requests.sum.target_3xx);
    put_sparse(dimensions, "HTTPCode_Target_4XX_Count", requests.sum.target_4xx);
    put_sparse(dimensions, "HTTPCode_Target_5XX_Count", requests.sum.target_5xx);
    put_sparse(dimensions, "TargetConnectionErrorCount", requests.sum.connection_errors);
    model::Datapoint times{.at = start, .unit = "Seconds"};
    for (const auto& [seconds, weight] : requests.latencies) {
      times.values.emplace_back(seconds, static_cast<double>(weight));
      times.sample_count += static_cast<double>(weight);
      times.sum += seconds * static_cast<double>(weight);
    }
    if (times.values.empty()) return;
    times.minimum = times.values.front().first;
    times.maximum = times.values.back().first;
    metrics_.put({"AWS/ApplicationELB", "TargetResponseTime", dimensions}, std::move(times));
  };

  const auto attached = attached_groups(state_);
  for (const auto& [balancer, record] : state_.load_balancers.all()) {
    const Dimensions own{{"LoadBalancer", balancer_dimension(balancer)}};
    std::set<std::string> groups;
    if (const auto found = attached.find(balancer); found != attached.end()) groups = found->second;
    Requests all;         // that a target was chosen for
    balancer::Traffic front;  // with what the balancer answered itself
    for (auto entry = requests_.lower_bound({balancer, ""}); entry != requests_.end() && entry->first.first == balancer;
         ++entry) {
      add_up(front, entry->second.sum);
      if (entry->first.second.empty()) continue;
      groups.insert(entry->first.second);
      add_up(all.sum, entry->second.sum);
      for (const auto& [seconds, weight] : entry->second.latencies) all.latencies[seconds] += weight;
    }
    put_target_metrics(own, all);
    const std::uint64_t elb_5xx = front.elb_500 + front.elb_502 + front.elb_503 + front.elb_504;
    put_sparse(own, "HTTPCode_ELB_3XX_Count", front.elb_3xx);
    put_sparse(own, "HTTPCode_ELB_4XX_Count", front.elb_4xx);
    put_sparse(own, "HTTPCode_ELB_5XX_Count", elb_5xx);
    put_sparse(own, "HTTPCode_ELB_500_Count", front.elb_500);
    put_sparse(own, "HTTPCode_ELB_502_Count", front.elb_502);
    put_sparse(own, "HTTPCode_ELB_503_Count", front.elb_503);
    put_sparse(own, "HTTPCode_ELB_504_Count", front.elb_504);
    put_sparse(own, "HTTP_Redirect_Count", front.elb_3xx);
    put_sparse(own, "ActiveConnectionCount", front.active_connections);
    put_sparse(own, "NewConnectionCount", front.new_connections);
    put_sparse(own, "ProcessedBytes", front.bytes_in + front.bytes_out, "Bytes");
    // Capacity units are the largest of three: 25 new connections a second, 3,000 open ones, 1 GB an hour.
    const double bytes_an_hour = static_cast<double>(front.bytes_in + front.bytes_out) / std::max(elapsed, 1e-3) * 3600;
    put(own, "ConsumedLCUs",
        std::max({static_cast<double>(front.new_connections) / std::max(elapsed, 1e-3) / 25,
                  static_cast<double>(front.active_connections) / 3000, bytes_an_hour / 1e9}));

    for (const std::string& group : groups) {
      const auto found = requests_.find({balancer, group});
      const Requests requests = found == requests_.end() ? Requests{} : found->second;
      Dimensions pair = own;
      pair.emplace("TargetGroup", group_dimension(group));
      put_target_metrics(pair, requests);
      const Hosts hosts = hosts_of(state_, group);
      // If none is healthy the balancer sends to all (fail-open); without targets there is nothing to divide by.
      const int sharing = hosts.healthy > 0 ? hosts.healthy : hosts.registered;
      if (sharing == 0) continue;
      const double each = static_cast<double>(requests.sum.requests) / sharing;
      put(pair, "RequestCountPerTarget", each);
      put({{"TargetGroup", group_dimension(group)}}, "RequestCountPerTarget", each);
    }
  }
}

void MetricPublisher::publish_hosts(Instant start) {
  for (const auto& [balancer, groups] : attached_groups(state_)) {
    for (const std::string& arn : groups) {
      const model::TargetGroup* group = state_.target_groups.find(arn);
      if (!group || !group->health_check_enabled) continue;
      const Hosts hosts = hosts_of(state_, arn);
      const std::map<std::string, std::string> dimensions{{"LoadBalancer", balancer_dimension(balancer)},
                                                          {"TargetGroup", group_dimension(arn)}};
      metrics_.put({"AWS/ApplicationELB", "HealthyHostCount", dimensions}, count(hosts.healthy, start));
      metrics_.put({"AWS/ApplicationELB", "UnHealthyHostCount", dimensions}, count(hosts.unhealthy, start));
    }
  }
}

}  // namespace engine
