// holdfast-storm: many seeds, several workers, one table.
#include <fmt/format.h>
#include <sys/wait.h>
#include <unistd.h>

#include <charconv>
#include <chrono>
#include <cstdio>
#include <iostream>

#include "play.hpp"

namespace holdfast::storm {
namespace {

constexpr std::string_view usage =
    "holdfast-storm [--seeds N] [--jobs N] [--first S] [--specs N] [--floor N] [--stop]\n"
    "                                                                           many seeds; red when one fails\n"
    "holdfast-storm --seed S [--without KIND,KIND] [--trace]                    one seed again\n"
    "  --specs N   specs drawn over the language, beside the examples (default 60)\n"
    "  --stop      end at the first seed that fails, without shrinking it\n"
    "  --floor N   every cell of the table that can happen must have happened so often (default 20; 0: not asked)\n";

struct Asked {
    std::uint64_t seeds = 1000, first = 1, specs = 60, floor = 20;
    int jobs = 2;
    std::optional<std::uint64_t> seed;
    std::set<Kind> without;
    bool trace = false, stop = false;
};

std::optional<Asked> read(int count, char** words) {
    Asked asked;
    for (int i = 1; i < count; ++i) {
        std::string_view const word = words[i];
        if (word == "--trace") {
            asked.trace = true;
            continue;
        }
        if (word == "--stop") {
            asked.stop = true;
            continue;
        }
        if (i + 1 >= count) return std::nullopt;
        std::string_view const value = words[++i];
        if (word == "--without") {
            for (auto const& name : base::split(value, ',')) {
                auto const kind = kind_named(name);
                if (!kind) return std::nullopt;
                asked.without.insert(*kind);
            }
            continue;
        }
        std::uint64_t number = 0;
        auto const [end, wrong] = std::from_chars(value.data(), value.data() + value.size(), number);
        if (wrong != std::errc{} || end != value.data() + value.size()) return std::nullopt;
        if (word == "--seeds") asked.seeds = number;
        else if (word == "--jobs") asked.jobs = static_cast<int>(std::clamp<std::uint64_t>(number, 1, 256));
        else if (word == "--first") asked.first = number;
        else if (word == "--specs") asked.specs = number;
        else if (word == "--floor") asked.floor = number;
        else if (word == "--seed") asked.seed = number;
        else return std::nullopt;
    }
    return asked;
}

/// What is deployed, made when it is first asked for. Seeds go round: the first six are the examples.
class Repertoire {
public:
    explicit Repertoire(std::uint64_t specs) : examples_(example_names()), specs_(specs) {}
    Subject const& of(std::uint64_t seed) {
        auto const which = seed % (examples_.size() + specs_);
        auto& subject = subjects_[which];
        if (!subject) {
            if (which < examples_.size()) {
                subject = std::make_unique<Subject>(example(examples_[which]));
            } else {
                auto made = drawn(which);
                tried += made.tried;
                for (auto const& [key, times] : made.taken) taken[key] += times;
                rejected += made.rejected;
                subject = std::make_unique<Subject>(std::move(made.subject));
            }
        }
        return *subject;
    }
    int tried = 0, rejected = 0;
    std::map<std::string, int> taken;  ///< settings by key

private:
    std::vector<std::string> examples_;
    std::uint64_t specs_;
    std::map<std::uint64_t, std::unique_ptr<Subject>> subjects_;
};

std::string listed(std::set<Kind> const& kinds) {
    std::string out;
    for (auto const kind : kinds) out += (out.empty() ? "" : ",") + std::string(row(kind).name);
    return out;
}

std::string failure(Verdict const& verdict, Subject const& subject, std::uint64_t specs, bool shrunk) {
    if (!shrunk)
        return fmt::format("seed {} on {}: {}\n  weather: {}\n", verdict.seed, verdict.subject, verdict.broken.front(),
                           verdict.weather);
    auto const without = shrink(verdict.seed, subject, {});
    auto const again = play(verdict.seed, subject, {.without = without});
    auto out = fmt::format("seed {} on {}{}: {}\n  weather: {}\n  shrunk:  {}\n", verdict.seed, verdict.subject,
                           subject.settings.empty() ? "" : " (" + subject.settings + ")", verdict.broken.front(),
                           verdict.weather, again.weather);
    if (!again.broken.empty()) out += fmt::format("           {}\n", again.broken.front());
    out += fmt::format("  replay:  holdfast-storm --seed {} --specs {}{}{}\n", verdict.seed, specs,
                       without.empty() ? "" : " --without ", listed(without));
    return out;
}

struct Sum {
    std::uint64_t played = 0, failed = 0, converged = 0, stopped = 0, lives = 0, deaths = 0, calls = 0, tried = 0,
                  rejected = 0, refused = 0, blocked = 0, trace = 0;  ///< `trace`: of all seeds, in no order
    Tally tally;
    std::string written() const {
        return fmt::format("{} {} {} {} {} {} {} {} {} {} {} {} {}\n", played, failed, converged, stopped, lives,
                           deaths, calls, tried, rejected, refused, blocked, trace, tally.written());
    }
    void read(std::string const& line) {
        std::istringstream in(line);
        std::uint64_t value = 0;
        for (auto* field : {&played, &failed, &converged, &stopped, &lives, &deaths, &calls, &tried, &rejected,
                            &refused, &blocked, &trace}) {
            in >> value;
            *field += value;
        }
        std::string rest;
        std::getline(in >> std::ws, rest);
        tally.read(rest);
    }
};

/// A seed that takes so long never ends: its worker is killed, and says where it was.
constexpr unsigned longest_seed_s = 120;

/// Seeds number, number + jobs, … Every hundredth is played twice and must leave the same trace.
void work(Asked const& asked, int number, std::FILE* out) {
    Repertoire repertoire(asked.specs);
    Sum sum;
    std::set<std::string> refused;
    for (auto seed = asked.first + static_cast<std::uint64_t>(number); seed < asked.first + asked.seeds;
         seed += static_cast<std::uint64_t>(asked.jobs)) {
        std::fprintf(out, "at %llu\n", static_cast<unsigned long long>(seed));
        std::fflush(out);
        alarm(longest_seed_s);
        auto const& subject = repertoire.of(seed);
        if (subject.blocked) {
            ++sum.blocked;
            continue;
        }
        if (!subject.refusal.empty()) {
            ++sum.refused;
            if (refused.insert(subject.name).second) {
                auto const text =
                    fmt::format("{} ({}) fails under a clear sky: {}", subject.name, subject.settings, subject.refusal);
                std::fprintf(out, "say %s\n", text.c_str());
            }
            if (asked.stop) break;
            continue;
        }
        auto verdict = play(seed, subject);
        if (verdict.broken.empty() && seed % 100 == 0 && play(seed, subject).trace != verdict.trace)
            verdict.broken.push_back("the same seed leaves another trace");
        ++sum.played;
        sum.converged += verdict.broken.empty() && verdict.converged;
        sum.stopped += verdict.broken.empty() && !verdict.converged;
        sum.lives += static_cast<std::uint64_t>(verdict.lives);
        sum.deaths += static_cast<std::uint64_t>(verdict.deaths);
        sum.calls += static_cast<std::uint64_t>(verdict.calls);
        sum.trace += verdict.trace;
        sum.tally.add(verdict.tally);
        if (verdict.broken.empty()) continue;
        if (++sum.failed <= 10) {
            alarm(0);
            auto const text = failure(verdict, subject, asked.specs, !asked.stop);
            for (auto const& line : base::split(text, '\n')) std::fprintf(out, "say %s\n", line.c_str());
        }
        if (asked.stop) break;
    }
    alarm(0);
    sum.tried = static_cast<std::uint64_t>(repertoire.tried);
    sum.rejected = static_cast<std::uint64_t>(repertoire.rejected);
    for (auto const& [key, times] : repertoire.taken) std::fprintf(out, "key %d %s\n", times, key.c_str());
    std::fprintf(out, "sum %s", sum.written().c_str());
    std::fflush(out);
}

int one(Asked const& asked) {
    Repertoire repertoire(asked.specs);
    auto const& subject = repertoire.of(*asked.seed);
    if (subject.blocked) {
        fmt::print("{} ({}) is refused by the checks, for what stands\n", subject.name, subject.settings);
        return 0;
    }
    if (!subject.refusal.empty()) {
        fmt::print("{} ({}) fails under a clear sky: {}\n", subject.name, subject.settings, subject.refusal);
        return 1;
    }
    auto const verdict = play(*asked.seed, subject, {.without = asked.without, .keep_lines = asked.trace});
    for (auto const& line : verdict.lines) fmt::print("{}\n", line);
    fmt::print("seed {} on {} ({})\n  weather: {}\n  {} lives, {} deaths, {} calls, {}, trace {:016x}\n", verdict.seed,
               verdict.subject, subject.settings, verdict.weather, verdict.lives, verdict.deaths, verdict.calls,
               verdict.converged ? "converged" : "stopped with a cause", verdict.trace);
    for (auto const& broken : verdict.broken) fmt::print("  BROKEN: {}\n", broken);
    return verdict.broken.empty() ? 0 : 1;
}

int many(Asked const& asked) {
    auto const begun = std::chrono::steady_clock::now();
    struct Worker {
        pid_t pid;
        std::FILE* in;
        std::string last;
    };
    std::vector<Worker> workers;
    Repertoire(asked.specs).of(0);  // the signing key is made once, before the workers part
    for (int number = 0; number < asked.jobs; ++number) {
        int ends[2];
        if (pipe(ends) != 0) return 1;
        std::fflush(nullptr);
        auto const pid = fork();
        if (pid == 0) {
            close(ends[0]);
            work(asked, number, fdopen(ends[1], "w"));
            _exit(0);
        }
        close(ends[1]);
        workers.push_back({pid, fdopen(ends[0], "r"), {}});
    }
    Sum sum;
    std::map<std::string, int> taken;
    bool red = false;
    for (auto& worker : workers) {
        char* line = nullptr;
        std::size_t room = 0;
        for (ssize_t length; (length = getline(&line, &room, worker.in)) > 0;) {
            std::string_view text(line, static_cast<std::size_t>(length));
            if (text.starts_with("at ")) worker.last = text.substr(3, text.size() - 4);
            else if (text.starts_with("say ")) {
                fmt::print("{}", text.substr(4));
                std::fflush(stdout);
            } else if (text.starts_with("key ")) {
                auto const space = text.find(' ', 4);
                taken[std::string(base::trimmed(text.substr(space)))] += std::atoi(std::string(text.substr(4, space)).c_str());
            } else if (text.starts_with("sum ")) sum.read(std::string(text.substr(4)));
        }
        std::free(line);
        std::fclose(worker.in);
        int status = 0;
        waitpid(worker.pid, &status, 0);
        if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
            fmt::print("a worker ended badly ({}) at seed {}\n  replay:  holdfast-storm --seed {} --specs {}\n", status,
                       worker.last, worker.last, asked.specs);
            red = true;
        }
    }
    auto const seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begun).count();
    fmt::print("{}", sum.tally.table());
    fmt::print(
        "{} seeds in {:.1f} s ({:.0f} a second): {} failed, {} converged, {} stopped with a cause; {} lives, {} "
        "deaths, {} exchanges\n",
        sum.played, seconds, static_cast<double>(sum.played) / seconds, sum.failed, sum.converged, sum.stopped,
        sum.lives, sum.deaths, sum.calls);
    fmt::print(
        "{} settings drawn over the language, {} not valid where they fell; {} seeds fell on specs that the checks "
        "refuse "
        "for what stands, {} on specs that fail under a clear sky\ntrace of all {:016x}\n",
        sum.tried, sum.rejected, sum.blocked, sum.refused, sum.trace);
    std::vector<std::string> never;
    for (auto const& field : spec::fields()) {
        bool const has_a_value = field.kind != spec::FieldKind::section;
        if (!has_a_value || taken.contains(std::string(field.key))) continue;
        auto const why = why_undrawn(field);
        never.push_back(why.empty() ? std::string(field.key) : fmt::format("{} ({})", field.key, why));
    }
    fmt::print("{} keys of the language drawn; never: {}\n", taken.size(), base::join(never, ", "));
    auto const few = asked.floor > 0 ? sum.tally.too_few(asked.floor) : std::vector<std::string>{};
    for (auto const& cell : few) fmt::print("too few: {}\n", cell);
    return red || sum.failed > 0 || sum.refused > 0 || !few.empty() ? 1 : 0;
}

}  // namespace
}  // namespace holdfast::storm

int main(int count, char** words) {
    using namespace holdfast::storm;
    auto const asked = read(count, words);
    if (!asked) {
        fmt::print(stderr, "{}", usage);
        return 64;
    }
    return asked->seed ? one(*asked) : many(*asked);
}
