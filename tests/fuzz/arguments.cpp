// The command line: any words, each ended by a zero byte, are taken or answered with a text that a terminal may be shown.
#include <cstdlib>

#include "cli/arguments.hpp"

using namespace holdfast;

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    auto const words = size == 0 ? std::vector<std::string>{}
                                 : base::split({reinterpret_cast<char const*>(data), size}, '\0');
    auto const taken = cli::parse(words);
    if (auto const* ending = std::get_if<cli::Ending>(&taken)) {
        if (ending->status != 0 && ending->status != 64) std::abort();
        if (!ending->text.ends_with('\n') || ending->to_out != (ending->status == 0)) std::abort();
        for (unsigned char const c : ending->text)
            if ((c < 0x20 && c != '\n') || c == 0x7f) std::abort();
        return 0;
    }
    auto const& arguments = std::get<cli::Arguments>(taken);
    if (arguments.verb.empty()) std::abort();
    for (auto const& output : arguments.outputs)
        if (output.format != "human" && output.format != "json" && output.format != "html") std::abort();
    return 0;
}
