// JSON: whatever parses must write, read back and write the same; paths found in it must be found again.
#include "json/json.hpp"

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    using namespace holdfast;
    auto const value = json::parse({reinterpret_cast<char const*>(data), size});
    if (!value) return 0;
    auto const written = json::write(*value);
    auto const again = json::parse(written);
    if (!again || json::write(*again) != written) __builtin_trap();
    json::each_leaf(*value, [&](json::Path const& at, json::Value const&) {
        auto const same = json::Path::parse(at.text());
        if (!same || *same != at) __builtin_trap();
    });
    return 0;
}
