#include <doctest/doctest.h>

#include "services/context_test.h"
#include "services/logs/filter_pattern.h"
#include "services/logs/handlers.h"

namespace logs = services::logs;
namespace op = api::logs::op;

namespace {
struct LogsFixture : services::ContextFixture {
  std::int64_t now() const { return to_ms(context.now); }
  void create(const std::string& group, const std::vector<std::string>& streams) {
    op::CreateLogGroup::Input in;
    in.log_group_name = group;
    REQUIRE(logs::create_log_group(context, in));
    for (const std::string& stream : streams) {
      op::CreateLogStream::Input stream_in;
      stream_in.log_group_name = group;
      stream_in.log_stream_name = stream;
      REQUIRE(logs::create_log_stream(context, stream_in));
    }
  }
  Result<op::PutLogEvents::Output> put(const std::string& group, const std::string& stream,
                                       const std::vector<std::pair<std::int64_t, std::string>>& lines) {
    op::PutLogEvents::Input in;
    in.log_group_name = group;
    in.log_stream_name = stream;
    in.log_events.emplace();
    for (const auto& [at, message] : lines) {
      in.log_events->emplace_back().timestamp = at;
      in.log_events->back().message = message;
    }
    return logs::put_log_events(context, in);
  }
};

std::string code(const auto& result) { return result ? "ok" : result.error().code; }
}  // namespace

TEST_CASE_FIXTURE(LogsFixture, "log groups and streams answer AWS's errors when they are there already or not at all") {
  create("/ecs/web", {"a"});
  op::CreateLogGroup::Input again;
  again.log_group_name = "/ecs/web";
  CHECK(code(logs::create_log_group(context, again)) == "ResourceAlreadyExistsException");
  op::CreateLogStream::Input stream;
  stream.log_group_name = "/ecs/web";
  stream.log_stream_name = "a";
  CHECK(code(logs::create_log_stream(context, stream)) == "ResourceAlreadyExistsException");
  stream.log_group_name = "none";
  CHECK(code(logs::create_log_stream(context, stream)) == "ResourceNotFoundException");
  CHECK(put("/ecs/web", "b", {{now(), "x"}}).error().message == "The specified log stream does not exist.");
  CHECK(put("none", "b", {{now(), "x"}}).error().message == "The specified log group does not exist.");
  again.log_group_name = "x";
  again.kms_key_id = "arn:aws:kms:us-east-1:123456789012:key/1";
  CHECK(code(logs::create_log_group(context, again)) == "InvalidParameterException");
}

TEST_CASE_FIXTURE(LogsFixture, "names of log groups and streams have the API's patterns") {
  create("/a.b-c_d/#1", {"a b/[$LATEST]"});
  for (const char* name : {"two words", "a:b", "a*", "gr\u00fcn"}) {
    op::CreateLogGroup::Input in;
    in.log_group_name = name;
    CHECK(code(logs::create_log_group(context, in)) == "InvalidParameterException");
  }
  for (const char* name : {"a:b", "a*"}) {
    op::CreateLogStream::Input in;
    in.log_group_name = "/a.b-c_d/#1";
    in.log_stream_name = name;
    CHECK(code(logs::create_log_stream(context, in)) == "InvalidParameterException");
  }
}

TEST_CASE_FIXTURE(LogsFixture, "a deleted stream takes its events along, and one of its name begins empty") {
  create("g", {"gone", "kept"});
  REQUIRE(put("g", "gone", {{now(), "x"}}));
  REQUIRE(put("g", "kept", {{now(), "y"}}));
  op::DeleteLogStream::Input in;
  in.log_group_name = "g";
  in.log_stream_name = "gone";
  REQUIRE(logs::delete_log_stream(context, in));
  CHECK(logs::delete_log_stream(context, in).error().message == "The specified log stream does not exist.");
  op::FilterLogEvents::Input all;
  all.log_group_name = "g";
  CHECK(logs::filter_log_events(context, all)->events->size() == 1);
  op::CreateLogStream::Input again;
  again.log_group_name = "g";
  again.log_stream_name = "gone";
  REQUIRE(logs::create_log_stream(context, again));
  CHECK(logs::filter_log_events(context, all)->events->size() == 1);
  in.log_group_name = "none";
  CHECK(code(logs::delete_log_stream(context, in)) == "ResourceNotFoundException");
}

TEST_CASE_FIXTURE(LogsFixture, "groups are described in order, by prefix, in pages, with both forms of their ARN") {
  for (const char* name : {"/b", "/a/2", "/a/1"}) create(name, {});
  op::DescribeLogGroups::Input in;
  in.log_group_name_prefix = "/a";
  in.limit = 1;
  auto out = logs::describe_log_groups(context, in);
  REQUIRE(out);
  REQUIRE(out->log_groups->size() == 1);
  CHECK(out->log_groups->at(0).arn == "arn:aws:logs:us-east-1:123456789012:log-group:/a/1:*");
  CHECK(out->log_groups->at(0).log_group_arn == "arn:aws:logs:us-east-1:123456789012:log-group:/a/1");
  CHECK_FALSE(out->log_groups->at(0).retention_in_days);
  REQUIRE(out->next_token);
  in.next_token = out->next_token;
  out = logs::describe_log_groups(context, in);
  CHECK(out->log_groups->at(0).log_group_name == "/a/2");
  CHECK_FALSE(out->next_token);
}

TEST_CASE_FIXTURE(LogsFixture, "PutLogEvents refuses disorder and long spans, and says which events it rejected") {
  create("g", {"s"});
  const std::int64_t hour = 3'600'000;
  CHECK(code(put("g", "s", {{now(), "b"}, {now() - 1, "a"}})) == "InvalidParameterException");
  CHECK(code(put("g", "s", {{now() - 25 * hour, "a"}, {now(), "b"}})) == "InvalidParameterException");
  CHECK(code(put("g", "s", {{now(), std::string(1'048'576, 'x')}})) == "InvalidParameterException");
  auto out = put("g", "s", {{now(), "kept"}, {now() + 3 * hour, "too new"}});
  REQUIRE(out);
  CHECK(out->rejected_log_events_info->too_new_log_event_start_index == 1);
  out = put("g", "s", {{now() - 15 * 24 * hour, "too old"}});
  CHECK(out->rejected_log_events_info->too_old_log_event_end_index == 1);
  out = put("g", "s", {{now(), "fine"}});
  CHECK_FALSE(out->rejected_log_events_info);
  op::GetLogEvents::Input in;
  in.log_group_name = "g";
  in.log_stream_name = "s";
  CHECK(logs::get_log_events(context, in)->events->size() == 2);
}

TEST_CASE_FIXTURE(LogsFixture, "GetLogEvents walks forward and back by its tokens and returns the token given at an end") {
  create("g", {"s"});
  for (int i = 0; i < 5; ++i) REQUIRE(put("g", "s", {{now() + i, std::to_string(i)}}));
  op::GetLogEvents::Input in;
  in.log_group_name = "g";
  in.log_stream_name = "s";
  in.limit = 2;
  auto newest = logs::get_log_events(context, in);  // the tail is the default
  REQUIRE(newest);
  CHECK(newest->events->at(0).message == "3");
  in.next_token = newest->next_backward_token;
  CHECK(logs::get_log_events(context, in)->events->at(0).message == "1");
  in.next_token = newest->next_forward_token;
  auto end = logs::get_log_events(context, in);
  CHECK(end->events->empty());
  CHECK(end->next_forward_token == in.next_token);
  REQUIRE(put("g", "s", {{now() + 5, "5"}}));
  CHECK(logs::get_log_events(context, in)->events->at(0).message == "5");
  in.next_token.reset();
  in.start_from_head = true;
  auto oldest = logs::get_log_events(context, in);
  CHECK(oldest->events->at(0).message == "0");
  in.next_token = oldest->next_backward_token;
  auto begin = logs::get_log_events(context, in);
  CHECK(begin->events->empty());
  CHECK(begin->next_backward_token == in.next_token);
  in.next_token = "rubbish";
  CHECK(code(logs::get_log_events(context, in)) == "InvalidParameterException");
}

TEST_CASE_FIXTURE(LogsFixture, "FilterLogEvents finds words over all streams of a group and includes its end time") {
  create("g", {"a", "b"});
  REQUIRE(put("g", "a", {{now(), "GET /api 200"}, {now() + 2, "GET /api 500"}}));
  REQUIRE(put("g", "b", {{now() + 1, "POST /api 500"}}));
  op::FilterLogEvents::Input in;
  in.log_group_name = "g";
  in.filter_pattern = "500 -POST";
  auto out = logs::filter_log_events(context, in);
  REQUIRE(out);
  REQUIRE(out->events->size() == 1);
  CHECK(out->events->at(0).log_stream_name == "a");
  CHECK(out->events->at(0).event_id->size() == 56);
  in.filter_pattern.reset();
  in.end_time = now() + 1;
  out = logs::filter_log_events(context, in);
  CHECK(out->events->size() == 2);
  CHECK(out->events->at(1).log_stream_name == "b");
  in.limit = 1;
  out = logs::filter_log_events(context, in);
  REQUIRE(out->next_token);
  in.next_token = out->next_token;
  out = logs::filter_log_events(context, in);
  CHECK(out->events->at(0).log_stream_name == "b");
  CHECK_FALSE(out->next_token);
}

TEST_CASE("a filter pattern takes words, phrases, options and exclusions, and refuses the other kinds by name") {
  const auto matches = [](const char* pattern, const char* message) {
    const auto parsed = logs::FilterPattern::parse(pattern);
    REQUIRE(parsed);
    return parsed->matches(message);
  };
  CHECK(matches("", "anything"));
  CHECK(matches("\"two words\"", "the two words"));
  CHECK_FALSE(matches("\"two words\"", "words two"));
  CHECK(matches("?a1 ?b1", "has b1"));
  CHECK_FALSE(matches("?a1 ?b1", "has c1"));
  CHECK_FALSE(logs::FilterPattern::parse("{ $.level = \"error\" }"));
  CHECK_FALSE(logs::FilterPattern::parse("\"open"));
}

TEST_CASE_FIXTURE(LogsFixture, "retention takes AWS's values only, hides what is older, and tags follow the group's ARN") {
  create("g", {"s"});
  const std::int64_t hour = 3'600'000;
  REQUIRE(put("g", "s", {{now() - 30 * hour, "old"}}));
  REQUIRE(put("g", "s", {{now(), "new"}}));
  op::PutRetentionPolicy::Input retention;
  retention.log_group_name = "g";
  retention.retention_in_days = 2;
  CHECK(code(logs::put_retention_policy(context, retention)) == "InvalidParameterException");
  retention.retention_in_days = 1;
  REQUIRE(logs::put_retention_policy(context, retention));
  op::FilterLogEvents::Input in;
  in.log_group_name = "g";
  CHECK(logs::filter_log_events(context, in)->events->size() == 1);

  op::TagResource::Input tag;
  tag.resource_arn = "arn:aws:logs:us-east-1:123456789012:log-group:g:*";
  tag.tags = {{"team", "web"}, {"stage", "test"}};
  REQUIRE(logs::tag_resource(context, tag));
  op::UntagResource::Input untag;
  untag.resource_arn = "arn:aws:logs:us-east-1:123456789012:log-group:g";
  untag.tag_keys = {"stage"};
  REQUIRE(logs::untag_resource(context, untag));
  op::ListTagsForResource::Input list;
  list.resource_arn = untag.resource_arn;
  CHECK(logs::list_tags(context, list)->tags == std::map<std::string, std::string>{{"team", "web"}});
}

TEST_CASE_FIXTURE(LogsFixture, "a deleted log group takes its streams and events along") {
  create("g", {"s"});
  REQUIRE(put("g", "s", {{now(), "x"}}));
  op::DeleteLogGroup::Input in;
  in.log_group_name = "g";
  REQUIRE(logs::delete_log_group(context, in));
  CHECK(state.log_streams.empty());
  create("g", {"s"});
  op::DescribeLogStreams::Input describe;
  describe.log_group_name = "g";
  const auto out = logs::describe_log_streams(context, describe);
  REQUIRE(out->log_streams->size() == 1);
  CHECK_FALSE(out->log_streams->at(0).last_event_timestamp);
}

TEST_CASE_FIXTURE(LogsFixture, "streams are described by name or by their last event, either way round") {
  create("g", {"a", "b", "c"});
  REQUIRE(put("g", "b", {{now(), "x"}}));
  REQUIRE(put("g", "a", {{now() + 5, "x"}}));
  op::DescribeLogStreams::Input in;
  in.log_group_name = "g";
  in.order_by = "LastEventTime";
  in.descending = true;
  in.limit = 2;
  auto out = logs::describe_log_streams(context, in);
  CHECK(out->log_streams->at(0).log_stream_name == "a");
  CHECK(out->log_streams->at(1).log_stream_name == "b");
  in.next_token = out->next_token;
  out = logs::describe_log_streams(context, in);
  CHECK(out->log_streams->at(0).log_stream_name == "c");
  CHECK_FALSE(out->next_token);
}
