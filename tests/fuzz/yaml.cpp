// YAML and the spec reader: any bytes give a spec or mistakes with positions, never a crash.
#include "spec/spec.hpp"

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    using namespace holdfast;
    std::string_view const text(reinterpret_cast<char const*>(data), size);
    auto const node = yaml::parse(text, "fuzz.yaml");
    if (node) yaml::to_json(*node);
    auto const spec = spec::read(text, "fuzz.yaml");
    if (!spec && spec.error().empty()) __builtin_trap();
    return 0;
}
