// Golden scenarios: every testdata/*.txt is a story. Blocks of commands, "----", what happened. `control_test --rewrite`
// writes what happens now into the files, for a person to review as a diff.
#include <doctest/doctest.h>
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "control/scenario/world.h"

namespace control::testing {
namespace {

Duration duration_of(const std::string& text) {
  const double value = std::stod(text);
  if (text.ends_with("ms")) return Duration(static_cast<std::int64_t>(value));
  const double scale = text.ends_with("h") ? 3'600'000 : text.ends_with("m") ? 60'000 : 1000;
  return Duration(static_cast<std::int64_t>(value * scale));
}

/// Words of one command; `take("percents")` gives the word after that key and forgets both.
class Words {
 public:
  explicit Words(const std::string& line) {
    std::istringstream in(line);
    for (std::string word; in >> word;) words_.push_back(word);
  }
  std::string next() {
    REQUIRE_MESSAGE(!words_.empty(), "a word is missing");
    std::string word = words_.front();
    words_.erase(words_.begin());
    return word;
  }
  bool flag(const std::string& name) {
    const auto found = std::find(words_.begin(), words_.end(), name);
    if (found == words_.end()) return false;
    words_.erase(found);
    return true;
  }
  std::string take(const std::string& key, const std::string& otherwise) {
    const auto found = std::find(words_.begin(), words_.end(), key);
    if (found == words_.end()) return otherwise;
    REQUIRE(found + 1 != words_.end());
    const std::string value = *(found + 1);
    words_.erase(found, found + 2);
    return value;
  }
  int number(const std::string& key, int otherwise) { return std::stoi(take(key, std::to_string(otherwise))); }
  void end() const { REQUIRE_MESSAGE(words_.empty(), "unknown word: " << words_.front()); }

 private:
  std::vector<std::string> words_;
};

std::vector<std::string> split(const std::string& text, char by) {
  std::vector<std::string> parts;
  std::istringstream in(text);
  for (std::string part; std::getline(in, part, by);) parts.push_back(part);
  return parts;
}

void add_service(World& world, Words& words) {
  model::Service service;
  service.name = words.next();
  const std::string definition = words.next();
  service.desired_count = words.number("desired", 1);
  const auto percents = split(words.take("percents", "100/200"), '/');
  service.deployment_configuration.minimum_healthy_percent = std::stoi(percents.at(0));
  service.deployment_configuration.maximum_percent = std::stoi(percents.at(1));
  service.health_check_grace_period = words.number("grace", 0);
  service.deployment_configuration.circuit_breaker.enable = words.flag("breaker");
  service.deployment_configuration.circuit_breaker.rollback = words.flag("rollback");
  if (words.flag("daemon")) service.scheduling_strategy = "DAEMON";
  if (const std::string strategy = words.take("strategy", ""); !strategy.empty()) {
    for (const std::string& one : split(strategy, ',')) {
      const std::size_t colon = one.find(':');
      service.placement_strategies.push_back({one.substr(0, colon), colon == std::string::npos ? "" : one.substr(colon + 1)});
    }
  }
  const int groups = words.number("groups", 1);
  world.add_service(service, definition, groups);
}

void add_group(World& world, Words& words) {
  model::AutoScalingGroup group;
  group.name = words.next();
  group.desired_capacity = words.number("desired", 1);
  group.max_size = 100;
  group.availability_zones = split(words.take("zones", "a,b"), ',');
  group.launch_template_id = "lt-1";
  group.last_cause = cause_created(group.desired_capacity);
  model::LaunchTemplate launch_template;
  launch_template.id = "lt-1";
  launch_template.versions.push_back({.instance_type = words.take("type", "t2.micro")});
  world.templates["lt-1"] = launch_template;
  world.node_groups[group.name] = group;
  world.touch_group(group.name);
}

void run(World& world, const std::string& line) {
  Words words(line);
  const std::string verb = words.next();
  if (verb == "nodes") {
    const int count = std::stoi(words.next());
    world.add_nodes(count, words.take("type", "t2.micro"), split(words.take("zones", "a,b,c"), ','));
  } else if (verb == "definition") {
    const std::string name = words.next();
    Behaviour behaves;
    behaves.cannot_pull = words.flag("bad-image");
    behaves.never_healthy = words.flag("sick");
    if (const std::string exits = words.take("exits", ""); !exits.empty()) behaves.exits = duration_of(exits);
    behaves.start = duration_of(words.take("starts", "2s"));
    behaves.healthy = duration_of(words.take("healthy", "5s"));
    const int cpu = words.number("cpu", 256), memory = words.number("memory", 128), port = words.number("port", 0);
    world.add_definition(name, {cpu}, {memory}, behaves, port);
  } else if (verb == "service") {
    add_service(world, words);
  } else if (verb == "group") {
    add_group(world, words);
  } else if (verb == "capacity") {
    model::AutoScalingGroup& group = world.node_groups.at(words.next());
    const int to = std::stoi(words.next());
    group.last_cause = cause_desired_set(group.desired_capacity, to);
    group.desired_capacity = to;
    world.touch_group(group.name);
  } else if (verb == "deploy") {
    const std::string service = words.next();
    world.deploy(service, words.next());
  } else if (verb == "desired") {
    const std::string service = words.next();
    world.set_desired(service, std::stoi(words.next()));
  } else if (verb == "delete") {
    world.delete_service(words.next());
  } else if (verb == "drain") {
    world.drain_node(std::stoi(words.next()));
  } else if (verb == "lose") {
    world.lose_node(std::stoi(words.next()));
  } else if (verb == "crash") {
    world.crash(words.next());
  } else if (verb == "unhealthy") {
    world.make_unhealthy(words.next());
  } else if (verb == "protect") {
    model::Task& task = world.task(words.next());
    task.protected_until = world.now + duration_of(words.next());
  } else if (verb == "tasks") {
    world.verbose_tasks = words.next() == "on";
  } else if (verb == "aws-order") {
    world.lifecycle.aws_order = true;
  } else if (verb == "scale") {
    world.pace.scale = std::stod(words.next());
  } else if (verb == "run") {
    world.run_for(duration_of(words.next()));
  } else {
    FAIL("unknown command: " << line);
  }
  words.end();
}

std::string play(std::istream& in, const std::string& file) {
  World world;
  std::string out;
  bool in_output = false;
  std::vector<std::string> commands;
  const auto flush = [&] {
    for (const std::string& command : commands) {
      if (!command.starts_with("#")) run(world, command);
    }
    commands.clear();
    out += "----\n";
    for (const std::string& line : world.timeline) out += line + "\n";
    world.timeline.clear();
  };
  for (std::string line; std::getline(in, line);) {
    if (line == "----") {
      flush();
      in_output = true;
    } else if (line.empty()) {
      in_output = false;
      out += "\n";
    } else if (!in_output) {
      commands.push_back(line);
      out += line + "\n";
    }
  }
  for (const std::string& failure : world.failures) FAIL_CHECK(file << ": " << failure);
  return out;
}

bool rewriting() {
  std::ifstream command_line("/proc/self/cmdline");
  const std::string text((std::istreambuf_iterator<char>(command_line)), {});
  return text.find("--rewrite") != std::string::npos;
}

}  // namespace

TEST_CASE("golden scenarios play as written") {
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(CONTROL_TESTDATA)) files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  REQUIRE(!files.empty());
  for (const auto& path : files) {
    CAPTURE(path.filename().string());
    std::stringstream text;
    text << std::ifstream(path).rdbuf();
    const std::string played = play(text, path.filename().string());
    if (rewriting()) {
      std::ofstream(path) << played;
    } else {
      CHECK(played == text.str());
    }
  }
}

}  // namespace control::testing
