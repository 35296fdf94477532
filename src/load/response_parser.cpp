#include "load/response_parser.h"

#include <algorithm>
#include <cctype>

namespace load {

namespace {

constexpr std::size_t kMostHeader = 64 * 1024;  // servers send a few KiB; more is no HTTP server
constexpr std::uint64_t kMostBody = std::uint64_t{1} << 50;

bool same(std::string_view a, std::string_view b) {
  return a.size() == b.size() && std::equal(a.begin(), a.end(), b.begin(), [](unsigned char x, unsigned char y) {
           return std::tolower(x) == std::tolower(y);
         });
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t' || text.back() == '\r')) text.remove_suffix(1);
  return text;
}

/// Whether a comma-separated list holds the word.
bool lists(std::string_view value, std::string_view word) {
  for (std::size_t at = 0; at <= value.size();) {
    const std::size_t comma = std::min(value.find(',', at), value.size());
    if (same(trimmed(value.substr(at, comma - at)), word)) return true;
    at = comma + 1;
  }
  return false;
}

bool read_number(std::string_view text, unsigned base, std::uint64_t& value) {
  value = 0;
  if (text.empty()) return false;
  for (const char c : text) {
    const unsigned digit = c >= '0' && c <= '9'                ? static_cast<unsigned>(c - '0')
                           : (c | 0x20) >= 'a' && (c | 0x20) <= 'f' ? static_cast<unsigned>((c | 0x20) - 'a') + 10
                                                                    : 99;
    if (digit >= base || value > kMostBody) return false;
    value = value * base + digit;
  }
  return value <= kMostBody;
}

}  // namespace

void ResponseParser::begin(bool to_head) {
  part_ = Part::header;
  held_.clear();
  remaining_ = 0;
  status_ = 0;
  to_head_ = to_head;
  keep_alive_ = true;
  started_ = chunked_ = sized_ = false;
  left_ = 0;
}

ResponseParser::State ResponseParser::end() const { return part_ == Part::until_close ? State::done : State::more; }

ResponseParser::State ResponseParser::feed(std::string_view bytes) {
  started_ = started_ || !bytes.empty();
  while (!bytes.empty() && part_ != Part::finished) {
    const State state = part_ == Part::header ? take_header(bytes) : take_body(bytes);
    if (state == State::malformed) return state;
  }
  left_ = bytes.size();
  return part_ == Part::finished ? State::done : State::more;
}

ResponseParser::State ResponseParser::take_header(std::string_view& bytes) {
  constexpr std::string_view kEnd = "\r\n\r\n";
  std::string_view whole = bytes;
  std::size_t end = std::string_view::npos;
  if (held_.empty()) {
    end = bytes.find(kEnd);
  } else {
    const std::size_t before = held_.size();
    held_.append(bytes);
    whole = held_;
    end = whole.find(kEnd, before < kEnd.size() ? 0 : before - kEnd.size() + 1);
    if (end != std::string_view::npos) bytes.remove_prefix(end + kEnd.size() - before);
  }
  if (end == std::string_view::npos) {
    if (whole.size() > kMostHeader) return State::malformed;
    if (held_.empty()) held_.assign(bytes);
    bytes = {};
    return State::more;
  }
  if (held_.empty()) bytes.remove_prefix(end + kEnd.size());
  const bool good = read_header(whole.substr(0, end));
  held_.clear();
  return good ? State::more : State::malformed;
}

bool ResponseParser::read_header(std::string_view text) {
  // "HTTP/1.1 200 OK"
  if (text.size() < 12 || !text.starts_with("HTTP/1.") || (text[7] != '0' && text[7] != '1') || text[8] != ' ') return false;
  std::uint64_t status = 0;
  if (!read_number(text.substr(9, 3), 10, status) || status < 100 || status > 599) return false;
  if (text.size() > 12 && text[12] != ' ' && text[12] != '\r') return false;
  status_ = static_cast<int>(status);
  keep_alive_ = text[7] == '1';
  sized_ = chunked_ = false;
  remaining_ = 0;
  for (std::size_t at = text.find("\r\n"); at != std::string_view::npos;) {
    at += 2;
    const std::size_t next = text.find("\r\n", at);
    const std::string_view line = text.substr(at, next == std::string_view::npos ? next : next - at);
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos || colon == 0) return false;
    if (!read_field(line.substr(0, colon), trimmed(line.substr(colon + 1)))) return false;
    at = next;
  }
  return choose_body();
}

bool ResponseParser::read_field(std::string_view name, std::string_view value) {
  if (same(name, "content-length")) {
    std::uint64_t size = 0;
    if (!read_number(value, 10, size) || (sized_ && size != remaining_)) return false;
    remaining_ = size;
    sized_ = true;
  } else if (same(name, "transfer-encoding")) {
    if (!same(value, "chunked")) return false;
    chunked_ = true;
  } else if (same(name, "connection")) {
    if (lists(value, "close")) keep_alive_ = false;
    if (lists(value, "keep-alive")) keep_alive_ = true;
  }
  return true;
}

/// RFC 9112, 6.3.
bool ResponseParser::choose_body() {
  if (status_ == 101) return false;  // we asked for no upgrade
  if (status_ < 200) {
    part_ = Part::header;  // the real answer follows
    return true;
  }
  if (to_head_ || status_ == 204 || status_ == 304) {
    part_ = Part::finished;
  } else if (chunked_) {
    if (sized_) return false;  // two framings: nobody knows which one a proxy followed
    part_ = Part::chunk_size;
  } else if (sized_) {
    part_ = remaining_ == 0 ? Part::finished : Part::body;
  } else {
    part_ = Part::until_close;
    keep_alive_ = false;
  }
  return true;
}

ResponseParser::State ResponseParser::take_body(std::string_view& bytes) {
  if (part_ == Part::until_close) {
    bytes = {};
    return State::more;
  }
  if (part_ != Part::body && part_ != Part::chunk_data) return take_line(bytes);
  const std::size_t part = static_cast<std::size_t>(std::min<std::uint64_t>(bytes.size(), remaining_));
  bytes.remove_prefix(part);
  remaining_ -= part;
  if (remaining_ == 0) part_ = part_ == Part::body ? Part::finished : Part::chunk_end;
  return State::more;
}

/// The lines of a chunked body: a chunk's size, the empty line after its data, the trailer.
ResponseParser::State ResponseParser::take_line(std::string_view& bytes) {
  const std::size_t newline = bytes.find('\n');
  const std::size_t taken = newline == std::string_view::npos ? bytes.size() : newline + 1;
  held_.append(bytes.substr(0, taken));
  bytes.remove_prefix(taken);
  if (held_.size() > kMostHeader) return State::malformed;
  if (newline == std::string_view::npos) return State::more;
  std::string_view line = trimmed(std::string_view(held_).substr(0, held_.size() - 1));
  if (part_ == Part::chunk_end) {
    if (!line.empty()) return State::malformed;
    part_ = Part::chunk_size;
  } else if (part_ == Part::trailer) {
    if (line.empty()) part_ = Part::finished;
  } else {
    line = trimmed(line.substr(0, line.find(';')));  // what follows is an extension
    if (!read_number(line, 16, remaining_)) return State::malformed;
    part_ = remaining_ == 0 ? Part::trailer : Part::chunk_data;
  }
  held_.clear();
  return State::more;
}

}  // namespace load
