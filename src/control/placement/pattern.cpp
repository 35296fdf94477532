#include "control/placement/pattern.h"

namespace control {
namespace {
constexpr std::size_t kMaxProgram = 10'000;  // {m,n} multiplies; beyond this nobody means it
constexpr int kMaxRepeat = 200;
constexpr int kMaxNesting = 50;
using Set = std::bitset<256>;

Set range(unsigned char from, unsigned char to) {
  Set set;
  for (int c = from; c <= to; ++c) set.set(static_cast<std::size_t>(c));
  return set;
}
Set single(char c) { return range(static_cast<unsigned char>(c), static_cast<unsigned char>(c)); }
Set digits() { return range('0', '9'); }
Set word() { return digits() | range('a', 'z') | range('A', 'Z') | single('_'); }
Set space() { return single(' ') | range('\t', '\r'); }

Set escape(char c) {
  switch (c) {
    case 'd': return digits();
    case 'D': return ~digits();
    case 'w': return word();
    case 'W': return ~word();
    case 's': return space();
    case 'S': return ~space();
    case 't': return single('\t');
    case 'n': return single('\n');
    default: return single(c);
  }
}
}  // namespace

// Recursive descent to instructions; each parse_ function appends the code of what it read.
class PatternCompiler {
 public:
  explicit PatternCompiler(std::string_view source) : source_(source) {}

  Result<Pattern> run() {
    parse_alternatives();
    if (error_.empty() && at_ < source_.size()) error_ = "unexpected )";
    if (!error_.empty()) return fail("InvalidParameterException", "Invalid regular expression: " + error_ + ".");
    emit({Pattern::Op::kMatch});
    pattern_.program_ = std::move(code_);
    return std::move(pattern_);
  }

 private:
  using Op = Pattern::Op;
  using Code = std::vector<Pattern::Instruction>;

  bool more() const { return error_.empty() && at_ < source_.size(); }
  int here() const { return static_cast<int>(code_.size()); }
  void emit(Pattern::Instruction instruction) {
    if (code_.size() >= kMaxProgram) {
      error_ = "too large";
    } else {
      code_.push_back(instruction);
    }
  }
  void emit_set(const Set& set) {
    emit({Op::kClass, static_cast<int>(pattern_.sets_.size())});
    pattern_.sets_.push_back(set);
  }
  // Jumps are relative while parts are moved about: insert() shifts nothing else.
  void insert(std::size_t at, Pattern::Instruction instruction) {
    code_.insert(code_.begin() + static_cast<std::ptrdiff_t>(at), instruction);
  }

  void parse_alternatives() {
    if (++nesting_ > kMaxNesting) error_ = "nested too deeply";
    const std::size_t start = code_.size();
    parse_sequence();
    if (more() && source_[at_] == '|') {
      ++at_;
      const int left = here() - static_cast<int>(start);
      insert(start, {Op::kSplit, 1, left + 2});
      const std::size_t jump = code_.size();
      emit({Op::kJump, 0});
      parse_alternatives();
      if (error_.empty()) code_[jump].a = here() - static_cast<int>(jump);
    }
    --nesting_;
  }

  void parse_sequence() {
    while (more() && source_[at_] != '|' && source_[at_] != ')') parse_repeat();
  }

  void parse_repeat() {
    const std::size_t start = code_.size();
    parse_atom();
    while (more()) {
      int least = 0, most = -1;  // most -1: no limit
      const char c = source_[at_];
      if (c == '+') least = 1;
      else if (c == '?') most = 1;
      else if (c == '{') { if (!parse_bounds(least, most)) return; }
      else if (c != '*') return;
      if (c != '{') ++at_;
      if (more() && (source_[at_] == '?' || source_[at_] == '+')) ++at_;  // lazy, possessive: the same for a full match
      repeat(start, least, most);
    }
  }

  bool parse_bounds(int& least, int& most) {
    const std::size_t close = source_.find('}', at_);
    if (close == std::string_view::npos) { error_ = "{ without }"; return false; }
    const std::string text(source_.substr(at_ + 1, close - at_ - 1));
    at_ = close + 1;
    const std::size_t comma = text.find(',');
    const auto number = [&](const std::string& part) {
      if (part.empty() || part.size() > 3 || part.find_first_not_of("0123456789") != std::string::npos) return -2;
      return std::stoi(part);
    };
    least = number(text.substr(0, comma));
    most = comma == std::string::npos ? least : comma + 1 == text.size() ? -1 : number(text.substr(comma + 1));
    if (least < 0 || most == -2 || least > kMaxRepeat || most > kMaxRepeat || (most >= 0 && most < least)) {
      error_ = "bad repetition {" + text + "}";
      return false;
    }
    return true;
  }

  void repeat(std::size_t start, int least, int most) {
    const Code body(code_.begin() + static_cast<std::ptrdiff_t>(start), code_.end());
    code_.resize(start);
    const int size = static_cast<int>(body.size());
    const auto append_body = [&] { for (const auto& instruction : body) emit(instruction); };
    for (int i = 0; i < least && error_.empty(); ++i) append_body();
    if (most < 0) {
      emit({Op::kSplit, 1, size + 2});
      append_body();
      emit({Op::kJump, -(size + 1)});
    }
    for (int i = least; i < most && error_.empty(); ++i) {
      emit({Op::kSplit, 1, size + 1});
      append_body();
    }
  }

  void parse_atom() {
    const char c = source_[at_++];
    if (c == '(') {
      if (source_.substr(at_).starts_with("?:")) at_ += 2;
      parse_alternatives();
      if (!error_.empty()) return;
      if (at_ >= source_.size()) { error_ = "( without )"; return; }
      ++at_;
    } else if (c == '[') {
      parse_class();
    } else if (c == '.') {
      emit_set(~single('\n'));
    } else if (c == '\\') {
      if (at_ >= source_.size()) { error_ = "trailing \\"; return; }
      emit_set(escape(source_[at_++]));
    } else if (c == '^' || c == '$') {
      // The whole text is matched: anchors at the ends say nothing new.
    } else if (c == '*' || c == '+' || c == '?' || c == '{') {
      error_ = std::string("nothing to repeat before ") + c;
    } else {
      emit_set(single(c));
    }
  }

  void parse_class() {
    bool negated = false;
    if (at_ < source_.size() && source_[at_] == '^') { negated = true; ++at_; }
    Set set;
    for (bool first = true; at_ < source_.size() && (first || source_[at_] != ']'); first = false) {
      char c = source_[at_++];
      if (c == '\\' && at_ < source_.size()) {
        const Set escaped = escape(source_[at_]);
        c = source_[at_++];
        set |= escaped;
        if (escaped.count() != 1) continue;
      }
      if (at_ + 1 < source_.size() && source_[at_] == '-' && source_[at_ + 1] != ']') {
        const char to = source_[at_ + 1];
        if (static_cast<unsigned char>(to) < static_cast<unsigned char>(c)) { error_ = "bad range in []"; return; }
        set |= range(static_cast<unsigned char>(c), static_cast<unsigned char>(to));
        at_ += 2;
      } else {
        set |= single(c);
      }
    }
    if (at_ >= source_.size()) { error_ = "[ without ]"; return; }
    ++at_;
    emit_set(negated ? ~set : set);
  }

  std::string_view source_;
  std::size_t at_ = 0;
  int nesting_ = 0;
  std::string error_;
  Code code_;
  Pattern pattern_;
};

Result<Pattern> Pattern::compile(std::string_view source) { return PatternCompiler(source).run(); }

bool Pattern::matches(std::string_view text) const {
  const std::size_t size = program_.size();
  std::vector<std::size_t> current, next, stack;
  std::vector<std::size_t> seen(size, 0);
  std::size_t step = 0;
  bool matched = false;
  // Follows jumps and splits from `start`; what consumes a character goes on the list once.
  const auto add = [&](std::vector<std::size_t>& list, std::size_t start) {
    stack.push_back(start);
    while (!stack.empty()) {
      const std::size_t at = stack.back();
      stack.pop_back();
      if (seen[at] == step) continue;
      seen[at] = step;
      const Instruction& instruction = program_[at];
      const auto target = [&](int by) { return static_cast<std::size_t>(static_cast<std::ptrdiff_t>(at) + by); };
      if (instruction.op == Op::kMatch) matched = true;
      if (instruction.op == Op::kClass) list.push_back(at);
      if (instruction.op == Op::kJump || instruction.op == Op::kSplit) stack.push_back(target(instruction.a));
      if (instruction.op == Op::kSplit) stack.push_back(target(instruction.b));
    }
  };
  step = 1;
  add(current, 0);
  for (const char c : text) {
    ++step;
    matched = false;
    next.clear();
    for (const std::size_t at : current) {
      if (sets_[static_cast<std::size_t>(program_[at].a)].test(static_cast<unsigned char>(c))) add(next, at + 1);
    }
    current.swap(next);
    if (current.empty() && !matched) return false;
  }
  return matched;
}

}  // namespace control
