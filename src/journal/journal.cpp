#include "journal/journal.hpp"

#include <fmt/format.h>
#include <algorithm>

#include "journal/fold.hpp"

namespace holdfast::journal {

namespace {
constexpr std::string_view ending = ".jsonl";

std::string folder_of_runs(std::string const& folder) { return folder + "/runs"; }
std::string path_of(std::string const& folder, std::string const& run) {
    return fmt::format("{}/{}{}", folder_of_runs(folder), run, ending);
}
tl::unexpected<base::Error> not_a_run(std::string const& run) {
    return base::fail(base::ErrorCode::usage, fmt::format("'{}' is not the name of a run", base::printable(run)),
                      "name one of the state folder, such as 20261124T182500Z-4f2a");
}
}  // namespace

base::Error did_nothing(std::string const& run) {
    return {.code = base::ErrorCode::journal_corrupt,
            .where = base::JournalRecord{run, 1},
            .what = "the run died before its plan was written; it did nothing",
            .fix = "run `holdfast apply` again"};
}

bool is_run_name(std::string_view run) {
    return !run.empty() && run.size() <= 64 && std::ranges::all_of(run, [](char c) {
        return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-';
    });
}

namespace {

std::string moment_name(base::Time at) {
    auto const day = std::chrono::floor<std::chrono::days>(at);
    base::Date const date{day};
    std::chrono::hh_mm_ss const clock{std::chrono::floor<std::chrono::seconds>(at - day)};
    return fmt::format("{:04}{:02}{:02}T{:02}{:02}{:02}Z", int(date.year()), unsigned(date.month()),
                       unsigned(date.day()), clock.hours().count(), clock.minutes().count(), clock.seconds().count());
}
/// The moment a run is named after; nothing where somebody named it otherwise.
std::optional<base::Time> moment_of(std::string_view run) {
    if (run.size() < 16) return std::nullopt;
    auto const part = [run](std::size_t at, std::size_t size) { return std::string(run.substr(at, size)); };
    auto const parsed = base::parse_time(
        fmt::format("{}-{}-{}T{}:{}:{}Z", part(0, 4), part(4, 2), part(6, 2), part(9, 2), part(11, 2), part(13, 2)));
    return parsed ? std::optional(*parsed) : std::nullopt;
}

}  // namespace

Result<std::string> new_run_name(world::Files& files, std::string const& folder, base::Time now, base::Prng& prng) {
    auto const before = runs(files, folder);
    if (!before) return base::fail(before.error());
    auto moment = now;
    for (auto const& run : *before)
        if (auto const taken = moment_of(run); taken && moment_name(moment) <= moment_name(*taken))
            moment = *taken + std::chrono::seconds(1);
    return fmt::format("{}-{:04x}", moment_name(moment), prng.below(0x10000));
}

Result<Journal> Journal::create(world::Files& files, std::string folder, std::string run, json::Value plan,
                                base::Time now) {
    if (!is_run_name(run)) return not_a_run(run);
    auto const path = path_of(folder, run);
    if (files.exists(path))
        return base::fail(base::ErrorCode::conflict, fmt::format("a run named {} is already in {}", run, folder));
    auto file = files.open_append(path);
    if (!file) return base::fail(file.error());
    Journal journal{std::move(*file), RunState{.run = std::move(run)}};
    Record begin{.kind = Kind::begin, .at = now, .data = std::move(plan)};
    if (auto const written = journal.write(std::move(begin)); !written) return base::fail(written.error());
    return journal;
}

Result<Journal> Journal::reopen(world::Files& files, std::string folder, std::string run, base::Time now) {
    auto state = load(files, folder, run);
    if (!state) return base::fail(state.error());
    if (state->plan.is_null()) return base::fail(did_nothing(run));
    auto const path = path_of(folder, run);
    auto const text = files.read(path);
    if (!text) return base::fail(text.error());
    auto file = files.open_append(path);
    if (!file) return base::fail(file.error());
    bool const torn = state->torn;
    if (!text->empty() && text->back() != '\n') {  // a torn record, or a whole one that lost only its newline
        if (auto const closed = (*file)->append("\n"); !closed) return base::fail(closed.error());
    }
    Journal journal{std::move(*file), std::move(*state)};
    Record const resume{.kind = Kind::resume, .at = now, .data = json::Object{{"torn", torn}}};
    if (auto const written = journal.write(resume); !written) return base::fail(written.error());
    return journal;
}

Result<void> Journal::write(Record record) {
    if (broken_)
        return base::fail(base::ErrorCode::unreadable, "the journal could not be written before; nothing follows it",
                          "free some space or make the folder writable, then run `holdfast resume`");
    auto const written = file_->append(line(record));
    if (!written) {
        broken_ = true;
        return written;
    }
    fold(state_, std::move(record));
    return {};
}

Result<std::vector<std::string>> runs(world::Files& files, std::string folder) {
    auto const where = folder_of_runs(folder);
    if (!files.is_folder(where)) return std::vector<std::string>{};
    auto const names = files.list(where);
    if (!names) return base::fail(names.error());
    std::vector<std::string> out;
    for (std::string_view file : *names) {
        if (!file.ends_with(ending)) continue;
        file.remove_suffix(ending.size());
        if (is_run_name(file)) out.emplace_back(file);
    }
    std::ranges::sort(out, std::greater{});  // names begin with the moment
    return out;
}

Result<RunState> load(world::Files& files, std::string folder, std::string run) {
    if (!is_run_name(run)) return not_a_run(run);
    auto const text = files.read(path_of(folder, run));
    if (!text) return base::fail(text.error());
    return read(*text, run);
}

}  // namespace holdfast::journal
