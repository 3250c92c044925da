// Whatever bytes the file holds, reading them answers or refuses, and a file that reads goes on after a crash.
#include "journal/journal.hpp"

using namespace holdfast;

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    std::string const text(reinterpret_cast<char const*>(data), size);
    auto const state = journal::read(text, "fuzz");
    if (!state || state->plan.is_null()) return 0;
    auto const files = world::memory_files({{"s/runs/fuzz.jsonl", text}});
    auto journal = journal::Journal::reopen(*files, "s", "fuzz", base::Time{});
    if (!journal) __builtin_trap();
    journal::Record const end{.kind = journal::Kind::end, .data = json::Object{{"outcome", "failed"}}};
    if (!journal->write(end)) __builtin_trap();
    auto const again = journal::load(*files, "s", "fuzz");
    if (!again || again->outcome != "failed" || again->done != state->done) __builtin_trap();
    return 0;
}
