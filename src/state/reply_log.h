// The answers already given, by the client's invocation id: a client that repeats a request because the engine died
// between commit and answer gets the first answer. Used by the Store. Bounded by count, bytes and age.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>

#include "base/time.h"
#include "state/table.h"

namespace state {

struct StoredReply {
  std::string id;  ///< the client's amz-sdk-invocation-id, with what the caller adds to it
  int status = 200;
  std::map<std::string, std::string> headers;
  std::string body;
  Instant at{};

  const std::string& key() const { return id; }
  std::size_t bytes() const { return id.size() + body.size() + 256; }
  template <class Self, class Field>
  static void visit(Self& self, Field&& field) {
    field("id", self.id);
    field("status", self.status);
    field("headers", self.headers);
    field("body", self.body);
    field("at", self.at);
  }
};

class ReplyLog final : public Table<StoredReply>::Observer {
 public:
  // A client gives up long before ten minutes; 8 MiB is what an idle engine may spend on it.
  static constexpr std::size_t kCountMax = 8192;
  static constexpr std::size_t kBytesMax = 8 << 20;
  static constexpr std::size_t kReplyBytesMax = 1 << 20;
  static constexpr Duration kAgeMax = minutes(10);

  explicit ReplyLog(Store& store);
  std::optional<StoredReply> find(const std::string& id) const;
  /// A reply of more than kReplyBytesMax is not kept.
  void remember(StoredReply reply);
  std::size_t count() const { return table_.size(); }
  std::size_t bytes() const { return bytes_; }

 private:
  void added(const StoredReply& reply) override;
  void removed(const StoredReply& reply) override;

  Table<StoredReply> table_;
  std::set<std::pair<Instant, std::string>> by_age_;
  std::size_t bytes_ = 0;
};

}  // namespace state
