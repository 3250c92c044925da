#include "simulator/weather/doing.hpp"

#include <algorithm>

namespace holdfast::simulator::weather {
namespace {

constexpr std::string_view doing_names[] = {"sign-in",  "look",  "poll",  "register", "group", "network",
                                            "identity", "grant", "vault", "cluster",  "other", "delete"};
static_assert(std::size(doing_names) == doing_count);

struct Prefix {
    std::string_view in;  ///< lower case, in the last provider part of a path
    Doing doing;
};
constexpr Prefix prefixes[] = {
    {"microsoft.authorization/roleassignments", Doing::grant}, {"microsoft.network/", Doing::network},
    {"microsoft.managedidentity/", Doing::identity},           {"microsoft.keyvault/", Doing::vault},
    {"microsoft.compute/diskencryptionsets", Doing::vault},    {"microsoft.containerservice/", Doing::cluster},
};

/// How the last word of a POST begins that changes nothing.
constexpr std::string_view questions[] = {"list", "check", "validate", "whatif"};

Doing by_type(std::string_view lower_path) {
    constexpr std::string_view providers = "/providers/";
    auto const at = lower_path.rfind(providers);
    if (at == std::string_view::npos)
        return lower_path.find("/resourcegroups/") == std::string_view::npos ? Doing::other : Doing::group;
    auto const type = lower_path.substr(at + providers.size());
    for (auto const& prefix : prefixes)
        if (type.starts_with(prefix.in)) return prefix.doing;
    return Doing::other;
}

/// "…/operations/{guid}", "…/operationresults/{guid}" and their like.
bool is_operation(std::string_view lower_path) {
    auto const last = lower_path.rfind('/');
    if (last == std::string_view::npos || !base::is_guid(lower_path.substr(last + 1))) return false;
    auto const above = lower_path.substr(0, last);
    return above.substr(above.rfind('/') + 1).find("operation") != std::string_view::npos;
}

bool only_asks(std::string_view lower_path) {
    auto const last = lower_path.substr(lower_path.rfind('/') + 1);
    return lower_path.ends_with("/providers/microsoft.resourcegraph/resources") ||
           std::ranges::any_of(questions, [&](auto word) { return last.starts_with(word); });
}

struct Empty {
    Kind kind;
    unsigned columns;
    std::string_view because;
};
using namespace columns;
constexpr std::string_view no_work = "nothing goes on after that answer";
constexpr std::string_view only_hangs = "a registration stays Registering, as people tell, and was never seen to fail";
constexpr std::string_view not_asked = "what struck is counted where it was met";
constexpr Empty empties[] = {
    {Kind::throttled_seconds, sign_in, "the token server's 429 is `sign-in-throttled`"},
    {Kind::throttled_date, sign_in, "the token server sends seconds"},
    {Kind::refused_busy, sign_in | reads | register_, "only writes and deletes meet a lock"},
    {Kind::refused_for_good, sign_in | reads | register_, "a lock, a policy or a quota keeps resources from being written"},
    {Kind::server_error_after, sign_in | reads, "reading does nothing that could have happened"},
    {Kind::token_short, all & ~sign_in, not_asked},
    {Kind::token_revoked, sign_in, "a token is refused where it is shown"},
    {Kind::claims_challenge, sign_in, "a token is refused where it is shown"},
    {Kind::sign_in_throttled, all & ~sign_in, "another server"},
    {Kind::operation_gone, all & ~poll, "only operations have such a URL"},
    {Kind::truncated, remove, "the answer to a DELETE has no body to cut"},
    {Kind::vault_dns, all & ~vault, "only a vault has a name to resolve"},
    {Kind::role_slow, all & ~grant, not_asked},
    {Kind::role_never, all & ~grant, not_asked},
    {Kind::work_fails, sign_in | reads | group | identity | grant, no_work},
    {Kind::work_fails, register_, only_hangs},
    {Kind::work_converges, sign_in | reads | group | identity | grant, no_work},
    {Kind::work_converges, register_, only_hangs},
    {Kind::work_converges, remove, "what was to go does not go by itself"},
    {Kind::work_hangs, sign_in | reads | group | identity | grant, no_work},
};

}  // namespace

std::string_view name(Doing doing) { return doing_names[static_cast<std::size_t>(doing)]; }

Doing thing(std::string_view path) { return by_type(base::lower(path)); }

Doing doing(std::string_view method, std::string_view path) {
    auto const lower = base::lower(path);
    if (method == "GET" || method == "HEAD") return is_operation(lower) ? Doing::poll : Doing::look;
    if (method == "DELETE") return Doing::remove;
    if (method == "POST") {
        if (lower.ends_with("/register")) return Doing::register_;
        return only_asks(lower) ? Doing::look : Doing::other;
    }
    return by_type(lower);
}

Doing doing(world::Request const& request) {
    std::string_view url = request.url;
    url = url.substr(0, url.find('?'));
    auto const host = url.find("://");
    if (host != std::string_view::npos) url = url.substr(host + 3);
    // By the login's own host, or by its path on a listener that serves everything.
    if (url.starts_with("login.") || url.find("/oauth2/") != std::string_view::npos) return Doing::sign_in;
    auto const path = url.find('/');
    return doing(request.method, path == std::string_view::npos ? std::string_view{} : url.substr(path));
}

std::string_view cannot_happen(Kind kind, Doing doing) {
    for (auto const& empty : empties)
        if (empty.kind == kind && holds(empty.columns, doing)) return empty.because;
    return {};
}

}  // namespace holdfast::simulator::weather
