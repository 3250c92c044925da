// Managed identities: the host we run on gives the token.
#include <algorithm>

#include "credentials/tokens.hpp"

namespace holdfast::credentials {

using base::Duration;
using base::ErrorCode;

namespace {

enum class Host { service_fabric, query, arc, cloud_shell, metadata };
struct HostRow {
    Host host;
    char const *plain, *variables, *marker_file, *endpoint_variable, *endpoint, *path, *api_version, *header,
        *header_variable, *client_id, *object_id, *resource_id, *source, *date;
};
constexpr HostRow hosts[] = {
#include "identity_hosts.inc"
};

// The only files whose content Arc's agent may ask for: a challenge that names another would send it away.
constexpr std::string_view arc_folder = "/var/opt/azcmagent/tokens/";
constexpr std::size_t largest_arc_key = 4'096;

std::string said(world::Environment const& environment, std::string_view name) {
    return name.empty() ? std::string{} : environment.get(name).value_or("");
}

HostRow const& host_of(world::World const& world) {
    auto const here = [&](HostRow const& row) {
        if (*row.marker_file != 0) return world.files.exists(row.marker_file);
        std::string_view const variables = row.variables;
        if (variables.empty()) return true;
        auto const names = base::split(variables, '\n');
        return std::all_of(names.begin(), names.end(),
                           [&](std::string const& name) { return !said(world.environment, name).empty(); });
    };
    return *std::find_if(std::begin(hosts), std::end(hosts), here);  // the last row is always here
}

Result<std::string> identity_parameter(HostRow const& row, HostIdentity const& identity) {
    using Kind = HostIdentity::Kind;
    if (identity.kind == Kind::system) return std::string{};
    std::string_view const name = identity.kind == Kind::client_id   ? row.client_id
                                  : identity.kind == Kind::object_id ? row.object_id
                                                                     : row.resource_id;
    if (name.empty())
        return base::fail(
            ErrorCode::sign_in,
            std::string(row.plain) + " has no identity that can be chosen " +
                (identity.kind == Kind::client_id   ? "by client id"
                 : identity.kind == Kind::object_id ? "by object id"
                                                    : "by resource id"),
            *row.client_id != 0 ? "choose it by client id" : "unset AZURE_CLIENT_ID, or sign in another way");
    return "&" + std::string(name) + "=" + base::percent_encoded(identity.id);
}

Result<world::Request> host_request(HostRow const& row, world::Environment const& environment,
                                    HostIdentity const& identity, std::string const& audience) {
    if (row.host == Host::service_fabric)
        return base::fail(ErrorCode::unsupported, "Service Fabric's managed identity is not supported",
                          "sign in with a certificate or a workload identity");
    auto const chosen = identity_parameter(row, identity);
    if (!chosen) return base::fail(chosen.error());
    auto endpoint = said(environment, row.endpoint_variable);
    if (endpoint.empty()) endpoint = row.endpoint;
    bool const carries_a_secret = *row.header_variable != 0 || row.host == Host::arc;
    if (carries_a_secret && !stays_on_this_host(endpoint))
        return base::fail(ErrorCode::usage,
                          std::string(row.endpoint_variable) + " is neither on this host nor begins with https://",
                          "it is set by the platform; do not set it yourself");
    auto const resource = "resource=" + base::percent_encoded(audience);
    world::Request request;
    request.timeout = Duration{30'000};
    request.max_answer_bytes = largest_answer;
    auto const value = said(environment, row.header_variable);
    request.headers = {{row.header, *row.header_variable != 0 ? value : "true"}};
    if (row.host == Host::cloud_shell) {
        request.method = "POST";
        request.url = std::move(endpoint);
        request.body = resource;
        request.headers.push_back({"Content-Type", "application/x-www-form-urlencoded"});
        return request;
    }
    if (*row.path != 0)
        while (endpoint.ends_with('/')) endpoint.pop_back();
    request.method = "GET";
    request.url = endpoint + row.path + "?api-version=" + row.api_version + "&" + resource + *chosen;
    return request;
}

/// The key file that Arc's agent names in its challenge, where it lies in the one folder that may be.
std::optional<std::string> arc_key_file(world::Response const& response) {
    auto const header = world::find(response.headers, "WWW-Authenticate");
    if (!header) return std::nullopt;
    for (auto const& challenge : challenges(*header)) {
        if (!base::same_text(challenge.scheme, "Basic")) continue;
        auto const path = challenge.find("realm").value_or("");
        if (!path.starts_with(arc_folder) || !path.ends_with(".key")) return std::nullopt;
        auto const name = path.substr(arc_folder.size());
        bool const plain = std::all_of(name.begin(), name.end(), [](char c) {
            return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_' ||
                   c == '.';
        });
        if (!plain || name.find("..") != std::string_view::npos) return std::nullopt;
        return std::string(path);
    }
    return std::nullopt;
}

class ManagedIdentity final : public Cached {
public:
    explicit ManagedIdentity(HostIdentity identity) : identity_(std::move(identity)) {}
    std::string describe() const override {
        if (identity_.kind == HostIdentity::Kind::system) return "managed identity of this host";
        auto const& id = identity_.id;
        return "managed identity " + (identity_.kind == HostIdentity::Kind::resource_id
                                          ? base::printable(id.substr(id.rfind('/') + 1))
                                          : brief(id));
    }

protected:
    Task<Result<Token>> fetch(Wanted wanted, world::World* world) override {
        auto const& row = host_of(*world);
        auto const request = host_request(row, world->environment, identity_, wanted.audience);
        base::Call const call{"GET", "token for " + describe() + " (" + row.plain + ")"};
        if (!request) co_return located(request.error(), call);
        if (row.host == Host::metadata && !found_) {
            // Without its header the service refuses at once; where there is none, nothing answers within a second.
            world::Request probe;
            probe.method = "GET";
            probe.url = request->url;
            probe.timeout = Duration{1'000};
            probe.max_answer_bytes = largest_answer;
            auto const answer = co_await world->http.send(std::move(probe));
            if (!answer)
                co_return base::fail(ErrorCode::sign_in, "no managed identity: this host has no metadata service",
                                     "sign in another way, or run on an Azure host", call);
            found_ = true;
        }
        auto proved = *request;
        if (row.host == Host::arc) {
            auto proof = co_await arc_proof(*request, wanted.attempts, world);
            if (!proof) co_return located(proof.error(), call);
            proved.headers.push_back({"Authorization", "Basic " + proof->reveal()});
        }
        // An updating metadata service needs 70 s.
        int const attempts = wanted.attempts > 1 ? 7 : 1;
        MakeRequest const make = [&]() -> Result<world::Request> { return proved; };
        auto response = co_await send_until_answered(make, world, attempts);
        if (!response) co_return located(response.error(), call);
        if (response->status != 200) {
            auto error = refused(*response, describe());
            if (error.azure->message.find("Identity not found") != std::string::npos)
                error.fix = "assign this identity to the host, or choose another with --identity";
            co_return located(std::move(error), call);
        }
        co_return read_token(response->body, world->clock.now());
    }

private:
    static tl::unexpected<base::Error> located(base::Error error, base::Call const& call) {
        error.where = call;
        return base::fail(std::move(error));
    }

    /// Arc's agent answers the first request with the name of a file that only its users' group can read.
    static Task<Result<base::Secret>> arc_proof(world::Request request, int attempts, world::World* world) {
        MakeRequest const make = [&]() -> Result<world::Request> { return request; };
        auto response = co_await send_until_answered(make, world, attempts);
        if (!response) co_return base::fail(response.error());
        auto const path = response->status == 401 ? arc_key_file(*response) : std::nullopt;
        if (!path)
            co_return base::fail(ErrorCode::sign_in,
                                 "Azure Arc's agent asks for no key file below " + std::string(arc_folder) + " (HTTP " +
                                     std::to_string(response->status) + ")",
                                 "is this really Arc's agent? look at IDENTITY_ENDPOINT");
        auto content = world->files.read(*path);
        if (!content) {
            auto error = content.error();
            error.fix = "run as root, or as a member of the group himds";
            co_return base::fail(std::move(error));
        }
        base::Secret const key{std::move(*content)};
        auto const text = base::trimmed(key.reveal());
        if (key.reveal().size() > largest_arc_key || !can_be_token(text))
            co_return base::fail(ErrorCode::sign_in, "Azure Arc's key file is no key of at most 4096 bytes",
                                 "repair the agent: azcmagent check");
        co_return base::Secret(std::string(text));
    }

    HostIdentity identity_;
    bool found_ = false;
};

}  // namespace

Result<HostIdentity> HostIdentity::parse(std::string_view text) {
    if (text.empty()) return HostIdentity{};
    if (base::starts_with_text(text, "/subscriptions/")) return HostIdentity{Kind::resource_id, std::string(text)};
    if (base::starts_with_text(text, "object:")) {
        text.remove_prefix(7);
        if (base::is_guid(text)) return HostIdentity{Kind::object_id, std::string(text)};
    } else if (base::is_guid(text)) {
        return HostIdentity{Kind::client_id, std::string(text)};
    }
    return base::fail(ErrorCode::usage, "'" + base::printable(text) + "' names no managed identity",
                      "write its client id, object:ID, or its resource id (/subscriptions/...)");
}

std::unique_ptr<Credential> managed_identity(HostIdentity identity) {
    return std::make_unique<ManagedIdentity>(std::move(identity));
}

}  // namespace holdfast::credentials
