// Golden stories of alarms: testdata/*.txt beside this file. Blocks of commands, "----", what happened; `control_test
// --rewrite` writes what happens now, for a person to review as a diff.
//
//   alarm N M PERIOD above|below THRESHOLD TREATMENT    with a scaling policy and a topic as ALARM actions
//   data 50 90 - 3x90                                   one datapoint a period ("-": none), with all evaluations until then
//   set STATE                                           SetAlarmState
//   dead 10m                                            no engine: no data, no evaluation
#include <doctest/doctest.h>
#include <fmt/format.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>

#include "control/alarms/view_test.h"

namespace control::testing {
namespace {

const std::string kPolicy = "arn:aws:autoscaling:us-east-1:1:scalingPolicy:1:resource/ecs/service/c/web:policyName/p";
const std::string kTopic = "arn:aws:sns:us-east-1:1:t";

class Story {
 public:
  std::string run(const std::string& line) {
    told_.clear();
    std::istringstream words(line);
    std::string verb;
    words >> verb;
    if (verb == "alarm") {
      std::string side;
      words >> alarm_.evaluation_periods >> alarm_.datapoints_to_alarm.emplace() >> alarm_.period >> side >>
          alarm_.threshold >> alarm_.treat_missing_data;
      REQUIRE_MESSAGE((side == "above" || side == "below"), line);
      alarm_.comparison = side == "above" ? "GreaterThanThreshold" : "LessThanThreshold";
      alarm_.alarm_actions = {kPolicy, kTopic};
      due_ = next_evaluation(alarm_, now_, {});
    } else if (verb == "data") {
      for (std::string word; words >> word;) {
        const std::size_t times = word.find('x');
        const int count = times == std::string::npos ? 1 : std::stoi(word.substr(0, times));
        const std::string value = times == std::string::npos ? word : word.substr(times + 1);
        for (int i = 0; i < count; ++i) period(value);
      }
    } else if (verb == "set") {
      std::string state;
      words >> state;
      take(set_state(alarm_, state, "by hand", "", now_));
    } else if (verb == "dead") {
      int length = 0;
      words >> length;
      now_ += minutes(length);
      due_ = next_evaluation(alarm_, now_, {});
    } else {
      FAIL("unknown command: ", line);
    }
    REQUIRE_MESSAGE(!words.bad(), line);
    return told_;
  }

 private:
  void period(const std::string& value) {
    const Instant end = now_ + seconds(alarm_.period);
    if (value != "-") data_[now_] = std::stod(value);
    while (due_ <= end + seconds(5)) {
      evaluate_at(due_);
      due_ = next_evaluation(alarm_, due_, {});
    }
    now_ = end;
  }
  void evaluate_at(Instant now) {
    const EvaluationWindow window = evaluation_window(alarm_, now, {});
    AlarmView view{.alarm = &alarm_};
    for (int i = 0; i < window.periods; ++i) {
      AlarmPoint& point = view.points.emplace_back();
      point.start = window.start() + window.period() * i;
      for (auto at = data_.lower_bound(point.start); at != data_.end() && at->first < point.start + window.period(); ++at) {
        if (at->first + seconds(alarm_.period) > now) continue;  // not published yet
        point.value = at->second;
        point.sample_count = 1;
      }
    }
    clock_ = now;
    take(evaluate(view, now, {}));
    REQUIRE_FALSE(evaluate(view, now, {}).record);  // a second time it changes nothing
  }
  void take(AlarmDecision decision) {
    const std::string at = fmt::format("+{}s", (std::max(clock_, now_) - kStart).count() / 1000);
    if (decision.record && decision.record->state != alarm_.state) {
      told_ += fmt::format("{:<7} {} -> {}: {}\n", at, alarm_.state, decision.record->state, decision.record->state_reason);
    }
    if (decision.record) alarm_ = *decision.record;
    for (const std::string& action : decision.actions) {
      told_ += fmt::format("{:<7}   {}\n", at, action == kPolicy ? "the policy is called" : "the topic is told");
    }
  }

  static inline const Instant kStart = instant_from_ms(1'700'000'040'000);
  model::Alarm alarm_ = test_alarm(1, 1);
  std::map<Instant, double> data_;
  Instant now_ = kStart, clock_ = kStart, due_ = kNever;
  std::string told_;
};

std::string play(const std::string& text) {
  Story story;
  std::string out, told;
  bool skipping = false;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) {
    if (skipping && !line.empty()) continue;
    skipping = false;
    out += line + "\n";
    if (line == "----") {
      out += told;
      told.clear();
      skipping = true;
    } else if (!line.empty() && line[0] != '#') {
      told += story.run(line);
    }
  }
  REQUIRE(told.empty());
  return out;
}

bool rewriting() {
  std::ifstream arguments("/proc/self/cmdline");
  const std::string text((std::istreambuf_iterator<char>(arguments)), {});
  return text.find("--rewrite") != std::string::npos;
}

}  // namespace

TEST_CASE("Alarm_Stories") {
  std::vector<std::filesystem::path> files;
  const auto folder = std::filesystem::path(CONTROL_TESTDATA).parent_path() / "alarms" / "testdata";
  for (const auto& entry : std::filesystem::directory_iterator(folder)) files.push_back(entry.path());
  REQUIRE(files.size() >= 4);
  for (const auto& file : files) {
    std::ifstream in(file);
    const std::string before((std::istreambuf_iterator<char>(in)), {});
    const std::string after = play(before);
    if (rewriting() && before != after) std::ofstream(file) << after;
    if (!rewriting()) CHECK_MESSAGE(before == after, file.filename().string(), ":\n", after);
  }
}

}  // namespace control::testing
