// Secondary indexes over a table: the primary keys of the records that share a value. Kept by the table itself, through
// undo too, so they are never stale. Index: one value a record; MultiIndex: any number.
#pragma once

#include <functional>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "state/table.h"

namespace state {

template <class Record>
class Index final : public Table<Record>::Observer {
 public:
  /// value_of: "" keeps a record out.
  using ValueOf = std::function<std::string(const Record&)>;
  Index(Table<Record>& table, ValueOf value_of) : value_of_(std::move(value_of)) { table.observe(*this); }
  Index(const Index&) = delete;
  Index& operator=(const Index&) = delete;

  /// In order. Changing the table invalidates it: copy the set before writing to the table in a loop over it.
  const std::set<std::string>& keys(std::string_view value) const {
    static const std::set<std::string> none;
    const auto found = entries_.find(value);
    return found == entries_.end() ? none : found->second;
  }
  const std::map<std::string, std::set<std::string>, std::less<>>& all() const { return entries_; }

 private:
  void added(const Record& record) override {
    std::string value = value_of_(record);
    if (!value.empty()) entries_[std::move(value)].insert(std::string(record.key()));
  }
  void removed(const Record& record) override {
    const auto found = entries_.find(value_of_(record));
    if (found == entries_.end()) return;
    found->second.erase(std::string(record.key()));
    if (found->second.empty()) entries_.erase(found);
  }

  ValueOf value_of_;
  std::map<std::string, std::set<std::string>, std::less<>> entries_;
};

template <class Record>
class MultiIndex final : public Table<Record>::Observer {
 public:
  using ValuesOf = std::function<std::vector<std::string>(const Record&)>;
  MultiIndex(Table<Record>& table, ValuesOf values_of) : values_of_(std::move(values_of)) { table.observe(*this); }
  MultiIndex(const MultiIndex&) = delete;
  MultiIndex& operator=(const MultiIndex&) = delete;

  /// As Index::keys.
  const std::set<std::string>& keys(std::string_view value) const {
    static const std::set<std::string> none;
    const auto found = entries_.find(value);
    return found == entries_.end() ? none : found->second;
  }

 private:
  void added(const Record& record) override {
    for (std::string& value : values_of_(record)) entries_[std::move(value)].insert(std::string(record.key()));
  }
  void removed(const Record& record) override {
    for (const std::string& value : values_of_(record)) {
      const auto found = entries_.find(value);
      if (found == entries_.end()) continue;
      found->second.erase(std::string(record.key()));
      if (found->second.empty()) entries_.erase(found);
    }
  }

  ValuesOf values_of_;
  std::map<std::string, std::set<std::string>, std::less<>> entries_;
};

}  // namespace state
