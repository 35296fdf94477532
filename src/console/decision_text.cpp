#include "console/decision_text.h"

#include <fmt/format.h>

#include <boost/json.hpp>

namespace console {

namespace {

namespace json = boost::json;

/// Reads of a tree that may lack anything.
class Node {
 public:
  explicit Node(const json::value* value) : value_(value) {}
  Node operator[](std::string_view name) const {
    const auto* object = value_ ? value_->if_object() : nullptr;
    return Node(object ? object->if_contains(name) : nullptr);
  }
  bool present() const { return value_ && !value_->is_null(); }
  /// Text as it is, a number without needless digits, "-" for what is not there.
  std::string text() const {
    if (!present()) return "-";
    if (const auto* text = value_->if_string()) return std::string(*text);
    if (value_->is_number()) return fmt::format("{:.6g}", value_->to_number<double>());
    return json::serialize(*value_);
  }
  double number() const { return present() && value_->is_number() ? value_->to_number<double>() : 0; }
  json::array array() const {
    const auto* array = value_ ? value_->if_array() : nullptr;
    return array ? *array : json::array();
  }

 private:
  const json::value* value_;
};

class Text {
 public:
  explicit Text(std::string_view indent) : indent_(indent) {}
  void line(std::string_view label, const std::string& text) { out_ += fmt::format("{}{:<9} {}\n", indent_, label, text); }
  void more(std::string_view label, const std::string& text) { line("  " + std::string(label), text); }
  std::string take() { return std::move(out_); }

 private:
  std::string indent_, out_;
};

std::string clock_time(const std::string& iso) { return iso.size() > 19 ? iso.substr(11, 8) : iso; }

std::string datapoints(const Node& policy) {
  std::string text;
  for (const json::value& point : policy["datapoints"].array()) {
    const Node node(&point);
    text += fmt::format("{}{} {}", text.empty() ? "" : "  ", clock_time(node["at"].text()), node["value"].text());
  }
  return text.empty() ? "-" : text;
}

void add_policy(Text& text, const Node& policy, const std::string& winner) {
  const std::string name = policy["policy"].text();
  text.line("policy", fmt::format("{} ({}) wants {}{}", name, policy["type"].text(), policy["wants"].text(),
                                  name == winner ? "  <- decides" : ""));
  text.more("metric", fmt::format("{} {}, {} over {} s: {}", policy["metric"]["namespace"].text(),
                                  policy["metric"]["name"].text(), policy["metric"]["statistic"].text(),
                                  policy["metric"]["period"].text(), policy["value"].text()));
  text.more("alarm", fmt::format("{} {}: {}/{} datapoints breaching {} {}", policy["alarm"].text(),
                                 policy["state"].text(), policy["breaching"].text(), policy["needed"].text(),
                                 policy["comparison"].text(), policy["threshold"].text()));
  text.more("points", datapoints(policy));
  text.more("formula", policy["formula"].text());
}

std::string cooldown(const Node& details) {
  std::string text;
  for (const auto& [name, field] : {std::pair("out", "scale_out_cooldown"), std::pair("in", "scale_in_cooldown")}) {
    const double left = details[field]["left_ms"].number();
    text += fmt::format("{}scale-{} {}", text.empty() ? "" : ", ", name,
                        left > 0 ? fmt::format("{:.1f} s left", left / 1000) : "none");
  }
  return text;
}

std::string bounds(const Node& capacity) { return fmt::format("min {}, max {}", capacity["min"].text(), capacity["max"].text()); }

}  // namespace

std::string decision_text(std::string_view details, std::string_view indent) {
  if (details.empty()) return {};
  boost::system::error_code error;
  const json::value tree = json::parse(details, error);
  const Node root(error ? nullptr : &tree);
  Text text(indent);
  if (!root["decision"].present()) {
    text.line("details", std::string(details));
    return text.take();
  }
  const std::string decision = root["decision"].text();
  if (decision == "schedule") {
    text.line("schedule", fmt::format("{} ({}), due {}", root["schedule"].text(), root["timezone"].text(), root["due"].text()));
    text.line("bounds", fmt::format("{} -> {}", bounds(root["before"]), bounds(root["after"])));
    return text.take();
  }
  const Node capacity = root["capacity"];
  std::string inputs = fmt::format("desired {}", capacity["desired"].text());
  if (capacity["running"].present()) inputs += fmt::format(", running {}", capacity["running"].text());
  text.line("inputs", inputs + ", " + bounds(capacity));
  const std::string winner = root["winner"].present() ? root["winner"].text() : "";
  for (const json::value& policy : root["policies"].array()) add_policy(text, Node(&policy), winner);
  if (root["scale_out_cooldown"].present()) text.line("cooldowns", cooldown(root));
  if (root["cooldown"].present()) text.line("", root["cooldown"].text());
  if (root["clamp"].present()) text.line("clamp", root["clamp"].text());
  text.line("result", root["reason"].present()
                          ? fmt::format("{}, stays {}: {}", decision, root["result"].text(), root["reason"].text())
                          : fmt::format("{} to {}", decision, root["result"].text()));
  return text.take();
}

}  // namespace console
