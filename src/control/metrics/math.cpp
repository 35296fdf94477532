#include "control/metrics/math.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <cmath>
#include <optional>
#include <variant>

namespace control {

namespace {

constexpr int kDepthMax = 64;

using List = std::vector<MetricPoints>;
/// A number, one series or several.
using Value = std::variant<double, MetricPoints, List>;

struct Token {
  enum Kind { number, name, text, symbol, end } kind = end;
  std::string text_;
  double value = 0;
};

Error invalid(const std::string& what) {
  return {"ValidationError", "Error in expression: " + what};
}

Result<std::vector<Token>> tokens_of(std::string_view in) {
  std::vector<Token> tokens;
  for (std::size_t at = 0; at < in.size();) {
    const char c = in[at];
    if (std::isspace(static_cast<unsigned char>(c))) {
      ++at;
    } else if (std::isdigit(static_cast<unsigned char>(c)) || c == '.') {
      const std::string rest(in.substr(at, 64));
      char* end = nullptr;
      const double value = std::strtod(rest.c_str(), &end);
      if (end == rest.c_str()) return tl::unexpected(invalid(fmt::format("unexpected '{}'", c)));
      tokens.push_back({Token::number, std::string(rest.c_str(), static_cast<std::size_t>(end - rest.c_str())), value});
      at += static_cast<std::size_t>(end - rest.c_str());
    } else if (std::isalpha(static_cast<unsigned char>(c)) || c == '_') {
      std::size_t end = at;
      while (end < in.size() && (std::isalnum(static_cast<unsigned char>(in[end])) || in[end] == '_')) ++end;
      tokens.push_back({Token::name, std::string(in.substr(at, end - at))});
      at = end;
    } else if (c == '"' || c == '\'') {
      const std::size_t end = in.find(c, at + 1);
      if (end == std::string_view::npos) return tl::unexpected(invalid("a string is not closed"));
      tokens.push_back({Token::text, std::string(in.substr(at + 1, end - at - 1))});
      at = end + 1;
    } else {
      std::size_t length = 1;
      for (const std::string_view two : {"==", "!=", "<=", ">=", "&&", "||"}) {
        if (in.substr(at, 2) == two) length = 2;
      }
      if (length == 1 && std::string_view("+-*/^()[],<>").find(c) == std::string_view::npos)
        return tl::unexpected(invalid(fmt::format("unexpected '{}'", c)));
      tokens.push_back({Token::symbol, std::string(in.substr(at, length))});
      at += length;
    }
  }
  tokens.push_back({});
  return tokens;
}

std::optional<double> apply(const std::string& op, double a, double b) {
  if (op == "+") return a + b;
  if (op == "-") return a - b;
  if (op == "*") return a * b;
  if (op == "/") return b == 0 ? std::nullopt : std::optional(a / b);
  if (op == "^") return std::pow(a, b);
  if (op == "==") return a == b;
  if (op == "!=") return a != b;
  if (op == "<") return a < b;
  if (op == ">") return a > b;
  if (op == "<=") return a <= b;
  if (op == ">=") return a >= b;
  if (op == "&&") return a != 0 && b != 0;
  return a != 0 || b != 0;
}

MetricPoints each(const MetricPoints& points, const auto& change) {
  MetricPoints out;
  for (const auto& [at, value] : points) {
    const std::optional<double> changed = change(value);
    if (changed && std::isfinite(*changed)) out.emplace(at, *changed);
  }
  return out;
}

Result<Value> combine(const std::string& op, const Value& left, const Value& right) {
  if (const auto* a = std::get_if<double>(&left)) {
    if (const auto* b = std::get_if<double>(&right)) {
      const auto value = apply(op, *a, *b);
      return value ? Value(*value) : Value(MetricPoints{});  // divided by zero
    }
    if (const auto* b = std::get_if<MetricPoints>(&right))
      return Value(each(*b, [&](double value) { return apply(op, *a, value); }));
  } else if (const auto* series = std::get_if<MetricPoints>(&left)) {
    if (const auto* b = std::get_if<double>(&right))
      return Value(each(*series, [&](double value) { return apply(op, value, *b); }));
    if (const auto* b = std::get_if<MetricPoints>(&right)) {
      MetricPoints out;
      for (const auto& [at, value] : *series) {
        const auto other = b->find(at);
        if (other == b->end()) continue;
        if (const auto result = apply(op, value, other->second)) out.emplace(at, *result);
      }
      return Value(std::move(out));
    }
  }
  // A list goes element by element with a number or a series, and with a list of the same length.
  const auto* many = std::get_if<List>(&left);
  const auto* others = std::get_if<List>(&right);
  if (many && others && many->size() != others->size()) return tl::unexpected(invalid("arrays of different lengths"));
  List out;
  for (std::size_t i = 0; i < (many ? many : others)->size(); ++i) {
    TRY(Value value, combine(op, many ? Value((*many)[i]) : left, others ? Value((*others)[i]) : right));
    out.push_back(std::get<MetricPoints>(std::move(value)));
  }
  return Value(std::move(out));
}

using Fold = double (*)(const std::vector<double>&);
double sum(const std::vector<double>& values) {
  double total = 0;
  for (const double value : values) total += value;
  return total;
}
Fold fold_of(const std::string& name) {
  if (name == "SUM") return sum;
  if (name == "AVG") return [](const std::vector<double>& values) { return sum(values) / static_cast<double>(values.size()); };
  if (name == "MIN") return [](const std::vector<double>& values) { return *std::ranges::min_element(values); };
  if (name == "MAX") return [](const std::vector<double>& values) { return *std::ranges::max_element(values); };
  return nullptr;
}

/// Of one series a number, of several a series.
Value fold(Fold how, const Value& value) {
  if (const auto* series = std::get_if<MetricPoints>(&value)) {
    std::vector<double> values;
    for (const auto& [at, one] : *series) values.push_back(one);
    return values.empty() ? Value(MetricPoints{}) : Value(how(values));
  }
  if (const auto* number = std::get_if<double>(&value)) return *number;
  std::map<Instant, std::vector<double>> by_time;
  for (const MetricPoints& series : std::get<List>(value)) {
    for (const auto& [at, one] : series) by_time[at].push_back(one);
  }
  MetricPoints out;
  for (const auto& [at, values] : by_time) out.emplace(at, how(values));
  return out;
}

MetricPoints filled(const MetricPoints& points, const std::vector<Instant>& grid, const std::string& how, double constant) {
  MetricPoints out = points;
  for (const Instant at : grid) {
    if (points.contains(at)) continue;
    const auto after = points.lower_bound(at);
    if (how.empty()) {
      out.emplace(at, constant);
    } else if (how == "REPEAT") {
      if (after != points.begin()) out.emplace(at, std::prev(after)->second);
    } else if (after != points.begin() && after != points.end()) {
      const auto before = std::prev(after);
      const double part = static_cast<double>((at - before->first).count()) /
                          static_cast<double>((after->first - before->first).count());
      out.emplace(at, before->second + part * (after->second - before->second));
    }
  }
  return out;
}

/// Recursive descent that computes as it reads.
class Evaluator {
 public:
  Evaluator(std::vector<Token> tokens, const MathContext& context) : tokens_(std::move(tokens)), context_(context) {}

  Result<Value> run() {
    TRY(Value value, either());
    if (here().kind != Token::end) return tl::unexpected(invalid("unexpected '" + here().text_ + "'"));
    return value;
  }

 private:
  const Token& here() const { return tokens_[at_]; }
  bool take(std::string_view symbol) {
    if (here().kind != Token::symbol || here().text_ != symbol) return false;
    ++at_;
    return true;
  }
  std::string take_any(std::initializer_list<std::string_view> symbols) {
    for (const std::string_view symbol : symbols) {
      if (take(symbol)) return std::string(symbol);
    }
    return {};
  }
  bool take_word(std::string_view word) {
    if (here().kind != Token::name || here().text_ != word) return false;
    ++at_;
    return true;
  }

  Result<Value> either() {
    if (++depth_ > kDepthMax) return tl::unexpected(invalid("it is nested too deeply"));
    TRY(Value left, both());
    while (take("||") || take_word("OR")) {
      TRY(Value right, both());
      TRY(left, combine("||", left, right));
    }
    --depth_;
    return left;
  }
  Result<Value> both() {
    TRY(Value left, comparison());
    while (take("&&") || take_word("AND")) {
      TRY(Value right, comparison());
      TRY(left, combine("&&", left, right));
    }
    return left;
  }
  Result<Value> comparison() {
    TRY(Value left, terms());
    for (std::string op = take_any({"==", "!=", "<=", ">=", "<", ">"}); !op.empty();
         op = take_any({"==", "!=", "<=", ">=", "<", ">"})) {
      TRY(Value right, terms());
      TRY(left, combine(op, left, right));
    }
    return left;
  }
  Result<Value> terms() {
    TRY(Value left, factors());
    for (std::string op = take_any({"+", "-"}); !op.empty(); op = take_any({"+", "-"})) {
      TRY(Value right, factors());
      TRY(left, combine(op, left, right));
    }
    return left;
  }
  Result<Value> factors() {
    TRY(Value left, power());
    for (std::string op = take_any({"*", "/"}); !op.empty(); op = take_any({"*", "/"})) {
      TRY(Value right, power());
      TRY(left, combine(op, left, right));
    }
    return left;
  }
  Result<Value> power() {
    if (++depth_ > kDepthMax) return tl::unexpected(invalid("it is nested too deeply"));
    Result<Value> value = power_inside();
    --depth_;
    return value;
  }
  Result<Value> power_inside() {
    if (take("-")) {
      TRY(Value value, power());
      return combine("*", Value(-1.0), value);
    }
    TRY(Value base, primary());
    if (!take("^")) return base;
    TRY(Value exponent, power());
    return combine("^", base, exponent);
  }

  Result<Value> primary() {
    const Token token = here();
    if (token.kind == Token::number) {
      ++at_;
      return Value(token.value);
    }
    if (take("(")) {
      TRY(Value value, either());
      if (!take(")")) return tl::unexpected(invalid("a ')' is missing"));
      return value;
    }
    if (take("[")) {
      List list;
      do {
        TRY(Value value, either());
        if (auto* one = std::get_if<MetricPoints>(&value)) list.push_back(std::move(*one));
        else if (auto* more = std::get_if<List>(&value)) std::ranges::move(*more, std::back_inserter(list));
        else return tl::unexpected(invalid("an array holds time series, not numbers"));
      } while (take(","));
      if (!take("]")) return tl::unexpected(invalid("a ']' is missing"));
      return Value(std::move(list));
    }
    if (token.kind != Token::name)
      return tl::unexpected(invalid(token.kind == Token::end ? "it ends too early" : "unexpected '" + token.text_ + "'"));
    ++at_;
    if (take("(")) return call(token.text_);
    if (std::isupper(static_cast<unsigned char>(token.text_[0])))
      return tl::unexpected(invalid(fmt::format("'{}' is not an id, which begins with a lowercase letter", token.text_)));
    const auto found = context_.series.find(token.text_);
    if (found == context_.series.end()) return tl::unexpected(invalid(fmt::format("there is no query with the id '{}'", token.text_)));
    last_period_ = found->second.period;
    const List& series = found->second.points;
    return series.size() == 1 ? Value(series.front()) : Value(series);
  }

  Result<Value> call(const std::string& name) {
    if (name == "METRICS") return metrics();
    if (name == "FILL") return fill();
    std::vector<Value> arguments;
    if (!take(")")) {
      do {
        if (here().kind == Token::text) return tl::unexpected(invalid(fmt::format("the function {} is not served by this engine", name)));
        TRY(Value value, either());
        arguments.push_back(std::move(value));
      } while (take(","));
      if (!take(")")) return tl::unexpected(invalid("a ')' is missing"));
    }
    const auto needs = [&](std::size_t count) { return arguments.size() == count; };
    const auto wrong = [&] { return tl::unexpected(invalid(name + " has other arguments")); };
    if (const Fold how = fold_of(name)) {
      if (!needs(1)) return wrong();
      return fold(how, arguments[0]);
    }
    if (name == "IF") return needs(2) || needs(3) ? choose(arguments) : wrong();
    if (name == "METRIC_COUNT") {
      if (!needs(1)) return wrong();
      const auto* list = std::get_if<List>(&arguments[0]);
      return Value(list ? static_cast<double>(list->size()) : 1.0);
    }
    if (name == "PERIOD") {
      if (!needs(1)) return wrong();
      return Value(static_cast<double>(last_period_));
    }
    if (name == "ABS" || name == "CEIL" || name == "FLOOR" || name == "DIFF" || name == "RATE") {
      if (!needs(1)) return wrong();
      return each_series(arguments[0], [&](const MetricPoints& points) { return transformed(name, points); });
    }
    return tl::unexpected(invalid(fmt::format("the function {} is not served by this engine", name)));
  }

  Result<Value> metrics() {
    std::string part;
    if (here().kind == Token::text) part = tokens_[at_++].text_;
    if (!take(")")) return tl::unexpected(invalid("a ')' is missing"));
    List list;
    for (const auto& [id, series] : context_.series) {
      if (!series.is_metric || id.find(part) == std::string::npos) continue;
      list.insert(list.end(), series.points.begin(), series.points.end());
      last_period_ = series.period;
    }
    return Value(std::move(list));
  }

  Result<Value> fill() {
    TRY(Value value, either());
    const int period = last_period_;
    if (!take(",")) return tl::unexpected(invalid("FILL has other arguments"));
    std::string how;
    MetricPoints by;
    double constant = 0;
    if (take_word("REPEAT")) how = "REPEAT";
    else if (take_word("LINEAR")) how = "LINEAR";
    else {
      TRY(Value given, either());
      if (const auto* number = std::get_if<double>(&given)) constant = *number;
      else if (const auto* series = std::get_if<MetricPoints>(&given)) {
        by = *series;
        how = "SERIES";
      } else return tl::unexpected(invalid("FILL has other arguments"));
    }
    if (!take(")")) return tl::unexpected(invalid("a ')' is missing"));
    const auto found = context_.grids.find(period);
    const std::vector<Instant> grid = found == context_.grids.end() ? std::vector<Instant>{} : found->second;
    return each_series(value, [&](const MetricPoints& points) {
      if (how != "SERIES") return filled(points, grid, how, constant);
      MetricPoints out = points;
      out.insert(by.begin(), by.end());
      return out;
    });
  }

  static Result<Value> choose(const std::vector<Value>& arguments) {
    const Value none = MetricPoints{};
    const Value& otherwise = arguments.size() == 3 ? arguments[2] : none;
    if (const auto* condition = std::get_if<double>(&arguments[0])) return *condition != 0 ? arguments[1] : otherwise;
    const auto* when = std::get_if<MetricPoints>(&arguments[0]);
    if (!when || std::holds_alternative<List>(arguments[1]) || std::holds_alternative<List>(otherwise))
      return tl::unexpected(invalid("IF takes numbers and single time series"));
    MetricPoints out;
    for (const auto& [at, condition] : *when) {
      const Value& from = condition != 0 ? arguments[1] : otherwise;
      if (const auto* number = std::get_if<double>(&from)) {
        out.emplace(at, *number);
      } else if (const auto& series = std::get<MetricPoints>(from); series.contains(at)) {
        out.emplace(at, series.at(at));
      }
    }
    return Value(std::move(out));
  }

  MetricPoints transformed(const std::string& name, const MetricPoints& points) const {
    if (name == "ABS") return each(points, [](double value) { return std::optional(std::abs(value)); });
    if (name == "CEIL") return each(points, [](double value) { return std::optional(std::ceil(value)); });
    if (name == "FLOOR") return each(points, [](double value) { return std::optional(std::floor(value)); });
    MetricPoints out;
    for (auto point = points.begin(); point != points.end(); ++point) {
      if (point == points.begin()) continue;
      const auto before = std::prev(point);
      const double change = point->second - before->second;
      const double elapsed = static_cast<double>((point->first - before->first).count()) / 1000 * context_.time_scale;
      out.emplace(point->first, name == "DIFF" ? change : change / elapsed);
    }
    return out;
  }

  template <class F>
  static Value each_series(const Value& value, F&& change) {
    if (const auto* series = std::get_if<MetricPoints>(&value)) return change(*series);
    List out;
    if (const auto* list = std::get_if<List>(&value)) {
      for (const MetricPoints& series : *list) out.push_back(change(series));
      return out;
    }
    // A number as a series of one; taken out again.
    const MetricPoints changed = change({{Instant{}, std::get<double>(value)}});
    return changed.empty() ? Value(0.0) : Value(changed.begin()->second);
  }

  std::vector<Token> tokens_;
  const MathContext& context_;
  std::size_t at_ = 0;
  int depth_ = 0, last_period_ = 60;
};

}  // namespace

Result<std::vector<MetricPoints>> evaluate_expression(std::string_view expression, const MathContext& context) {
  TRY(std::vector<Token> tokens, tokens_of(expression));
  TRY(Value value, Evaluator(std::move(tokens), context).run());
  if (auto* one = std::get_if<MetricPoints>(&value)) return std::vector<MetricPoints>{std::move(*one)};
  if (auto* list = std::get_if<List>(&value)) return std::move(*list);
  return tl::unexpected(invalid("its result must be a time series, and is a number"));
}

Result<std::vector<std::string>> ids_of_expression(std::string_view expression) {
  TRY(const std::vector<Token> tokens, tokens_of(expression));
  std::vector<std::string> ids;
  for (const Token& token : tokens) {
    if (token.kind != Token::name) continue;
    if (token.text_ == "METRICS") ids.emplace_back("*");
    if (std::islower(static_cast<unsigned char>(token.text_[0]))) ids.push_back(token.text_);
  }
  return ids;
}

namespace {

/// The longest of what it computes with.
int period_of(const std::string& expression, const SeriesById& series) {
  int period = 0;
  const auto ids = ids_of_expression(expression);
  for (const std::string& id : ids ? *ids : std::vector<std::string>{}) {
    for (const auto& [name, one] : series) {
      if (name == id || (id == "*" && one.is_metric)) period = std::max(period, one.period);
    }
  }
  return period;
}

/// A datapoint for each metric: what an expression refuses then, it always refuses.
MathContext sample_of(const std::vector<model::MetricQuery>& queries) {
  MathContext context;
  for (const model::MetricQuery& query : queries) {
    if (!query.expression.empty()) continue;
    context.series[query.id] = {.points = {{{Instant{}, 1}}}, .period = query.period, .is_metric = true};
  }
  return context;
}

}  // namespace

Result<SeriesById> shapes_of_queries(const std::vector<model::MetricQuery>& queries) {
  MathContext sample = sample_of(queries);
  TRY_VOID(evaluate_queries(queries, sample));
  return std::move(sample.series);
}

Result<void> evaluate_queries(const std::vector<model::MetricQuery>& queries, MathContext& context) {
  std::map<std::size_t, std::vector<std::string>> waiting;
  std::map<std::string, bool> known;  // whether its series is there
  for (std::size_t i = 0; i < queries.size(); ++i) {
    known[queries[i].id] = queries[i].expression.empty();
    if (queries[i].expression.empty()) continue;
    TRY(waiting[i], ids_of_expression(queries[i].expression));
  }
  for (bool moved = true; moved && !waiting.empty();) {
    moved = false;
    for (auto one = waiting.begin(); one != waiting.end();) {
      const bool ready = std::ranges::all_of(one->second, [&](const std::string& id) {
        const auto found = known.find(id);
        return id == "*" || found == known.end() || found->second;  // what is not there is told by evaluating
      });
      if (!ready) {
        ++one;
        continue;
      }
      const model::MetricQuery& query = queries[one->first];
      TRY(std::vector<MetricPoints> points, evaluate_expression(query.expression, context));
      const int period = period_of(query.expression, context.series);
      context.series[query.id] = {.points = std::move(points), .period = period};
      known[query.id] = moved = true;
      one = waiting.erase(one);
    }
  }
  if (waiting.empty()) return {};
  return tl::unexpected(invalid(fmt::format("that of '{}' depends on itself", queries[waiting.begin()->first].id)));
}

}  // namespace control
