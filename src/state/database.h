// A SQLite database file of this engine: opened, checked, migrated. Used by the Store and the LogStore; one thread at
// a time.
#pragma once

#include <sqlite3.h>

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "state/store.h"

namespace state {

struct CloseDatabase {
  void operator()(sqlite3* handle) const { sqlite3_close_v2(handle); }
};
using Connection = std::unique_ptr<sqlite3, CloseDatabase>;

/// A prepared statement. bind() counts from 1; columns from 0.
class Statement {
 public:
  Statement(sqlite3* database, std::string_view sql, bool lasting = false);
  ~Statement() { sqlite3_finalize(handle_); }
  Statement(Statement&& other) noexcept : handle_(std::exchange(other.handle_, nullptr)) {}
  Statement& operator=(Statement&&) = delete;

  bool prepared() const { return handle_ != nullptr; }
  /// The text must live until the next reset().
  void bind(int index, std::string_view text) {
    sqlite3_bind_text64(handle_, index, text.data() ? text.data() : "", text.size(), SQLITE_STATIC, SQLITE_UTF8);
  }
  void bind(int index, std::int64_t number) { sqlite3_bind_int64(handle_, index, number); }
  void bind_real(int index, double number) { sqlite3_bind_double(handle_, index, number); }
  /// The bytes must live until the next reset().
  void bind_blob(int index, std::string_view bytes) {
    sqlite3_bind_blob64(handle_, index, bytes.data() ? bytes.data() : "", bytes.size(), SQLITE_STATIC);
  }
  int step() { return handle_ == nullptr ? SQLITE_ERROR : sqlite3_step(handle_); }
  int reset() { return sqlite3_reset(handle_); }
  std::string_view text(int column) const;
  std::int64_t number(int column) const { return sqlite3_column_int64(handle_, column); }
  double real(int column) const { return sqlite3_column_double(handle_, column); }
  std::string_view blob(int column) const {
    const auto* bytes = static_cast<const char*>(sqlite3_column_blob(handle_, column));
    return {bytes, bytes == nullptr ? 0 : static_cast<std::size_t>(sqlite3_column_bytes(handle_, column))};
  }
  bool null(int column) const { return sqlite3_column_type(handle_, column) == SQLITE_NULL; }

 private:
  sqlite3_stmt* handle_ = nullptr;
};

/// SQLITE_OK or the first error.
int execute(sqlite3* database, const std::string& sql);
/// A single number, as PRAGMAs answer it; -1 when there is none.
std::int64_t query_number(sqlite3* database, std::string_view sql);
/// "…: database disk image is malformed (11)"
std::string describe(sqlite3* database, std::string_view what);
/// The failure is for lack of space: full disk, quota or file size limit.
bool out_of_space(sqlite3* database, int code);

struct DatabaseSettings {
  std::filesystem::path file;
  std::string what;  ///< for messages: "the engine's state"
  bool full_sync = true;
  bool exclusive = true;  ///< one connection in the world
  int schema_version = 1;
  std::vector<Migration> migrations;
  bool must_exist = false;  ///< it was there before: an absent or empty file is a loss, not a beginning
};

/// Creates the file if it may, migrates an older one after a backup (`<file>.v<N>.bak`), refuses a newer one.
Result<Connection> open_database(const DatabaseSettings& settings);

/// Names the file, what is wrong and the newest backup beside it.
Error corrupt(const DatabaseSettings& settings, std::string_view detail);

}  // namespace state
