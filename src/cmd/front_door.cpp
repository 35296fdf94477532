#include "cmd/front_door.h"

#include <fmt/format.h>

#include "api/acm.h"
#include "api/application_autoscaling.h"
#include "api/autoscaling.h"
#include "api/cloudwatch.h"
#include "api/ec2.h"
#include "api/ecr.h"
#include "api/ecs.h"
#include "api/elbv2.h"
#include "api/iam.h"
#include "api/logs.h"
#include "api/resourcegroupstaggingapi.h"
#include "api/servicediscovery.h"
#include "api/sns.h"
#include "api/ssm.h"
#include "api/sts.h"
#include "cmd/blocked.h"
#include "cmd/json_answer.h"
#include "services/acm/actions.h"
#include "services/application_autoscaling/actions.h"
#include "services/autoscaling/actions.h"
#include "services/cloudwatch/actions.h"
#include "services/ec2/actions.h"
#include "services/ecr/actions.h"
#include "services/ecs/actions.h"
#include "services/elbv2/actions.h"
#include "services/iam/actions.h"
#include "services/logs/actions.h"
#include "services/servicediscovery/actions.h"
#include "services/sns/actions.h"
#include "services/ssm/actions.h"
#include "services/sts/actions.h"
#include "services/tagging/actions.h"
#include "wire/fault.h"

namespace cmd {

namespace {

/// What clients must trust to believe the certificates that were asked for.
net::Response authority(const state::State& state) {
  const auto& all = state.certificate_authorities.all();
  if (all.empty()) return json_answer(404, R"({"message":"No certificate was requested yet."})");
  net::Response response;
  response.headers.set("Content-Type", "application/x-pem-file");
  response.body = all.begin()->second.certificate;
  return response;
}

state::StoredReply stored(std::string id, const net::Response& answer, Instant now) {
  state::StoredReply reply;
  reply.id = std::move(id);
  reply.status = answer.status;
  for (std::size_t i = 0; i < answer.headers.size(); ++i) {
    reply.headers.emplace(answer.headers[i].name, answer.headers[i].value);
  }
  reply.body = answer.body;
  reply.at = now;
  return reply;
}

net::Response answered(const state::StoredReply& reply) {
  net::Response response;
  response.status = reply.status;
  for (const auto& [name, value] : reply.headers) response.headers.set(name, value);
  response.body = reply.body;
  return response;
}

/// Deleting must go on while the disk is full: it makes room.
bool frees_space(std::string_view operation) {
  for (const std::string_view verb : {"Delete", "Deregister", "Stop", "Terminate", "Untag", "Remove"}) {
    if (operation.starts_with(verb)) return true;
  }
  return false;
}

}  // namespace

FrontDoor::FrontDoor(state::Store& store, services::Context& context, const Clock& clock, Random& random,
                     wire::SecretOf secret_of, Hooks hooks)
    : store_(store),
      context_(context),
      clock_(clock),
      random_(random),
      secret_of_(std::move(secret_of)),
      hooks_(std::move(hooks)) {
  dispatcher_.add(api::acm::model(), services::acm::routes(), context_);
  dispatcher_.add(api::application_autoscaling::model(), services::application_autoscaling::routes(), context_);
  dispatcher_.add(api::autoscaling::model(), services::autoscaling::routes(), context_);
  dispatcher_.add(api::cloudwatch::model(), services::cloudwatch::routes(), context_);
  dispatcher_.add(api::ec2::model(), services::ec2::routes(), context_);
  dispatcher_.add(api::ecr::model(), services::ecr::routes(), context_);
  dispatcher_.add(api::ecs::model(), services::ecs::routes(), context_);
  dispatcher_.add(api::elbv2::model(), services::elbv2::routes(), context_);
  dispatcher_.add(api::iam::model(), services::iam::routes(), context_);
  dispatcher_.add(api::logs::model(), services::logs::routes(), context_);
  dispatcher_.add(api::resourcegroupstaggingapi::model(), services::tagging::routes(), context_);
  dispatcher_.add(api::servicediscovery::model(), services::servicediscovery::routes(), context_);
  dispatcher_.add(api::sns::model(), services::sns::routes(), context_);
  dispatcher_.add(api::ssm::model(), services::ssm::routes(), context_);
  dispatcher_.add(api::sts::model(), services::sts::routes(), context_);
}

void FrontDoor::handle(net::Request&& request, net::Responder respond) {
  ++requests_;
  if (secret_of_ && request.path() != "/_scaleout/health") {
    if (const auto signer = wire::verify(request, secret_of_, clock_.now()); !signer) {
      ++errors_;
      respond(dispatcher_.refuse(request, signer.error(), random_.uuid()));
      return;
    }
  }
  if (request.target.starts_with("/_scaleout/") || request.target.starts_with("/metrics")) {
    if (handle_own(request, respond)) return;
  }
  handle_aws(std::move(request), std::move(respond));
}

void FrontDoor::handle_aws(net::Request&& request, net::Responder respond) {
  const std::string request_id = random_.uuid();
  const auto call = dispatcher_.identify(request);
  if (!call) {
    ++errors_;
    respond(dispatcher_.refuse(request, call.error(), request_id));
    return;
  }
  // The action is part of the name: a client that reuses an id for another call must not get the wrong answer.
  std::string repeat_id;
  if (!call->invocation_id.empty()) {
    repeat_id = fmt::format("{}/{}/{}/{}", call->scope.access_key, call->scope.service, call->operation_name,
                            call->invocation_id);
    if (const auto reply = store_.find_reply(repeat_id)) {
      ++repeats_;
      send_when_durable(store_.commit(),
                        {answered(*reply), std::move(respond), call->service, call->protocol, request_id});
      return;
    }
  }
  // What drivers and the balancer reported since the last tick is not this handler's to undo, and is told but once.
  store_.commit();
  context_.now = clock_.now();
  context_.access_key = call->scope.access_key;
  const state::LogStore::Number logged_before = context_.logs.last_promised();
  net::Response answer = dispatcher_.answer(*call, request_id);
  const state::LogStore::Number logged = context_.logs.last_promised();
  if (answer.status >= 400) {
    ++errors_;
    store_.rollback();
  } else if (store_.has_pending_writes()) {
    if (const auto refused = store_.refusing(); refused && !frees_space(call->operation_name)) {
      store_.rollback();
      respond(wire::encode_error(call->service, call->protocol, *refused, request_id));
      return;
    }
    if (!repeat_id.empty()) store_.remember_reply(stored(std::move(repeat_id), answer, context_.now));
    hooks_.changed();
  }
  send_when_durable(store_.commit(), {std::move(answer), std::move(respond), call->service, call->protocol, request_id,
                                      logged == logged_before ? 0 : logged});
}

void FrontDoor::Answer::refuse(const Error& error) {
  respond(wire::encode_error(service, protocol, error, request_id));
}

void FrontDoor::send_when_durable(state::Commit commit, Answer answer) {
  if (store_.durable() >= commit) {
    send_when_logged(std::move(answer));
    return;
  }
  store_.when_durable(commit,
                      [this, waiting = std::make_shared<Answer>(std::move(answer))](const Result<void>& durable) {
                        if (durable) {
                          send_when_logged(std::move(*waiting));
                        } else {
                          waiting->refuse(durable.error());
                        }
                      });
}

/// PutLogEvents' events have a store of their own. Nobody else's answer depends on it.
void FrontDoor::send_when_logged(Answer answer) {
  if (answer.logged == 0) {
    answer.respond(std::move(answer.response));
    return;
  }
  const state::LogStore::Number logged = answer.logged;
  context_.logs.when_durable(
      logged, [waiting = std::make_shared<Answer>(std::move(answer))](const Result<void>& durable) {
        if (durable) {
          waiting->respond(std::move(waiting->response));
        } else {
          waiting->refuse(durable.error());
        }
      });
}

bool FrontDoor::handle_own(const net::Request& request, net::Responder& respond) {
  const std::string_view path = request.path();
  if (path == "/_scaleout/health") {
    respond(json_answer(200, hooks_.health()));
  } else if (path == "/_scaleout/usage") {
    respond(json_answer(200, hooks_.usage()));
  } else if (path == "/_scaleout/scaling") {
    respond(json_answer(200, hooks_.scaling()));
  } else if (path == "/_scaleout/blocked") {
    respond(json_answer(200, blocked_json(context_.state)));
  } else if (path == "/_scaleout/authority.pem") {
    respond(authority(context_.state));
  } else if (path == "/metrics") {
    net::Response response;
    response.headers.set("Content-Type", "text/plain; version=0.0.4");
    response.body = fmt::format(
        "# TYPE scaleout_api_requests_total counter\nscaleout_api_requests_total {}\n"
        "# TYPE scaleout_api_errors_total counter\nscaleout_api_errors_total {}\n"
        "# TYPE scaleout_api_repeated_requests_total counter\nscaleout_api_repeated_requests_total {}\n"
        "# TYPE scaleout_api_unserved_total counter\n",
        requests_, errors_, repeats_);
    for (const auto& [action, count] : dispatcher_.unserved()) {
      response.body += fmt::format("scaleout_api_unserved_total{{action=\"{}\"}} {}\n", action, count);
    }
    response.body += hooks_.metrics();
    respond(std::move(response));
  } else if (path == "/_scaleout/reset" || path == "/_scaleout/shutdown") {
    if (request.method != "POST") {
      respond(json_answer(405, R"({"message":"Use POST."})"));
    } else if (path == "/_scaleout/shutdown") {
      respond(json_answer(202, R"({"message":"Stopping every task and the load balancer, then the engine."})"));
      hooks_.shut_down();
    } else if (!hooks_.reset) {
      respond(json_answer(403, R"({"message":"Start the engine with --allow-reset to allow this."})"));
    } else {
      hooks_.reset();
      send_when_durable(store_.commit(), {json_answer(200, "{}"), std::move(respond)});
    }
  } else {
    return false;
  }
  return true;
}

}  // namespace cmd
