// A saved plan is a user's file: any bytes are read or refused, and what is read is written back the same.
#include "cli/saved_plan.hpp"

using namespace holdfast;

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    auto const saved = cli::read_saved_plan({reinterpret_cast<char const*>(data), size});
    if (!saved) {
        if (saved.error().what.empty()) __builtin_trap();
        return 0;
    }
    base::Date const day{std::chrono::year{2026}, std::chrono::November, std::chrono::day{24}};
    auto const written = cli::to_json(*saved, day);
    auto const back = cli::read_saved_plan(json::write(written));
    if (!back || cli::to_json(*back, day) != written) __builtin_trap();
    plan::remaining_seconds(saved->plan);
    return 0;
}
