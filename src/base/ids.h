// Typed names: a TaskId cannot be passed where a ServiceName is meant.
#pragma once

#include <compare>
#include <functional>
#include <string>

template <class Tag>
struct Id {
  std::string text;
  auto operator<=>(const Id&) const = default;
  bool operator==(const Id&) const = default;
  bool empty() const { return text.empty(); }
};

template <class Tag>
struct std::hash<Id<Tag>> {
  std::size_t operator()(const Id<Tag>& id) const { return std::hash<std::string>()(id.text); }
};
