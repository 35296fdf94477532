// One kind of record, ordered by key, in memory. Used by services and the engine, on the owner thread only.
//
// Reads come from memory. Every change is remembered twice: as a key that changed (the tick looks at those), and as
// the record it replaced, until the Store says that the transaction is durable. So a failed handler, and a commit
// that a full disk refused, are undone to the byte, indexes included.
#pragma once

#include <cassert>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <ranges>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"

namespace state {

class Store;
using Commit = std::uint64_t;

/// One row of one transaction: what SQLite shall hold for the key; no record means it was erased.
struct RowWrite {
  int table = 0;
  std::string key;
  std::optional<std::string> record;
};

/// Defined in codec.h; instantiated for State's records in codec.cpp, so that nobody else pays for Boost.JSON.
template <class Record>
std::string encode(const Record& record);
template <class Record>
Result<Record> decode(std::string_view text);

/// What the Store sees of a table.
class TableBase {
 public:
  TableBase(Store& store, std::string name);
  TableBase(const TableBase&) = delete;
  TableBase& operator=(const TableBase&) = delete;
  virtual ~TableBase() = default;
  const std::string& name() const { return name_; }

 protected:
  /// Loads the stored rows. Throws std::runtime_error when one cannot be read: start-up only.
  void attach();
  void wrote();
  void looked();
  int number() const { return number_; }

 private:
  friend class Store;
  virtual Result<void> load(std::string key, std::string_view record) = 0;
  /// What was written since the last seal becomes transaction `commit`; its rows are appended if anybody wants them.
  virtual void seal(Commit commit, std::vector<RowWrite>* rows) = 0;
  virtual void forget_looked() = 0;
  virtual void settle(Commit durable) = 0;
  virtual void undo_pending() = 0;
  virtual void undo_unsettled() = 0;
  virtual void clear() = 0;

  Store& store_;
  std::string name_;
  int number_;
};

template <class Record>
class Table final : public TableBase {
 public:
  using Records = std::map<std::string, Record, std::less<>>;

  /// Follows every change, undone ones included: removed(old), then added(new).
  class Observer {
   public:
    virtual ~Observer() = default;
    virtual void added(const Record& record) = 0;
    virtual void removed(const Record& record) = 0;
  };

  Table(Store& store, std::string name) : TableBase(store, std::move(name)) { attach(); }

  /// Valid until the record is erased.
  const Record* find(std::string_view key) const {
    const auto found = records_.find(key);
    return found == records_.end() ? nullptr : &found->second;
  }
  const Records& all() const { return records_; }
  /// The records whose key starts with the prefix.
  auto range(std::string_view prefix) const {
    std::string after(prefix);  // the first key that is greater than all of them
    while (!after.empty() && static_cast<unsigned char>(after.back()) == 0xff) after.pop_back();
    if (!after.empty()) ++after.back();
    return std::ranges::subrange(records_.lower_bound(prefix),
                                 after.empty() ? records_.end() : records_.lower_bound(after));
  }
  std::size_t size() const { return records_.size(); }
  bool empty() const { return records_.empty(); }

  /// Inserts or replaces.
  void put(Record record) {
    std::string key(record.key());
    const auto found = records_.find(key);
    if (found == records_.end()) {
      touch(key, std::nullopt);
      added(records_.emplace(std::move(key), std::move(record)).first->second);
      return;
    }
    removed(found->second);
    touch(key, std::move(found->second));
    found->second = std::move(record);
    added(found->second);
  }

  /// change(Record&) must not change the key. False when there is no such record.
  template <class F>
  bool update(std::string_view key, F&& change) {
    const auto found = records_.find(key);
    if (found == records_.end()) return false;
    if (!pending_.contains(key)) pending_.emplace(found->first, found->second);
    changed_.insert(found->first);
    wrote();
    removed(found->second);
    std::forward<F>(change)(found->second);
    assert(found->second.key() == found->first);
    added(found->second);
    return true;
  }

  bool erase(std::string_view key) {
    const auto found = records_.find(key);
    if (found == records_.end()) return false;
    removed(found->second);
    touch(found->first, std::move(found->second));
    records_.erase(found);
    return true;
  }

  /// Keys that changed (were put, updated, erased, undone or, after a start, loaded) since the last call. If what the
  /// caller writes next is rolled back or refused, they count as changed again.
  std::set<std::string> take_changed() {
    if (!changed_.empty()) looked();
    looked_.insert(changed_.begin(), changed_.end());
    return std::exchange(changed_, {});
  }
  bool has_changed() const { return !changed_.empty(); }

  /// The observer is told of the records already there, and must outlive the table's use.
  void observe(Observer& observer) {
    observers_.push_back(&observer);
    for (const auto& [key, record] : records_) observer.added(record);
  }

 private:
  using Undo = std::map<std::string, std::optional<Record>, std::less<>>;
  struct Sealed {
    Commit commit;
    Undo undo;
    std::set<std::string> looked;
  };

  void touch(const std::string& key, std::optional<Record> before) {
    pending_.try_emplace(key, std::move(before));
    changed_.insert(key);
    wrote();
  }
  void added(const Record& record) {
    for (Observer* observer : observers_) observer->added(record);
  }
  void removed(const Record& record) {
    for (Observer* observer : observers_) observer->removed(record);
  }

  void undo(Undo& steps, std::set<std::string>& looked) {
    for (auto& [key, before] : steps) {
      if (const auto found = records_.find(key); found != records_.end()) {
        removed(found->second);
        if (!before) records_.erase(found);
      }
      if (before) added(records_.insert_or_assign(key, std::move(*before)).first->second);
      changed_.insert(key);
    }
    changed_.merge(looked);
    steps.clear();
    looked.clear();
  }

  Result<void> load(std::string key, std::string_view text) override {
    Result<Record> record = decode<Record>(text);
    if (!record) return tl::unexpected(record.error());
    if (record->key() != key) return fail("CorruptRecord", "the record belongs to another key");
    changed_.insert(key);
    records_.insert_or_assign(records_.end(), std::move(key), *std::move(record));
    return {};
  }
  void seal(Commit commit, std::vector<RowWrite>* rows) override {
    if (pending_.empty() && looked_.empty()) return;
    if (rows != nullptr) {
      for (const auto& [key, before] : pending_) {
        const Record* record = find(key);
        if (record == nullptr && !before) continue;  // came and went within the transaction
        rows->push_back({number(), key, record ? std::optional(encode(*record)) : std::nullopt});
      }
    }
    sealed_.push_back({commit, std::exchange(pending_, {}), std::exchange(looked_, {})});
  }
  void forget_looked() override { looked_.clear(); }
  void settle(Commit durable) override {
    while (!sealed_.empty() && sealed_.front().commit <= durable) sealed_.pop_front();
  }
  void undo_pending() override { undo(pending_, looked_); }
  void undo_unsettled() override {
    undo_pending();
    for (; !sealed_.empty(); sealed_.pop_back()) undo(sealed_.back().undo, sealed_.back().looked);
  }
  void clear() override {
    while (!records_.empty()) erase(std::string(records_.begin()->first));
  }

  Records records_;
  std::vector<Observer*> observers_;
  std::set<std::string> changed_, looked_;
  Undo pending_;               ///< first value of each key written since the last seal
  std::deque<Sealed> sealed_;  ///< queued, not yet durable; oldest first
};

}  // namespace state
