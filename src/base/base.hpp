/// base: what every room needs, and nothing that knows Azure.
///
/// Error and Result, Secret, positions in files, seeded randomness, time without a clock, CIDR ranges, text.
/// Everything here is a plain value; nothing does I/O.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <utility>
#include <variant>
#include <vector>

namespace holdfast::base {

// ---------------------------------------------------------------------------------------------- errors

/// A place in a user's file. Lines and columns count from 1; 0 means "the file as a whole".
struct SourcePos {
    std::string file;
    int line = 0;
    int column = 0;
    int length = 1;  ///< how many columns the caret underlines
    friend auto operator<=>(SourcePos const&, SourcePos const&) = default;
};

/// A request that failed: the method and whose resource. Never a URL: queries carry signatures.
struct Call {
    std::string method;
    std::string address;
    friend bool operator==(Call const&, Call const&) = default;
};

struct JournalRecord {
    std::string run;
    int number = 0;
    friend bool operator==(JournalRecord const&, JournalRecord const&) = default;
};

using Where = std::variant<std::monostate, SourcePos, Call, JournalRecord>;

/// What went wrong, as a kind that programs can branch on. Azure's own codes are data (Error::azure).
enum class ErrorCode {
    usage,              ///< the command line cannot be understood
    unreadable,         ///< a file or folder cannot be read or written
    syntax,             ///< YAML, JSON … is malformed
    spec_unknown_key,   ///< a key the spec language does not have
    spec_value,         ///< a value that is not allowed
    spec_missing,       ///< something required is not said
    spec_conflict,      ///< two statements that exclude each other
    unsupported,        ///< understood, and refused with a reason
    not_recognised,     ///< an input with nothing recognisable in it
    connection_failed,  ///< never reached the server: the act did not happen
    connection_lost,    ///< broke after sending: the act may have happened
    tls,                ///< the server's certificate was not trusted
    answer_malformed,   ///< the server's answer cannot be understood
    answer_too_large,   ///< the server's answer exceeded a bound
    sign_in,            ///< no token
    azure,              ///< Azure said no; see Error::azure
    timeout,            ///< a deadline passed
    conflict,           ///< somebody else holds what we need (a lock, another run)
    moved,              ///< the world changed since the plan was made
    guard,              ///< an act that needs --allow CLASS:NAME
    promise_broken,     ///< verify: what stands is not what was asked
    journal_corrupt,    ///< the journal holds something other than a torn tail
    interrupted,        ///< a signal
};
std::string_view name(ErrorCode);
/// The process exit status that this kind of error leads to (64, 5, 3, 1 …).
int exit_status(ErrorCode);

/// What Azure said, kept apart from what we say of it.
struct AzureError {
    int status = 0;                  ///< HTTP status
    std::string code;                ///< "OperationNotAllowed"
    std::string subcode;             ///< AKS: "PutManagedClusterAndComponents_FailedPrecondition"
    std::string message;             ///< the deepest message: the cause
    std::vector<std::string> chain;  ///< code: message, outermost first
    std::string target;
    std::string correlation_id;  ///< support asks for it
};

/// An error says where, what, and what to do next. Rendering belongs to `report`.
struct Error {
    ErrorCode code = ErrorCode::azure;
    Where where;
    std::string what;            ///< what is wrong, in the user's words
    std::string fix;             ///< what to write or run instead
    std::vector<Error> because;  ///< the chain, outermost first
    std::optional<AzureError> azure;
};

template <typename T>
using Result = tl::expected<T, Error>;
/// A reader of user files collects every mistake before it gives up.
template <typename T>
using Collected = tl::expected<T, std::vector<Error>>;

inline tl::unexpected<Error> fail(Error error) { return tl::unexpected<Error>(std::move(error)); }
tl::unexpected<Error> fail(ErrorCode code, std::string what, std::string fix = {}, Where where = {});

/// std::visit with an overload set.
template <typename... F>
struct Overload : F... {
    using F::operator()...;
};
template <typename... F>
Overload(F...) -> Overload<F...>;
template <typename Variant, typename... F>
decltype(auto) match(Variant&& variant, F&&... cases) {
    return std::visit(Overload{std::forward<F>(cases)...}, std::forward<Variant>(variant));
}

// ---------------------------------------------------------------------------------------------- secrets

/// A password, key or token. Cannot be printed, compared, formatted or put in JSON; wiped when it dies.
/// `reveal` is called only where the bytes leave the process (a request header, a form body).
class Secret {
public:
    Secret() = default;
    explicit Secret(std::string text);
    bool empty() const { return !text_; }
    std::string const& reveal() const;
    bool operator==(Secret const&) const = delete;

private:
    /// Shared by all copies: a token goes with every request, and one text is wiped when the last of them goes.
    std::shared_ptr<std::string const> text_;
};

// ---------------------------------------------------------------------------------------------- time

using Duration = std::chrono::milliseconds;
using Time = std::chrono::sys_time<Duration>;  ///< a moment, UTC
using Date = std::chrono::year_month_day;      ///< a day, UTC

/// "2026-11-24". Refuses impossible days.
Result<Date> parse_date(std::string_view);
std::string to_string(Date);
/// "2026-11-24T18:25:00Z", with milliseconds when there are any; Azure's seven decimals are read.
Result<Time> parse_time(std::string_view);
std::string to_string(Time);
/// "Tue, 24 Nov 2026 18:25:00 GMT", the HTTP form.
std::string http_date(Time);
Result<Time> parse_http_date(std::string_view);
/// For people: "4 s", "6 min 57 s", "1 h 02 min".
std::string spoken(Duration);

// ---------------------------------------------------------------------------------------------- randomness

/// xoshiro256**, seeded by splitmix64: the same seed gives the same numbers on every machine.
class Prng {
public:
    explicit Prng(std::uint64_t seed);
    std::uint64_t next();
    /// Uniform in [0, bound); bound > 0.
    std::uint64_t below(std::uint64_t bound);
    /// Uniform in [0, 1).
    double unit();
    bool chance(double probability) { return unit() < probability; }
    /// A generator whose stream does not depend on how often this one is drawn from later.
    Prng fork();
    std::string guid();  ///< a random version 4 GUID, lower case

private:
    std::uint64_t state_[4];
};

// ---------------------------------------------------------------------------------------------- addresses

/// An IPv4 range in canonical form: no host bits. "10.240.0.0/16".
class Cidr {
public:
    static Result<Cidr> parse(std::string_view);  ///< also refuses host bits, naming the canonical form
    static Cidr of(std::uint32_t network, int prefix);
    std::uint32_t first() const { return network_; }
    std::uint32_t last() const;
    int prefix() const { return prefix_; }
    std::uint64_t size() const { return std::uint64_t{1} << (32 - prefix_); }
    bool contains(Cidr const& other) const;
    bool contains(std::uint32_t address) const;
    bool overlaps(Cidr const& other) const;
    std::string text() const;
    friend auto operator<=>(Cidr const&, Cidr const&) = default;

private:
    Cidr(std::uint32_t network, int prefix) : network_(network), prefix_(prefix) {}
    std::uint32_t network_;
    int prefix_;
};
Result<std::uint32_t> parse_ipv4(std::string_view);
std::string ipv4_text(std::uint32_t);

// ---------------------------------------------------------------------------------------------- text

std::string lower(std::string_view);                 ///< ASCII
bool same_letters(std::string_view, std::string_view);  ///< of two texts of one length, without case
/// ASCII, without case: how ARM compares names and ids. Lengths are compared in place, since most that differ differ there.
inline bool same_text(std::string_view a, std::string_view b) { return a.size() == b.size() && same_letters(a, b); }
/// Hash and equality, for maps that are asked with names as they come.
struct WithoutCase {
    using is_transparent = void;
    std::size_t operator()(std::string_view) const;
    bool operator()(std::string_view a, std::string_view b) const { return same_text(a, b); }
};
std::vector<std::string> split(std::string_view text, char separator);
std::string join(std::span<std::string const> parts, std::string_view separator);
std::string_view trimmed(std::string_view);
bool starts_with_text(std::string_view text, std::string_view prefix);  ///< without case
/// The candidate a typing person most likely meant; nothing when none is near.
std::optional<std::string> nearest(std::string_view typed, std::span<std::string const> candidates);
/// How many bytes at `at` are one character of UTF-8 (RFC 3629); 0 when they are none.
std::size_t utf8_length(std::string_view text, std::size_t at);
/// Text that is safe on a terminal and in a log line: control characters and invalid UTF-8 become visible escapes.
std::string printable(std::string_view);
std::string base64(std::string_view bytes);
std::string base64url(std::string_view bytes);      ///< without padding
Result<std::string> from_base64(std::string_view);  ///< either alphabet, padding optional, line breaks skipped
std::string percent_encoded(std::string_view);      ///< RFC 3986 unreserved stay
std::string percent_decoded(std::string_view);
std::string hex(std::string_view bytes);

/// Hashes: raw bytes out.
std::string sha1(std::string_view bytes);
std::string sha256(std::string_view bytes);
bool is_guid(std::string_view);
/// Name-based GUID (RFC 9562 version 5) in a namespace GUID.
std::string guid_v5(std::string_view namespace_guid, std::string_view name);

}  // namespace holdfast::base
