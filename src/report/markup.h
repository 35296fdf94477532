// Writes SVG and HTML. Every text goes through escape(): names come from users. Pure.
#pragma once

#include <string>
#include <string_view>

namespace report {

/// For text and for attributes in double quotes. Control characters, which XML cannot hold, and broken UTF-8 become "?".
std::string escape(std::string_view text);

/// About how wide the text is at this font size: an upper estimate for DejaVu Sans.
double text_width(std::string_view text, double size);
/// Cut in the middle to fit, with "…" there: the ends of AWS's names tell them apart.
std::string fitted(std::string_view text, double size, double width);

class Svg {
 public:
  enum class Anchor { start, middle, end };

  void line(double x1, double y1, double x2, double y2, std::string_view css);
  void rect(double x, double y, double width, double height, std::string_view css, double radius = 0);
  void circle(double x, double y, double radius, std::string_view css);
  /// `data`: of a path. `title`: what a pointer shows over it.
  void path(std::string_view data, std::string_view css, std::string_view title);
  void text(double x, double y, std::string_view text, std::string_view css, Anchor anchor = Anchor::start);
  void open(std::string_view css, std::string_view title);
  void close();

  const std::string& written() const { return out_; }

 private:
  std::string out_;
};

/// A coordinate: one digit after the point, none if it is 0.
std::string coordinate(double value);

}  // namespace report
