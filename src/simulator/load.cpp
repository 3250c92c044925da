#include "simulator/load.hpp"

#include <algorithm>

#include "simulator/arm/access.hpp"
#include "simulator/arm/arm.hpp"
#include "simulator/arm/groups.hpp"
#include "simulator/arm/requests.hpp"
#include "simulator/arm/work.hpp"
#include "simulator/world_file.hpp"

namespace holdfast::simulator {
namespace {

constexpr std::string_view default_location = "westeurope";
constexpr std::string_view assignment_type = "Microsoft.Authorization/roleAssignments";

struct Entry {
    ResourceId id;
    std::string type;
    json::Value body;
};

base::Result<std::vector<Entry>> read_entries(std::string_view text, std::string const& subscription) {
    auto bodies = read_world(text, subscription);
    if (!bodies) return base::fail(std::move(bodies.error()));
    std::vector<Entry> entries;
    for (std::size_t i = 0; i < bodies->size(); ++i) {
        auto& item = (*bodies)[i];
        auto const named = item.is_object() ? json::text_at(item, "id") : std::nullopt;
        auto const where = "entry " + std::to_string(i + 1) + " of the world";
        if (!named) return base::fail(base::ErrorCode::not_recognised, where + " has no id");
        auto id = ResourceId::parse(*named);
        if (!id) return base::fail(std::move(id.error()));
        auto type = arm::canonical_type(id->type());
        if (type.empty() && base::starts_with_text(id->type(), "Microsoft.")) type = id->type();  // kept and shown
        if (type.empty())
            return base::fail(base::ErrorCode::unsupported, where + ": the simulated Azure has no type " + id->type());
        if (!base::same_text(id->subscription(), subscription))
            return base::fail(
                base::ErrorCode::spec_conflict,
                where + " stands in subscription " + id->subscription() + ", the world is " + subscription,
                "write the ids with subscription " + subscription);
        auto const* shape = shapes::find(type);
        auto const wrong = shape ? arm::misnamed_child(*id, *shape, item) : std::nullopt;
        if (wrong && !wrong->empty())
            return base::fail(base::ErrorCode::not_recognised,
                              where + " holds something named '" + base::printable(*wrong) + "', which is no name",
                              "write a name without slashes, and without spaces at its ends");
        entries.push_back({std::move(*id), std::move(type), std::move(item)});
    }
    // Groups first, then parents before children: an id is longer than its parent's.
    std::sort(entries.begin(), entries.end(), [](Entry const& a, Entry const& b) {
        return std::pair(a.id.key().size(), a.id.key()) < std::pair(b.id.key().size(), b.id.key());
    });
    return entries;
}

void stand(arm::Work& work, ResourceId const& id, std::string const& type, json::Value body) {
    auto& store = work.core().store;
    auto const& row = arm::behaviour(type);
    auto const* shape = shapes::find(type);
    if (auto* object = body.if_object()) {
        for (auto const* key : {"id", "name", "type", "etag", "eTag"}) object->erase(key);
    }
    if (auto const location = json::text_at(body, "location"))
        json::put(body, "location", json::Value(resource::normal_location(*location)));
    std::vector<arm::InlineChildren> kinds;
    if (shape) kinds = arm::take_children(id, *shape, body);
    json::Value hidden = json::Object{};
    arm::hide_secrets(row.secrets, body, hidden);

    bool const said_state = !row.state_at.empty() && json::find(body, row.state_at);
    work.put(id, std::move(body)).hidden = std::move(hidden);
    if (row.accepted) row.accepted(work, *store.edit(id.key()), nullptr);
    for (auto& kind : kinds) {
        for (auto& [child, child_body] : kind.children)
            stand(work, child, std::string(kind.type->name), std::move(child_body));
    }
    if (row.complete && store.find(id.key())) row.complete(work, *store.edit(id.key()));
    if (auto* stored = store.edit(id.key())) {
        if (!said_state) arm::set_state(*stored, "Succeeded");
        if (type == assignment_type) json::put(stored->hidden, arm::effective_at, json::Value(0));
    }
}

constexpr std::string_view group_of_templates = "loaded";
constexpr Duration longest_deployment = std::chrono::hours(24);

arm::Said ask(arm::Work& work, std::string_view method, ResourceId const& id, std::string body) {
    Asked asked;
    asked.method = method;
    asked.path = base::split(id.text().substr(1), '/');
    asked.query = {{"api-version", "2025-04-01"}};
    asked.target = id.text() + "?api-version=2025-04-01";
    asked.body = std::move(body);
    return arm::carry_out(work, asked);
}

/// "code: message" of what is at the bottom: the rest only says that something below failed.
std::string told(json::Value const& error) {
    auto const& details = json::list_at(error, "details");
    if (!details.empty()) return told(details.front());
    return std::string(json::text_at(error, "code").value_or("")) + ": " +
           std::string(json::text_at(error, "message").value_or(""));
}

base::Result<void> deploy(Core& core, json::Value given) {
    auto const& owner = core.options.owner;
    auto const schema = base::lower(json::text_at(given, "$schema").value_or(""));
    bool const to_subscription = schema.find("subscriptiondeploymenttemplate") != std::string::npos;
    auto const refuse = [](std::string why) {
        return base::fail(base::ErrorCode::spec_conflict, "the template cannot be deployed: " + std::move(why),
                          "give each of its parameters a defaultValue, and let it make all it needs: nothing stands "
                          "beside it");
    };
    if (!to_subscription && schema.find("/deploymenttemplate.json") == std::string::npos)
        return refuse("it is for a tenant or a management group");
    // As where it stands already.
    for (auto const* provider : arm::all_providers()) core.store.put_registration(provider->name, "Registered");
    core.store.put_feature("Microsoft.Compute", "EncryptionAtHost", "Registered");
    arm::Work work(core, {.object_id = owner.object_id, .client_id = owner.client_id});
    auto scope = ResourceId::subscription_of(owner.subscription);
    json::Object body{{"properties", json::Object{{"mode", "Incremental"}, {"template", std::move(given)}}}};
    if (to_subscription) {
        body["location"] = default_location;
    } else {
        scope = scope.group(group_of_templates);
        auto const made = ask(work, "PUT", scope, json::write(json::Object{{"location", default_location}}));
        if (!made) return refuse(made.error().message);
    }
    auto const id = scope.with("Microsoft.Resources/deployments", "load");
    if (auto const begun = ask(work, "PUT", id, json::write(body)); !begun)
        return refuse(told(*json::find(arm::error_body(begun.error(), arm::Envelope::arm), "error")));
    auto const until = core.store.now() + longest_deployment;
    for (;;) {
        auto const* deployment = core.store.find(id.key());
        auto const state = deployment ? arm::state_of(*deployment) : std::string();
        if (state == "Succeeded") return {};
        auto const* event = core.store.next_event();
        if (state == "Failed" || state == "Canceled" || !event || event->at > until) {
            auto const* error = deployment ? json::find(deployment->body, "properties.error") : nullptr;
            return refuse(error ? told(*error) : "it does not come to an end");
        }
        arm::pass_time(core, event->at);
    }
}

}  // namespace

base::Result<void> load_world(Core& core, std::string_view arm_json) {
    if (auto given = read_template(arm_json)) {
        auto* const sky = std::exchange(core.options.fate, nullptr);
        auto deployed = deploy(core, std::move(*given));
        core.options.fate = sky;
        return deployed;
    }
    auto entries = read_entries(arm_json, core.options.owner.subscription);
    if (!entries) return base::fail(std::move(entries.error()));
    auto const& owner = core.options.owner;
    arm::Work work(core, {.object_id = owner.object_id, .client_id = owner.client_id});
    for (auto& entry : *entries) {
        if (!entry.id.group().empty() && !arm::is_group(entry.id)) {
            auto const group = ResourceId::subscription_of(entry.id.subscription()).group(entry.id.group());
            if (!work.find(group)) {
                auto const location = json::text_at(entry.body, "location").value_or(default_location);
                stand(work, group, std::string(arm::group_type),
                      json::Object{{"location", location}, {"properties", json::Object{}}});
            }
        }
        auto const name_space = arm::namespace_of(entry.type);
        if (!work.registered(name_space)) core.store.put_registration(name_space, "Registered");
        stand(work, entry.id, entry.type, std::move(entry.body));
    }
    return {};
}

}  // namespace holdfast::simulator
