// logs.db: the SQL of the log store. One object is one connection: the store's thread writes through one, its owner
// reads through another. Only log_store.cpp uses it.
#pragma once

#include <map>
#include <utility>

#include "state/database.h"
#include "state/log_store.h"

namespace state {

using LogTimes = std::map<std::pair<std::string, std::string>, LogStreamTimes>;  ///< by group and stream

class LogDatabase {
 public:
  /// An empty file name: in memory.
  static Result<std::unique_ptr<LogDatabase>> open(const std::filesystem::path& file, bool writes);
  LogDatabase(const LogDatabase&) = delete;
  LogDatabase& operator=(const LogDatabase&) = delete;

  int begin(bool synced);
  int commit();
  void rollback();
  bool lacks_space(int code) const { return out_of_space(connection_.get(), code); }
  std::string error() const { return sqlite3_errmsg(connection_.get()); }

  int append(const std::string& group, const std::string& stream, const std::vector<LogEvent>& events,
             std::int64_t now_ms, LogTimes& times);
  int delete_stream(const std::string& group, const std::string& stream);
  int delete_group(const std::string& group);
  int expire(const std::string& group, std::int64_t before_ms, LogTimes& times);
  std::int64_t total_bytes() const { return total_bytes_; }
  /// Drops the oldest until at most 95 % of bytes_max are left.
  int trim(std::int64_t bytes_max, LogTimes& times);
  /// Hands free pages back to the file system.
  void shrink();

  LogTimes load_times();
  LogPage read(const LogRead& query);

 private:
  LogDatabase(Connection connection) : connection_(std::move(connection)) {}
  struct Stream {
    std::int64_t id = 0, group = 0;
  };
  Stream stream(const std::string& group, const std::string& name, bool create);
  std::int64_t group(const std::string& name, bool create);
  int shorten(const std::map<std::int64_t, std::int64_t>& removed_bytes, LogTimes& times);
  int run(std::string_view sql, std::initializer_list<std::int64_t> numbers);
  Statement& prepared(std::string_view sql);

  Connection connection_;
  std::map<std::string, Statement, std::less<>> statements_;
  std::map<std::pair<std::string, std::string>, Stream> streams_;  ///< of the writing connection
  std::map<std::string, std::int64_t> groups_;
  std::int64_t total_bytes_ = 0;
};

}  // namespace state
