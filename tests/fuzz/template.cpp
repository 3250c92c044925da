// ARM templates as az sends them, evaluated to the end: no input may do more than be refused.
#include <cstdint>

#include "simulator/templates/jsonc.hpp"
#include "simulator/templates/template.hpp"

using namespace holdfast;
using namespace holdfast::simulator::templates;

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    std::string_view const text(reinterpret_cast<char const*>(data), size);
    Surroundings around{.tenant = "t", .subscription = "s", .deployment = "d", .now = {}, .seed = "seed"};
    around.group = json::Object{{"id", "/subscriptions/s/resourceGroups/g"}, {"name", "g"}, {"location", "l"}};
    if (auto const parsed = parse_jsonc(text, {.max_bytes = 1u << 16, .max_depth = 32})) {
        auto opened = Template::open(json::Object{{"template", *parsed}}, around);
        if (opened) {
            for (auto const& item : opened->items()) (void)opened->body(item);
            (void)opened->outputs();
        }
    }
    json::Value const empty = json::Object{{"resources", json::Array{}}};
    Evaluator evaluator(around, empty);
    (void)evaluator.value(json::Value("[" + std::string(text) + "]"));
    return 0;
}
