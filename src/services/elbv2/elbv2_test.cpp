#include <doctest/doctest.h>

#include "base/http_token.h"
#include "services/context_test.h"
#include "services/elbv2/handlers.h"

namespace services::elbv2 {
namespace {

const std::string kVpc = "vpc-1";

/// A default VPC with three zones, and every handler's context.
struct World : services::ContextFixture {
  World() {
    state.vpcs.put({.id = kVpc, .cidr = "172.31.0.0/16", .is_default = true});
    for (const char* zone : {"a", "b", "c"})
      state.subnets.put(
          {.id = std::string("subnet-") + zone, .vpc_id = kVpc, .availability_zone = std::string("us-east-1") + zone});
    state.security_groups.put({.id = "sg-default", .name = "default", .vpc_id = kVpc});
    state.instances.put(
        {.id = "i-1", .state = "running", .address = "127.20.0.64", .availability_zone = "us-east-1a", .vpc_id = kVpc});
    state.instances.put(
        {.id = "i-2", .state = "pending", .address = "127.20.0.65", .availability_zone = "us-east-1b", .vpc_id = kVpc});
  }

  Answer<op::CreateLoadBalancer> make_balancer(const std::string& name,
                                               std::vector<std::string> subnets = {"subnet-a", "subnet-b"}) {
    return create_load_balancer(context, {.name = name, .subnets = std::move(subnets)});
  }
  std::string balancer(const std::string& name = "web") {
    return *(*make_balancer(name)->load_balancers)[0].load_balancer_arn;
  }
  Answer<op::CreateTargetGroup> make_group(op::CreateTargetGroup::Input in) {
    in.protocol = in.protocol.value_or("HTTP");
    in.port = in.port.value_or(80);
    in.vpc_id = in.vpc_id.value_or(kVpc);
    return create_target_group(context, in);
  }
  std::string group(const std::string& name = "web") {
    return *(*make_group({.name = name})->target_groups)[0].target_group_arn;
  }
  Answer<op::CreateListener> make_listener(const std::string& balancer_arn, std::vector<shape::Action> actions,
                                           int port = 80) {
    return create_listener(
        context,
        {.load_balancer_arn = balancer_arn, .protocol = "HTTP", .port = port, .default_actions = std::move(actions)});
  }
  std::string listener(const std::string& balancer_arn, const std::string& group_arn) {
    return *(*make_listener(balancer_arn, {forward(group_arn)})->listeners)[0].listener_arn;
  }
  static shape::Action forward(const std::string& group_arn) {
    return {.type = "forward", .target_group_arn = group_arn};
  }
  static shape::Action fixed(const std::string& status) {
    return {
        .type = "fixed-response",
        .fixed_response_config = shape::FixedResponseActionConfig{.status_code = status, .content_type = "text/plain"}};
  }
  static shape::RuleCondition path(const std::string& pattern) {
    return {.field = "path-pattern", .values = std::vector{pattern}};
  }
  Answer<op::CreateRule> make_rule(const std::string& listener_arn, int priority,
                                   std::vector<shape::RuleCondition> conditions) {
    return create_rule(context, {.listener_arn = listener_arn,
                                 .conditions = std::move(conditions),
                                 .priority = priority,
                                 .actions = std::vector{fixed("404")}});
  }
};

template <class Answered>
std::string code(const Answered& answer) {
  return answer ? "" : answer.error().code;
}

std::string attribute(const auto& attributes, const std::string& key) {
  for (const auto& one : attributes)
    if (one.key == key) return *one.value;
  return "absent";
}

TEST_CASE("LoadBalancer_HasAnAddressOfItsOwnAsItsName") {
  World world;
  const auto first = (*world.make_balancer("one")->load_balancers)[0];
  const auto second = (*world.make_balancer("two")->load_balancers)[0];
  CHECK(first.load_balancer_arn->starts_with(
      "arn:aws:elasticloadbalancing:us-east-1:123456789012:loadbalancer/app/one/"));
  CHECK(first.dns_name->starts_with("127."));
  CHECK(first.dns_name != second.dns_name);
  CHECK(*first.state->code == "active");
  CHECK(*first.type == "application");
  CHECK(*first.scheme == "internet-facing");
  CHECK(*first.vpc_id == kVpc);
  CHECK(*first.security_groups == std::vector<std::string>{"sg-default"});
  CHECK(*(*first.availability_zones)[1].zone_name == "us-east-1b");
}

TEST_CASE("LoadBalancer_NamesAndSubnetsAreCheckedAsAwsDoes") {
  World world;
  CHECK(code(world.make_balancer(std::string(33, 'a'))) == "ValidationError");
  for (const char* name : {"", "under_score", "-edge", "edge-", "internal-web", "dot.dot"})
    CHECK(code(world.make_balancer(name)) == "ValidationError");
  CHECK(code(world.make_balancer("web", {"subnet-a"})) == "ValidationError");
  CHECK(code(world.make_balancer("web", {"subnet-a", "subnet-z"})) == "SubnetNotFound");
  CHECK(code(world.make_balancer("web", {"subnet-a", "subnet-a"})) == "InvalidConfigurationRequest");
  CHECK(code(create_load_balancer(world.context, {.name = "web", .type = "network"})) == "InvalidConfigurationRequest");
  CHECK(world.state.load_balancers.empty());
}

TEST_CASE("LoadBalancer_TheSameAgainIsTheSameOne_OtherSettingsAreRefused") {
  World world;
  const std::string arn = world.balancer("web");
  CHECK(world.balancer("web") == arn);
  CHECK(code(world.make_balancer("web", {"subnet-b", "subnet-a"})) == "");  // in whichever order
  CHECK(code(world.make_balancer("web", {"subnet-a", "subnet-c"})) == "DuplicateLoadBalancerName");
}

TEST_CASE("LoadBalancer_DeletingTakesListenersAndRules_TwiceIsFine_ProtectedIsNot") {
  World world;
  const std::string balancer = world.balancer(), listener = world.listener(balancer, world.group());
  REQUIRE(world.make_rule(listener, 1, {World::path("/a")}));
  const auto protect = [&](const char* value) {
    return modify_load_balancer_attributes(
        world.context,
        {.load_balancer_arn = balancer,
         .attributes = std::vector<shape::LoadBalancerAttribute>{{"deletion_protection.enabled", value}}});
  };
  REQUIRE(protect("true"));
  CHECK(code(delete_load_balancer(world.context, {balancer})) == "OperationNotPermitted");
  REQUIRE(protect("false"));
  CHECK(delete_load_balancer(world.context, {balancer}));
  CHECK(world.state.listeners.empty());
  CHECK(world.state.listener_rules.empty());
  CHECK(delete_load_balancer(world.context, {balancer}));
  CHECK(code(delete_load_balancer(world.context, {"nonsense"})) == "ValidationError");
  CHECK(code(describe_load_balancers(world.context, {.names = std::vector<std::string>{"web"}})) ==
        "LoadBalancerNotFound");
}

TEST_CASE("Describe_PagesInOrderAndEndsWithoutAMarker") {
  World world;
  for (const char* name : {"a", "b", "c"}) world.group(name);
  std::vector<std::string> names;
  std::optional<std::string> marker;
  int pages = 0;
  do {
    const auto page = describe_target_groups(world.context, {.marker = marker, .page_size = 2});
    REQUIRE(page);
    for (const auto& group : *page->target_groups) names.push_back(*group.target_group_name);
    marker = page->next_marker;
    ++pages;
  } while (marker);
  CHECK(names == std::vector<std::string>{"a", "b", "c"});
  CHECK(pages == 2);
}

TEST_CASE("TargetGroup_DefaultsAreThoseOfAnApplicationLoadBalancer") {
  World world;
  const auto group = (*world.make_group({.name = "web"})->target_groups)[0];
  CHECK(*group.health_check_interval_seconds == 30);
  CHECK(*group.health_check_timeout_seconds == 5);
  CHECK(*group.healthy_threshold_count == 5);
  CHECK(*group.unhealthy_threshold_count == 2);
  CHECK(*group.health_check_path == "/");
  CHECK(*group.health_check_port == "traffic-port");
  CHECK(*group.matcher->http_code == "200");
  CHECK(*group.target_type == "instance");
  CHECK(*group.protocol_version == "HTTP1");
  CHECK(group.load_balancer_arns->empty());
  const auto attributes = describe_target_group_attributes(world.context, {*group.target_group_arn});
  CHECK(attribute(*attributes->attributes, "deregistration_delay.timeout_seconds") == "300");
  CHECK(attribute(*attributes->attributes, "stickiness.type") == "lb_cookie");
  CHECK(attribute(*attributes->attributes, "load_balancing.algorithm.type") == "round_robin");
}

TEST_CASE("TargetGroup_HealthChecksAreChecked") {
  World world;
  using In = op::CreateTargetGroup::Input;
  const auto refused = [&](In in) { return code(world.make_group(std::move(in))); };
  CHECK(refused({.name = "x", .health_check_interval_seconds = 10, .health_check_timeout_seconds = 10}) ==
        "ValidationError");
  CHECK(refused({.name = "x", .health_check_path = "health"}) == "ValidationError");
  CHECK(refused({.name = "x", .health_check_path = "/a b\r\nX: y"}) == "ValidationError");
  CHECK(refused({.name = "x", .health_check_port = "0"}) == "ValidationError");
  for (const char* codes : {"199", "500", "200-", "abc", "299-200", "200,,201", ""})
    CHECK(refused({.name = "x", .matcher = shape::Matcher{.http_code = codes}}) == "ValidationError");
  for (const char* codes : {"200", "200,204", "200-299,404"})
    CHECK(refused({.name = "x" + std::to_string(world.state.target_groups.size()),
                   .matcher = shape::Matcher{.http_code = codes}}) == "");
  CHECK(refused({.name = "x", .vpc_id = "vpc-none"}) == "ValidationError");
  CHECK(refused({.name = "x", .target_type = "lambda"}) == "InvalidConfigurationRequest");
}

TEST_CASE("TargetGroup_InUseCannotBeDeleted_NorUsedByASecondBalancer") {
  World world;
  const std::string group = world.group(), balancer = world.balancer("one"), other = world.balancer("two");
  const std::string listener = world.listener(balancer, group);
  CHECK(code(delete_target_group(world.context, {group})) == "ResourceInUse");
  CHECK(code(world.make_listener(other, {World::forward(group)})) == "TargetGroupAssociationLimit");
  const auto shown = describe_target_groups(world.context, {.load_balancer_arn = balancer});
  CHECK(*(*shown->target_groups)[0].load_balancer_arns == std::vector{balancer});
  REQUIRE(delete_listener(world.context, {listener}));
  CHECK(delete_target_group(world.context, {group}));
  CHECK(delete_target_group(world.context, {group}));
}

TEST_CASE("Listener_ShowsAForwardAsAwsDoes") {
  World world;
  const std::string group = world.group();
  const auto made = world.make_listener(world.balancer(), {World::forward(group)});
  REQUIRE(made);
  const auto action = (*(*made->listeners)[0].default_actions)[0];
  CHECK(*action.target_group_arn == group);
  CHECK_FALSE(action.order);
  CHECK(*(*action.forward_config->target_groups)[0].weight == 1);
  CHECK_FALSE(*action.forward_config->target_group_stickiness_config->enabled);
}

TEST_CASE("Listener_OnePortOnce_TheSameAgainIsTheSame") {
  World world;
  const std::string balancer = world.balancer(), group = world.group(), listener = world.listener(balancer, group);
  CHECK(world.listener(balancer, group) == listener);
  CHECK(code(world.make_listener(balancer, {World::fixed("503")})) == "DuplicateListener");
  const auto second = world.make_listener(balancer, {World::fixed("503")}, 8080);
  REQUIRE(second);
  CHECK(code(modify_listener(world.context, {.listener_arn = listener, .port = 8080})) == "DuplicateListener");
  CHECK(modify_listener(world.context, {.listener_arn = listener, .port = 8081}));
  CHECK(world.state.listeners.find(listener)->port == 8081);
}

TEST_CASE("Listener_ActionsThatCannotWorkAreRefused") {
  World world;
  const std::string balancer = world.balancer(), group = world.group();
  const auto refused = [&](std::vector<shape::Action> actions) {
    return code(world.make_listener(balancer, std::move(actions)));
  };
  CHECK(refused({}) == "ValidationError");
  CHECK(refused({World::fixed("200"), World::forward(group)}) == "TooManyActions");
  CHECK(refused({World::forward(group + "0")}) == "TargetGroupNotFound");
  CHECK(refused({{.type = "forward"}}) == "ValidationError");
  CHECK(refused({{.type = "redirect", .redirect_config = shape::RedirectActionConfig{.status_code = "HTTP_301"}}}) ==
        "InvalidLoadBalancerAction");
  CHECK(refused({{.type = "redirect",
                  .redirect_config = shape::RedirectActionConfig{
                      .path = "/a\n  bind :1", .status_code = "HTTP_301"}}}) == "InvalidLoadBalancerAction");
  CHECK(refused({{.type = "authenticate-oidc"}}) == "InvalidLoadBalancerAction");
  std::vector<shape::TargetGroupTuple> six;
  for (int i = 0; i < 6; ++i) six.push_back({.target_group_arn = world.group("g" + std::to_string(i))});
  CHECK(refused({{.type = "forward", .forward_config = shape::ForwardActionConfig{.target_groups = six}}}) ==
        "InvalidLoadBalancerAction");
  six.resize(2);
  six[0].weight = 1000;
  CHECK(refused({{.type = "forward", .forward_config = shape::ForwardActionConfig{.target_groups = six}}}) ==
        "ValidationError");
  CHECK(code(create_listener(world.context, {.load_balancer_arn = balancer,
                                             .protocol = "HTTPS",
                                             .port = 443,
                                             .default_actions = std::vector{World::fixed("200")}})) ==
        "CertificateNotFound");
  CHECK(code(create_listener(world.context, {.load_balancer_arn = balancer,
                                             .protocol = "TCP",
                                             .port = 80,
                                             .default_actions = std::vector{World::fixed("200")}})) ==
        "ValidationError");
  CHECK(world.state.listeners.empty());
}

TEST_CASE("Rules_AreListedByPriorityWithTheDefaultLast") {
  World world;
  const std::string listener = world.listener(world.balancer(), world.group());
  REQUIRE(world.make_rule(listener, 100, {World::path("/b")}));
  REQUIRE(world.make_rule(listener, 9, {World::path("/a")}));
  CHECK(code(world.make_rule(listener, 9, {World::path("/c")})) == "PriorityInUse");
  const auto rules = *describe_rules(world.context, {.listener_arn = listener})->rules;
  REQUIRE(rules.size() == 3);
  CHECK(*rules[0].priority == "9");
  CHECK(*rules[1].priority == "100");
  CHECK(*rules[2].priority == "default");
  CHECK(*rules[2].is_default);
  CHECK(rules[2].conditions->empty());
  CHECK(*(*rules[0].conditions)[0].values == std::vector<std::string>{"/a"});
  CHECK(*(*rules[0].conditions)[0].path_pattern_config->values == std::vector<std::string>{"/a"});

  const auto first_page = describe_rules(world.context, {.listener_arn = listener, .page_size = 2});
  CHECK(first_page->rules->size() == 2);
  const auto second_page =
      describe_rules(world.context, {.listener_arn = listener, .marker = first_page->next_marker, .page_size = 2});
  CHECK(*(*second_page->rules)[0].priority == "default");
  CHECK_FALSE(second_page->next_marker);

  const std::string default_rule = *rules[2].rule_arn;
  CHECK(code(delete_rule(world.context, {default_rule})) == "OperationNotPermitted");
  CHECK(code(modify_rule(world.context, {.rule_arn = default_rule})) == "OperationNotPermitted");
  CHECK(describe_rules(world.context, {.rule_arns = std::vector{default_rule}})->rules->size() == 1);
}

TEST_CASE("Rules_TwoMaySwapPriorities_NoneMayTakeAnothers") {
  World world;
  const std::string listener = world.listener(world.balancer(), world.group());
  const std::string a = *(*world.make_rule(listener, 1, {World::path("/a")})->rules)[0].rule_arn;
  const std::string b = *(*world.make_rule(listener, 2, {World::path("/b")})->rules)[0].rule_arn;
  const auto set = [&](std::vector<shape::RulePriorityPair> pairs) {
    return set_rule_priorities(world.context, {.rule_priorities = std::move(pairs)});
  };
  CHECK(code(set({{a, 2}})) == "PriorityInUse");
  CHECK(set({{a, 2}, {b, 1}}));
  CHECK(world.state.listener_rules.find(a)->priority == 2);
}

TEST_CASE("Rules_ConditionsKeepAwsLimits") {
  World world;
  const std::string listener = world.listener(world.balancer(), world.group());
  const auto refused = [&](std::vector<shape::RuleCondition> conditions) {
    return code(world.make_rule(listener, 1, std::move(conditions)));
  };
  CHECK(refused({}) == "ValidationError");
  CHECK(refused({{.field = "colour", .values = std::vector<std::string>{"red"}}}) == "ValidationError");
  CHECK(refused({World::path("/a"), World::path("/b")}) == "ValidationError");
  CHECK(refused({World::path("")}) == "ValidationError");
  CHECK(refused({World::path("/a\nbind :1")}) == "ValidationError");
  CHECK(refused({World::path(std::string(129, 'a'))}) == "ValidationError");
  CHECK(refused({World::path("/*/*/*/*/*/*")}) == "ValidationError");
  CHECK(refused({{.field = "path-pattern", .values = std::vector<std::string>{"/1", "/2", "/3", "/4", "/5", "/6"}}}) ==
        "ValidationError");
  for (const char* cidr : {"10.0.0.0", "10.0.0.0/33", "10.0.0/8", "x/8", "::1/129", "10.0.0.0/8x"})
    CHECK(refused({{.field = "source-ip",
                    .source_ip_config = shape::SourceIpConditionConfig{.values = std::vector<std::string>{cidr}}}}) ==
          "ValidationError");
  CHECK(refused({{.field = "http-request-method",
                  .http_request_method_config = shape::HttpRequestMethodConditionConfig{
                      .values = std::vector<std::string>{"get"}}}}) == "ValidationError");
  CHECK(refused({{.field = "http-header",
                  .http_header_config = shape::HttpHeaderConditionConfig{
                      .http_header_name = "X Y", .values = std::vector<std::string>{"1"}}}}) == "ValidationError");
  CHECK(world.state.listener_rules.empty());
  CHECK(refused({{.field = "source-ip",
                  .source_ip_config =
                      shape::SourceIpConditionConfig{.values = std::vector<std::string>{"10.0.0.0/8", "::1/128"}}},
                 {.field = "query-string",
                  .query_string_config = shape::QueryStringConditionConfig{
                      .values = std::vector<shape::QueryStringKeyValuePair>{{"v", "1"}, {.value = "*x*"}}}}}) == "");
}

TEST_CASE("Rules_AnArnThatIsNoRulesIsAnErrorWhateverItsShape") {
  World world;
  const std::string listener = world.listener(world.balancer(), world.group());
  const std::string prefix = make_arn(world.context.account, "elasticloadbalancing", "listener-rule");
  for (const char* rest : {"", "/", "/x", "/app", "/app/x", "/app/x/y/z", "/app/a/b/c/d/e", "/net/x/1/2/3"}) {
    CAPTURE(rest);
    CHECK(code(delete_rule(world.context, {prefix + rest})) == "ValidationError");
    CHECK(code(describe_rules(world.context, {.rule_arns = std::vector{prefix + rest}})) == "ValidationError");
    CHECK(code(describe_tags(world.context, {std::vector{prefix + rest}})) == "ValidationError");
  }
  CHECK(code(delete_rule(world.context, {prefix + "/app/x/1/2/3"})) == "RuleNotFound");
}

TEST_CASE("Rules_AHeaderIsNamedByWhatTheBalancerCanMatch_AndSoIsACookie") {
  World world;
  const std::string group = world.group(), listener = world.listener(world.balancer(), group);
  int priority = 0;
  for (char c = 0x20; c < 0x7f; ++c) {
    const std::string name{'X', c, 'y'};
    CAPTURE(name);
    const auto made = world.make_rule(
        listener, ++priority,
        {{.field = "http-header",
          .http_header_config = shape::HttpHeaderConditionConfig{.http_header_name = name,
                                                                 .values = std::vector<std::string>{"v"}}}});
    CHECK(code(made) == (is_http_token(name) ? "" : "ValidationError"));
    const auto set = modify_target_group_attributes(
        world.context,
        {group, std::vector<shape::TargetGroupAttribute>{{"stickiness.app_cookie.cookie_name", name}}});
    CHECK(code(set) == (is_http_token(name) ? "" : "ValidationError"));
  }
  const auto longest = [&](std::size_t length) {
    return code(modify_target_group_attributes(
        world.context, {group, std::vector<shape::TargetGroupAttribute>{
                                   {"stickiness.app_cookie.cookie_name", std::string(length, 'x')}}}));
  };
  CHECK(longest(256) == "");
  CHECK(longest(257) == "ValidationError");
}

TEST_CASE("Rules_AtMost100ForABalancer") {
  World world;
  const std::string listener = world.listener(world.balancer(), world.group());
  for (int priority = 1; priority <= 100; ++priority) REQUIRE(world.make_rule(listener, priority, {World::path("/a")}));
  CHECK(code(world.make_rule(listener, 101, {World::path("/a")})) == "TooManyRules");
}

TEST_CASE("Targets_AnInstanceMustRun_AndStartsAsInitial") {
  World world;
  const std::string group = world.group();
  world.listener(world.balancer(), group);
  const auto add = [&](const std::string& id, std::optional<int> port = {}) {
    return register_targets(
        world.context,
        {.target_group_arn = group, .targets = std::vector<shape::TargetDescription>{{.id = id, .port = port}}});
  };
  CHECK(code(add("i-2")) == "InvalidTarget");
  CHECK(code(add("i-none")) == "InvalidTarget");
  REQUIRE(add("i-1"));
  REQUIRE(add("i-1", 32768));
  const auto health = *describe_target_health(world.context, {.target_group_arn = group})->target_health_descriptions;
  REQUIRE(health.size() == 2);
  CHECK(*health[0].target_health->state == "initial");
  CHECK(*health[0].target_health->reason == "Elb.RegistrationInProgress");
  CHECK(*health[0].health_check_port == std::to_string(*health[0].target->port));
  CHECK(world.state.targets.find(group + "|i-1:80")->address == "127.20.0.64");
}

TEST_CASE("Targets_DeregisteringDrains_StrangersAndUnusedGroupsAreSimple") {
  World world;
  const std::string group = world.group(), listener = world.listener(world.balancer(), group);
  const auto target = std::vector<shape::TargetDescription>{{.id = "i-1"}};
  REQUIRE(register_targets(world.context, {group, target}));
  CHECK(deregister_targets(world.context, {group, std::vector<shape::TargetDescription>{{.id = "i-9"}}}));
  REQUIRE(deregister_targets(world.context, {group, target}));
  const auto* record = world.state.targets.find(group + "|i-1:80");
  REQUIRE(record != nullptr);
  CHECK(record->state == "draining");
  CHECK(record->draining_since == world.context.now);
  REQUIRE(register_targets(world.context, {group, target}));
  CHECK(record->state == "initial");

  const auto stranger = describe_target_health(
      world.context, {.target_group_arn = group, .targets = std::vector<shape::TargetDescription>{{.id = "i-9"}}});
  CHECK(*(*stranger->target_health_descriptions)[0].target_health->reason == "Target.NotRegistered");
  REQUIRE(delete_listener(world.context, {listener}));
  CHECK(*(*describe_target_health(world.context, {.target_group_arn = group})->target_health_descriptions)[0]
             .target_health->reason == "Target.NotInUse");
  REQUIRE(deregister_targets(world.context, {group, target}));
  CHECK(world.state.targets.empty());
}

TEST_CASE("Targets_AddressesMustBePrivate") {
  World world;
  const std::string group =
      *(*world.make_group({.name = "ip", .target_type = "ip"})->target_groups)[0].target_group_arn;
  const auto add = [&](const char* address) {
    return code(register_targets(world.context, {group, std::vector<shape::TargetDescription>{{.id = address}}}));
  };
  for (const char* address : {"127.0.1.7", "10.1.2.3", "172.31.255.1", "192.168.0.9", "100.64.0.1"})
    CHECK(add(address) == "");
  for (const char* address : {"8.8.8.8", "172.32.0.1", "169.254.169.254", "localhost", "::1", ""})
    CHECK(add(address) == "InvalidTarget");
}

TEST_CASE("Attributes_AreAwsDefaultsUntilSet_AndUnknownOnesAreRefused") {
  World world;
  const std::string balancer = world.balancer(), group = world.group();
  const auto shown = describe_load_balancer_attributes(world.context, {balancer});
  CHECK(attribute(*shown->attributes, "idle_timeout.timeout_seconds") == "60");
  CHECK(attribute(*shown->attributes, "routing.http2.enabled") == "true");
  CHECK(attribute(*shown->attributes, "client_keep_alive.seconds") == "3600");
  const auto set = [&](const char* key, const char* value) {
    return code(modify_load_balancer_attributes(world.context,
                                                {balancer, std::vector<shape::LoadBalancerAttribute>{{key, value}}}));
  };
  CHECK(set("idle_timeout.timeout_seconds", "120") == "");
  CHECK(attribute(*describe_load_balancer_attributes(world.context, {balancer})->attributes,
                  "idle_timeout.timeout_seconds") == "120");
  CHECK(set("idle_timeout.timeout_seconds", "0") == "ValidationError");
  CHECK(set("idle_timeout.timeout_seconds", "12x") == "ValidationError");
  CHECK(set("no.such.key", "1") == "ValidationError");
  CHECK(set("access_logs.s3.enabled", "true") == "InvalidConfigurationRequest");
  CHECK(set("access_logs.s3.enabled", "false") == "");

  const auto set_group = [&](std::vector<shape::TargetGroupAttribute> attributes) {
    return code(modify_target_group_attributes(world.context, {group, std::move(attributes)}));
  };
  CHECK(set_group({{"deregistration_delay.timeout_seconds", "0"}}) == "");
  CHECK(set_group({{"slow_start.duration_seconds", "29"}}) == "ValidationError");
  CHECK(set_group({{"slow_start.duration_seconds", "30"},
                   {"load_balancing.algorithm.type", "least_outstanding_requests"}}) == "InvalidConfigurationRequest");
  CHECK(set_group({{"stickiness.enabled", "true"}, {"stickiness.type", "app_cookie"}}) ==
        "InvalidConfigurationRequest");
  CHECK(set_group({{"stickiness.app_cookie.cookie_name", "a\nb"}}) == "ValidationError");
  CHECK(world.state.target_groups.find(group)->deregistration_delay() == seconds(0));
}

TEST_CASE("Tags_LimitsAndUnknownResources") {
  World world;
  const std::string group = world.group();
  const auto add = [&](std::vector<shape::Tag> tags) {
    return code(add_tags(world.context, {std::vector{group}, std::move(tags)}));
  };
  CHECK(add({{"a", "1"}, {"b", "2"}}) == "");
  CHECK(add({{"a", "3"}}) == "");
  CHECK(add({{"x", "1"}, {"x", "2"}}) == "DuplicateTagKeys");
  CHECK(add({{"aws:x", "1"}}) == "ValidationError");
  std::vector<shape::Tag> many;
  for (int i = 0; i < 49; ++i) many.push_back({"k" + std::to_string(i), ""});
  CHECK(add(many) == "TooManyTags");
  CHECK(remove_tags(world.context, {std::vector{group}, std::vector<std::string>{"b"}}));
  const auto shown = describe_tags(world.context, {std::vector{group}});
  REQUIRE((*shown->tag_descriptions)[0].tags->size() == 1);
  CHECK(*(*(*shown->tag_descriptions)[0].tags)[0].value == "3");
  CHECK(code(describe_tags(world.context, {std::vector<std::string>{group + "x"}})) == "TargetGroupNotFound");
  CHECK(code(describe_tags(world.context, {std::vector<std::string>{"x"}})) == "ValidationError");
}

}  // namespace
TEST_CASE("HTTPS: one default certificate, others besides it, and a policy that exists") {
  World world;
  const auto certificate = [&](const std::string& id) {
    const std::string arn = make_arn(world.context.account, "acm", "certificate/" + id);
    world.state.certificates.put({.arn = arn, .not_after = world.context.now + hours(24)});
    return arn;
  };
  const std::string first = certificate("1"), second = certificate("2"), balancer = world.balancer();
  op::CreateListener::Input in{.load_balancer_arn = balancer,
                               .protocol = "HTTPS",
                               .port = 443,
                               .default_actions = std::vector{World::fixed("200")}};
  in.certificates.emplace().push_back({.certificate_arn = first + "x"});
  CHECK(code(create_listener(world.context, in)) == "CertificateNotFound");
  in.certificates->front().certificate_arn = first;
  in.ssl_policy = "ELBSecurityPolicy-2099";
  CHECK(code(create_listener(world.context, in)) == "SSLPolicyNotFound");
  in.ssl_policy.reset();
  const auto made = create_listener(world.context, in);
  REQUIRE(made);
  const auto& shown = made->listeners->front();
  CHECK(*shown.ssl_policy == "ELBSecurityPolicy-2016-08");
  CHECK(*shown.certificates->front().certificate_arn == first);
  CHECK(*shown.mutual_authentication->mode == "off");

  op::AddListenerCertificates::Input add{.listener_arn = shown.listener_arn};
  add.certificates.emplace().push_back({.certificate_arn = second});
  REQUIRE(add_listener_certificates(world.context, add));
  CHECK(describe_listener_certificates(world.context, {.listener_arn = shown.listener_arn})->certificates->size() == 2);
  op::RemoveListenerCertificates::Input remove{.listener_arn = shown.listener_arn, .certificates = in.certificates};
  CHECK(code(remove_listener_certificates(world.context, remove)) == "OperationNotPermitted");

  // The second becomes the default one, and is not there twice.
  op::ModifyListener::Input modify{.listener_arn = shown.listener_arn, .certificates = add.certificates};
  REQUIRE(modify_listener(world.context, modify));
  CHECK(world.state.listeners.find(*shown.listener_arn)->certificates == std::vector{second});
  modify = {.listener_arn = shown.listener_arn, .protocol = "HTTP"};
  REQUIRE(modify_listener(world.context, modify));
  CHECK(world.state.listeners.find(*shown.listener_arn)->certificates.empty());
  CHECK(code(add_listener_certificates(world.context, add)) == "ValidationError");
}

TEST_CASE("HTTPS: an expired certificate, mutual TLS and certificates of HTTP listeners are refused") {
  World world;
  const std::string arn = make_arn(world.context.account, "acm", "certificate/1"), balancer = world.balancer();
  world.state.certificates.put({.arn = arn, .not_after = world.context.now - hours(1)});
  op::CreateListener::Input in{.load_balancer_arn = balancer,
                               .protocol = "HTTPS",
                               .port = 443,
                               .default_actions = std::vector{World::fixed("200")}};
  in.certificates.emplace().push_back({.certificate_arn = arn});
  CHECK(code(create_listener(world.context, in)) == "UnsupportedCertificate");
  world.context.now -= hours(2);
  in.mutual_authentication.emplace().mode = "verify";
  CHECK(code(create_listener(world.context, in)) == "ValidationError");
  in.mutual_authentication.reset();
  in.protocol = "HTTP";
  CHECK(code(create_listener(world.context, in)) == "ValidationError");
}

}  // namespace services::elbv2
