#include <boost/asio/awaitable.hpp>
#include <set>

#include "world/world.hpp"

namespace holdfast::world {

std::optional<std::string_view> find(Headers const& headers, std::string_view name) {
    for (auto const& header : headers)
        if (base::same_text(header.name, name)) return header.value;
    return std::nullopt;
}

namespace {

class MemoryFiles : public Files {
public:
    explicit MemoryFiles(std::map<std::string, std::string> content)
        : content_(std::make_shared<Content>(std::move(content))), held_(std::make_shared<std::set<std::string>>()) {}

    Result<std::string> read(std::string path) override {
        auto const it = content_->find(path);
        if (it == content_->end()) return base::fail(base::ErrorCode::unreadable, path + ": no such file");
        return it->second;
    }
    Result<void> write(std::string path, std::string_view content, Privacy) override {
        (*content_)[path] = std::string(content);
        return {};
    }
    Result<std::unique_ptr<AppendFile>> open_append(std::string path, Privacy) override {
        (*content_)[path];
        return std::make_unique<Append>(content_, std::move(path));
    }
    bool exists(std::string path) override { return content_->contains(path) || is_folder(path); }
    bool is_folder(std::string path) override {
        auto const prefix = path + "/";
        auto const it = content_->lower_bound(prefix);
        return it != content_->end() && it->first.starts_with(prefix);
    }
    Result<std::vector<std::string>> list(std::string folder) override {
        std::set<std::string> names;
        auto const prefix = folder + "/";
        for (auto it = content_->lower_bound(prefix); it != content_->end() && it->first.starts_with(prefix); ++it)
            names.insert(it->first.substr(prefix.size(), it->first.find('/', prefix.size()) - prefix.size()));
        return std::vector<std::string>(names.begin(), names.end());
    }
    Result<void> remove(std::string path) override {
        content_->erase(path);
        return {};
    }
    Result<std::unique_ptr<FileLock>> lock(std::string path) override {
        if (!held_->insert(path).second) return base::fail(base::ErrorCode::conflict, path + " is locked");
        return std::make_unique<Held>(held_, std::move(path));
    }

private:
    using Content = std::map<std::string, std::string>;
    // Shared with open append files and locks: like a disk, it outlives the handle that opened it.
    struct Append : AppendFile {
        Append(std::shared_ptr<Content> c, std::string p) : content(std::move(c)), path(std::move(p)) {}
        Result<void> append(std::string_view bytes) override {
            (*content)[path] += bytes;
            return {};
        }
        std::shared_ptr<Content> content;
        std::string path;
    };
    struct Held : FileLock {
        Held(std::shared_ptr<std::set<std::string>> h, std::string p) : held(std::move(h)), path(std::move(p)) {}
        ~Held() override { held->erase(path); }
        std::shared_ptr<std::set<std::string>> held;
        std::string path;
    };
    std::shared_ptr<Content> content_;
    std::shared_ptr<std::set<std::string>> held_;
};

class MemoryRows : public Rows {
public:
    Result<std::vector<std::pair<std::string, std::string>>> load() override {
        return std::vector<std::pair<std::string, std::string>>(rows_.begin(), rows_.end());
    }
    Result<void> commit(std::span<RowChange const> changes) override {
        for (auto const& change : changes) {
            if (change.value) rows_[change.key] = *change.value;
            else rows_.erase(change.key);
        }
        return {};
    }

private:
    std::map<std::string, std::string> rows_;
};

class FixedEnvironment : public Environment {
public:
    explicit FixedEnvironment(std::map<std::string, std::string> values) : values_(std::move(values)) {}
    std::optional<std::string> get(std::string_view name) const override {
        auto const it = values_.find(std::string(name));
        return it == values_.end() ? std::nullopt : std::optional(it->second);
    }

private:
    std::map<std::string, std::string> values_;
};

class NoPrograms : public Programs {
public:
    Task<Result<ProgramResult>> run(Program program) override {
        auto const what = program.arguments.empty() ? std::string("nothing") : program.arguments.front();
        co_return base::fail(base::ErrorCode::unreadable, what + ": programs cannot be started here");
    }
};

}  // namespace

std::unique_ptr<Files> memory_files(std::map<std::string, std::string> content) {
    return std::make_unique<MemoryFiles>(std::move(content));
}
std::unique_ptr<Rows> memory_rows() { return std::make_unique<MemoryRows>(); }
std::unique_ptr<Environment> fixed_environment(std::map<std::string, std::string> values) {
    return std::make_unique<FixedEnvironment>(std::move(values));
}
std::unique_ptr<Programs> no_programs() { return std::make_unique<NoPrograms>(); }

}  // namespace holdfast::world
