#include <fmt/format.h>
#include <sqlite3.h>

#include "platform/platform.hpp"

namespace holdfast::platform {

namespace {

struct Close {
    void operator()(sqlite3* db) const { sqlite3_close_v2(db); }
    void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
};
using Database = std::unique_ptr<sqlite3, Close>;
using Statement = std::unique_ptr<sqlite3_stmt, Close>;

class SqliteRows : public world::Rows {
public:
    SqliteRows(Database db, std::string path) : db_(std::move(db)), path_(std::move(path)) {}

    Result<void> prepare() {
        // secure_delete: what was deleted (kubeconfigs, passwords) is overwritten, not left in free pages.
        for (auto const* const sql :
             {"PRAGMA journal_mode=WAL", "PRAGMA synchronous=FULL", "PRAGMA secure_delete=ON",
              "PRAGMA busy_timeout=5000",
              "CREATE TABLE IF NOT EXISTS rows(key TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID"})
            if (sqlite3_exec(db_.get(), sql, nullptr, nullptr, nullptr) != SQLITE_OK) return refuse();
        put_ = statement("INSERT INTO rows(key, value) VALUES(?1, ?2) ON CONFLICT(key) DO UPDATE SET value = ?2");
        erase_ = statement("DELETE FROM rows WHERE key = ?1");
        if (!put_ || !erase_) return refuse();
        return {};
    }

    Result<std::vector<std::pair<std::string, std::string>>> load() override {
        std::vector<std::pair<std::string, std::string>> all;
        auto const query = statement("SELECT key, value FROM rows ORDER BY key");
        if (!query) return refuse();
        int step;
        while ((step = sqlite3_step(query.get())) == SQLITE_ROW)
            all.emplace_back(text(query.get(), 0), text(query.get(), 1));
        if (step != SQLITE_DONE) return refuse();
        return all;
    }

    Result<void> commit(std::span<world::RowChange const> changes) override {
        if (changes.empty()) return {};
        if (sqlite3_exec(db_.get(), "BEGIN IMMEDIATE", nullptr, nullptr, nullptr) != SQLITE_OK) return refuse();
        bool good = true;
        for (auto const& change : changes) {
            auto* const run = change.value ? put_.get() : erase_.get();
            sqlite3_bind_text(run, 1, change.key.data(), int(change.key.size()), SQLITE_STATIC);
            if (change.value) sqlite3_bind_blob64(run, 2, change.value->data(), change.value->size(), SQLITE_STATIC);
            good = sqlite3_step(run) == SQLITE_DONE;
            sqlite3_reset(run);
            sqlite3_clear_bindings(run);
            if (!good) break;
        }
        good = good && sqlite3_exec(db_.get(), "COMMIT", nullptr, nullptr, nullptr) == SQLITE_OK;
        if (good) return {};
        auto const failure = refuse();
        sqlite3_exec(db_.get(), "ROLLBACK", nullptr, nullptr, nullptr);
        return failure;
    }

private:
    Statement statement(char const* sql) {
        sqlite3_stmt* made = nullptr;
        sqlite3_prepare_v3(db_.get(), sql, -1, SQLITE_PREPARE_PERSISTENT, &made, nullptr);
        return Statement(made);
    }
    static std::string text(sqlite3_stmt* row, int column) {
        auto const* const bytes = static_cast<char const*>(sqlite3_column_blob(row, column));
        return bytes ? std::string(bytes, std::size_t(sqlite3_column_bytes(row, column))) : std::string();
    }
    tl::unexpected<base::Error> refuse() const {
        return base::fail(base::ErrorCode::unreadable,
                          fmt::format("{}: {}", base::printable(path_), sqlite3_errmsg(db_.get())),
                          "free space, check the permissions, or choose another folder with --state");
    }

    Database db_;
    std::string path_;
    Statement put_, erase_;
};

}  // namespace

Result<std::unique_ptr<world::Rows>> sqlite_rows(std::string path) {
    sqlite3* opened = nullptr;
    int const code = sqlite3_open_v2(path.c_str(), &opened,
                                     SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, nullptr);
    auto rows = std::make_unique<SqliteRows>(Database(opened), path);
    if (code != SQLITE_OK)
        return base::fail(base::ErrorCode::unreadable,
                          fmt::format("cannot open {}: {}", base::printable(path), sqlite3_errstr(code)),
                          "check the permissions, or choose another folder with --state");
    auto const prepared = rows->prepare();
    if (!prepared) return tl::unexpected(prepared.error());
    return rows;
}

}  // namespace holdfast::platform
