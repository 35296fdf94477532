#include "services/iam/policy_document.h"

#include <fmt/format.h>

#include <boost/json.hpp>
#include <cctype>

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

Result<void> check_actions(const json::value& actions) {
  const auto check = [](const json::value& one) -> Result<void> {
    const std::string text(one.as_string());
    if (text == "*" || text.find(':') != std::string::npos) return {};
    return malformed("Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.");
  };
  if (actions.is_string()) return check(actions);
  for (const json::value& one : actions.as_array()) TRY_VOID(check(one));
  return {};
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
  const bool resource = statement.contains("Resource") || statement.contains("NotResource");
  const bool principal = statement.contains("Principal") || statement.contains("NotPrincipal");
  if (kind == PolicyKind::trust) {
    if (resource) return malformed("Has prohibited field Resource");
    if (!principal) return malformed("Missing required field Principal");
    return {};
  }
  if (principal) return malformed("Policy document should not specify a principal.");
  if (!resource) return malformed("Policy statement must contain resources.");
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
  return {};
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
