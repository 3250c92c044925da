#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>

#include "platform/platform.hpp"

namespace holdfast::platform {

namespace {

namespace fs = std::filesystem;

/// Owns one file descriptor.
class Descriptor {
public:
    explicit Descriptor(int fd) : fd_(fd) {}
    Descriptor(Descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
    Descriptor& operator=(Descriptor&&) = delete;
    ~Descriptor() {
        if (fd_ >= 0) ::close(fd_);
    }
    int get() const { return fd_; }
    bool good() const { return fd_ >= 0; }

private:
    int fd_;
};

tl::unexpected<base::Error> refuse(std::string const& path, std::string_view doing) {
    int const cause = errno;
    return base::fail(base::ErrorCode::unreadable,
                      fmt::format("cannot {} {}: {}", doing, base::printable(path), std::strerror(cause)),
                      cause == ENOSPC                     ? "free space on that disk and try again"
                      : cause == EACCES || cause == EROFS ? "choose a folder you may write to with --state"
                                                          : "");
}

bool write_all(int fd, std::string_view bytes) {
    while (!bytes.empty()) {
        auto const written = ::write(fd, bytes.data(), bytes.size());
        if (written < 0 && errno == EINTR) continue;
        if (written < 0) return false;
        bytes.remove_prefix(std::size_t(written));
    }
    return true;
}

mode_t mode(world::Privacy privacy) { return privacy == world::Privacy::owner_only ? 0600 : 0644; }

Result<void> make_folder_of(std::string const& path) {
    auto const folder = fs::path(path).parent_path();
    if (folder.empty()) return {};
    std::error_code failure;
    fs::create_directories(folder, failure);
    if (failure) {
        errno = failure.value();
        return refuse(folder.string(), "make the folder");
    }
    return {};
}
/// A new name is durable only once its folder is.
void flush_folder_of(std::string const& path) {
    auto const folder = fs::path(path).parent_path();
    Descriptor const fd(::open(folder.empty() ? "." : folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (fd.good()) ::fsync(fd.get());
}

class RealAppend : public world::AppendFile {
public:
    RealAppend(Descriptor fd, std::string path) : fd_(std::move(fd)), path_(std::move(path)) {}
    Result<void> append(std::string_view bytes) override {
        if (!write_all(fd_.get(), bytes) || ::fdatasync(fd_.get()) != 0) return refuse(path_, "append to");
        struct stat seen{};
        if (::fstat(fd_.get(), &seen) == 0 && seen.st_nlink == 0)  // nobody will ever read what was written
            return base::fail(base::ErrorCode::unreadable,
                              fmt::format("cannot append to {}: it was deleted meanwhile", base::printable(path_)),
                              "run the same command again: what stands is read anew");
        return {};
    }

private:
    Descriptor fd_;
    std::string path_;
};

class RealLock : public world::FileLock {
public:
    explicit RealLock(Descriptor fd) : fd_(std::move(fd)) {}

private:
    Descriptor fd_;
};

class RealFiles : public world::Files {
public:
    Result<std::string> read(std::string path) override {
        Descriptor const fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
        if (!fd.good()) return refuse(path, "read");
        std::string content;
        char buffer[65536];
        for (;;) {
            auto const got = ::read(fd.get(), buffer, sizeof buffer);
            if (got < 0 && errno == EINTR) continue;
            if (got < 0) return refuse(path, "read");
            if (got == 0) return content;
            content.append(buffer, std::size_t(got));
        }
    }

    Result<void> write(std::string path, std::string_view content, world::Privacy privacy) override {
        auto const folder = make_folder_of(path);
        if (!folder) return folder;
        auto const beside = path + ".new";
        {
            Descriptor const fd(::open(beside.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode(privacy)));
            if (!fd.good()) return refuse(path, "write");
            if (::fchmod(fd.get(), mode(privacy)) != 0 || !write_all(fd.get(), content) || ::fsync(fd.get()) != 0) {
                auto const failure = refuse(path, "write");
                ::unlink(beside.c_str());
                return failure;
            }
        }
        if (::rename(beside.c_str(), path.c_str()) != 0) return refuse(path, "write");
        flush_folder_of(path);
        return {};
    }

    Result<std::unique_ptr<world::AppendFile>> open_append(std::string path, world::Privacy privacy) override {
        auto const folder = make_folder_of(path);
        if (!folder) return tl::unexpected(folder.error());
        Descriptor fd(::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, mode(privacy)));
        if (!fd.good()) return refuse(path, "open");
        flush_folder_of(path);
        return std::make_unique<RealAppend>(std::move(fd), std::move(path));
    }

    bool exists(std::string path) override { return ::access(path.c_str(), F_OK) == 0; }
    bool is_folder(std::string path) override {
        std::error_code ignored;
        return fs::is_directory(path, ignored);
    }
    Result<std::vector<std::string>> list(std::string folder) override {
        std::vector<std::string> names;
        std::error_code failure;
        for (auto it = fs::directory_iterator(folder, failure); !failure && it != fs::directory_iterator();
             it.increment(failure))
            names.push_back(it->path().filename().string());
        if (failure && failure.value() != ENOENT) {
            errno = failure.value();
            return refuse(folder, "list");
        }
        std::sort(names.begin(), names.end());
        return names;
    }
    Result<void> remove(std::string path) override {
        if (::unlink(path.c_str()) != 0 && errno != ENOENT) return refuse(path, "remove");
        return {};
    }

    Result<std::unique_ptr<world::FileLock>> lock(std::string path) override {
        auto const folder = make_folder_of(path);
        if (!folder) return tl::unexpected(folder.error());
        Descriptor fd(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644));
        if (!fd.good()) return refuse(path, "lock");
        if (::flock(fd.get(), LOCK_EX | LOCK_NB) != 0) {
            char holder[32] = {};
            auto const got = ::pread(fd.get(), holder, sizeof holder - 1, 0);
            auto const pid =
                got > 0 ? std::string(base::trimmed(std::string_view(holder, std::size_t(got)))) : "unknown";
            return base::fail(base::ErrorCode::conflict,
                              fmt::format("process {} is working with {}", base::printable(pid), base::printable(path)),
                              "wait for it to end, or choose another folder with --state");
        }
        auto const pid = fmt::format("{}\n", ::getpid());
        if (::ftruncate(fd.get(), 0) != 0 || !write_all(fd.get(), pid)) return refuse(path, "lock");
        return std::make_unique<RealLock>(std::move(fd));
    }
};

}  // namespace

std::unique_ptr<world::Files> real_files() { return std::make_unique<RealFiles>(); }

}  // namespace holdfast::platform
