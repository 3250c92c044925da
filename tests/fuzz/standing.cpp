// Saved ARM JSON of anybody: read or refused, judged, and in normal form for good (reading what was read changes
// nothing).
#include "checks/checks.hpp"
#include "readers/readers.hpp"

using namespace holdfast;

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    auto const live = readers::from_json({reinterpret_cast<char const*>(data), size}, "fuzz.json", nullptr);
    if (!live) {
        if (live.error().what.empty()) __builtin_trap();
        return 0;
    }
    base::Date const day{std::chrono::year{2026}, std::chrono::November, std::chrono::day{24}};
    (void)checks::to_json(checks::inspect(*live), day);
    for (auto const& [address, node] : live->resources()) {
        if (!node.id) continue;
        auto const text = node.id->text();
        auto const again = resource::ResourceId::parse(text);
        if (!again || again->text() != text) __builtin_trap();
    }
    return 0;
}
