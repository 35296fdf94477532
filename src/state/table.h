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
#include <memory>
#include <optional>
#include <ranges>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
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

/// What the Store sees of a table: the journal of what changed, which is the same for every kind of record.
class TableBase {
 public:
  TableBase(Store& store, std::string name);
  TableBase(const TableBase&) = delete;
  TableBase& operator=(const TableBase&) = delete;
  virtual ~TableBase();
  const std::string& name() const { return name_; }

  /// Keys that changed (were put, updated, erased, undone or, after a start, loaded) since the last call. If what the
  /// caller writes next is rolled back or refused, they count as changed again.
  std::set<std::string> take_changed();
  bool has_changed() const { return !changed_.empty(); }

 protected:
  /// A record as it was, of the type that its table knows; null: there was none.
  using Before = std::unique_ptr<void, void (*)(void*)>;

  /// Loads the stored rows. Throws std::runtime_error when one cannot be read: start-up only.
  void attach();
  /// Whether the journal lacks the key's record as it was when the pending transaction began.
  bool first_touch(std::string_view key) const { return !pending_.contains(key); }
  /// The key changed. `before` counts at its first touch only.
  void touch(const std::string& key, Before before);

  /// The record of the key, null: none. Keys of an ordered map are strings all over the heap: a look-up by hash costs a
  /// tenth, and look-ups are most of what ticks and requests do.
  void* known(std::string_view key) const {
    const auto found = by_key_.find(key);
    return found == by_key_.end() ? nullptr : found->second;
  }
  /// `key` lives as long as the record does.
  void learn(std::string_view key, void* record) { by_key_.insert_or_assign(key, record); }
  void unlearn(std::string_view key) { by_key_.erase(key); }

 private:
  friend class Store;
  using Undo = std::map<std::string, Before, std::less<>>;
  struct Sealed {
    Commit commit;
    Undo undo;
    std::set<std::string> looked;
  };

  virtual Result<void> load(std::string key, std::string_view record) = 0;
  virtual std::optional<std::string> encoded(const std::string& key) const = 0;  // none: no such record
  virtual void restore(const std::string& key, void* before) = 0;                // null: erases
  virtual void clear() = 0;

  Result<void> load_row(std::string key, std::string_view record);
  /// What was written since the last seal becomes transaction `commit`; its rows are appended if anybody wants them.
  void seal(Commit commit, std::vector<RowWrite>* rows);
  void forget_looked() { looked_.clear(); }
  void settle(Commit durable);
  void undo(Undo& steps, std::set<std::string>& looked);
  void undo_pending() { undo(pending_, looked_); }
  void undo_unsettled();

  Store& store_;
  std::string name_;
  int number_;
  std::unordered_map<std::string_view, void*> by_key_;
  std::set<std::string> changed_, looked_;
  Undo pending_;               ///< first value of each key written since the last seal
  std::deque<Sealed> sealed_;  ///< queued, not yet durable; oldest first
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

  Table(Store& store, std::string name);

  /// Valid until the record is erased.
  const Record* find(std::string_view key) const;
  const Records& all() const { return records_; }
  /// The records whose key starts with the prefix.
  std::ranges::subrange<typename Records::const_iterator> range(std::string_view prefix) const;
  std::size_t size() const { return records_.size(); }
  bool empty() const { return records_.empty(); }

  /// Inserts or replaces.
  void put(Record record);

  /// change(Record&) must not change the key. False when there is no such record.
  template <class F>
  bool update(std::string_view key, F&& change) {
    Record* record = begin_update(key);
    if (record == nullptr) return false;
    std::forward<F>(change)(*record);
    end_update(key, *record);
    return true;
  }

  bool erase(std::string_view key);

  /// The observer is told of the records already there, and must outlive the table's use.
  void observe(Observer& observer);

 private:
  Record& insert(std::string key, Record record);
  void remove(typename Records::iterator at);
  Record* begin_update(std::string_view key);
  void end_update(std::string_view key, const Record& record);
  void added(const Record& record);
  void removed(const Record& record);
  static Before keep(Record record);

  Result<void> load(std::string key, std::string_view text) override;
  std::optional<std::string> encoded(const std::string& key) const override;
  void restore(const std::string& key, void* before) override;
  void clear() override;

  Records records_;
  std::vector<Observer*> observers_;
};

// Not in the class, so that a header that says `extern template` (state.h does) spares its readers from compiling them.

template <class Record>
Table<Record>::Table(Store& store, std::string name) : TableBase(store, std::move(name)) {
  attach();
}

template <class Record>
const Record* Table<Record>::find(std::string_view key) const {
  return static_cast<const Record*>(known(key));
}

template <class Record>
auto Table<Record>::range(std::string_view prefix) const -> std::ranges::subrange<typename Records::const_iterator> {
  std::string after(prefix);  // the first key that is greater than all of them
  while (!after.empty() && static_cast<unsigned char>(after.back()) == 0xff) after.pop_back();
  if (!after.empty()) ++after.back();
  return {records_.lower_bound(prefix), after.empty() ? records_.end() : records_.lower_bound(after)};
}

template <class Record>
void Table<Record>::put(Record record) {
  std::string key(record.key());
  auto* present = static_cast<Record*>(known(key));
  if (present != nullptr) removed(*present);
  touch(key, present == nullptr ? Before(nullptr, nullptr) : keep(std::move(*present)));
  if (present == nullptr) {
    added(insert(std::move(key), std::move(record)));
  } else {
    added(*present = std::move(record));
  }
}

template <class Record>
bool Table<Record>::erase(std::string_view key) {
  const auto found = records_.find(key);
  if (found == records_.end()) return false;
  removed(found->second);
  touch(found->first, keep(std::move(found->second)));
  remove(found);
  return true;
}

template <class Record>
Record& Table<Record>::insert(std::string key, Record record) {
  const auto at = records_.insert_or_assign(records_.end(), std::move(key), std::move(record));
  learn(at->first, &at->second);
  return at->second;
}

template <class Record>
void Table<Record>::remove(typename Records::iterator at) {
  unlearn(at->first);
  records_.erase(at);
}

template <class Record>
void Table<Record>::observe(Observer& observer) {
  observers_.push_back(&observer);
  for (const auto& [key, record] : records_) observer.added(record);
}

template <class Record>
Record* Table<Record>::begin_update(std::string_view key) {
  auto* present = static_cast<Record*>(known(key));
  if (present == nullptr) return nullptr;
  touch(std::string(key), first_touch(key) ? keep(*present) : Before(nullptr, nullptr));
  removed(*present);
  return present;
}

template <class Record>
void Table<Record>::end_update([[maybe_unused]] std::string_view key, const Record& record) {
  assert(record.key() == key);
  added(record);
}

template <class Record>
void Table<Record>::added(const Record& record) {
  for (Observer* observer : observers_) observer->added(record);
}

template <class Record>
void Table<Record>::removed(const Record& record) {
  for (Observer* observer : observers_) observer->removed(record);
}

template <class Record>
TableBase::Before Table<Record>::keep(Record record) {
  return {new Record(std::move(record)), [](void* kept) { delete static_cast<Record*>(kept); }};
}

template <class Record>
Result<void> Table<Record>::load(std::string key, std::string_view text) {
  Result<Record> record = decode<Record>(text);
  if (!record) return tl::unexpected(record.error());
  if (record->key() != key) return fail("CorruptRecord", "the record belongs to another key");
  insert(std::move(key), *std::move(record));
  return {};
}

template <class Record>
std::optional<std::string> Table<Record>::encoded(const std::string& key) const {
  const Record* record = find(key);
  return record != nullptr ? std::optional(encode(*record)) : std::nullopt;
}

template <class Record>
void Table<Record>::restore(const std::string& key, void* before) {
  if (const auto found = records_.find(key); found != records_.end()) {
    removed(found->second);
    if (before == nullptr) remove(found);
  }
  if (before != nullptr) added(insert(key, std::move(*static_cast<Record*>(before))));
}

template <class Record>
void Table<Record>::clear() {
  while (!records_.empty()) erase(std::string(records_.begin()->first));
}

}  // namespace state
