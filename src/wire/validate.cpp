#include "wire/validate.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "wire/form.h"
#include "wire/scalar_text.h"

namespace wire {
namespace {

using api::Kind;

// AWS reports all violations; ten name the problem without echoing a hostile input back in full.
constexpr std::size_t kMaxReported = 10;

/// Length as AWS counts it: characters, not bytes.
std::size_t characters(const std::string& text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xC0) != 0x80; }));
}

class Validator {
 public:
  explicit Validator(const api::ServiceModel& service) : service_(service), style_(service.validation), ec2_(service.protocols.front() == api::Protocol::ec2) {}

  void members(const api::Type& type, const void* value, const std::string& path) {
    for (const api::Member& member : type.members) {
      const void* field = member.type->ops->get(static_cast<const char*>(value) + member.offset);
      if (field == nullptr && !member.required) continue;
      const std::string inner = path.empty() ? shown(member) : path + "." + shown(member);
      if (field == nullptr) missing(inner);
      else check(*member.type, field, inner);
      if (violations_.size() >= kMaxReported) return;
    }
  }

  Result<void> result() const {
    if (violations_.empty()) return {};
    const std::string code(not_finite_ ? value_code() : only_missing_ ? style_.missing_code : style_.code);
    if (!style_.counted) return fail(code, violations_.front());
    return fail(code, fmt::format("{} validation error{} detected: {}", violations_.size(), violations_.size() == 1 ? "" : "s",
                                  fmt::join(violations_, "; ")));
  }

 private:
  /// Query parameters keep their spelling in EC2's texts; elsewhere members are shown in lower camel case.
  std::string shown(const api::Member& member) const {
    if (ec2_) return std::string(member.query_name);
    std::string name(member.name);
    if (name.front() >= 'A' && name.front() <= 'Z') name.front() = static_cast<char>(name.front() - 'A' + 'a');
    return name;
  }

  void missing(const std::string& path) {
    violations_.push_back(style_.counted ? fmt::format("Value null at '{}' failed to satisfy constraint: Member must not be null", path)
                          : ec2_         ? fmt::format("The request must contain the parameter {}", path)
                                         : fmt::format("The parameter {} is required.", path));
  }

  void violated(const api::Type& type, const void* value, const std::string& path, const std::string& constraint) {
    only_missing_ = false;
    std::string text;
    if (type.kind < Kind::document) append_scalar(type.kind, value, api::TimeFormat::protocol, text);
    else text = fmt::format("[{} elements]", type.ops->size(value));
    if (type.sensitive) text = "*** Sensitive Data Redacted ***";
    else if (text.size() > 1024) text.replace(1024, std::string::npos, "...");
    violations_.push_back(style_.counted ? fmt::format("Value '{}' at '{}' failed to satisfy constraint: {}", text, path, constraint)
                                         : fmt::format("Value ({}) for parameter {} is invalid. {}", text, path, constraint));
  }

  void length(const api::Type& type, const void* value, std::size_t size, const std::string& path) {
    if (!style_.lengths) return;
    if (type.has_min && static_cast<double>(size) < type.min)
      violated(type, value, path, fmt::format("Member must have length greater than or equal to {}", type.min));
    if (type.has_max && static_cast<double>(size) > type.max)
      violated(type, value, path, fmt::format("Member must have length less than or equal to {}", type.max));
  }

  void range(const api::Type& type, const void* value, double number, const std::string& path) {
    if (!style_.ranges) return;
    if (type.has_min && number < type.min)
      violated(type, value, path, fmt::format("Member must have value greater than or equal to {}", type.min));
    if (type.has_max && number > type.max)
      violated(type, value, path, fmt::format("Member must have value less than or equal to {}", type.max));
  }

  /// No member of any service means anything by NaN or an infinity, and JSON, which keeps and shows it, has no word for them.
  void number(const api::Type& type, const void* value, double number, const std::string& path) {
    if (std::isfinite(number)) return range(type, value, number, path);
    not_finite_ = true;
    violated(type, value, path, ec2_ ? "Expected a number." : "Member must be a finite number");
  }

  /// Where a service has a code of its own for a bad value, as CloudWatch has, AWS answers a NaN with that one.
  std::string_view value_code() const {
    constexpr std::string_view kOwn = "InvalidParameterValue";
    return service_.find_error(kOwn) != nullptr ? kOwn : style_.code;
  }

  void check(const api::Type& type, const void* value, const std::string& path) {
    switch (type.kind) {
      case Kind::string: {
        const auto& text = *static_cast<const std::string*>(value);
        if (!type.values.empty() && style_.enums && std::find(type.values.begin(), type.values.end(), text) == type.values.end())
          violated(type, value, path, fmt::format("Member must satisfy enum value set: [{}]", fmt::join(type.values, ", ")));
        else if (type.has_min || type.has_max)
          length(type, value, characters(text), path);
        break;
      }
      case Kind::blob: length(type, value, static_cast<const api::Blob*>(value)->bytes.size(), path); break;
      case Kind::int32: range(type, value, *static_cast<const std::int32_t*>(value), path); break;
      case Kind::int64: range(type, value, static_cast<double>(*static_cast<const std::int64_t*>(value)), path); break;
      case Kind::float64: number(type, value, *static_cast<const double*>(value), path); break;
      case Kind::structure: members(type, value, path); break;
      case Kind::list: {
        const std::size_t size = type.ops->size(value);
        length(type, value, size, path);
        for (std::size_t i = 0; i < size && violations_.size() < kMaxReported; ++i)
          check(*type.element, type.ops->at(value, i), fmt::format("{}.{}{}", path, i + 1, ec2_ ? "" : ".member"));
        break;
      }
      case Kind::map: {
        length(type, value, type.ops->size(value), path);
        struct Visit {
          Validator& self;
          const api::Type& type;
          const std::string& path;
        } visit{*this, type, path};
        type.ops->each(value, &visit, [](void* context, const std::string& key, const void* item) {
          auto& v = *static_cast<Visit*>(context);
          if (v.self.violations_.size() >= kMaxReported) return;
          if (v.type.key != nullptr) v.self.check(*v.type.key, &key, v.path + ".key");
          v.self.check(*v.type.element, item, fmt::format("{}.{}.member", v.path, key.substr(0, 256)));
        });
        break;
      }
      default: break;
    }
  }

  const api::ServiceModel& service_;
  const api::ValidationStyle& style_;
  bool ec2_;
  bool only_missing_ = true;
  bool not_finite_ = false;
  std::vector<std::string> violations_;
};

}  // namespace

Result<void> validate(const api::ServiceModel& service, const api::Type& type, const void* value) {
  Validator validator(service);
  validator.members(type, value, "");
  return validator.result();
}

}  // namespace wire
