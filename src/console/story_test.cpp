#include <doctest/doctest.h>

#include <boost/json.hpp>

#include "console/decision_text.h"
#include "console/event_feed.h"
#include "console/status_text.h"

using namespace console;

TEST_CASE("a decision is told with inputs, datapoints, formula, cooldowns, clamp and winner") {
  const std::string text = decision_text(
      R"({"decision":"scale out","capacity":{"min":1,"max":5,"running":3,"desired":3},"winner":"cpu","wanted":6,"result":5,)"
      R"("clamp":"6 to the maximum 5","scale_out_cooldown":{"left_ms":0},"scale_in_cooldown":{"left_ms":2500},)"
      R"("policies":[{"policy":"cpu","type":"TargetTrackingScaling","alarm":"High","state":"ALARM","value":150.25,"wants":6,)"
      R"("metric":{"namespace":"AWS/ECS","name":"CPUUtilization","statistic":"Average","period":60},"threshold":80,)"
      R"("comparison":"GreaterThanThreshold","breaching":3,"needed":3,"formula":"ceil(3 x 150.25 / 80) = ceil(5.634) = 6",)"
      R"("datapoints":[{"at":"2026-11-25T14:01:00.000Z","value":null},{"at":"2026-11-25T14:02:00.000Z","value":150.25}]}]})");
  CHECK(text ==
        "    inputs    desired 3, running 3, min 1, max 5\n"
        "    policy    cpu (TargetTrackingScaling) wants 6  <- decides\n"
        "      metric  AWS/ECS CPUUtilization, Average over 60 s: 150.25\n"
        "      alarm   High ALARM: 3/3 datapoints breaching GreaterThanThreshold 80\n"
        "      points  14:01:00 -  14:02:00 150.25\n"
        "      formula ceil(3 x 150.25 / 80) = ceil(5.634) = 6\n"
        "    cooldowns scale-out none, scale-in 2.5 s left\n"
        "    clamp     6 to the maximum 5\n"
        "    result    scale out to 5\n");
}

TEST_CASE("a decision not to scale is told with its reason") {
  const std::string text = decision_text(
      R"({"decision":"not scaled","capacity":{"min":1,"max":4,"running":4,"desired":4},"result":4,"reason":"At the maximum."})",
      "");
  CHECK(text ==
        "inputs    desired 4, running 4, min 1, max 4\n"
        "result    not scaled, stays 4: At the maximum.\n");
}

TEST_CASE("schedules, foreign details and nothing at all are shown as what they are") {
  const std::string schedule = decision_text(
      R"x({"decision":"schedule","schedule":"rate(1 hour)","timezone":"UTC","due":"2026-11-25T14:00:00.000Z",)x"
      R"("before":{"min":1,"max":4},"after":{"min":2,"max":4}})",
      "");
  CHECK(schedule ==
        "schedule  rate(1 hour) (UTC), due 2026-11-25T14:00:00.000Z\n"
        "bounds    min 1, max 4 -> min 2, max 4\n");
  const std::string foreign = decision_text("{\"Subnet ID\":\"subnet-1\"}", "");
  CHECK(foreign == "details   {\"Subnet ID\":\"subnet-1\"}\n");
  CHECK(decision_text("not JSON", "") == "details   not JSON\n");
  CHECK(decision_text("").empty());
}

TEST_CASE("an event's JSON has its kind, and a decision as data") {
  EventStatus event{"id", "(scaling s) text", 1000};
  event.kind = "scaling";
  event.details = R"({"decision":"scale out"})";
  const auto shown = event_json(event);
  CHECK(shown.at("kind") == "scaling");
  CHECK(shown.at("details").at("decision") == "scale out");
  CHECK(event_json({"id", "text", 1000}).at("kind") == "service");
  CHECK_FALSE(event_json({"id", "text", 1000}).contains("details"));
}
