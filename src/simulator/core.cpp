#include "simulator/core.hpp"

#include <cmath>

namespace holdfast::simulator {
namespace {

constexpr std::string_view clouds_source =
    "https://management.azure.com/metadata/endpoints, recorded traffic, read 2026-11-23";
constexpr CloudHosts clouds[] = {
    {"Simulated", "management.azsim.test", "login.azsim.test", "graph.azsim.test", "vault.azsim.test",
     "azurecr.azsim.test", "portal.azsim.test", "own", "2026-11-24"},
    {"AzureCloud", "management.azure.com", "login.microsoftonline.com", "graph.microsoft.com", "vault.azure.net",
     "azurecr.io", "portal.azure.com", clouds_source, "2026-11-23"},
    {"AzureUSGovernment", "management.usgovcloudapi.net", "login.microsoftonline.us", "graph.microsoft.us",
     "vault.usgovcloudapi.net", "azurecr.us", "portal.azure.us", clouds_source, "2026-11-23"},
    {"AzureChinaCloud", "management.chinacloudapi.cn", "login.chinacloudapi.cn", "microsoftgraph.chinacloudapi.cn",
     "vault.azure.cn", "azurecr.cn", "portal.azure.cn", clouds_source, "2026-11-23"},
};
struct Alias {
    std::string_view host, is;
};
constexpr Alias aliases[] = {
    {"management.core.windows.net", "management.azure.com"},
    {"login.windows.net", "login.microsoftonline.com"},
    {"sts.windows.net", "login.microsoftonline.com"},
    {"login.microsoft.com", "login.microsoftonline.com"},
    {"login.partner.microsoftonline.cn", "login.chinacloudapi.cn"},
};

}  // namespace

Fate::End Fate::end(std::string_view, resource::ResourceId const&) { return End::well; }
bool Fate::registration_hangs(std::string_view) { return false; }
double Fate::takes(std::string_view, resource::ResourceId const&, double drawn) { return drawn; }
double Fate::takes_effect(resource::ResourceId const&, double drawn) { return drawn; }
Duration Fate::token_lives(Duration usual) { return usual; }
void Fate::repeated(resource::ResourceId const&) {}

base::Prng Core::prng(std::string_view purpose) {
    auto const nth = store.count(std::string(purpose));
    auto const digest =
        base::sha256(std::to_string(store.seed()) + "\n" + std::string(purpose) + "\n" + std::to_string(nth));
    std::uint64_t seed = 0;
    for (int i = 0; i < 8; ++i) seed = seed << 8 | static_cast<unsigned char>(digest[static_cast<std::size_t>(i)]);
    return base::Prng(seed);
}

double Core::draw(arm::Takes const& takes, std::string_view purpose) {
    auto const nth = store.count("draws " + std::string(purpose));
    auto random = prng(purpose);
    auto const u = random.unit();
    auto const [a, c, b] = std::tuple(takes.least, takes.typical, takes.most);
    auto seconds = a;
    if (b > a) {  // the triangle's inverse distribution
        auto const turn = (c - a) / (b - a);
        seconds = u < turn ? a + std::sqrt(u * (b - a) * (c - a)) : b - std::sqrt((1 - u) * (b - a) * (b - c));
    }
    seconds = std::round(seconds * 1000) / 1000;
    auto what = std::string(purpose);
    if (nth > 0) what += " #" + std::to_string(nth + 1);
    store.put_drawn(what, seconds);
    return seconds;
}

std::optional<std::pair<Face, CloudHosts const*>> face_of(std::string_view host) {
    for (auto const& alias : aliases) {
        if (host == alias.host) host = alias.is;
    }
    for (auto const& cloud : clouds) {
        if (host == cloud.management) return std::pair(Face::management, &cloud);
        if (host == cloud.login) return std::pair(Face::login, &cloud);
        if (host == cloud.graph) return std::pair(Face::graph, &cloud);
        if (host.size() > cloud.vault_suffix.size() + 1 && host.ends_with(cloud.vault_suffix) &&
            host[host.size() - cloud.vault_suffix.size() - 1] == '.')
            return std::pair(Face::vault, &cloud);
    }
    return std::nullopt;
}

CloudHosts const& simulated_cloud() { return clouds[0]; }

}  // namespace holdfast::simulator
