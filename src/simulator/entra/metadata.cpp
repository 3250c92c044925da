// What a cloud's clients read about it first.
#include "simulator/entra/entra.hpp"
#include "simulator/entra/tokens.hpp"

namespace holdfast::simulator::entra {
namespace {

struct Published {
    std::string name, management, login, graph, portal, vault_suffix, registry_suffix;
};

json::Object cloud_object(Core const& core, Published const& p) {
    auto const suffix = p.vault_suffix.substr(p.vault_suffix.find('.') + 1);
    return {
        {"name", p.name},
        {"portal", p.portal},
        {"authentication", json::Object{{"loginEndpoint", p.login},
                                        {"audiences", json::Array{"https://management.azure.com/", p.management + "/"}},
                                        {"tenant", core.options.owner.tenant},
                                        {"identityProvider", "AAD"}}},
        {"media", p.management},
        {"graphAudience", p.graph + "/"},
        {"graph", p.graph + "/"},
        {"suffixes", json::Object{{"keyVaultDns", p.vault_suffix},
                                  {"acrLoginServer", p.registry_suffix},
                                  {"storage", "core." + suffix},
                                  {"mhsmDns", "managedhsm." + suffix},
                                  {"sqlServerHostname", "database." + suffix},
                                  {"storageSyncEndpointSuffix", "afs." + suffix}}},
        {"batch", p.management + "/"},
        {"resourceManager", p.management},
        {"vmImageAliasDoc", p.management + "/aliases.json"},
        {"sqlManagement", p.management + "/"},
        {"microsoftGraphResourceId", p.graph + "/"},
        {"logAnalyticsResourceId", "https://api.loganalytics.io"},
        {"gallery", p.management + "/"}};
}

Published published(Asked const& asked) {
    auto const face = face_of(asked.host);
    auto const& cloud = face ? *face->second : simulated_cloud();
    auto const url = [](std::string_view host) { return "https://" + std::string(host); };
    if (face) {
        return {std::string(cloud.name),
                url(cloud.management),
                url(cloud.login),
                url(cloud.graph),
                url(cloud.portal),
                std::string(cloud.vault_suffix),
                std::string(cloud.registry_suffix)};
    }
    // One listener serves all faces by path; only vaults need names of their own.
    return {std::string(cloud.name),
            asked.origin,
            asked.origin,
            asked.origin,
            asked.origin,
            std::string(cloud.vault_suffix),
            std::string(cloud.registry_suffix)};
}

}  // namespace

world::Response metadata(Core const& core, Asked const& asked) {
    auto const version = asked.asked_for("api-version");
    auto const p = published(asked);
    if (version.empty())
        return answer_json(
            400, json::Object{{"error", json::Object{{"code", "MissingApiVersionParameter"},
                                                     {"message", "The api-version query parameter is required."}}}});
    if (version < "2018") {
        return answer_json(
            200, json::Object{{"galleryEndpoint", p.management + "/"},
                              {"graphEndpoint", p.graph + "/"},
                              {"portalEndpoint", p.portal + "/"},
                              {"authentication", json::Object{{"loginEndpoint", p.login + "/"},
                                                              {"audiences", json::Array{"https://management.azure.com/",
                                                                                        p.management + "/"}}}}});
    }
    auto object = cloud_object(core, p);
    if (version < "2022") return answer_json(200, json::Array{std::move(object)});
    return answer_json(200, std::move(object));
}

}  // namespace holdfast::simulator::entra
