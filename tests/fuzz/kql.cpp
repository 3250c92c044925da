#include <cstdint>

#include "simulator/resourcegraph/kql.hpp"

using namespace holdfast;

namespace {
class Two final : public simulator::kql::Table {
public:
    std::span<std::string_view const> columns() const override { return names; }
    std::optional<Handle> next() override {
        return at_ < 2 ? std::optional<Handle>(&rows[at_++]) : std::nullopt;
    }
    simulator::kql::Cell cell(Handle row, std::size_t column) const override {
        auto const* found = json::find(*static_cast<json::Value const*>(row), names[column]);
        return found ? simulator::kql::Cell::of(*found) : simulator::kql::Cell();
    }

private:
    static constexpr std::string_view names[] = {"a", "b", "c"};
    json::Value const rows[2] = {json::Object{{"a", 1}, {"b", "x"}, {"c", json::Object{{"d", json::Array{1, "2"}}}}},
                                 json::Object{{"a", nullptr}}};
    std::size_t at_ = 0;
};
}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    auto const table = [](std::string_view name) -> std::unique_ptr<simulator::kql::Table> {
        if (!base::same_text(name, "r")) return nullptr;
        return std::make_unique<Two>();
    };
    (void)simulator::kql::run({reinterpret_cast<char const*>(data), size}, table);
    return 0;
}
