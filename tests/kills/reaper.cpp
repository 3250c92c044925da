// reaper: preloaded into a process, ends it at an exact moment of its own making, or fills its disk.
//
// The moment is the n-th record a process makes durable in one file: a write, then a flush, as the journal and SQLite's
// log do. No clock has a part in it, and the program under test holds no line for tests.
//
//   REAPER_FILE   the file counts whose path ends so: ".jsonl", "azure.db-wal"
//   REAPER_AT     n, from 1
//   REAPER_HOW    before     SIGKILL before a byte of record n is written
//                 torn       after half of its bytes
//                 unflushed  after its bytes, before the flush
//                 flushed    after the flush: the record is durable, and nobody was told
//                 answered   after the flush and the next send: somebody was told
//                 stopped    after the flush, SIGSTOP: whoever watches does what it wants to do, then lets it go on
//                 full       half of record n's bytes find room, then ENOSPC for this file from here on
//                 broken     its flush fails with EIO, and every later one
//   REAPER_TALLY  where to write, at its end, how many records there were
//   REAPER_SPEED  the process's time passes so many times faster: clocks, timers, waits. Its wall clock counts from
//                 REAPER_EPOCH (seconds), so that processes of one story agree. REAPER_LATER: the speed after record n
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <dlfcn.h>
#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

namespace {

template <typename Function>
Function real(char const* name) {
    return reinterpret_cast<Function>(dlsym(RTLD_NEXT, name));
}
#define REAL(name) static auto const name##_ = real<decltype(&::name)>(#name)

struct Orders {
    char const* file = getenv("REAPER_FILE");
    char const* how = getenv("REAPER_HOW");
    long at = number("REAPER_AT", 0), speed = number("REAPER_SPEED", 1), later = number("REAPER_LATER", speed);
    long epoch = number("REAPER_EPOCH", 0);
    bool is(char const* word) const { return how && strcmp(how, word) == 0; }
    static long number(char const* name, long otherwise) {
        char const* const text = getenv(name);
        return text && *text ? strtol(text, nullptr, 10) : otherwise;
    }
};
Orders const& orders() {
    static Orders const given;
    return given;
}

long records = 0;      // made durable so far
bool armed = false;    // the next send is the last act
bool failing = false;  // the disk is full, or broken

[[noreturn]] void die() {
    kill(getpid(), SIGKILL);
    for (;;) pause();
}

bool counts(int fd) {
    auto const& file = orders().file;
    if (!file || orders().at == 0) return false;
    char name[64] = "/proc/self/fd/", digits[24], path[4096];
    int length = 0;
    do digits[length++] = static_cast<char>('0' + fd % 10);
    while ((fd /= 10) > 0);
    char* end = name + strlen(name);
    while (length > 0) *end++ = digits[--length];
    *end = '\0';
    int const kept = errno;
    auto const size = readlink(name, path, sizeof path - 1);
    errno = kept;
    if (size <= 0) return false;
    path[size] = '\0';
    auto const ending = strlen(file);
    return static_cast<size_t>(size) >= ending && strcmp(path + size - ending, file) == 0;
}

bool due() { return records + 1 == orders().at; }

/// What becomes of a write of `size` bytes: how many of them are written first, and then whether it ends or fails.
enum class Then { go_on, die, fail };
struct Fate {
    size_t first;
    Then then;
};
Fate fate_of_write(int fd, size_t size) {
    if (!counts(fd)) return {size, Then::go_on};
    if (failing && orders().is("full")) return {0, Then::fail};
    if (!due()) return {size, Then::go_on};
    if (orders().is("before")) return {0, Then::die};
    if (orders().is("torn")) return {size / 2, Then::die};
    if (orders().is("full")) return {size / 2, Then::fail};
    return {size, Then::go_on};
}

template <typename Write>
ssize_t written(int fd, size_t size, Write write) {
    auto const fate = fate_of_write(fd, size);
    if (fate.then == Then::go_on) return write(size);
    auto const done = fate.first > 0 ? write(fate.first) : 0;
    if (fate.then == Then::die) die();
    if (!failing && done > 0) {  // a short write; the next one finds no room
        failing = true;
        return done;
    }
    failing = true;
    errno = ENOSPC;
    return -1;
}

// ------------------------------------------------------------------------------------------------ time

constexpr int64_t second = 1'000'000'000;
int64_t nanoseconds(timespec const& time) { return time.tv_sec * second + time.tv_nsec; }
timespec timespec_of(int64_t value) { return {value / second, value % second}; }

long speed = orders().speed;

/// One clock: it shows `shown` at the true moment `true_`, and goes on from there at the speed of the day.
struct Clock {
    int64_t true_ = 0, shown = 0;
    int64_t show(int64_t now) const { return shown + (now - true_) * speed; }
};
Clock wall{orders().epoch * second, orders().epoch* second}, steady;

int64_t truth(clockid_t clock) {
    REAL(clock_gettime);
    timespec time{};
    clock_gettime_(clock, &time);
    return nanoseconds(time);
}
void hurry() {
    if (orders().later == speed) return;
    auto const now = truth(CLOCK_REALTIME), steady_now = truth(CLOCK_MONOTONIC);
    wall = {now, wall.show(now)};
    steady = {steady_now, steady.show(steady_now)};
    speed = orders().later;
}
timespec shorter(timespec const& time) {
    auto const value = nanoseconds(time);
    return timespec_of(value == 0 ? 0 : value / speed + 1);
}

template <typename Flush>
int flushed(int fd, Flush flush) {
    if (!counts(fd)) return flush();
    if (failing || (due() && orders().is("broken"))) {
        failing = true;
        errno = EIO;
        return -1;
    }
    if (due() && orders().is("unflushed")) die();
    int const done = flush();
    if (++records != orders().at) return done;
    hurry();
    if (orders().is("flushed")) die();
    if (orders().is("answered")) armed = true;
    if (orders().is("stopped")) raise(SIGSTOP);
    return done;
}

template <typename Send>
ssize_t sent(Send send) {
    auto const done = send();
    if (armed && done > 0) die();
    return done;
}

}  // namespace

extern "C" {

[[gnu::destructor]] static void tally() {
    char const* const path = getenv("REAPER_TALLY");
    if (!path || !*path) return;
    if (FILE* const file = fopen(path, "w")) {
        fprintf(file, "%ld\n", records);
        fclose(file);
    }
}

ssize_t write(int fd, void const* bytes, size_t size) {
    REAL(write);
    return written(fd, size, [&](size_t some) { return write_(fd, bytes, some); });
}
ssize_t pwrite(int fd, void const* bytes, size_t size, off_t at) {
    REAL(pwrite);
    return written(fd, size, [&](size_t some) { return pwrite_(fd, bytes, some, at); });
}
ssize_t pwrite64(int fd, void const* bytes, size_t size, off64_t at) {
    REAL(pwrite64);
    return written(fd, size, [&](size_t some) { return pwrite64_(fd, bytes, some, at); });
}
int fsync(int fd) {
    REAL(fsync);
    return flushed(fd, [&] { return fsync_(fd); });
}
int fdatasync(int fd) {
    REAL(fdatasync);
    return flushed(fd, [&] { return fdatasync_(fd); });
}
ssize_t send(int fd, void const* bytes, size_t size, int flags) {
    REAL(send);
    return sent([&] { return send_(fd, bytes, size, flags); });
}
ssize_t sendmsg(int fd, msghdr const* message, int flags) {
    REAL(sendmsg);
    return sent([&] { return sendmsg_(fd, message, flags); });
}

int clock_gettime(clockid_t clock, timespec* time) noexcept {
    REAL(clock_gettime);
    bool const is_wall = clock == CLOCK_REALTIME;
    bool const is_steady = clock == CLOCK_MONOTONIC || clock == CLOCK_MONOTONIC_RAW || clock == CLOCK_BOOTTIME;
    if (orders().speed == 1 || !(is_wall || is_steady)) return clock_gettime_(clock, time);
    if (is_steady && steady.true_ == 0) steady.true_ = steady.shown = truth(CLOCK_MONOTONIC);
    *time = timespec_of(is_wall ? wall.show(truth(CLOCK_REALTIME)) : steady.show(truth(CLOCK_MONOTONIC)));
    return 0;
}
int timerfd_settime(int fd, int flags, itimerspec const* wanted, itimerspec* before) noexcept {
    REAL(timerfd_settime);
    if (orders().speed == 1 || (flags & TFD_TIMER_ABSTIME)) return timerfd_settime_(fd, flags, wanted, before);
    itimerspec const scaled{shorter(wanted->it_interval), shorter(wanted->it_value)};
    return timerfd_settime_(fd, flags, &scaled, before);
}
int epoll_wait(int fd, epoll_event* events, int most, int milliseconds) {
    REAL(epoll_wait);
    if (milliseconds > 0) milliseconds = static_cast<int>(milliseconds / speed + 1);
    return epoll_wait_(fd, events, most, milliseconds);
}

}  // extern "C"
