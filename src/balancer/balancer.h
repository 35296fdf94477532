// The contract of a load balancer: it carries traffic from listeners to targets and says how they feel. The engine calls
// it from the owner thread with what is wanted; calls return at once; the implementation closes the gap and reports
// events. Everything is level-triggered: the engine may repeat any call, and after a restart sets everything anew.
//
// What always holds:
//  - A target gets no request before its first passed health check, none after its state became draining (but for
//    stickiness and requests in flight).
//  - A change of structure or members loses no request and no connection in use.
//  - Traffic goes on while the engine is dead.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/time.h"

namespace balancer {

struct HealthCheckSpec {
  bool enabled = true;
  std::string protocol = "HTTP";  ///< HTTP, HTTPS or TCP
  std::string path = "/";
  std::string port = "traffic-port";  ///< or a number
  Duration interval{30'000}, timeout{5'000};
  int healthy_threshold = 5, unhealthy_threshold = 2;
  std::string matcher = "200";  ///< "200", "200,202", "200-299"
  friend bool operator==(const HealthCheckSpec&, const HealthCheckSpec&) = default;
};

struct Stickiness {
  bool enabled = false;
  std::string cookie = "AWSALB";   ///< lb_cookie, or the application's own name for app_cookie
  bool application_cookie = false;
  seconds duration{86'400};
  friend bool operator==(const Stickiness&, const Stickiness&) = default;
};

/// A target group, as far as traffic is concerned.
struct GroupSpec {
  std::string id;    ///< the target group's ARN
  std::string name;  ///< for logs and HAProxy's own statistics
  std::string algorithm = "round_robin";  ///< least_outstanding_requests, weighted_random
  Stickiness stickiness;
  Duration slow_start{0};
  HealthCheckSpec health;
  friend bool operator==(const GroupSpec&, const GroupSpec&) = default;
};

struct Member {
  std::string id;  ///< target id and port, e.g. "i-0123:32768"
  std::string address;
  int port = 0;
  bool draining = false;
  friend bool operator==(const Member&, const Member&) = default;
};

struct Condition {
  std::string field;  ///< host-header, path-pattern, http-request-method, source-ip, http-header, query-string
  std::string header_name;                                ///< http-header only
  std::vector<std::string> values;                        ///< OR'd
  std::vector<std::pair<std::string, std::string>> pairs; ///< query-string: key (may be empty) and value
  friend bool operator==(const Condition&, const Condition&) = default;
};

struct WeightedGroup {
  std::string group_id;
  int weight = 1;  ///< 0..999
  friend bool operator==(const WeightedGroup&, const WeightedGroup&) = default;
};

struct Forward {
  std::vector<WeightedGroup> groups;
  std::optional<seconds> group_stickiness;  ///< AWSALBTG
  friend bool operator==(const Forward&, const Forward&) = default;
};
struct Redirect {
  std::string protocol = "#{protocol}", host = "#{host}", port = "#{port}", path = "/#{path}", query = "#{query}";
  int status = 301;
  friend bool operator==(const Redirect&, const Redirect&) = default;
};
struct FixedResponse {
  int status = 200;
  std::string content_type, body;
  friend bool operator==(const FixedResponse&, const FixedResponse&) = default;
};
using Action = std::variant<Forward, Redirect, FixedResponse>;

struct Rule {
  std::string id;
  int priority = 0;
  std::vector<Condition> conditions;  ///< AND'd
  Action action;
  friend bool operator==(const Rule&, const Rule&) = default;
};

struct ListenerSpec {
  std::string id;  ///< the listener's ARN
  std::string load_balancer_id;
  std::string address;  ///< the load balancer's own address in 127.0.0.0/8
  int port = 0;         ///< declared; where it cannot be bound, port + 8000 is used: see ListenerBound
  std::string protocol = "HTTP";
  /// HTTPS only: PEM, each the certificate with its chain and key. Chosen by SNI; the first answers all others.
  std::vector<std::string> certificates;
  /// HTTPS only: TLS versions that clients may speak, "TLSv1.2"; empty: no bound.
  std::string tls_min, tls_max;
  /// Whose connections are taken, as IPv4 CIDRs (security groups); absent: everybody's.
  std::optional<std::vector<std::string>> admitted;
  Duration idle_timeout{60'000};
  Duration client_keep_alive{3'600'000};
  bool preserve_host_header = false;
  std::string xff_mode = "append";  ///< append, preserve, remove
  std::vector<Rule> rules;          ///< ascending priority
  Action default_action;
  friend bool operator==(const ListenerSpec&, const ListenerSpec&) = default;
};

struct TargetHealthChanged {
  std::string group_id, member_id;
  std::string state;        ///< initial, healthy, unhealthy
  std::string reason;       ///< Elb.InitialHealthChecking, Target.ResponseCodeMismatch, Target.Timeout, Target.FailedHealthChecks…
  std::string description;  ///< "Health checks failed with these codes: [404]"
  Instant at;
};
/// A draining member has no request in flight any more (reported once for each drain; the engine bounds the wait).
struct TargetIdle {
  std::string group_id, member_id;
  Instant at;
};
struct ListenerBound {
  std::string listener_id;
  int port = 0;        ///< really bound
  std::string error;   ///< set when it could not be bound at all
};
/// Deltas since the last report, each second or more often; per listener's load balancer and group. Latencies come from the log.
struct Traffic {
  Instant at;
  std::string load_balancer_id, group_id;  ///< group empty: answered by the balancer itself
  std::map<std::string, std::uint64_t> per_member_requests;
  std::uint64_t requests = 0;
  std::uint64_t target_2xx = 0, target_3xx = 0, target_4xx = 0, target_5xx = 0;
  std::uint64_t elb_3xx = 0, elb_4xx = 0, elb_500 = 0, elb_502 = 0, elb_503 = 0, elb_504 = 0;
  std::uint64_t bytes_in = 0, bytes_out = 0, new_connections = 0, connection_errors = 0;
  std::uint64_t active_connections = 0;
  std::uint64_t latency_sampled = 0;      ///< how many requests the histogram stands on
  std::vector<std::pair<double, std::uint64_t>> latency_seconds;  ///< target response time: value, weight
};
struct BalancerDown {
  std::string reason;
  Instant at;
};
struct BalancerUp {
  Instant at;
  int pid = 0;
};
using Event = std::variant<TargetHealthChanged, TargetIdle, ListenerBound, Traffic, BalancerDown, BalancerUp>;

/// Called on the balancer's thread; must only hand the event over.
class Sink {
 public:
  virtual ~Sink() = default;
  virtual void on_event(Event event) = 0;
};

class Balancer {
 public:
  virtual ~Balancer() = default;
  /// Before the first call below after a (re)start the engine sets all it wants, then calls ready(): what was adopted and
  /// is not wanted any more goes.
  virtual void ready() = 0;
  virtual void set_listener(const ListenerSpec& listener) = 0;
  virtual void remove_listener(const std::string& listener_id) = 0;
  virtual void set_group(const GroupSpec& group) = 0;
  virtual void remove_group(const std::string& group_id) = 0;
  /// All members of a group. One that is missing is removed at once, also with requests in flight: drain it first.
  virtual void set_members(const std::string& group_id, const std::vector<Member>& members) = 0;
  /// `scaleout down`: stops carrying traffic and leaves no process behind. Blocking.
  virtual void shut_down() = 0;
};

}  // namespace balancer
