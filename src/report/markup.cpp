#include "report/markup.h"

#include <fmt/format.h>

#include <algorithm>

namespace report {

namespace {

/// Bytes of the UTF-8 character at the front; 0 if it is none.
std::size_t character_length(std::string_view text) {
  const auto lead = static_cast<unsigned char>(text[0]);
  if (lead < 0x80) return 1;
  const std::size_t length = lead >= 0xc2 && lead < 0xe0 ? 2 : lead >= 0xe0 && lead < 0xf0 ? 3 : lead >= 0xf0 && lead < 0xf5 ? 4 : 0;
  if (length == 0 || text.size() < length) return 0;
  unsigned code = lead & (0xffu >> (length + 1));
  for (std::size_t i = 1; i < length; ++i) {
    const auto next = static_cast<unsigned char>(text[i]);
    if ((next & 0xc0) != 0x80) return 0;
    code = code << 6 | (next & 0x3fu);
  }
  const bool overlong = (length == 3 && code < 0x800) || (length == 4 && code < 0x10000);
  const bool no_xml = (code >= 0xd800 && code < 0xe000) || code > 0x10ffff || code == 0xfffe || code == 0xffff;
  return overlong || no_xml ? 0 : length;
}

std::size_t characters(std::string_view text) {
  std::size_t count = 0;
  for (const char c : text) count += (static_cast<unsigned char>(c) & 0xc0) != 0x80;
  return count;
}

/// Byte offset of the character with this number.
std::size_t offset_of(std::string_view text, std::size_t character) {
  std::size_t at = 0;
  for (; at < text.size(); ++at) {
    if ((static_cast<unsigned char>(text[at]) & 0xc0) != 0x80 && character-- == 0) return at;
  }
  return at;
}

}  // namespace

std::string escape(std::string_view text) {
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t length = character_length(text.substr(at));
    const char c = text[at];
    if (length == 0 || (static_cast<unsigned char>(c) < 0x20 && c != '\n' && c != '\t') || c == 0x7f) {
      out += '?';
    } else if (c == '&') {
      out += "&amp;";
    } else if (c == '<') {
      out += "&lt;";
    } else if (c == '>') {
      out += "&gt;";
    } else if (c == '"') {
      out += "&quot;";
    } else if (c == '\'') {
      out += "&#39;";
    } else {
      out += text.substr(at, length);
    }
    at += std::max<std::size_t>(1, length);
  }
  return out;
}

double text_width(std::string_view text, double size) { return static_cast<double>(characters(text)) * size * 0.62; }

std::string fitted(std::string_view text, double size, double width) {
  const std::size_t count = characters(text), most = static_cast<std::size_t>(std::max(3.0, width / (size * 0.62)));
  if (count <= most) return std::string(text);
  const std::size_t tail = (most - 1) / 2, head = most - 1 - tail;
  return std::string(text.substr(0, offset_of(text, head))) + "…" + std::string(text.substr(offset_of(text, count - tail)));
}

std::string coordinate(double value) {
  std::string text = fmt::format("{:.1f}", value);
  if (text.ends_with(".0")) text.resize(text.size() - 2);
  return text == "-0" ? "0" : text;
}

void Svg::line(double x1, double y1, double x2, double y2, std::string_view css) {
  out_ += fmt::format("<line class=\"{}\" x1=\"{}\" y1=\"{}\" x2=\"{}\" y2=\"{}\"/>\n", css, coordinate(x1), coordinate(y1), coordinate(x2), coordinate(y2));
}

void Svg::rect(double x, double y, double width, double height, std::string_view css, double radius) {
  const std::string round = radius > 0 ? fmt::format(" rx=\"{}\"", coordinate(radius)) : "";
  out_ += fmt::format("<rect class=\"{}\" x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\"{}/>\n", css, coordinate(x), coordinate(y), coordinate(width),
                      coordinate(height), round);
}

void Svg::circle(double x, double y, double radius, std::string_view css) {
  out_ += fmt::format("<circle class=\"{}\" cx=\"{}\" cy=\"{}\" r=\"{}\"/>\n", css, coordinate(x), coordinate(y), coordinate(radius));
}

void Svg::path(std::string_view data, std::string_view css, std::string_view title) {
  out_ += fmt::format("<path class=\"{}\" d=\"{}\"><title>{}</title></path>\n", css, data, escape(title));
}

void Svg::text(double x, double y, std::string_view text, std::string_view css, Anchor anchor) {
  const char* where = anchor == Anchor::start ? "" : anchor == Anchor::middle ? " text-anchor=\"middle\"" : " text-anchor=\"end\"";
  out_ += fmt::format("<text class=\"{}\" x=\"{}\" y=\"{}\"{}>{}</text>\n", css, coordinate(x), coordinate(y), where, escape(text));
}

void Svg::open(std::string_view css, std::string_view title) {
  out_ += fmt::format("<g class=\"{}\"><title>{}</title>\n", css, escape(title));
}

void Svg::close() { out_ += "</g>\n"; }

}  // namespace report
