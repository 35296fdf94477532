#include <doctest/doctest.h>

#include "services/context_test.h"
#include "services/iam/handlers.h"

namespace services::iam {
namespace {

const std::string kTrust =
    R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"}]})";
const std::string kPermissions = R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"logs:*","Resource":"*"}]})";
const std::string kNodePolicy = "arn:aws:iam::aws:policy/service-role/AmazonEC2ContainerServiceforEC2Role";

struct IamWorld : services::ContextFixture {
  Answer<op::CreateRole> role(const std::string& name, const std::string& trust = kTrust) {
    op::CreateRole::Input in;
    in.role_name = name;
    in.assume_role_policy_document = trust;
    return create_role(context, in);
  }
  Result<void> attach(const std::string& name, const std::string& arn) {
    op::AttachRolePolicy::Input in;
    in.role_name = name;
    in.policy_arn = arn;
    TRY_VOID(attach_role_policy(context, in));
    return {};
  }
  Answer<op::CreatePolicy> policy(const std::string& name, const std::string& document = kPermissions) {
    op::CreatePolicy::Input in;
    in.policy_name = name;
    in.policy_document = document;
    return create_policy(context, in);
  }
  Answer<op::DeleteRole> remove_role(const std::string& name) {
    op::DeleteRole::Input in;
    in.role_name = name;
    return delete_role(context, in);
  }
  Answer<op::CreateInstanceProfile> profile(const std::string& name) {
    op::CreateInstanceProfile::Input in;
    in.instance_profile_name = name;
    return create_instance_profile(context, in);
  }
  Answer<op::AddRoleToInstanceProfile> put_in(const std::string& role, const std::string& profile) {
    op::AddRoleToInstanceProfile::Input in;
    in.role_name = role;
    in.instance_profile_name = profile;
    return add_role_to_instance_profile(context, in);
  }
};

template <class Answered>
std::string error_of(const Answered& answer) {
  return answer ? "" : answer.error().code;
}

}  // namespace

TEST_CASE("Role_HasAnIdAndAnArnOfItsPathAndItsTrustIsShownEncoded") {
  IamWorld world;
  op::CreateRole::Input in;
  in.role_name = "node";
  in.path = "/web/";
  in.assume_role_policy_document = kTrust;
  const auto made = create_role(world.context, in);
  REQUIRE(made);
  CHECK(*made->role->arn == "arn:aws:iam::123456789012:role/web/node");
  CHECK(made->role->role_id->starts_with("AROA"));
  CHECK(made->role->role_id->size() == 21);
  CHECK(made->role->assume_role_policy_document->starts_with("%7B%22Version%22%3A%222012-10-17%22"));
  CHECK(*made->role->max_session_duration == 3600);
}

TEST_CASE("Role_NamesDifferInMoreThanTheirCase") {
  IamWorld world;
  REQUIRE(world.role("node"));
  CHECK(error_of(world.role("Node")) == "EntityAlreadyExists");
  CHECK(error_of(world.role("no space")) == "ValidationError");
}

TEST_CASE("TrustPolicy_NeedsAPrincipalAndNoResource_APermissionPolicyTheOtherWayRound") {
  IamWorld world;
  CHECK(error_of(world.role("a", "{")) == "MalformedPolicyDocument");
  CHECK(error_of(world.role("a", kPermissions)) == "MalformedPolicyDocument");
  REQUIRE(world.role("a"));
  op::PutRolePolicy::Input in;
  in.role_name = "a";
  in.policy_name = "own";
  in.policy_document = kTrust;
  CHECK(error_of(put_role_policy(world.context, in)) == "MalformedPolicyDocument");
  in.policy_document = kPermissions;
  CHECK(put_role_policy(world.context, in));
}

TEST_CASE("Policy_ResourcesAreArns_StatementIdsUnique_ServicesNamedByTheirDomain") {
  const auto statement = [](const std::string& rest) { return R"({"Effect":"Allow","Action":"s3:*",)" + rest + "}"; };
  const auto document = [](const std::string& statements) { return R"({"Version":"2012-10-17","Statement":[)" + statements + "]}"; };
  const auto trust = [](const std::string& service) {
    return R"({"Statement":{"Effect":"Allow","Action":"sts:AssumeRole","Principal":{"Service":)" + service + "}}}";
  };
  const std::string everything = R"("Resource":"*")", again = R"("Sid":"A","Resource":"*")", empty = R"("Sid":"","Resource":"*")";
  constexpr const char* kMalformed = "MalformedPolicyDocument";
  IamWorld world;
  CHECK(error_of(world.policy("p", document(statement(R"("Resource":"notarn")")))) == kMalformed);
  CHECK(error_of(world.policy("p", document(statement(R"("Resource":["*","notarn"])")))) == kMalformed);
  CHECK(error_of(world.policy("p", document(statement(R"("Resource":[])")))) == kMalformed);
  CHECK(error_of(world.policy("p", document(statement(again) + "," + statement(again)))) == kMalformed);
  CHECK(error_of(world.policy("p", document(statement(again) + "," + statement(everything)))) == "");
  CHECK(error_of(world.policy("q", document(statement(empty) + "," + statement(empty)))) == "");
  CHECK(error_of(world.policy("r", document(statement(R"("NotResource":["arn:aws:s3:::b","arn:aws:s3:::b/*"])")))) == "");
  CHECK(error_of(world.role("a", trust(R"("ec2")"))) == kMalformed);
  CHECK(error_of(world.role("a", trust(R"(["ec2.amazonaws.com","ecs"])"))) == kMalformed);
  CHECK(error_of(world.role("a", trust(R"(["ec2.amazonaws.com","ecs-tasks.amazonaws.com"])"))) == "");
}

TEST_CASE("Policy_SizesAreLimited_WhiteSpaceIsNotCounted") {
  const auto padded = [](std::string text, std::size_t size) {
    const std::string sid = R"("Sid":"",)";
    text.insert(text.find(R"("Effect")"), sid);
    text.insert(text.find(R"("Sid":"")") + 7, std::string(size - text.size(), 's'));
    return text;
  };
  IamWorld world;
  REQUIRE(padded(kPermissions, 6144).size() == 6144);
  CHECK(error_of(world.policy("p", padded(kPermissions, 6144) + std::string(10, ' '))) == "");
  CHECK(error_of(world.policy("q", padded(kPermissions, 6145))) == "LimitExceeded");
  CHECK(error_of(world.role("a", padded(kTrust, 2048))) == "");
  CHECK(world.role("b", padded(kTrust, 2049)).error().message == "Cannot exceed quota for ACLSizePerRole: 2048");
  const auto put = [&](const std::string& name, std::size_t size) {
    op::PutRolePolicy::Input in;
    in.role_name = "a";
    in.policy_name = name;
    in.policy_document = padded(kPermissions, size);
    return error_of(put_role_policy(world.context, in));
  };
  CHECK(put("one", 5120) == "");
  CHECK(put("two", 5121) == "LimitExceeded");
  CHECK(put("two", 5120) == "");
  CHECK(put("one", 5000) == "");  // in its own place
}

TEST_CASE("Names_DifferInMoreThanTheirCase_TagKeysToo") {
  IamWorld world;
  REQUIRE(world.policy("Own"));
  CHECK(error_of(world.policy("own")) == "EntityAlreadyExists");
  REQUIRE(world.profile("nodes"));
  CHECK(error_of(world.profile("Nodes")) == "EntityAlreadyExists");
  REQUIRE(world.role("a"));
  op::TagRole::Input in;
  in.role_name = "a";
  in.tags = std::vector<api::iam::Tag>{{.key = "Env", .value = "one"}, {.key = "env", .value = "two"}};
  CHECK(error_of(tag_role(world.context, in)) == "InvalidInput");
  in.tags->pop_back();
  REQUIRE(tag_role(world.context, in));
  in.tags->front().key = "env";
  REQUIRE(tag_role(world.context, in));
  CHECK(world.state.roles.find("a")->tags.size() == 1);
}

TEST_CASE("Role_IsDeletedOnlyWithoutPoliciesAndProfiles") {
  IamWorld world;
  REQUIRE(world.role("node"));
  REQUIRE(world.attach("node", kNodePolicy));
  CHECK(error_of(world.remove_role("node")) == "DeleteConflict");
  op::DetachRolePolicy::Input detach;
  detach.role_name = "node";
  detach.policy_arn = kNodePolicy;
  REQUIRE(detach_role_policy(world.context, detach));
  CHECK(error_of(detach_role_policy(world.context, detach)) == "NoSuchEntity");
  REQUIRE(world.profile("nodes"));
  REQUIRE(world.put_in("node", "nodes"));
  CHECK(error_of(world.remove_role("node")) == "DeleteConflict");
  op::RemoveRoleFromInstanceProfile::Input out;
  out.role_name = "node";
  out.instance_profile_name = "nodes";
  REQUIRE(remove_role_from_instance_profile(world.context, out));
  CHECK(world.remove_role("node"));
  CHECK(error_of(world.remove_role("node")) == "NoSuchEntity");
}

TEST_CASE("InstanceProfile_HoldsOneRole") {
  IamWorld world;
  REQUIRE(world.role("a"));
  REQUIRE(world.role("b"));
  REQUIRE(world.profile("nodes"));
  CHECK(error_of(world.profile("nodes")) == "EntityAlreadyExists");
  CHECK(error_of(world.put_in("c", "nodes")) == "NoSuchEntity");
  REQUIRE(world.put_in("a", "nodes"));
  CHECK(error_of(world.put_in("b", "nodes")) == "LimitExceeded");
  op::ListInstanceProfilesForRole::Input in;
  in.role_name = "a";
  const auto listed = list_instance_profiles_for_role(world.context, in);
  REQUIRE(listed);
  REQUIRE(listed->instance_profiles->size() == 1);
  CHECK(*listed->instance_profiles->front().roles->front().role_name == "a");
}

TEST_CASE("AttachRolePolicy_TakesPoliciesThatExist_AwsOnesAmongThem") {
  IamWorld world;
  REQUIRE(world.role("node"));
  CHECK(world.attach("node", kNodePolicy));
  CHECK(world.attach("node", kNodePolicy));  // again: no error
  CHECK(error_of(world.attach("node", "arn:aws:iam::aws:policy/NoSuchPolicy")) == "NoSuchEntity");
  CHECK(error_of(world.attach("node", "policy")) == "InvalidInput");
  const auto made = world.policy("own");
  REQUIRE(made);
  CHECK(world.attach("node", *made->policy->arn));
  op::ListAttachedRolePolicies::Input in;
  in.role_name = "node";
  const auto listed = list_attached_role_policies(world.context, in);
  REQUIRE(listed);
  CHECK(listed->attached_policies->size() == 2);
  op::DeletePolicy::Input gone;
  gone.policy_arn = *made->policy->arn;
  CHECK(error_of(delete_policy(world.context, gone)) == "DeleteConflict");
}

TEST_CASE("AwsManagedPolicies_AreReadAndNotChanged") {
  IamWorld world;
  op::GetPolicy::Input in;
  in.policy_arn = kNodePolicy;
  const auto policy = get_policy(world.context, in);
  REQUIRE(policy);
  op::GetPolicyVersion::Input version;
  version.policy_arn = kNodePolicy;
  version.version_id = *policy->policy->default_version_id;
  const auto document = get_policy_version(world.context, version);
  REQUIRE(document);
  CHECK(document->policy_version->document->find("ecs%3ARegisterContainerInstance") != std::string::npos);
  op::CreatePolicyVersion::Input next;
  next.policy_arn = kNodePolicy;
  next.policy_document = kPermissions;
  CHECK(error_of(create_policy_version(world.context, next)) == "AccessDenied");
}

TEST_CASE("PolicyVersions_AreFiveAtMost_TheDefaultOneStays") {
  IamWorld world;
  const auto made = world.policy("own");
  REQUIRE(made);
  op::CreatePolicyVersion::Input next;
  next.policy_arn = *made->policy->arn;
  next.policy_document = kPermissions;
  next.set_as_default = true;
  for (int number = 2; number <= 5; ++number) REQUIRE(create_policy_version(world.context, next));
  CHECK(error_of(create_policy_version(world.context, next)) == "LimitExceeded");
  op::DeletePolicyVersion::Input gone;
  gone.policy_arn = *made->policy->arn;
  gone.version_id = "v5";
  CHECK(error_of(delete_policy_version(world.context, gone)) == "DeleteConflict");
  gone.version_id = "v1";
  REQUIRE(delete_policy_version(world.context, gone));
  const auto sixth = create_policy_version(world.context, next);
  REQUIRE(sixth);
  CHECK(*sixth->policy_version->version_id == "v6");  // numbers do not come twice
}

TEST_CASE("ServiceLinkedRole_IsMadeOnceAndChangedByNobody") {
  IamWorld world;
  op::CreateServiceLinkedRole::Input in;
  in.aws_service_name = "ecs.amazonaws.com";
  const auto made = create_service_linked_role(world.context, in);
  REQUIRE(made);
  CHECK(*made->role->arn == "arn:aws:iam::123456789012:role/aws-service-role/ecs.amazonaws.com/AWSServiceRoleForECS");
  CHECK(error_of(create_service_linked_role(world.context, in)) == "InvalidInput");
  CHECK(error_of(world.remove_role("AWSServiceRoleForECS")) == "UnmodifiableEntity");
  op::DeleteServiceLinkedRole::Input gone;
  gone.role_name = "AWSServiceRoleForECS";
  const auto task = delete_service_linked_role(world.context, gone);
  REQUIRE(task);
  op::GetServiceLinkedRoleDeletionStatus::Input status;
  status.deletion_task_id = *task->deletion_task_id;
  CHECK(*get_service_linked_role_deletion_status(world.context, status)->status == "SUCCEEDED");
}

TEST_CASE("ServiceLinkedRole_IsThereOnceItsServiceIsUsed") {
  IamWorld world;
  op::GetRole::Input in;
  in.role_name = "AWSServiceRoleForECS";
  CHECK(error_of(get_role(world.context, in)) == "NoSuchEntity");
  world.state.clusters.put({.name = "web"});
  const auto role = get_role(world.context, in);
  REQUIRE(role);
  CHECK(*get_role(world.context, in)->role->role_id == *role->role->role_id);
  op::ListRoles::Input all;
  CHECK(list_roles(world.context, all)->roles->size() == 1);
  op::CreateServiceLinkedRole::Input again;
  again.aws_service_name = "ecs.amazonaws.com";
  CHECK(create_service_linked_role(world.context, again).error().message.find("has been taken") != std::string::npos);
  again.aws_service_name = "ecs.application-autoscaling.amazonaws.com";
  CHECK(create_service_linked_role(world.context, again));
}

TEST_CASE("RoleTags_AreShownByGetRoleAndListRoleTags") {
  IamWorld world;
  REQUIRE(world.role("node"));
  op::TagRole::Input in;
  in.role_name = "node";
  in.tags = std::vector<api::iam::Tag>{{.key = "team", .value = "web"}};
  REQUIRE(tag_role(world.context, in));
  op::GetRole::Input get;
  get.role_name = "node";
  CHECK(*get_role(world.context, get)->role->tags->front().value == "web");
  in.tags = std::vector<api::iam::Tag>{{.key = "aws:team", .value = "web"}};
  CHECK(error_of(tag_role(world.context, in)) == "InvalidInput");
  op::UntagRole::Input gone;
  gone.role_name = "node";
  gone.tag_keys = std::vector<std::string>{"team"};
  REQUIRE(untag_role(world.context, gone));
  CHECK(!get_role(world.context, get)->role->tags);
}

}  // namespace services::iam
