// Golden stories of both layers, from load to tasks and nodes: every testdata/*.txt. Blocks of commands, "----", what
// happened; `engine_test --rewrite` writes what happens now into the files, for a person to review as a diff.
//
//   nodes MIN MAX DESIRED target CPU    an Auto Scaling group of t2.micro; target 0: no policy
//   web MIN MAX target CPU [20s]        a service of 256-unit tasks that tracks CPU; 20s: high-resolution metrics
//   load RATE COST                      requests a second, vCPU milliseconds each
//   deploy 4m                           a new revision; its containers take so long to start
//   run 10m | dead 10m                  dead: the engine is, tasks and load are not
//   milestones                          how long after the last change of load alarm, decision and tasks came
//
// In what happened, "(> 80: 61.0 160.0 160.0)" are the datapoints that an alarm judged, oldest first, "-" a missing one.
#include <doctest/doctest.h>
#include <rapidcheck.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "engine/story_world_test.h"

namespace engine {

namespace {

std::string play(const std::string& text, std::vector<std::string>& failures) {
  StoryWorld world;
  std::string out, told;
  bool in_output = false;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) {
    if (line == "----") {
      out += line + "\n" + std::exchange(told, "");
      in_output = true;
    } else if (line.empty()) {
      in_output = false;
      out += "\n";
    } else if (!in_output) {
      out += line + "\n";
      if (line[0] != '#') told += world.command(line);
    }
  }
  failures = world.failures;
  return out;
}

bool rewriting() {
  std::ifstream arguments("/proc/self/cmdline");
  const std::string text((std::istreambuf_iterator<char>(arguments)), {});
  return text.find("--rewrite") != std::string::npos;
}

std::string first_of(const std::vector<std::string>& lines) { return lines.empty() ? std::string() : lines.front(); }

}  // namespace

TEST_CASE("Scaling_Stories") {
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(ENGINE_TESTDATA)) files.push_back(entry.path());
  REQUIRE(files.size() >= 6);
  for (const auto& file : files) {
    CAPTURE(file.filename().string());
    std::stringstream before;
    before << std::ifstream(file).rdbuf();
    std::vector<std::string> failures;
    const std::string after = play(before.str(), failures);
    CHECK(first_of(failures) == "");
    if (rewriting()) {
      std::ofstream(file) << after;
    } else {
      CHECK(before.str() == after);
    }
  }
}

TEST_CASE("Scaling_Property_BoundsBookingsAndCausesHoldWhateverTheLoad") {
  setenv("RC_PARAMS", "seed=20261125 max_success=40", 0);
  CHECK(rc::check([] {
    StoryWorld world;
    world.add_nodes(1, 4, 2, *rc::gen::element(0, 30));
    world.add_web(1, 12, 80, *rc::gen::arbitrary<bool>());
    std::string story;
    for (int i = 0; i < 6; ++i) {
      const int rate = *rc::gen::element(0, 20, 100, 250, 1000), length = *rc::gen::inRange(1, 8);
      const int what = *rc::gen::inRange(0, 6);
      story += std::to_string(what) + "/" + std::to_string(rate) + "/" + std::to_string(length) + " ";
      world.set_load(rate, 5);
      if (what == 0) world.deploy();
      if (what == 1) world.die_for(minutes(length));
      world.run(minutes(length));
    }
    if (!world.failures.empty()) RC_FAIL(world.failures.front() + " in " + story);
  }));
}

// One node at 60 %, target 30: two. The second one has nothing to do: they are at 30 % once both are measured. The
// longer warm-up ends between a minute's end and its evaluation.
TEST_CASE("Scaling_ANodeThatIsWarmIsMeasured_AnIdleOneBringsNoMore") {
  for (const int warmup : {60, 74}) {
    CAPTURE(warmup);
    StoryWorld world;
    world.add_nodes(1, 4, 1, 30);
    const std::string policy = *world.state.policies_by_group.keys("nodes").begin();
    world.state.scaling_policies.update(policy, [&](model::ScalingPolicy& one) { one.estimated_warmup = warmup; });
    world.add_web(1, 1, 1000, false);
    world.set_load(120, 5);
    world.run(minutes(20));
    CHECK(world.nodes_wanted() == 2);
    CHECK(first_of(world.failures) == "");
  }
}

TEST_CASE("Scaling_AServiceThatWasSetToZeroByHandStaysThere") {
  StoryWorld world;
  world.add_nodes(1, 1, 1, 0);
  world.add_web(1, 4, 50, false);
  world.state.scalable_targets.update(world.state.scalable_targets.all().begin()->first,
                                      [](model::ScalableTarget& target) { target.min_capacity = 0; });
  for (const int rate : {2, 45}) {  // AlarmLow is in ALARM, then AlarmHigh: the task's only node is busy
    CAPTURE(rate);
    world.set_load(rate, 5);
    world.set_desired("web", 1);
    world.run(minutes(20));
    REQUIRE(world.desired() == (rate == 2 ? 1 : 2));
    world.set_desired("web", 0);
    world.run(minutes(20));
    CHECK(world.desired() == 0);
  }
}

TEST_CASE("Scaling_MissingDataNeverScalesIn") {
  StoryWorld world;
  world.add_nodes(4, 4, 4, 0);
  world.add_web(1, 8, 50, false);
  world.set_load(400, 5);
  world.run(minutes(20));
  const int before = world.desired();
  REQUIRE(before > 2);
  world.set_load(0, 5);
  for (int i = 0; i < 3; ++i) {  // idle, but most of the time nobody measures
    world.die_for(minutes(10));
    world.run(seconds(50));
    CHECK(world.desired() == before);
  }
  world.run(minutes(20));  // measured low for long enough, it does
  CHECK(world.desired() == 1);
}

TEST_CASE("Scaling_LowDatapointsFromBeforeAnOutageTakeNothingAwayUntilThereIsOneOfNow") {
  StoryWorld world;
  world.add_nodes(4, 4, 4, 0);
  world.add_web(1, 8, 50, false);
  world.set_load(400, 5);
  world.run(minutes(20));
  const int before = world.desired();
  REQUIRE(before > 2);
  world.set_load(0, 5);
  world.run(minutes(8));
  world.die_for(minutes(10));
  world.run(seconds(50));
  CHECK(world.desired() == before);  // though AlarmLow is in ALARM: eight were low, and nothing since
  world.run(minutes(2));
  CHECK(world.desired() == 1);
}

// What was decided is committed with the evaluation that led to it: the next engine acts upon the next one only.
TEST_CASE("Scaling_AnEngineThatDiesAtAnyMomentOfAScaleOutScalesNoFurther") {
  const auto peak = [](int dies_at, int each) {
    StoryWorld world;
    world.add_nodes(1, 4, 2, 30);
    world.add_web(2, 8, 80, true);
    world.set_load(80, 5);
    world.run(minutes(5));
    world.set_load(240, 5);
    std::pair<int, int> most;
    for (int second = 0; second < 600; ++second) {
      if (each > 0 && second >= dies_at && (second - dies_at) % each == 0) world.die_for(Duration(0));
      world.run(seconds(1));
      most = {std::max(most.first, world.desired()), std::max(most.second, world.nodes_wanted())};
    }
    CHECK(first_of(world.failures) == "");
    return most;
  };
  const std::pair<int, int> undisturbed = peak(0, 0);
  CHECK(undisturbed.first > 2);
  CHECK(undisturbed.second > 2);
  for (const int dies_at : {0, 7, 13, 29}) CHECK(peak(dies_at, 31) == undisturbed);
}

TEST_CASE("Scaling_AScheduledActionOfTheGroupMakesNodesAtItsTimeAndIsGone") {
  StoryWorld world;
  world.add_nodes(1, 2, 1, 0);
  model::ScheduledAction action;
  action.arn = action.name = "morning";
  action.group = "nodes";
  action.timezone = "Etc/UTC";
  action.created_at = world.clock.now();
  action.start = world.clock.now() + minutes(10);
  action.max_capacity = 4;
  action.desired_capacity = 3;
  world.state.scheduled_actions.put(action);
  world.advance(minutes(10) - Duration(1));
  CHECK(world.nodes_wanted() == 1);
  world.advance(Duration(1));
  CHECK(world.nodes_wanted() == 3);
  CHECK_FALSE(world.state.scheduled_actions.find("morning"));
  world.advance(minutes(2));
  CHECK(world.state.container_instances.size() == 3);
  bool told = false;
  for (const auto& [id, activity] : world.state.scaling_activities.all()) {
    told = told || activity.cause.find("a scheduled action update of AutoScalingGroup constraints to min: 1, max: 4, "
                                       "desired: 3 changing the desired capacity from 1 to 3.") != std::string::npos;
  }
  CHECK(told);
}

}  // namespace engine
