// What a thousand steps side by side cost: `bench_parallel`.
//
// Independent steps (route tables: a write, then polls) by the real client, journal and engine on the simulated Azure,
// which stands outside the account: its own memory and time are taken off. Budgets:
//  * memory is flat: of what the run holds at its peak beyond what it keeps, a step that waits for its turn takes less than
//    a kibibyte (64 under way: the engine's own limit), and one under way no more at 10,000 than at 100 (all under way)
//  * the loop never blocks longer than the longest single parse: while steps are under way, between two turns passes no
//    more processor time than reading the longest answer of the same run takes, a page of a list
#include <malloc.h>

#include <atomic>
#include <boost/asio/co_spawn.hpp>
#include <cstdio>
#include <ctime>
#include <limits>

#include "engine/engine.hpp"
#include "simulator/simulator.hpp"

namespace {
using namespace holdfast;
using base::Duration;
using world::Task;

constexpr std::string_view subscription = "/subscriptions/00000000-0000-0000-0000-000000000001";
constexpr std::string_view group = "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg";
constexpr std::string_view table_type = "Microsoft.Network/routeTables";

/// Processor time of this thread: who else uses the machine does not count.
double seconds() {
    timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}
std::atomic<std::int64_t> bytes_held = 0;  // of the whole heap: see the end of the file

/// What the run is charged with, and what the simulated Azure took meanwhile.
struct Account {
    double elsewhere = 0, longest_parse = 0, longest_turn = 0, turn_began = 0;
    std::int64_t held_elsewhere = 0, peak = 0;
    bool counts = false;  ///< steps are under way

    void heard(engine::Event const& event) {
        if (std::holds_alternative<engine::RunFinished>(event.what)) counts = false;
        if (counts || !std::holds_alternative<engine::StepStarted>(event.what)) return;
        counts = true;
        elsewhere = 0;
        turn_began = seconds();
    }
    void turn() {
        auto const now = seconds();
        if (!counts) return;
        longest_turn = std::max(longest_turn, now - turn_began - elsewhere);
        peak = std::max(peak, bytes_held.load() - held_elsewhere);
        elsewhere = 0;
        turn_began = seconds();
    }
};

class Charged final : public world::Transport {
public:
    Charged(simulator::Azure& azure, world::Clock& clock, Account& account)
        : azure_(azure), clock_(clock), account_(account) {}
    Task<world::Result<world::Response>> send(world::Request request) override {
        auto there = clock_.sleep(Duration{20});
        co_await std::move(there);
        auto response = answer(request);
        auto back = clock_.sleep(Duration{20});
        co_await std::move(back);
        co_return response;
    }

private:
    world::Response answer(world::Request const& request) {
        auto const begun = seconds();
        std::int64_t const held = bytes_held;
        auto response = azure_.answer(request, clock_.now());
        account_.held_elsewhere +=
            bytes_held - held - static_cast<std::int64_t>(response.body.capacity());  // the answer is the run's
        auto const parsing = seconds();
        static_cast<void>(json::parse(response.body));
        auto const now = seconds();
        account_.longest_parse = std::max(account_.longest_parse, now - parsing);
        account_.elsewhere += now - begun;
        return response;
    }
    simulator::Azure& azure_;
    world::Clock& clock_;
    Account& account_;
};

/// A disk: what is written to it is not in memory.
class Disk final : public world::Files {
public:
    world::Result<std::string> read(std::string) override { return std::string(); }
    world::Result<void> write(std::string, std::string_view, world::Privacy) override { return {}; }
    world::Result<std::unique_ptr<world::AppendFile>> open_append(std::string, world::Privacy) override {
        struct Written final : world::AppendFile {
            world::Result<void> append(std::string_view) override { return {}; }
        };
        return std::make_unique<Written>();
    }
    bool exists(std::string) override { return false; }
    bool is_folder(std::string) override { return false; }
    world::Result<std::vector<std::string>> list(std::string) override { return std::vector<std::string>{}; }
    world::Result<void> remove(std::string) override { return {}; }
    world::Result<std::unique_ptr<world::FileLock>> lock(std::string) override { return nullptr; }
};

plan::Plan side_by_side(int count) {
    plan::Plan plan;
    plan.name = "side by side";
    auto const rg = *resource::ResourceId::parse(group);
    for (int i = 0; i < count; ++i) {
        auto const name = "table-" + std::to_string(i);
        plan::Step step;
        step.address = name;
        step.id = "write " + name;
        step.resource.address = name;
        step.resource.type = table_type;
        step.resource.id = rg.with(table_type, name);
        step.resource.body = json::Object{{"location", "westeurope"}, {"tags", json::Object{{"holdfast", "bench"}}}};
        step.create_only = true;
        step.expected_s = 10;
        plan.steps.push_back(std::move(step));
    }
    return plan;
}

struct Figures {
    bool done = false;
    Account account;
    std::int64_t before = 0, after = 0, calls = 0;
    double hours = 0;
};

Task<Figures> go(plan::Plan plan, int parallel, Account* account, azure::Client* client, world::World* world) {
    Figures figures;
    auto registering = client->write({.method = "POST",
                                      .id = *resource::ResourceId::parse(subscription),
                                      .action = "providers/Microsoft.Network/register",
                                      .api_version = "2021-04-01"});
    auto const registered = co_await std::move(registering);
    auto until_it_is = world->clock.sleep(Duration{120'000});
    co_await std::move(until_it_is);
    auto making = client->write({.method = "PUT",
                                 .id = *resource::ResourceId::parse(group),
                                 .body = json::Object{{"location", "westeurope"}}});
    auto const made = co_await std::move(making);
    auto journal = journal::Journal::create(world->files, "state", "bench", plan::to_json(plan, {}), world->clock.now());
    if (!registered || !made || !journal) co_return figures;
    engine::Apply apply{.plan = std::move(plan), .journal = *journal, .client = *client, .world = *world};
    apply.limits.parallel = parallel;
    apply.listener = [account](engine::Event const& event) { account->heard(event); };
    figures.before = bytes_held - account->held_elsewhere;
    auto applying = engine::apply(std::move(apply));
    auto const run = co_await std::move(applying);
    auto listing = client->list(std::string(group) + "/resources", "2021-04-01");
    auto const listed = co_await std::move(listing);
    figures.done = run && run->outcome == "succeeded" && listed;
    figures.account = *account;
    figures.after = bytes_held - account->held_elsewhere;
    figures.calls = run ? run->calls : 0;
    figures.hours = run ? std::chrono::duration<double, std::ratio<3600>>(run->ended - run->started).count() : 0;
    co_return figures;
}

Figures measure(int count, int parallel) {
    auto const rows = world::memory_rows();
    simulator::Options options;
    options.start = *base::parse_time("2026-11-24T00:00:00Z");
    options.propagation_most = 0;
    auto azure = simulator::Azure::open(*rows, options);
    if (!azure) return {};
    boost::asio::io_context io;
    world::VirtualClock clock(io, (*azure)->now());
    Account account;
    Charged wire(**azure, clock, account);
    Disk disk;
    auto const environment = world::fixed_environment();
    auto const programs = world::no_programs();
    base::Prng prng(1);
    world::World world{clock, wire, disk, *environment, *programs, prng};
    auto const cloud = *credentials::find_cloud("simulated");
    auto const credential = credentials::client_secret(cloud, {options.owner.tenant, options.owner.client_id},
                                                       base::Secret(options.owner.client_secret));
    azure::Client client(cloud, *credential, world);
    Figures figures;
    bool over = false;
    boost::asio::co_spawn(io, go(side_by_side(count), parallel, &account, &client, &world),
                          [&](std::exception_ptr failure, Figures seen) {
                              if (failure) std::rethrow_exception(failure);
                              figures = std::move(seen);
                              over = true;
                          });
    clock.run({}, [&] {
        account.turn();
        return over;
    });
    return figures;
}
}  // namespace

int main() {
    std::setvbuf(stdout, nullptr, _IOLBF, 0);
    std::printf("%8s%12s%10s%14s%14s%16s%14s%8s\n", "steps", "under way", "calls", "peak, KiB", "a step, B",
                "longest turn", "parse", "ratio");
    bool all = true;
    for (auto const& [count, parallel] : {std::pair(100, 64), std::pair(1'000, 64), std::pair(10'000, 64),
                                          std::pair(100, 100), std::pair(1'000, 1'000), std::pair(10'000, 10'000)}) {
        auto figures = measure(count, parallel);
        auto& account = figures.account;
        // The same run again: what other programs do to this one only lengthens what is measured.
        for (int again = 0; again < 2; ++again) {
            auto const other = measure(count, parallel).account;
            account.longest_turn = std::min(account.longest_turn, other.longest_turn);
            account.longest_parse = std::min(account.longest_parse, other.longest_parse);
        }
        all = all && figures.done;
        auto const transient = account.peak - std::max(figures.before, figures.after);
        std::printf("%8d%12d%10lld%14lld%14lld%13.0f us%11.0f us%8.2f\n", count, parallel,
                    static_cast<long long>(figures.calls), static_cast<long long>(transient / 1024),
                    static_cast<long long>(transient / parallel), account.longest_turn * 1e6,
                    account.longest_parse * 1e6, account.longest_turn / account.longest_parse);
    }
    return all ? 0 : 1;
}

// Every byte of the heap is counted where it is taken: coroutines come from aligned_alloc, values from operator new.
extern "C" {
void* __libc_malloc(std::size_t);
void* __libc_calloc(std::size_t, std::size_t);
void* __libc_realloc(void*, std::size_t);
void* __libc_memalign(std::size_t, std::size_t);
void __libc_free(void*);

static void* taken(void* memory) {
    bytes_held += static_cast<std::int64_t>(malloc_usable_size(memory));
    return memory;
}
void* malloc(std::size_t size) { return taken(__libc_malloc(size)); }
void* calloc(std::size_t count, std::size_t size) { return taken(__libc_calloc(count, size)); }
void* realloc(void* memory, std::size_t size) {
    bytes_held -= static_cast<std::int64_t>(malloc_usable_size(memory));
    return taken(__libc_realloc(memory, size));
}
void* aligned_alloc(std::size_t alignment, std::size_t size) { return taken(__libc_memalign(alignment, size)); }
void* memalign(std::size_t alignment, std::size_t size) { return taken(__libc_memalign(alignment, size)); }
int posix_memalign(void** memory, std::size_t alignment, std::size_t size) {
    *memory = taken(__libc_memalign(alignment, size));
    return *memory ? 0 : 12;
}
void free(void* memory) {
    bytes_held -= static_cast<std::int64_t>(malloc_usable_size(memory));
    __libc_free(memory);
}
}
