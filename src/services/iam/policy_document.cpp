#include "services/iam/policy_document.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>
#include <cctype>
#include <set>

namespace services::iam {
namespace {

namespace json = boost::json;

tl::unexpected<Error> malformed(std::string text) { return fail("MalformedPolicyDocument", std::move(text)); }

/// Action and Resource are a string or a list of strings.
bool texts(const json::value& value) {
  if (value.is_string()) return true;
  if (!value.is_array()) return false;
  for (const json::value& one : value.as_array()) {
    if (!one.is_string()) return false;
  }
  return true;
}

/// One text, or each of a list of texts.
template <class Check>
Result<void> check_each(const json::value& value, Check&& check) {
  if (value.is_string()) return check(std::string(value.as_string()));
  for (const json::value& one : value.as_array()) TRY_VOID(check(std::string(one.as_string())));
  return {};
}

Result<void> check_actions(const json::value& actions) {
  return check_each(actions, [](const std::string& text) -> Result<void> {
    if (text == "*" || text.find(':') != std::string::npos) return {};
    return malformed("Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.");
  });
}

/// What begins neither as an ARN nor with a wildcard can name no resource. Further AWS's own check is not followed.
Result<void> check_resources(const json::value& resources) {
  if (!texts(resources)) return malformed("Syntax errors in policy.");
  if (resources.is_array() && resources.as_array().empty()) return malformed("Policy statement must contain resources.");
  return check_each(resources, [](const std::string& text) -> Result<void> {
    if (text.starts_with('*') || text.starts_with("arn:")) return {};
    return malformed(fmt::format("Resource {} must be in ARN format or \"*\".", text));
  });
}

/// A service is named by its domain.
Result<void> check_principals(const json::value& principals) {
  const auto* services = principals.is_object() ? principals.as_object().if_contains("Service") : nullptr;
  if (!services) return {};
  if (!texts(*services)) return malformed("Syntax errors in policy.");
  return check_each(*services, [](const std::string& text) -> Result<void> {
    if (text == "*" || text.find('.') != std::string::npos) return {};
    return malformed(fmt::format("Invalid principal in policy: \"SERVICE\":\"{}\"", text));
  });
}

Result<void> check_statement(const json::value& value, PolicyKind kind) {
  if (!value.is_object()) return malformed("Syntax errors in policy.");
  const json::object& statement = value.as_object();
  const auto* effect = statement.if_contains("Effect");
  if (!effect || !effect->is_string()) return malformed("Missing required field Effect");
  if (effect->as_string() != "Allow" && effect->as_string() != "Deny") {
    return malformed(fmt::format("Invalid effect: {}", std::string(effect->as_string())));
  }
  const auto* action = statement.if_contains("Action");
  if (!action) action = statement.if_contains("NotAction");
  if (!action) return malformed("Missing required field Action");
  if (!texts(*action)) return malformed("Syntax errors in policy.");
  TRY_VOID(check_actions(*action));
  const auto either = [&](const char* name, const char* negated) {
    const auto* found = statement.if_contains(name);
    return found ? found : statement.if_contains(negated);
  };
  const auto *resource = either("Resource", "NotResource"), *principal = either("Principal", "NotPrincipal");
  if (kind == PolicyKind::trust) {
    if (resource) return malformed("Has prohibited field Resource");
    if (!principal) return malformed("Missing required field Principal");
    return check_principals(*principal);
  }
  if (principal) return malformed("Policy document should not specify a principal.");
  if (!resource) return malformed("Policy statement must contain resources.");
  return check_resources(*resource);
}

/// An empty one is none.
Result<void> check_statement_ids(const json::array& statements) {
  std::set<std::string> ids;
  for (const json::value& one : statements) {
    const auto* id = one.as_object().if_contains("Sid");
    if (!id) continue;
    if (!id->is_string()) return malformed("Syntax errors in policy.");
    if (!id->as_string().empty() && !ids.emplace(id->as_string()).second) {
      return malformed("Statement IDs (SID) in a single policy must be unique.");
    }
  }
  return {};
}

}  // namespace

Result<void> check_policy_document(const std::string& text, PolicyKind kind) {
  boost::system::error_code error;
  const json::value parsed = json::parse(text, error);
  if (error || !parsed.is_object()) return malformed("This policy contains invalid Json");
  const json::object& policy = parsed.as_object();
  if (const auto* version = policy.if_contains("Version")) {
    const bool known = version->is_string() && (version->as_string() == "2012-10-17" || version->as_string() == "2008-10-17");
    if (!known) return malformed("Syntax errors in policy.");
  }
  const auto* statements = policy.if_contains("Statement");
  if (!statements) return malformed("Syntax errors in policy.");
  if (!statements->is_array()) return check_statement(*statements, kind);
  if (statements->as_array().empty()) return malformed("Syntax errors in policy.");
  for (const json::value& one : statements->as_array()) TRY_VOID(check_statement(one, kind));
  return check_statement_ids(statements->as_array());
}

std::size_t policy_size(std::string_view text) {
  return static_cast<std::size_t>(std::ranges::count_if(text, [](unsigned char c) { return std::isspace(c) == 0; }));
}

Result<void> check_policy_size(const std::string& text, PolicyKind kind) {
  const bool trust = kind == PolicyKind::trust;
  const std::size_t most = trust ? 2048 : 6144;
  if (policy_size(text) <= most) return {};
  return fail("LimitExceeded",
              fmt::format("Cannot exceed quota for {}: {}", trust ? "ACLSizePerRole" : "PolicySize", most));
}

std::string encode_document(std::string_view text) {
  static constexpr char kDigits[] = "0123456789ABCDEF";
  std::string out;
  out.reserve(text.size() * 2);
  for (const char letter : text) {
    const auto c = static_cast<unsigned char>(letter);
    if (std::isalnum(c) != 0 || c == '-' || c == '_' || c == '.' || c == '~') {
      out.push_back(letter);
    } else {
      out += {'%', kDigits[c >> 4], kDigits[c & 15]};
    }
  }
  return out;
}

}  // namespace services::iam
