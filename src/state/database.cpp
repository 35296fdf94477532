#include "state/database.h"

#include <fmt/format.h>

#include <cerrno>

namespace state {

namespace fs = std::filesystem;

Statement::Statement(sqlite3* database, std::string_view sql, bool lasting) {
  sqlite3_prepare_v3(database, sql.data(), static_cast<int>(sql.size()), lasting ? SQLITE_PREPARE_PERSISTENT : 0,
                     &handle_, nullptr);
}

std::string_view Statement::text(int column) const {
  const auto* bytes = reinterpret_cast<const char*>(sqlite3_column_text(handle_, column));
  return bytes == nullptr ? std::string_view()
                          : std::string_view(bytes, static_cast<std::size_t>(sqlite3_column_bytes(handle_, column)));
}

int execute(sqlite3* database, const std::string& sql) {
  return sqlite3_exec(database, sql.c_str(), nullptr, nullptr, nullptr);
}

std::int64_t query_number(sqlite3* database, std::string_view sql) {
  Statement statement(database, sql);
  return statement.step() == SQLITE_ROW ? statement.number(0) : -1;
}

std::string describe(sqlite3* database, std::string_view what) {
  return fmt::format("{}: {} ({})", what, sqlite3_errmsg(database), sqlite3_extended_errcode(database));
}

bool out_of_space(sqlite3* database, int code) {
  if ((code & 0xff) == SQLITE_FULL) return true;
  if ((code & 0xff) != SQLITE_IOERR && (code & 0xff) != SQLITE_CANTOPEN) return false;
  const auto lack = [](int cause) { return cause == ENOSPC || cause == EDQUOT || cause == EFBIG; };
  if (lack(sqlite3_system_errno(database))) return true;
  // errno is overwritten while SQLite cleans up; the files remember theirs.
  for (const int which : {SQLITE_FCNTL_FILE_POINTER, SQLITE_FCNTL_JOURNAL_POINTER}) {
    sqlite3_file* file = nullptr;
    int cause = 0;
    if (sqlite3_file_control(database, "main", which, &file) != SQLITE_OK || file == nullptr) continue;
    if (file->pMethods == nullptr || file->pMethods->xFileControl == nullptr) continue;
    if (file->pMethods->xFileControl(file, SQLITE_FCNTL_LAST_ERRNO, &cause) == SQLITE_OK && lack(cause)) return true;
  }
  return false;
}

namespace {

fs::path backup_path(const DatabaseSettings& settings, std::int64_t version) {
  return settings.file.string() + fmt::format(".v{}.bak", version);
}

/// Makes `<file>.v<N>.bak`, complete or not at all.
Result<fs::path> back_up(sqlite3* source, const DatabaseSettings& settings, std::int64_t version) {
  const fs::path target = backup_path(settings, version);
  const fs::path partial = target.string() + ".partial";
  std::error_code ignored;
  fs::remove(partial, ignored);
  sqlite3* handle = nullptr;
  const int opened = sqlite3_open(partial.c_str(), &handle);
  Connection copy(handle);
  bool complete = false;
  if (opened == SQLITE_OK) {
    if (sqlite3_backup* backup = sqlite3_backup_init(handle, "main", source, "main")) {
      complete = sqlite3_backup_step(backup, -1) == SQLITE_DONE;
      sqlite3_backup_finish(backup);
    }
  }
  const std::string reason = handle == nullptr ? "out of memory" : sqlite3_errmsg(handle);
  copy.reset();
  std::error_code error;
  if (complete) fs::rename(partial, target, error);
  if (!complete || error) {
    fs::remove(partial, ignored);
    return fail("StateUnusable", fmt::format("cannot back up {} to {} before migrating it: {}; nothing was changed",
                                             settings.file.string(), target.string(),
                                             error ? error.message() : reason));
  }
  return target;
}

Result<void> migrate(sqlite3* database, const DatabaseSettings& settings, std::int64_t from) {
  TRY(fs::path backup, back_up(database, settings, from));
  int code = execute(database, "BEGIN IMMEDIATE");
  std::int64_t reached = from;
  for (const Migration& migration : settings.migrations) {
    if (code != SQLITE_OK || migration.to != reached + 1) continue;
    code = execute(database, migration.sql);
    reached = migration.to;
  }
  if (code == SQLITE_OK && reached != settings.schema_version) {
    execute(database, "ROLLBACK");
    return fail("StateUnusable", fmt::format("no migration leads from version {} to {} for {}", reached,
                                             settings.schema_version, settings.file.string()));
  }
  if (code == SQLITE_OK) code = execute(database, fmt::format("PRAGMA user_version={}", reached));
  if (code == SQLITE_OK) code = execute(database, "COMMIT");
  if (code == SQLITE_OK) return {};
  const std::string reason = sqlite3_errmsg(database);
  execute(database, "ROLLBACK");
  return fail("StateUnusable",
              fmt::format("migrating {} from version {} to {} failed: {}; it is unchanged, and {} is a copy of it",
                          settings.file.string(), from, settings.schema_version, reason, backup.string()));
}

Error unusable(sqlite3* database, const DatabaseSettings& settings) {
  const int code = sqlite3_extended_errcode(database);
  switch (code & 0xff) {
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB: return corrupt(settings, sqlite3_errmsg(database));
    case SQLITE_BUSY:
      return {"StateLocked", fmt::format("another program has {} ({}) open; close it and start again",
                                         settings.what, settings.file.string())};
    default:
      return {"StateUnusable", fmt::format("cannot open {} ({}): {}{}", settings.what, settings.file.string(),
                                           sqlite3_errmsg(database),
                                           out_of_space(database, code) ? "; free some space and start again" : "")};
  }
}

}  // namespace

Error corrupt(const DatabaseSettings& settings, std::string_view detail) {
  std::string help = "no backup of it was found beside it";
  for (std::int64_t version = settings.schema_version; version >= 0; --version) {
    if (const fs::path backup = backup_path(settings, version); fs::exists(backup)) {
      help = fmt::format("the newest backup is {} (version {})", backup.string(), version);
      break;
    }
  }
  return {"StateCorrupt", fmt::format("{} ({}) is damaged: {}; {}. Restore it, or move the directory away to start "
                                      "empty: nothing was changed",
                                      settings.what, settings.file.string(), detail, help)};
}

Result<Connection> open_database(const DatabaseSettings& settings) {
  std::error_code error;
  const auto size = fs::file_size(settings.file, error);
  if (settings.must_exist && (error || size == 0)) {
    return tl::unexpected(corrupt(settings, error ? "the file is missing" : "the file is empty"));
  }
  sqlite3* handle = nullptr;
  const int opened = sqlite3_open_v2(settings.file.c_str(), &handle,
                                     SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, nullptr);
  Connection connection(handle);
  if (opened != SQLITE_OK) return tl::unexpected(unusable(handle, settings));
  sqlite3_busy_timeout(handle, 1000);

  // An exclusive lock keeps the WAL index in memory instead of in a mapped file, which a
  // full disk could turn into SIGBUS.
  Statement version_query(handle, "PRAGMA user_version");
  if ((settings.exclusive && execute(handle, "PRAGMA locking_mode=EXCLUSIVE") != SQLITE_OK) ||
      version_query.step() != SQLITE_ROW) {
    return tl::unexpected(unusable(handle, settings));
  }
  const std::int64_t version = version_query.number(0);
  version_query.reset();
  if (version > settings.schema_version) {
    return fail("StateNewer", fmt::format("{} ({}) was written by a newer scaleout: it has version {}, this one knows "
                                          "up to {}. Use the newer scaleout, or another state directory",
                                          settings.what, settings.file.string(), version, settings.schema_version));
  }
  const bool fresh = query_number(handle, "SELECT count(*) FROM sqlite_schema") == 0;
  if (fresh && execute(handle, "PRAGMA auto_vacuum=INCREMENTAL") != SQLITE_OK) {
    return tl::unexpected(unusable(handle, settings));
  }
  for (const char* pragma : {"PRAGMA journal_mode=WAL", settings.full_sync ? "PRAGMA synchronous=FULL"
                                                                           : "PRAGMA synchronous=NORMAL",
                             "PRAGMA journal_size_limit=4194304", "PRAGMA cache_size=-512",
                             "PRAGMA temp_store=MEMORY"}) {
    if (execute(handle, pragma) != SQLITE_OK) return tl::unexpected(unusable(handle, settings));
  }
  if (version == settings.schema_version) return connection;
  if (fresh) {
    // A first table too: an empty file with a version would look fresh for ever.
    if (execute(handle, fmt::format("BEGIN IMMEDIATE; PRAGMA user_version={}; CREATE TABLE schema_history (version "
                                    "INTEGER PRIMARY KEY); INSERT INTO schema_history VALUES ({}); COMMIT",
                                    settings.schema_version, settings.schema_version)) != SQLITE_OK) {
      return tl::unexpected(unusable(handle, settings));
    }
    return connection;
  }
  if (auto migrated = migrate(handle, settings, version); !migrated) return tl::unexpected(migrated.error());
  return connection;
}

}  // namespace state
