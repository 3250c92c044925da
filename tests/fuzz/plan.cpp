// A saved plan is a user's file: any bytes are read or refused, and what is read is written back the same.
#include "plan/plan.hpp"

using namespace holdfast;

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    auto const value = json::parse({reinterpret_cast<char const*>(data), size});
    if (!value) return 0;
    auto const plan = plan::from_json(*value);
    if (!plan) return 0;
    base::Date const day{std::chrono::year{2026}, std::chrono::November, std::chrono::day{24}};
    auto const written = plan::to_json(*plan, day);
    auto const back = plan::from_json(written);
    if (!back || plan::to_json(*back, day) != written) __builtin_trap();
    plan::remaining_seconds(*plan);
    return 0;
}
