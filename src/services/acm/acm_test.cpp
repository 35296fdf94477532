#include <doctest/doctest.h>

#include <algorithm>

#include "services/acm/handlers.h"
#include "services/acm/lookup.h"
#include "services/context_test.h"

namespace services::acm {
namespace {

struct AcmWorld : services::ContextFixture {
  std::string request(const std::string& domain = "example.com", std::vector<std::string> others = {}) {
    op::RequestCertificate::Input in;
    in.domain_name = domain;
    in.subject_alternative_names = std::move(others);
    in.validation_method = "DNS";
    in.key_algorithm = "EC_prime256v1";  // quick to make
    return *request_certificate(context, in)->certificate_arn;
  }
  api::acm::CertificateDetail detail(const std::string& arn) {
    op::DescribeCertificate::Input in;
    in.certificate_arn = arn;
    return *describe_certificate(context, in)->certificate;
  }
  /// A certificate of an authority that ACM has never seen.
  KeyPair foreign(const std::string& domain = "own.example.com", const std::string& algorithm = "EC_prime256v1") {
    const KeyPair signer = make_authority(random, context.now);
    chain = signer.certificate;
    return issue(signer, {domain}, algorithm, random, context.now);
  }
  Answer<op::ImportCertificate> import(const KeyPair& pair, const std::string& with_chain, const std::string& arn = "") {
    op::ImportCertificate::Input in;
    in.certificate = api::Blob{pair.certificate};
    in.private_key = api::Blob{pair.private_key};
    if (!with_chain.empty()) in.certificate_chain = api::Blob{with_chain};
    if (!arn.empty()) in.certificate_arn = arn;
    return import_certificate(context, in);
  }
  std::string chain;
};

template <class Answered>
std::string error_of(const Answered& answer) {
  return answer ? "" : answer.error().code;
}

}  // namespace

TEST_CASE("Request_IsIssuedAtOnce_WithARecordForEachDomain") {
  AcmWorld world;
  const auto shown = world.detail(world.request("example.com", {"*.example.com", "www.example.org"}));
  CHECK(*shown.status == "ISSUED");
  CHECK(*shown.type == "AMAZON_ISSUED");
  CHECK(*shown.domain_name == "example.com");
  CHECK(*shown.subject_alternative_names == std::vector<std::string>{"example.com", "*.example.com", "www.example.org"});
  const auto& validations = *shown.domain_validation_options;
  REQUIRE(validations.size() == 3);
  CHECK(*validations[0].resource_record->name == *validations[1].resource_record->name);  // a wildcard is its domain's
  CHECK(*validations[0].resource_record->name != *validations[2].resource_record->name);
  CHECK(validations[2].resource_record->name->ends_with(".www.example.org."));
  CHECK(*validations[2].validation_status == "SUCCESS");
  CHECK(*shown.subject == "CN=example.com");
  CHECK(shown.not_after->ms > shown.not_before->ms);
  CHECK(shown.in_use_by->empty());
}

TEST_CASE("Request_IsSignedByOneAuthority_WhoseCertificateIsTheChain") {
  AcmWorld world;
  op::GetCertificate::Input in;
  in.certificate_arn = world.request();
  const auto first = get_certificate(world.context, in);
  in.certificate_arn = world.request("example.org");
  const auto second = get_certificate(world.context, in);
  REQUIRE(first);
  CHECK(*first->certificate_chain == *second->certificate_chain);
  CHECK(check_chain(*first->certificate, *first->certificate_chain));
  CHECK_FALSE(check_chain(*first->certificate, *second->certificate));
}

TEST_CASE("Request_MakesTheKindOfKeyThatIsAskedFor") {
  AcmWorld world;
  op::RequestCertificate::Input in;
  in.domain_name = "example.com";
  CHECK(*world.detail(*request_certificate(world.context, in)->certificate_arn).key_algorithm == "RSA-2048");
  in.key_algorithm = "EC_secp384r1";
  CHECK(*world.detail(*request_certificate(world.context, in)->certificate_arn).key_algorithm == "EC-secp384r1");
  in.key_algorithm = "RSA_4096";
  CHECK(error_of(request_certificate(world.context, in)) == "InvalidParameterException");
}

TEST_CASE("Request_RepeatedWithItsTokenWithinAnHour_IsTheSameCertificate") {
  AcmWorld world;
  op::RequestCertificate::Input in;
  in.domain_name = "example.com";
  in.key_algorithm = "EC_prime256v1";
  in.idempotency_token = "token";
  const std::string arn = *request_certificate(world.context, in)->certificate_arn;
  CHECK(*request_certificate(world.context, in)->certificate_arn == arn);
  in.domain_name = "example.org";
  CHECK(*request_certificate(world.context, in)->certificate_arn != arn);
  in.domain_name = "example.com";
  world.context.now += hours(2);
  CHECK(*request_certificate(world.context, in)->certificate_arn != arn);
}

TEST_CASE("Request_OfWhatIsNoDomain_IsRefused") {
  AcmWorld world;
  op::RequestCertificate::Input in;
  for (const char* name : {"localhost", "a..b", "-a.com", "a_b.com", "*.*.com", "a.com,DNS:b.com", "x.com\nCA:TRUE"}) {
    in.domain_name = name;
    CHECK(error_of(request_certificate(world.context, in)) == "InvalidParameterException");
  }
  in.domain_name = "example.com";
  in.certificate_authority_arn = "arn:aws:acm-pca:us-east-1:123456789012:certificate-authority/1";
  CHECK(error_of(request_certificate(world.context, in)) == "InvalidParameterException");
}

TEST_CASE("Import_TakesACertificateWithItsKeyAndChain_AndNothingThatDoesNotBelongTogether") {
  AcmWorld world;
  const KeyPair pair = world.foreign();
  const std::string chain = world.chain;
  const auto imported = world.import(pair, chain);
  REQUIRE(imported);
  const auto shown = world.detail(*imported->certificate_arn);
  CHECK(*shown.type == "IMPORTED");
  CHECK(*shown.domain_name == "own.example.com");
  CHECK(shown.imported_at);
  CHECK_FALSE(shown.domain_validation_options);
  const KeyPair other = world.foreign();
  CHECK(error_of(world.import({pair.certificate, other.private_key}, "")) == "ValidationException");
  CHECK(error_of(world.import(pair, world.chain)) == "ValidationException");  // the other's
  CHECK(error_of(world.import({pair.certificate + other.certificate, pair.private_key}, "")) == "ValidationException");
  CHECK(error_of(world.import({"not a certificate", pair.private_key}, "")) == "ValidationException");
  CHECK(error_of(world.import({pair.certificate, "-----BEGIN PRIVATE KEY-----"}, "")) == "ValidationException");
}

TEST_CASE("Import_OfWhatTheBalancerCouldNotShow_IsRefused") {
  AcmWorld world;
  const KeyPair pair = world.foreign();
  world.context.now += hours(24 * 400);
  CHECK(error_of(world.import(pair, "")) == "ValidationException");  // expired
  world.context.now -= hours(24 * 500);
  CHECK(error_of(world.import(pair, "")) == "ValidationException");  // not valid yet
  world.context.now += hours(24 * 100);
  CHECK(error_of(world.import(world.foreign("a.example.com", "RSA_1024"), "")) == "ValidationException");
}

TEST_CASE("Import_Anew_KeepsTheArnAndTags_AndIsForImportedOnesOnly") {
  AcmWorld world;
  const std::string arn = *world.import(world.foreign(), "")->certificate_arn;
  op::AddTagsToCertificate::Input tags;
  tags.certificate_arn = arn;
  tags.tags = std::vector<api::acm::Tag>{{.key = "team", .value = "web"}};
  REQUIRE(add_tags_to_certificate(world.context, tags));
  CHECK(*world.import(world.foreign("new.example.com"), "", arn)->certificate_arn == arn);
  CHECK(*world.detail(arn).domain_name == "new.example.com");
  op::ListTagsForCertificate::Input list;
  list.certificate_arn = arn;
  CHECK(list_tags_for_certificate(world.context, list)->tags->size() == 1);
  CHECK(error_of(world.import(world.foreign(), "", world.request())) == "ValidationException");
  CHECK(error_of(world.import(world.foreign(), "", arn + "x")) == "ResourceNotFoundException");
}

TEST_CASE("Certificate_InUseByAListener_IsNotDeleted") {
  AcmWorld world;
  const std::string arn = world.request();
  world.state.listeners.put({.arn = "listener", .load_balancer_arn = "balancer", .certificates = {"other", arn}});
  CHECK(*world.detail(arn).in_use_by == std::vector<std::string>{"balancer"});
  op::DeleteCertificate::Input in;
  in.certificate_arn = arn;
  CHECK(error_of(delete_certificate(world.context, in)) == "ResourceInUseException");
  world.state.listeners.erase("listener");
  CHECK(delete_certificate(world.context, in));
  CHECK(error_of(delete_certificate(world.context, in)) == "ResourceNotFoundException");
  in.certificate_arn = "arn:aws:iam::123456789012:server-certificate/web";
  CHECK(error_of(delete_certificate(world.context, in)) == "InvalidArnException");
}

TEST_CASE("List_ShowsRsaKeysUnlessOthersAreAskedFor_NewestFirstIfAsked") {
  AcmWorld world;
  op::RequestCertificate::Input in;
  in.domain_name = "rsa.example.com";
  const std::string rsa = *request_certificate(world.context, in)->certificate_arn;
  world.context.now += seconds(1);
  const std::string curve = world.request("ec.example.com");
  op::ListCertificates::Input list;
  const auto usual = list_certificates(world.context, list);
  REQUIRE(usual->certificate_summary_list->size() == 1);
  CHECK(*usual->certificate_summary_list->front().certificate_arn == rsa);
  list.includes.emplace().key_types = std::vector<std::string>{"RSA_2048", "EC_prime256v1"};
  list.sort_by = "CREATED_AT";
  list.sort_order = "DESCENDING";
  list.max_items = 1;
  const auto first = list_certificates(world.context, list);
  CHECK(*first->certificate_summary_list->front().certificate_arn == curve);
  list.next_token = first->next_token;
  CHECK(*list_certificates(world.context, list)->certificate_summary_list->front().certificate_arn == rsa);
  list.sort_order.reset();
  CHECK(error_of(list_certificates(world.context, list)) == "InvalidArgsException");
}

TEST_CASE("CertificateTags_WithAValueGoOnlyWhereTheyHaveIt") {
  AcmWorld world;
  op::AddTagsToCertificate::Input add;
  add.certificate_arn = world.request();
  add.tags = std::vector<api::acm::Tag>{{.key = "team", .value = "web"}, {.key = "stage", .value = "test"}};
  REQUIRE(add_tags_to_certificate(world.context, add));
  op::RemoveTagsFromCertificate::Input gone;
  gone.certificate_arn = *add.certificate_arn;
  gone.tags = std::vector<api::acm::Tag>{{.key = "team", .value = "other"}, {.key = "stage"}};
  REQUIRE(remove_tags_from_certificate(world.context, gone));
  op::ListTagsForCertificate::Input list;
  list.certificate_arn = *add.certificate_arn;
  const auto left = list_tags_for_certificate(world.context, list);
  REQUIRE(left->tags->size() == 1);
  CHECK(*left->tags->front().key == "team");
  add.tags = std::vector<api::acm::Tag>{{.key = "aws:mine", .value = "x"}};
  CHECK(error_of(add_tags_to_certificate(world.context, add)) == "InvalidTagException");
}

}  // namespace services::acm
