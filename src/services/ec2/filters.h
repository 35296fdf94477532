// What every Describe of EC2 does: the records named or all, those that pass the filters, one page of them. Called by
// this service's handlers.
#pragma once

#include <fmt/format.h>

#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/ec2.h"
#include "services/context.h"
#include "services/page.h"

namespace services::ec2 {

inline constexpr std::string_view kInvalidToken = "InvalidNextToken";

using Filters = std::optional<std::vector<api::ec2::Filter>>;

/// What a record shows under one filter name. A name that a record can have but has not: no values.
struct Fact {
  std::string name;
  std::vector<std::string> values;
};
/// What EC2 documents and nothing here ever has: such a filter lets nothing through, and is no error.
void add_without_values(std::vector<Fact>& facts, std::initializer_list<const char*> names);
/// A member shown or not.
std::vector<std::string> values_of(const api::Optional<std::string>& member);
std::vector<std::string> values_of(const api::Optional<bool>& member);
std::vector<std::string> values_of(const api::Optional<int>& member);
std::vector<std::string> values_of(const api::Optional<api::Timestamp>& member);

/// Values of a filter are or'ed, filters and'ed; `*` and `?` are wildcards. tag:KEY, tag-key and tag-value read `tags`.
/// InvalidParameterValue for a name that is not among the facts.
Result<bool> passes(const Filters& filters, const std::vector<Fact>& facts, const model::Tags& tags);

struct Wanted {
  const std::optional<std::vector<std::string>>& ids;
  const Filters& filters;
  const std::optional<std::string>& token;
  std::optional<int> limit;
  const char* not_found_code;
  const char* not_found_text;  ///< with {} for the id
};

/// shows(record) for each record of the page; answers the token of the next one. facts_of(record) is asked only if
/// there are filters.
template <class Record, class FactsOf, class Shows>
Result<std::optional<std::string>> describe(const state::Table<Record>& table, const Wanted& wanted, FactsOf&& facts_of,
                                            Shows&& shows) {
  constexpr int kUnlimited = 100'000;
  std::set<std::string> named;
  if (wanted.ids) {
    for (const std::string& id : *wanted.ids) {
      if (!table.find(id)) return fail(wanted.not_found_code, fmt::format(fmt::runtime(wanted.not_found_text), id));
      named.insert(id);
    }
  }
  TRY(Page page, Page::open(wanted.token, static_cast<std::size_t>(wanted.limit.value_or(kUnlimited)), kInvalidToken));
  for (const auto& [key, record] : table.all()) {
    if (!named.empty() && !named.contains(key)) continue;
    if (wanted.filters && !wanted.filters->empty()) {
      TRY(const bool passed, passes(wanted.filters, facts_of(record), record.tags));
      if (!passed) continue;
    }
    if (page.take(key)) shows(record);
    if (page.full()) break;
  }
  return page.next_token();
}

}  // namespace services::ec2
