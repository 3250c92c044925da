#include <cstdint>

#include "simulator/resourcegraph/kql.hpp"

using namespace holdfast;

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    auto const table = [](std::string_view name) -> std::optional<simulator::kql::Rows> {
        if (!base::same_text(name, "r")) return std::nullopt;
        return simulator::kql::Rows{{{"a", 1}, {"b", "x"}, {"c", json::Object{{"d", json::Array{1, "2"}}}}},
                                    {{"a", nullptr}}};
    };
    (void)simulator::kql::run({reinterpret_cast<char const*>(data), size}, table);
    return 0;
}
