#include "state/reply_log.h"

namespace state {

ReplyLog::ReplyLog(Store& store) : table_(store, "replies") {
  table_.observe(*this);
  table_.take_changed();
}

std::optional<StoredReply> ReplyLog::find(const std::string& id) const {
  const StoredReply* reply = table_.find(id);
  return reply == nullptr ? std::nullopt : std::optional(*reply);
}

void ReplyLog::remember(StoredReply reply) {
  if (reply.bytes() > kReplyBytesMax) return;
  const Instant now = reply.at;
  table_.put(std::move(reply));
  while (by_age_.size() > kCountMax || bytes_ > kBytesMax || by_age_.begin()->first + kAgeMax < now) {
    table_.erase(std::string(by_age_.begin()->second));
  }
  table_.take_changed();
}

void ReplyLog::added(const StoredReply& reply) {
  by_age_.emplace(reply.at, reply.id);
  bytes_ += reply.bytes();
}

void ReplyLog::removed(const StoredReply& reply) {
  by_age_.erase({reply.at, reply.id});
  bytes_ -= reply.bytes();
}

}  // namespace state
