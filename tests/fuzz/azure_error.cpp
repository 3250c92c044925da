// Whatever a server answers, read_error gives something bounded and never a query.
#include <cstdlib>

#include "azure/azure.hpp"

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    using namespace holdfast;
    world::Response response;
    response.status = size == 0 ? 500 : 400 + data[0] % 120;
    if (size > 0) response.body.assign(reinterpret_cast<char const*>(data + 1), size - 1);
    auto const error = azure::read_error(response);
    if (error.chain.size() > 64 || error.message.size() > 8'192 || error.code.size() > 128) std::abort();
    if (response.status == 500 && error.message.empty() && error.code.empty()) std::abort();
    auto const shown = azure::to_error(error, {"GET", "fuzz"});
    if (shown.where.index() == 0) std::abort();
    return 0;
}
