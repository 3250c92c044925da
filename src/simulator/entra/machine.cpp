// The identity endpoint of machines: IMDS, and App Service's two.
#include "simulator/entra/entra.hpp"
#include "simulator/entra/tokens.hpp"

namespace holdfast::simulator::entra {
namespace {

constexpr Duration machine_token_lifetime = std::chrono::seconds(86399);  // recorded traffic, read 2026-11-23

}  // namespace

world::Response machine_identity(Core& core, Asked const& asked) {
    auto const refuse_plainly = [](std::string_view code, std::string_view message) {
        return answer_json(400, json::Object{{"error", code}, {"error_description", message}});
    };
    bool const app_service = !asked.header("X-IDENTITY-HEADER").empty() || !asked.header("secret").empty();
    if (!base::same_text(asked.header("Metadata"), "true") && !app_service)
        return refuse_plainly("invalid_request", "Required metadata header not specified");
    auto resource = asked.asked_for("resource");
    if (asked.method == "POST") {  // Cloud Shell's way
        auto const form = read_form(asked.body);
        if (auto const found = form.find("resource"); found != form.end()) resource = found->second;
    }
    if (resource.empty()) return refuse_plainly("invalid_request", "Required query variable 'resource' is missing");
    Principal const* principal = core.store.principal(core.options.owner.object_id);
    for (auto const* key : {"client_id", "clientid", "object_id", "principal_id"}) {
        if (auto const said = asked.asked_for(key); !said.empty()) principal = core.store.principal(said);
    }
    for (auto const* key : {"msi_res_id", "mi_res_id", "resource_id"}) {
        auto const said = base::lower(asked.asked_for(key));
        if (said.empty()) continue;
        principal = nullptr;
        for (auto const& [id, candidate] : core.store.principals()) {
            if (candidate.resource == said) principal = &candidate;
        }
    }
    if (!principal) return refuse_plainly("invalid_request", "Identity not found");
    auto const now = std::chrono::duration_cast<std::chrono::seconds>(core.store.now().time_since_epoch()).count();
    auto const seconds = std::chrono::duration_cast<std::chrono::seconds>(machine_token_lifetime).count();
    return answer_json(200, json::Object{{"access_token", issue(core, *principal, resource, machine_token_lifetime)},
                                         {"client_id", principal->client_id},
                                         {"expires_in", std::to_string(seconds)},
                                         {"ext_expires_in", std::to_string(seconds)},
                                         {"expires_on", std::to_string(now + seconds)},
                                         {"not_before", std::to_string(now)},
                                         {"resource", resource},
                                         {"token_type", "Bearer"}});
}

}  // namespace holdfast::simulator::entra
