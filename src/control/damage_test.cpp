// What clients write and control reads as a language takes damage: an answer or an error, never a crash.
#include <doctest/doctest.h>

#include <iterator>

#include "base/testing/damage.h"
#include "control/capacity/user_data.h"
#include "control/placement/pattern.h"
#include "control/placement/query.h"

namespace control {

TEST_CASE("Query_DamagedExpressionsAreAnswered") {
  const model::ContainerInstance instance;
  NodeView node = make_node_view(instance, {});
  node.running_tasks = 2;
  int parsed = 0, refused = 0;
  for (const char* good : {"attribute:ecs.instance-type =~ t2.* and not(attribute:rack in [a, 'b', \"c d\"] || runningTasksCount >= 2)",
                           "(registeredAt < 2018-06-18T22:28:28+00:00 or agentVersion > 1.9.0) && !(task:group == service:db)",
                           "attribute:x !exists and ((attribute:y not_equals 7) or (attribute:z matches [a-c]+\\\\d{2,3}))"}) {
    testing::feed_damaged(good, 1, 3000, [&](const std::string& text) {
      const auto query = Query::parse(text);
      if (query) {
        ++parsed;
        (void)query->matches(node);
      } else {
        ++refused;
        CHECK(query.error().code == "InvalidParameterException");
      }
    });
  }
  CHECK(parsed > 100);
  CHECK(refused > 100);
}

TEST_CASE("Pattern_DamagedPatternsAreAnswered") {
  int compiled = 0, refused = 0;
  for (const char* good : {"[a-c]+\\d{2,3}(x|y)?", "^(t[23]\\.(micro|small)|[^\\s\\W]*)$", "(a*)*(b{3}|c{1,})+\\."}) {
    testing::feed_damaged(good, 2, 3000, [&](const std::string& source) {
      const auto pattern = Pattern::compile(source);
      if (pattern) {
        ++compiled;
        (void)pattern->matches("t2.micro aab123 \xff");
      } else {
        ++refused;
        CHECK_FALSE(pattern.error().code.empty());
      }
    });
  }
  CHECK(compiled > 100);
  CHECK(refused > 100);
}

TEST_CASE("UserData_DamagedScriptsNameSomeCluster") {
  testing::feed_damaged("IyEvYmluL2Jhc2gKZWNobyBFQ1NfQ0xVU1RFUj1jb250YWluZXItY2x1c3RlciA+PiAvZXRjL2Vjcy9lY3MuY29uZmlnCg==", 3, 3000,
                        [](const std::string& text) { CHECK_FALSE(cluster_of_user_data(text).empty()); });
}

}  // namespace control
