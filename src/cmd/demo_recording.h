// What a scaling demo saw: counts over time, events, metrics, activities; the event log, the report and the verdict.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "cmd/demo_site.h"
#include "console/service_status.h"
#include "load/outcome.h"
#include "report/run.h"

namespace cmd {

class DemoRecording {
 public:
  /// The site is up. It outlives the recording.
  explicit DemoRecording(DemoSite& site);

  /// Looks at the service and its nodes now.
  Result<console::Status> look();
  /// Both layers rose, are at their least again, and nothing is under way.
  bool fell_back() const;

  /// What changes, in one line: "tasks 6 of 8, nodes 3 of 4; ECSServiceAverageCPUUtilization 93 of 80; …".
  std::string line(const console::Status& status) const;
  /// Everything that happened in both layers, with causes, in order of time.
  Result<void> read_log();
  void print_log() const;
  report::Run run(const load::Outcome& load, double time_scale);
  std::string summary() const;
  /// An error unless tasks and nodes both rose and both fell back.
  Result<void> judge() const;

 private:
  struct Count {
    Instant at{};
    int desired = 0, running = 0, nodes = 0, nodes_desired = 0;
  };
  struct Entry {
    std::string source;  ///< "service", "tasks", "nodes", "alarm"
    report::Mark mark;
  };
  int most(int Count::* member) const;
  void add_entry(std::string source, report::Mark mark);
  Result<void> read_activities();
  void read_alarms();
  report::Series metric(const std::string& space, const std::string& name, const std::string& statistic,
                        const std::map<std::string, std::string>& dimensions, double time_scale);
  std::string balancer_dimension();

  DemoSite& site_;
  SteadyWallClock clock_;
  Instant begin_;
  std::vector<Count> counts_;
  std::map<std::string, console::EventStatus> events_;  ///< by id: ECS keeps the newest 100 only
  std::vector<std::string> alarms_;
  std::vector<Entry> log_;
};

}  // namespace cmd
