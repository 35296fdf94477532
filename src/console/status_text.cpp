#include "console/status_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>

#include "base/time.h"
#include "console/scaling_text.h"
#include "console/table.h"

namespace console {

namespace {

namespace json = boost::json;
constexpr auto kRight = Table::Align::right;

std::string or_dash(const std::string& text) { return text.empty() ? "-" : text; }
std::string number(std::int64_t value) { return fmt::format("{}", value); }
std::string used_text(const Capacity& capacity) { return capacity.used ? fmt::format("{:.0f}", *capacity.used) : "-"; }

std::string deployments_text(const Status& status) {
  Table table({{"DEPLOYMENT"}, {"STATUS"}, {"ROLLOUT"}, {"TASK DEFINITION"}, {"DESIRED", kRight}, {"RUNNING", kRight},
               {"PENDING", kRight}, {"FAILED", kRight}});
  for (const auto& one : status.deployments) {
    table.add({one.id, one.status, or_dash(one.rollout_state), one.task_definition, number(one.tasks.desired),
               number(one.tasks.running), number(one.tasks.pending), number(one.failed)});
  }
  return table.text();
}

std::string targets_text(const Status& status) {
  Table table({{"TARGET"}, {"STATE"}, {"REASON"}});
  for (const auto& one : status.targets) {
    const std::string reason = one.description.empty() ? one.reason : one.reason + ": " + one.description;
    table.add({fmt::format("{}:{}", one.id, one.port), one.state, or_dash(reason)});
  }
  return table.text();
}

std::string nodes_text(const Status& status) {
  Table table({{"NODE"}, {"TYPE"}, {"ZONE"}, {"ADDRESS"}, {"STATUS"}, {"TASKS", kRight}, {"CPU used", kRight},
               {"reserved", kRight}, {"free", kRight}, {"MiB used", kRight}, {"reserved", kRight}, {"free", kRight}});
  for (const auto& one : status.nodes) {
    const std::string tasks =
        one.pending == 0 ? number(one.running) : fmt::format("{} (+{} pending)", one.running, one.pending);
    table.add({or_dash(one.instance), or_dash(one.type), or_dash(one.zone), or_dash(one.address), or_dash(one.status), tasks,
               used_text(one.cpu), number(one.cpu.reserved), number(one.cpu.free), used_text(one.memory),
               number(one.memory.reserved), number(one.memory.free)});
  }
  return table.text();
}

json::object counts_json(const Counts& counts) {
  return {{"desired", counts.desired}, {"running", counts.running}, {"pending", counts.pending}};
}

json::object capacity_json(const Capacity& capacity) {
  json::object object{{"reserved", capacity.reserved}, {"free", capacity.free}};
  object["used"] = capacity.used ? json::value(*capacity.used) : json::value(nullptr);
  return object;
}

json::value or_null(const std::string& text) { return text.empty() ? json::value(nullptr) : json::value(text); }

}  // namespace

std::string Style::paint(const char* code, const std::string& text) const {
  return colour ? fmt::format("\x1b[{}m{}\x1b[0m", code, text) : text;
}

std::string status_text(const Status& status, Style style, std::size_t events_max) {
  std::string out = fmt::format("{}  {}  in {}", style.strong(status.name.service),
                                status.status == "ACTIVE" ? style.good(status.status) : style.bad(or_dash(status.status)),
                                status.name.cluster);
  if (!status.url.empty()) out += "  " + style.strong(status.url);
  out += "\n";
  const bool complete = status.tasks.running == status.tasks.desired && status.tasks.pending == 0;
  const std::string running = fmt::format("{} running", status.tasks.running);
  out += fmt::format("tasks: {} desired, {}, {} pending, {} healthy; task definition {}\n", status.tasks.desired,
                     complete ? style.good(running) : style.bad(running), status.tasks.pending, status.healthy,
                     or_dash(status.task_definition));
  if (!status.url_problem.empty()) out += style.bad("load balancer: " + status.url_problem) + "\n";
  if (!status.deployments.empty()) out += "\n" + deployments_text(status);
  for (const auto& one : status.deployments) {
    if (one.rollout_state == "FAILED" && !one.rollout_reason.empty()) out += style.bad(one.rollout_reason) + "\n";
  }
  out += "\n" + (status.targets.empty() ? "no targets\n" : targets_text(status));
  out += "\n" + (status.nodes.empty() ? "no nodes in the cluster\n" : nodes_text(status));
  if (!status.scaling.empty()) out += "\n" + scaling_text(status.scaling, style);
  if (!status.events.empty()) out += "\nEVENTS\n";
  const std::size_t shown = std::min(events_max, status.events.size());
  for (std::size_t i = status.events.size() - shown; i < status.events.size(); ++i) {
    out += fmt::format("{}  {}\n", to_iso8601(instant_from_ms(status.events[i].at_ms)), status.events[i].message);
  }
  return out;
}

std::string status_line(const Status& status) {
  const auto deployment = std::find_if(status.deployments.begin(), status.deployments.end(),
                                       [](const auto& one) { return one.status == "PRIMARY"; });
  return fmt::format("{} {} desired={} running={} pending={} healthy={} targets={} nodes={} deployments={} rollout={} "
                     "task_definition={}",
                     status.name.service, or_dash(status.status), status.tasks.desired, status.tasks.running,
                     status.tasks.pending, status.healthy, status.targets.size(), status.nodes.size(),
                     status.deployments.size(),
                     deployment == status.deployments.end() ? "-" : or_dash(deployment->rollout_state),
                     or_dash(status.task_definition));
}

json::object event_json(const EventStatus& event) {
  json::object shown{{"id", event.id},
                     {"time", to_iso8601(instant_from_ms(event.at_ms))},
                     {"kind", event.kind},
                     {"message", event.message}};
  if (!event.details.empty()) {
    boost::system::error_code error;
    const json::value details = json::parse(event.details, error);
    shown["details"] = error ? json::value(event.details) : details;
  }
  return shown;
}

json::object status_json(const Status& status) {
  json::object service = counts_json(status.tasks);
  service["name"] = status.name.service;
  service["cluster"] = status.name.cluster;
  service["status"] = status.status;
  service["healthy"] = status.healthy;
  service["taskDefinition"] = status.task_definition;
  json::array deployments, targets, nodes, events;
  for (const auto& one : status.deployments) {
    json::object object = counts_json(one.tasks);
    object["id"] = one.id;
    object["status"] = one.status;
    object["rolloutState"] = or_null(one.rollout_state);
    object["rolloutStateReason"] = or_null(one.rollout_reason);
    object["taskDefinition"] = one.task_definition;
    object["failed"] = one.failed;
    deployments.push_back(std::move(object));
  }
  for (const auto& one : status.targets) {
    targets.push_back({{"id", one.id}, {"port", one.port}, {"state", one.state}, {"reason", or_null(one.reason)},
                       {"description", or_null(one.description)}});
  }
  for (const auto& one : status.nodes) {
    nodes.push_back({{"instanceId", or_null(one.instance)}, {"type", or_null(one.type)}, {"zone", or_null(one.zone)},
                     {"address", or_null(one.address)}, {"status", one.status}, {"running", one.running},
                     {"pending", one.pending}, {"cpuUnits", capacity_json(one.cpu)},
                     {"memoryMiB", capacity_json(one.memory)}});
  }
  for (const auto& one : status.events) events.push_back(event_json(one));
  return {{"service", service}, {"url", or_null(status.url)}, {"urlProblem", or_null(status.url_problem)},
          {"deployments", deployments}, {"targets", targets}, {"nodes", nodes}, {"scaling", scaling_json(status.scaling)},
          {"events", events}};
}

}  // namespace console
