#include <openssl/crypto.h>

#include "base/base.hpp"

namespace holdfast::base {

namespace {
struct Row {
    ErrorCode code;
    std::string_view name;
    int exit;
};
constexpr Row kCodes[] = {
    {ErrorCode::usage, "usage", 64},
    {ErrorCode::unreadable, "unreadable", 1},
    {ErrorCode::syntax, "syntax", 1},
    {ErrorCode::spec_unknown_key, "spec_unknown_key", 1},
    {ErrorCode::spec_value, "spec_value", 1},
    {ErrorCode::spec_missing, "spec_missing", 1},
    {ErrorCode::spec_conflict, "spec_conflict", 1},
    {ErrorCode::unsupported, "unsupported", 1},
    {ErrorCode::not_recognised, "not_recognised", 4},
    {ErrorCode::connection_failed, "connection_failed", 1},
    {ErrorCode::connection_lost, "connection_lost", 1},
    {ErrorCode::tls, "tls", 1},
    {ErrorCode::answer_malformed, "answer_malformed", 1},
    {ErrorCode::answer_too_large, "answer_too_large", 1},
    {ErrorCode::sign_in, "sign_in", 1},
    {ErrorCode::azure, "azure", 1},
    {ErrorCode::timeout, "timeout", 1},
    {ErrorCode::conflict, "conflict", 1},
    {ErrorCode::moved, "moved", 5},
    {ErrorCode::guard, "guard", 5},
    {ErrorCode::promise_broken, "promise_broken", 3},
    {ErrorCode::journal_corrupt, "journal_corrupt", 1},
    {ErrorCode::interrupted, "interrupted", 130},
};
Row const& row(ErrorCode code) {
    for (auto const& candidate : kCodes)
        if (candidate.code == code) return candidate;
    std::abort();  // a code without a row is a broken program
}
}  // namespace

std::string_view name(ErrorCode code) { return row(code).name; }
int exit_status(ErrorCode code) { return row(code).exit; }

tl::unexpected<Error> fail(ErrorCode code, std::string what, std::string fix, Where where) {
    return tl::unexpected<Error>(
        Error{.code = code, .where = std::move(where), .what = std::move(what), .fix = std::move(fix)});
}

Secret::Secret(std::string text) {
    if (text.empty()) return;
    auto const wiped = [](std::string* kept) {
        OPENSSL_cleanse(kept->data(), kept->size());
        delete kept;
    };
    text_ = std::shared_ptr<std::string>(new std::string(std::move(text)), wiped);
    OPENSSL_cleanse(text.data(), text.capacity());  // a short one is copied, not moved
}
std::string const& Secret::reveal() const {
    static std::string const nothing;
    return text_ ? *text_ : nothing;
}

}  // namespace holdfast::base
