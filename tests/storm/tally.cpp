#include "tally.hpp"

#include <fmt/format.h>
#include <charconv>

namespace holdfast::storm {

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

Doing by_type(std::string_view lower_path) {
    constexpr std::string_view providers = "/providers/";
    auto const at = lower_path.rfind(providers);
    if (at == std::string_view::npos) return Doing::group;
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

enum Columns : unsigned {
    sign_in = 1u << 0,
    reads = 1u << 1 | 1u << 2,
    poll = 1u << 2,
    register_ = 1u << 3,
    group = 1u << 4,
    grant = 1u << 7,
    cluster = 1u << 9,
    identity = 1u << 6,
    remove = 1u << 11,
    writes = group | 1u << 5 | identity | grant | 1u << 8 | cluster | 1u << 10,
    all = (1u << 12) - 1,
};
struct Empty {
    Kind kind;
    unsigned columns;
    std::string_view because;
};
constexpr std::string_view no_work = "nothing goes on after that answer";
constexpr std::string_view by_hand = "counted by the thing that was touched";
constexpr std::string_view not_asked = "what struck is counted where it was met";
constexpr Empty empties[] = {
    {Kind::throttled_seconds, sign_in, "the token server's 429 is `sign-in-throttled`"},
    {Kind::throttled_date, sign_in, "the token server sends seconds"},
    {Kind::refused_busy, sign_in | reads | register_, "only writes and deletes meet a lock"},
    {Kind::server_error_after, sign_in | reads, "reading does nothing that could have happened"},
    {Kind::token_short, all & ~sign_in, not_asked},
    {Kind::token_revoked, sign_in, "a token is refused where it is shown"},
    {Kind::claims_challenge, sign_in, "a token is refused where it is shown"},
    {Kind::sign_in_throttled, all & ~sign_in, "another server"},
    {Kind::operation_gone, all & ~poll, "only operations have such a URL"},
    {Kind::truncated, remove, "the answer to a DELETE has no body to cut"},
    {Kind::vault_dns, all & ~(1u << 8), "only a vault has a name to resolve"},
    {Kind::role_slow, all & ~grant, not_asked},
    {Kind::role_never, all & ~grant, not_asked},
    {Kind::work_fails, sign_in | reads | register_ | group | identity | grant, no_work},
    {Kind::work_converges, sign_in | reads | register_ | group | identity | grant, no_work},
    {Kind::work_converges, remove, "what was to go does not go by itself"},
    {Kind::work_hangs, sign_in | reads | register_ | group | identity | grant, no_work},
    {Kind::disk_full, sign_in, "counted against what the process was doing at Azure"},
    {Kind::torn_tail, sign_in, "counted against what the process was doing at Azure"},
    {Kind::human_changes, all & ~writes, by_hand},
    {Kind::human_changes, grant, "an assignment has nothing that can be changed"},
    {Kind::human_deletes, all & ~writes, by_hand},
    {Kind::human_creates, all & ~cluster,
     "Azure takes If-None-Match for clusters alone: elsewhere the last to write wins"},
    {Kind::second_deployer, all & ~(1u << 1), "one a deployment, counted when it begins by looking"},
    {Kind::deleted_vault, all & ~(1u << 8), "only a vault is kept"},
};

}  // namespace

double weight(Doing doing) {
    //                               sign-in look poll register group network identity grant vault cluster other delete
    static constexpr double weights[] = {1, 0.3, 0.6, 1, 10, 3, 6, 3, 3, 2, 6, 4};
    static_assert(std::size(weights) == doing_count);
    return weights[static_cast<std::size_t>(doing)];
}
Doing thing(std::string_view path) { return by_type(base::lower(path)); }

std::string_view name(Doing doing) { return doing_names[static_cast<std::size_t>(doing)]; }

Doing doing(std::string_view method, std::string_view path) {
    auto const lower = base::lower(path);
    if (method == "GET" || method == "HEAD") return is_operation(lower) ? Doing::poll : Doing::look;
    if (method == "DELETE") return Doing::remove;
    if (method == "POST") return lower.ends_with("/register") ? Doing::register_ : Doing::other;
    return by_type(lower);
}

Doing doing(world::Request const& request) {
    std::string_view url = request.url;
    url = url.substr(0, url.find('?'));
    auto const host = url.find("://");
    if (host != std::string_view::npos) url = url.substr(host + 3);
    if (url.starts_with("login.")) return Doing::sign_in;
    auto const path = url.find('/');
    return doing(request.method, path == std::string_view::npos ? std::string_view{} : url.substr(path));
}

std::string_view cannot_happen(Kind kind, Doing doing) {
    for (auto const& empty : empties)
        if (empty.kind == kind && (empty.columns >> static_cast<unsigned>(doing) & 1u)) return empty.because;
    return {};
}

std::vector<Cell> const& cells() {
    static auto const all = [] {
        std::vector<Cell> can_happen;
        for (auto const& kind : kinds())
            for (std::size_t d = 0; d < doing_count; ++d)
                if (cannot_happen(kind.kind, static_cast<Doing>(d)).empty())
                    can_happen.push_back({kind.kind, static_cast<Doing>(d)});
        return can_happen;
    }();
    return all;
}

void Tally::add(Tally const& other) {
    for (std::size_t k = 0; k < kind_count; ++k)
        for (std::size_t d = 0; d < doing_count; ++d) counts_[k][d] += other.counts_[k][d];
}

std::string Tally::written() const {
    std::string out;
    for (std::size_t k = 0; k < kind_count; ++k)
        for (std::size_t d = 0; d < doing_count; ++d) out += fmt::format("{} ", counts_[k][d]);
    return out;
}
void Tally::read(std::string_view text) {
    for (std::size_t k = 0; k < kind_count; ++k)
        for (std::size_t d = 0; d < doing_count; ++d) {
            std::uint64_t value = 0;
            auto const [end, wrong] = std::from_chars(text.data(), text.data() + text.size(), value);
            if (wrong != std::errc{}) return;
            counts_[k][d] += value;
            text.remove_prefix(std::min(text.size(), static_cast<std::size_t>(end - text.data()) + 1));
        }
}

std::string Tally::table() const {
    std::string out = fmt::format("{:<20}", "struck while");
    for (auto const column : doing_names) out += fmt::format("{:>9}", column);
    out += '\n';
    for (auto const& kind : kinds()) {
        out += fmt::format("{:<20}", kind.name);
        for (std::size_t d = 0; d < doing_count; ++d) {
            auto const count = counts_[static_cast<std::size_t>(kind.kind)][d];
            bool const never = count == 0 && !cannot_happen(kind.kind, static_cast<Doing>(d)).empty();
            out += never ? fmt::format("{:>9}", "-") : fmt::format("{:>9}", count);
        }
        out += '\n';
    }
    return out;
}

std::vector<std::string> Tally::too_few(std::uint64_t least) const {
    std::vector<std::string> out;
    for (auto const& cell : cells())
        if (auto const times = at(cell.kind, cell.doing); times < least)
            out.push_back(fmt::format("{} while {}: {} times", row(cell.kind).name, name(cell.doing), times));
    return out;
}

}  // namespace holdfast::storm
