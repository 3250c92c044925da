/// catalog: what we know and believe about Azure, as tables with source and date.
///
/// Error codes (what each means for a deployer), expected durations and locks per operation, transitions (what changing
/// a setting costs). The rows live in data/*.yaml and become constexpr arrays at build time; nothing is parsed at run
/// time. The simulator does not read this room: its beliefs are its own.
#pragma once

#include "json/json.hpp"

namespace holdfast::catalog {

/// What an Azure error code means to whoever sent the request.
enum class Meaning {
    again,     ///< transient: the same request may be repeated now (after Retry-After)
    not_yet,   ///< a precondition that time heals: repeat the act until a deadline
    conflict,  ///< somebody holds the lock: wait for it, then repeat
    exists,    ///< what we wanted is already so
    moved,     ///< our knowledge is stale: read again, then decide
    kept,      ///< a deleted thing keeps the name: it can be recovered
    never,     ///< repeating cannot help
};
std::string_view name(Meaning);

struct ErrorRow {
    std::string_view code;         ///< "AnotherOperationInProgress"
    int status;                    ///< 0: any
    std::string_view message_has;  ///< a fragment that must occur in the message, or empty (AKS reuses codes)
    Meaning meaning;
    std::string_view cause;  ///< in the user's words
    std::string_view next;   ///< what to do
    bool grant;              ///< not_yet only where a role was just granted; else never
    std::string_view source, date;
};
/// The most specific row: code+fragment+status, then code+fragment, code+status, code; last a row for another status,
/// since operations fail with 200 and wrapped errors have lost theirs. Null when unknown.
ErrorRow const* find_error(int status, std::string_view code, std::string_view message);
std::span<ErrorRow const> errors();

/// How long a write of a type takes, and what it excludes. From recorded operations and estimates, each row says which.
struct DurationRow {
    std::string_view type;
    std::string_view act;  ///< "write" | "delete"
    int min_s, typical_s, max_s;
    std::string_view lock;  ///< which resource is held: "self", "parent", "" …
    std::string_view source, date;
};
std::span<DurationRow const> durations();
DurationRow const* find_duration(std::string_view type, std::string_view act);

/// What a change of a property costs on a live resource.
enum class Class { in_place, in_place_reimage, rotate_pool, rebuild, one_way, refused, unknown };
std::string_view name(Class);
struct TransitionRow {
    std::string_view type,
        at;  ///< "Microsoft.ContainerService/managedClusters", "properties.dnsPrefix"; a prefix covers what is below
    std::string_view from, to;  ///< JSON scalars as text, "*" or empty any, "-" absent; to "lower": an earlier version
    Class cost;
    std::string_view because;
    std::string_view source, date;
};
std::span<TransitionRow const> transitions();
/// The most specific row for the change, else Class::unknown with a sentence saying so.
struct Transition {
    Class cost;
    std::string because;
    std::string source;
};
Transition transition(std::string_view type, json::Path const& at, json::Value const* before, json::Value const* after);

}  // namespace holdfast::catalog
