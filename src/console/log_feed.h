// What the tasks of a service print, from the Logs API: for `scaleout logs`.
#pragma once

#include <boost/json/fwd.hpp>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "client/aws_client.h"
#include "console/service_status.h"

namespace console {

struct LogLine {
  std::string id, stream, message;
  std::int64_t at_ms = 0;
};

/// "10m", "30s", "2h", "1d", or plain seconds; an error that says so for anything else.
Result<Duration> parse_age(const std::string& text);

/// The log group in the service's task definition; of a service that is gone, the one that `scaleout up` made for it, if it
/// is still there.
Result<std::string> log_group_of(client::AwsClient& aws, const ServiceName& name);

/// Reads a group; each line once, however often it asks.
class LogFeed {
 public:
  LogFeed(client::AwsClient& aws, std::string group, std::vector<std::string> streams, Instant since)
      : aws_(aws), group_(std::move(group)), streams_(std::move(streams)), from_ms_(to_ms(since)) {}
  /// Lines that were not there before, page by page, in order of time.
  Result<void> read(const std::function<void(const LogLine&)>& take);

 private:
  client::AwsClient& aws_;
  std::string group_;
  std::vector<std::string> streams_;  ///< none: all
  std::int64_t from_ms_;
  std::map<std::string, std::int64_t> seen_;  ///< ids of lines that the next read may answer again
};

/// The streams of a task, named by its id or the beginning of it; an error where there are none.
Result<std::vector<std::string>> streams_of_task(client::AwsClient& aws, const std::string& group, const std::string& task);

/// "2026-11-23T16:31:14.120Z 1a2b3c4d  text", without anything that a terminal would obey.
std::string log_text(const LogLine& line, bool plain);
boost::json::object log_json(const LogLine& line);

}  // namespace console
