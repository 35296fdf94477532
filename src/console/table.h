// Rows of text in columns, for what people read on a terminal. Used by the renderings of this room. Pure.
#pragma once

#include <string>
#include <vector>

namespace console {

class Table {
 public:
  enum class Align { left, right };
  struct Column {
    std::string title;
    Align align = Align::left;
  };
  explicit Table(std::vector<Column> columns) : columns_(std::move(columns)) {}
  /// As many cells as columns.
  void add(std::vector<std::string> cells) { rows_.push_back(std::move(cells)); }
  bool empty() const { return rows_.empty(); }
  /// A line of titles, then a line a row; no blanks at the ends of lines.
  std::string text() const;

 private:
  std::vector<Column> columns_;
  std::vector<std::vector<std::string>> rows_;
};

/// How many columns of a terminal the text takes: characters, not bytes, of UTF-8.
std::size_t display_width(const std::string& text);

}  // namespace console
