#include "control/placement/query.h"

#include <fmt/format.h>

#include <cctype>
#include <charconv>
#include <chrono>
#include <cstdio>
#include <optional>
#include <vector>

#include "control/placement/pattern.h"

namespace control {

struct Query::Node {
  enum class Kind { kAnd, kOr, kNot, kCompare };
  enum class Op { kEqual, kNotEqual, kGreater, kGreaterEqual, kLess, kLessEqual, kExists, kNotExists, kIn, kNotIn,
                  kMatches, kNotMatches };
  Kind kind = Kind::kCompare;
  std::vector<std::shared_ptr<const Node>> children;
  std::string subject;  // "attribute:x", "runningTasksCount"…
  Op op = Op::kEqual;
  std::vector<std::string> values;
  std::optional<Pattern> pattern;
};

namespace {

using Node = Query::Node;
using NodePtr = std::shared_ptr<const Node>;
using Op = Node::Op;

constexpr const char* kAgentVersion = "1.102.0";  // what our nodes say their agent is

struct Operator {
  std::string_view text;
  Op op;
};
// Longer ones first: the first that the text starts with is it.
constexpr Operator kSymbols[] = {{"==", Op::kEqual},      {"!=", Op::kNotEqual}, {">=", Op::kGreaterEqual},
                                 {"<=", Op::kLessEqual},  {"=~", Op::kMatches},  {"!~", Op::kNotMatches},
                                 {">", Op::kGreater},     {"<", Op::kLess}};
constexpr Operator kWords[] = {{"equals", Op::kEqual},
                               {"not_equals", Op::kNotEqual},
                               {"greater_than", Op::kGreater},
                               {"greater_than_equal", Op::kGreaterEqual},
                               {"less_than", Op::kLess},
                               {"less_than_equal", Op::kLessEqual},
                               {"exists", Op::kExists},
                               {"not_exists", Op::kNotExists},
                               {"!exists", Op::kNotExists},
                               {"in", Op::kIn},
                               {"not_in", Op::kNotIn},
                               {"!in", Op::kNotIn},
                               {"matches", Op::kMatches},
                               {"not_matches", Op::kNotMatches}};

bool known_subject(std::string_view name) {
  return (name.starts_with("attribute:") && name.size() > 10) || name == "agentConnected" || name == "agentVersion" ||
         name == "ec2InstanceId" || name == "registeredAt" || name == "runningTasksCount" || name == "task:group";
}

class Parser {
 public:
  explicit Parser(std::string_view text) : text_(text) {}

  Result<NodePtr> run() {
    NodePtr root = parse_or(0);
    skip_space();
    if (error_.empty() && at_ < text_.size()) complain("unexpected text");
    if (!error_.empty()) return fail("InvalidParameterException", "Invalid cluster query expression: " + error_);
    return root;
  }
  bool fixed() const { return fixed_; }

 private:
  void complain(const std::string& what) {
    if (error_.empty()) error_ = fmt::format("{} at character {}.", what, at_ + 1);
  }
  void skip_space() {
    while (at_ < text_.size() && std::isspace(static_cast<unsigned char>(text_[at_]))) ++at_;
  }
  bool take(std::string_view symbol) {
    skip_space();
    if (!text_.substr(at_).starts_with(symbol)) return false;
    at_ += symbol.size();
    return true;
  }
  static bool word_char(char c) {
    return std::isalnum(static_cast<unsigned char>(c)) || std::string_view("_-.:/*").find(c) != std::string_view::npos;
  }
  bool take_word(std::string_view word) {
    skip_space();
    if (!text_.substr(at_).starts_with(word)) return false;
    const std::size_t end = at_ + word.size();
    if (end < text_.size() && word_char(text_[end])) return false;
    at_ = end;
    return true;
  }

  NodePtr combine(Node::Kind kind, std::vector<NodePtr> children) {
    if (children.size() == 1) return children.front();
    auto node = std::make_shared<Node>();
    node->kind = kind;
    node->children = std::move(children);
    return node;
  }
  NodePtr parse_or(int depth) {
    std::vector<NodePtr> parts{parse_and(depth)};
    while (error_.empty() && (take("||") || take_word("or"))) parts.push_back(parse_and(depth));
    return combine(Node::Kind::kOr, std::move(parts));
  }
  NodePtr parse_and(int depth) {
    std::vector<NodePtr> parts{parse_not(depth)};
    while (error_.empty() && (take("&&") || take_word("and"))) parts.push_back(parse_not(depth));
    return combine(Node::Kind::kAnd, std::move(parts));
  }
  NodePtr parse_not(int depth) {
    if (depth > Query::kMaxDepth) {
      complain("too many nested expressions");
      return nullptr;
    }
    if (take("!") || take_word("not")) {
      auto node = std::make_shared<Node>();
      node->kind = Node::Kind::kNot;
      node->children.push_back(parse_not(depth + 1));
      return node;
    }
    if (take("(")) {
      NodePtr inside = parse_or(depth + 1);
      if (error_.empty() && !take(")")) complain("missing )");
      return inside;
    }
    return parse_compare();
  }

  NodePtr parse_compare() {
    skip_space();
    auto node = std::make_shared<Node>();
    const std::size_t start = at_;
    while (at_ < text_.size() && word_char(text_[at_])) ++at_;
    node->subject = std::string(text_.substr(start, at_ - start));
    if (!known_subject(node->subject)) {
      at_ = start;
      complain(node->subject.empty() ? "a subject is missing" : fmt::format("unknown subject {}", node->subject));
      return node;
    }
    if (node->subject == "runningTasksCount" || node->subject == "task:group") fixed_ = false;
    if (!parse_operator(*node)) return node;
    if (node->op == Op::kExists || node->op == Op::kNotExists) return node;
    if (node->op == Op::kIn || node->op == Op::kNotIn) {
      if (!take("[")) complain("[ is missing");
      do node->values.push_back(parse_value(",]")); while (error_.empty() && take(","));
      if (!take("]")) complain("] is missing");
      return node;
    }
    const bool pattern = node->op == Op::kMatches || node->op == Op::kNotMatches;
    node->values.push_back(pattern ? parse_pattern() : parse_value(""));
    if (pattern && error_.empty()) {
      Result<Pattern> compiled = Pattern::compile(node->values.front());
      if (compiled) node->pattern = *std::move(compiled); else complain(compiled.error().message);
    }
    return node;
  }

  bool parse_operator(Node& node) {
    for (const Operator& candidate : kWords) {
      if (take_word(candidate.text)) { node.op = candidate.op; return true; }
    }
    for (const Operator& candidate : kSymbols) {
      if (take(candidate.text)) { node.op = candidate.op; return true; }
    }
    complain("an operator is missing");
    return false;
  }

  // Quotes are optional; an unquoted value ends at a space, a parenthesis or one of `stops`.
  std::string parse_value(std::string_view stops) {
    skip_space();
    if (at_ < text_.size() && (text_[at_] == '"' || text_[at_] == '\'')) {
      const std::size_t close = text_.find(text_[at_], at_ + 1);
      if (close == std::string_view::npos) { complain("a quote is not closed"); return ""; }
      const std::string value(text_.substr(at_ + 1, close - at_ - 1));
      at_ = close + 1;
      return value;
    }
    const std::size_t start = at_;
    while (at_ < text_.size() && !std::isspace(static_cast<unsigned char>(text_[at_])) && text_[at_] != '(' &&
           text_[at_] != ')' && stops.find(text_[at_]) == std::string_view::npos) {
      ++at_;
    }
    if (at_ == start) complain("a value is missing");
    return std::string(text_.substr(start, at_ - start));
  }

  // As a value, but its own balanced parentheses and brackets belong to it.
  std::string parse_pattern() {
    skip_space();
    if (at_ < text_.size() && (text_[at_] == '"' || text_[at_] == '\'')) return parse_value("");
    const std::size_t start = at_;
    for (int open = 0; at_ < text_.size(); ++at_) {
      const char c = text_[at_];
      if (std::isspace(static_cast<unsigned char>(c)) && open == 0) break;
      if (c == '(') ++open;
      if (c == ')' && open-- == 0) break;
    }
    if (at_ == start) complain("a value is missing");
    return std::string(text_.substr(start, at_ - start));
  }

  std::string_view text_;
  std::size_t at_ = 0;
  bool fixed_ = true;
  std::string error_;
};

std::optional<double> number(const std::string& text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

// "2018-06-18T22:28:28+00:00", as the documentation writes registeredAt.
std::optional<double> timestamp(const std::string& text) {
  int year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0, off_hour = 0, off_minute = 0;
  char sign = '+';
  const int read = std::sscanf(text.c_str(), "%4d-%2d-%2dT%2d:%2d:%2d%c%2d:%2d", &year, &month, &day, &hour, &minute,
                               &second, &sign, &off_hour, &off_minute);
  if (read < 3) return std::nullopt;
  using namespace std::chrono;
  const sys_days date = std::chrono::year(year) / month / day;
  double value = static_cast<double>(date.time_since_epoch().count()) * 86400.0 + hour * 3600 + minute * 60 + second;
  if (read >= 8) value -= (sign == '-' ? -1 : 1) * (off_hour * 3600 + off_minute * 60);
  return value;
}

// "1.9.0" < "1.102.0"
int compare_versions(const std::string& left, const std::string& right) {
  const char* a = left.c_str();
  const char* b = right.c_str();
  while (*a != 0 || *b != 0) {
    char *a_end, *b_end;
    const long x = std::strtol(a, &a_end, 10), y = std::strtol(b, &b_end, 10);
    if (x != y) return x < y ? -1 : 1;
    if (a_end == a && b_end == b) return std::string_view(a).compare(b);
    a = *a_end == '.' ? a_end + 1 : a_end;
    b = *b_end == '.' ? b_end + 1 : b_end;
  }
  return 0;
}

int compare(const Node& node, const std::string& actual, const std::string& wanted) {
  if (node.subject == "agentVersion") return compare_versions(actual, wanted);
  auto a = number(actual), b = number(wanted);
  if (node.subject == "registeredAt" && !b) b = timestamp(wanted);
  if (a && b) return *a < *b ? -1 : *a > *b ? 1 : 0;
  return actual.compare(wanted);
}

bool holds_for(const Node& node, Op op, const std::string& actual) {
  const auto equal = [&](const std::string& wanted) { return compare(node, actual, wanted) == 0; };
  switch (op) {
    case Op::kEqual: return equal(node.values.front());
    case Op::kGreater: return compare(node, actual, node.values.front()) > 0;
    case Op::kGreaterEqual: return compare(node, actual, node.values.front()) >= 0;
    case Op::kLess: return compare(node, actual, node.values.front()) < 0;
    case Op::kLessEqual: return compare(node, actual, node.values.front()) <= 0;
    case Op::kMatches: return node.pattern->matches(actual);
    case Op::kIn:
      for (const std::string& value : node.values) if (equal(value)) return true;
      return false;
    default: return true;  // kExists; the negated ones are turned by evaluate_compare
  }
}

std::vector<std::string> actual_values(const Node& node, const NodeView& view) {
  const model::ContainerInstance& instance = *view.instance;
  if (node.subject == "agentConnected") return {instance.agent_connected ? "true" : "false"};
  if (node.subject == "agentVersion") return {kAgentVersion};
  if (node.subject == "ec2InstanceId") return {instance.instance_id};
  if (node.subject == "registeredAt") return {std::to_string(to_ms(instance.registered_at) / 1000)};
  if (node.subject == "runningTasksCount") return {std::to_string(view.running_tasks)};
  std::vector<std::string> values;
  if (node.subject == "task:group") {
    const std::set<std::string> groups = view.groups();
    return {groups.begin(), groups.end()};
  }
  const std::string name = node.subject.substr(10);
  if (const auto found = instance.attributes.find(name); found != instance.attributes.end()) {
    values.push_back(found->second);
  } else if (name == "ecs.availability-zone" && !instance.availability_zone.empty()) {
    values.push_back(instance.availability_zone);
  }
  return values;
}

// A negated operator is true exactly where the plain one is false, also on a node without the attribute.
bool evaluate_compare(const Node& node, const NodeView& view) {
  Op plain = node.op;
  switch (node.op) {
    case Op::kNotEqual: plain = Op::kEqual; break;
    case Op::kNotExists: plain = Op::kExists; break;
    case Op::kNotIn: plain = Op::kIn; break;
    case Op::kNotMatches: plain = Op::kMatches; break;
    default: break;
  }
  const bool negated = plain != node.op;
  for (const std::string& actual : actual_values(node, view)) {
    if (holds_for(node, plain, actual)) return !negated;
  }
  return negated;
}

bool evaluate(const Node& node, const NodeView& view) {
  switch (node.kind) {
    case Node::Kind::kNot: return !evaluate(*node.children.front(), view);
    case Node::Kind::kAnd:
      for (const NodePtr& child : node.children) if (!evaluate(*child, view)) return false;
      return true;
    case Node::Kind::kOr:
      for (const NodePtr& child : node.children) if (evaluate(*child, view)) return true;
      return false;
    default: return evaluate_compare(node, view);
  }
}

}  // namespace

Result<Query> Query::parse(std::string_view text) {
  if (text.size() > kMaxLength) {
    return fail("InvalidParameterException",
                fmt::format("Invalid cluster query expression: longer than {} characters.", kMaxLength));
  }
  Parser parser(text);
  TRY(NodePtr root, parser.run());
  return Query(std::move(root), parser.fixed());
}

bool Query::matches(const NodeView& node) const { return evaluate(*root_, node); }

}  // namespace control
