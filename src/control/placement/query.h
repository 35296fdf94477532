// The cluster query language: expressions of memberOf constraints and of ListContainerInstances' filter. Services parse
// it to validate a request; placement evaluates it on each node.
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/cluster-query-language.html
// Always holds: parsing and matching are bounded (length, depth, steps of a regular expression) whatever the input.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"
#include "control/placement/node_view.h"

namespace control {

class Query {
 public:
  static constexpr std::size_t kMaxLength = 2000;  // the API's limit
  static constexpr int kMaxDepth = 50;             // parentheses and negations; recursion must not follow the input

  /// InvalidParameterException with what is wrong and where.
  static Result<Query> parse(std::string_view text);
  bool matches(const NodeView& node) const;
  /// False if the answer changes as tasks are placed: it must then be asked again for each task.
  bool fixed() const { return fixed_; }

  struct Node;  // syntax tree, see query.cpp

 private:
  Query(std::shared_ptr<const Node> root, bool fixed) : root_(std::move(root)), fixed_(fixed) {}
  // Shared because a parsed query is an immutable value that is copied.
  std::shared_ptr<const Node> root_;
  bool fixed_;
};

}  // namespace control
