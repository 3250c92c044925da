/// Microsoft.OperationalInsights: Log Analytics workspaces.
#include "simulator/providers/providers.hpp"
#include "simulator/providers/rules.hpp"

namespace holdfast::simulator::providers {
namespace {

constexpr std::string_view workspace_type = "Microsoft.OperationalInsights/workspaces";

Refusal validate_workspace(Context& context, Write const& write) {
    if (auto no = ordinary(context, write)) return no;
    auto const sku = text(write.desired, "properties.sku.name");
    bool const free = base::same_text(sku, "Free");
    auto const days = json::whole_at(write.desired, "properties.retentionInDays");
    if (days && (free ? *days != 7 : *days < 30 || *days > 730))
        return arm::error(400, "InvalidParameter",
                          "'RetentionInDays' property doesn't match the SKU limits: 30 to 730 days for " +
                              (sku.empty() ? "PerGB2018" : sku) + ".",
                          "properties.retentionInDays");
    return {};
}

void accepted_workspace(Context& context, Stored& stored, Stored const* before) {
    auto& body = stored.body;
    fill(body, "properties.sku.name", "PerGB2018");
    fill(body, "properties.retentionInDays", 30);
    fill(body, "properties.publicNetworkAccessForIngestion", "Enabled");
    fill(body, "properties.publicNetworkAccessForQuery", "Enabled");
    fill(body, "properties.features.enableLogAccessUsingOnlyResourcePermissions", true);
    fill(body, "properties.workspaceCapping.dailyQuotaGb", -1.0);
    json::put(body, "properties.customerId",
              json::Value(before ? text(before->body, "properties.customerId")
                                 : context.guid("workspace " + stored.id.key())));
    json::put(body, "properties.createdDate", json::Value(base::to_string(stored.created)));
    json::put(body, "properties.modifiedDate", json::Value(base::to_string(context.now())));
}

arm::Reply shared_keys(Context& context, Stored& stored, arm::Call const&) {
    auto prng = context.prng("shared keys " + stored.id.key());
    auto const key = [&] {
        std::string bytes;
        for (int i = 0; i < 64; ++i) bytes.push_back(static_cast<char>(prng.next()));
        return base::base64(bytes);
    };
    auto first = key(), second = key();
    return arm::Answer{.status = 200,
                       .body = json::Object{{"primarySharedKey", first}, {"secondarySharedKey", second}},
                       .headers = {}};
}

constexpr arm::Action actions[] = {
    {"sharedKeys", "POST", "Microsoft.OperationalInsights/workspaces/sharedKeys/action", shared_keys}};

constexpr arm::ResourceBehaviour types[] = {
    {.type = workspace_type,
     .put = arm::Lro::async,
     .put_retry_after = 10,
     .create = {5, 20, 60, "estimate"},
     .update = {1, 3, 10, "estimate"},
     .patch = arm::PatchStyle::merge,
     .creating = "Creating",
     .lock = arm::WriteLock::itself,
     .operation_path = "providers/Microsoft.OperationalInsights/locations/{location}/operationStatuses/{id}",
     .actions = actions,
     .validate = validate_workspace,
     .accepted = accepted_workspace,
     .source = "Log Analytics REST reference; recorded exchanges, read 2026-11-23 (engineering knowledge)",
     .date = "2026-11-23"},
};
constexpr arm::Provider provider{.name = "Microsoft.OperationalInsights", .types = types};

}  // namespace

arm::Provider const& microsoft_operationalinsights() { return provider; }

}  // namespace holdfast::simulator::providers
