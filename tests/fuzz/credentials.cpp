// What servers and files say while somebody signs in: challenges, token answers, claims, certificates.
#include <cstdlib>

#include "credentials/certificate.hpp"
#include "credentials/credentials.hpp"

namespace {
using namespace holdfast;
using namespace holdfast::credentials;

void challenge(std::string const& text) {
    for (auto const& one : challenges(text))
        if (one.scheme.empty()) std::abort();
    auto const claims = claims_wanted({{"WWW-Authenticate", text}});
    if (claims.empty()) return;
    auto const parsed = json::parse(claims);
    if (!parsed || !parsed->is_object()) std::abort();
}

void token_answer(std::string const& text) {
    auto const now = *base::parse_time("2026-11-24T12:00:00Z");
    if (auto const token = read_token(text, now)) {
        if (!can_be_token(token->secret.reveal())) std::abort();
        if (token->expires < now || token->expires - now > std::chrono::hours(7 * 24)) std::abort();
        if (token->stale > token->expires) std::abort();
    }
    world::Response response;
    response.status = 400;
    response.body = text;
    auto const error = refused(response, "somebody");
    for (unsigned char const c : error.what)
        if (c < 0x20 || c == 0x7f) std::abort();
    static_cast<void>(claims_of(base::Secret(text)));
    static_cast<void>(without_secret(text, base::Secret(text.substr(0, text.size() / 3))));
}

void certificate_file(std::string const& text) {
    auto const certificate = Certificate::read(base::Secret(text), base::Secret("password"));
    if (!certificate) {
        if (certificate.error().what.empty()) std::abort();
        return;
    }
    if (certificate->chain().empty()) std::abort();
    static_cast<void>(client_assertion(*certificate, {false, true}, "client", "https://token", base::Time{}, "id"));
}
}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    if (size < 1) return 0;
    std::string const text(reinterpret_cast<char const*>(data + 1), size - 1);
    switch (data[0] % 3) {
        case 0:
            challenge(text);
            break;
        case 1:
            token_answer(text);
            break;
        default:
            certificate_file(text);
            break;
    }
    return 0;
}
