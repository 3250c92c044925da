// Carries a deployment out, step by step, in virtual time.
#include <fmt/format.h>
#include <algorithm>

#include "simulator/arm/groups.hpp"
#include "simulator/templates/deployments.hpp"

namespace holdfast::simulator::templates {
namespace {

using arm::ArmError;
using arm::error;

constexpr char const* kept_at = "deployment";  // in Stored::hidden: template, parameters, mode, seed, items, outputs
constexpr Duration look_again{5000};

std::string text(json::Value const& value, json::Place at) {
    return std::string(json::text_at(value, at).value_or(""));
}

/// "PT1M5.25S"
std::string spoken(Duration duration) {
    auto const seconds = double(std::max<std::int64_t>(0, duration.count())) / 1000;
    if (seconds < 60) return fmt::format("PT{:g}S", seconds);
    return fmt::format("PT{}M{:g}S", int(seconds) / 60, seconds - int(seconds) / 60 * 60);
}

enum class State { waiting, running, done, failed, left_out };
constexpr std::string_view state_names[] = {"waiting", "running", "done", "failed", "left out"};

/// How one resource of the template is getting on.
struct Entry {
    State state = State::waiting;
    std::string id, type, operation;
    Time started{}, ended{};
    int status = 0;
    json::Value error;  // {"code", "message", …}
};

json::Value to_json(Entry const& entry) {
    return json::Object{{"state", state_names[int(entry.state)]},
                        {"id", entry.id},
                        {"type", entry.type},
                        {"operation", entry.operation},
                        {"started", entry.started.time_since_epoch().count()},
                        {"ended", entry.ended.time_since_epoch().count()},
                        {"status", entry.status},
                        {"error", entry.error}};
}
Entry entry_from(json::Value const& row) {
    Entry entry{.id = text(row, "id"), .type = text(row, "type"), .operation = text(row, "operation")};
    auto const said = text(row, "state");
    for (int i = 0; i < 5; ++i) {
        if (state_names[i] == said) entry.state = State(i);
    }
    entry.started = Time{Duration{json::whole_at(row, "started").value_or(0)}};
    entry.ended = Time{Duration{json::whole_at(row, "ended").value_or(0)}};
    entry.status = int(json::whole_at(row, "status").value_or(0));
    if (auto const* found = json::find(row, "error")) entry.error = *found;
    return entry;
}

std::vector<Entry> entries_of(Stored const& deployment) {
    std::vector<Entry> entries;
    for (auto const& row : json::list_at(deployment.hidden, "deployment.items")) entries.push_back(entry_from(row));
    return entries;
}

/// What expressions see of the world: resources of the template once they have been deployed, and all others.
class World final : public Runtime {
public:
    World(arm::Work& work, std::vector<Entry> const& entries) : work_(work), entries_(entries) {}
    void speak_of(Template const& opened) { template_ = &opened; }

    Got<json::Value> reference(std::string_view what, bool full) const override {
        if (!template_) return not_yet("names and conditions cannot be made of what stands");
        auto const* item = template_->find(what);
        if (item && !item->existing) {
            auto const& entry = entries_[template_->index(*item)];
            if (entry.state == State::left_out)
                return fault("the resource '" + item->id + "' is not deployed, for its condition is false");
            if (entry.state != State::done) return not_yet("'" + item->id + "' does not stand yet");
        }
        auto const id = ResourceId::parse(item ? std::string_view(item->id) : what);
        auto const* stored = id ? work_.find(*id) : nullptr;
        if (!stored) return fault("the resource '" + base::printable(what) + "' was not found");
        auto shown = work_.shown(*stored);
        if (full) return shown;
        auto const* properties = json::find(shown, "properties");
        return properties ? *properties : json::Value(json::Object{});
    }

    Got<json::Value> list(std::string_view function, std::string_view id, std::string_view api_version,
                          json::Value const& body) const override {
        auto const* item = template_ ? template_->find(id) : nullptr;
        if (item && entries_[template_->index(*item)].state != State::done)
            return not_yet("'" + item->id + "' does not stand yet");
        auto const target = item ? item->id : std::string(id);
        Asked asked{.method = "POST", .origin = {}, .host = {}};
        asked.path = base::split(target, '/');
        std::erase(asked.path, "");
        asked.path.emplace_back(function);
        asked.query["api-version"] = std::string(api_version);
        asked.body = json::write(body);
        auto said = arm::carry_out(work_, asked);
        if (!said) return fault(said.error().code + ": " + said.error().message);
        return said->body;
    }

private:
    arm::Work& work_;
    std::vector<Entry> const& entries_;
    Template const* template_ = nullptr;
};

json::Value body_of(Stored const& deployment) {
    json::Object properties;
    for (auto const* key : {"template", "parameters", "mode"}) {
        if (auto const* said = json::find(deployment.hidden, json::Path(kept_at).child(key))) properties[key] = *said;
    }
    json::Object body{{"properties", std::move(properties)}};
    if (auto const location = json::text_at(deployment.body, "location")) body["location"] = *location;
    return body;
}

ArmError invalid(std::string message) {
    return error(400, "InvalidTemplate", "Deployment template validation failed: '" + std::move(message) + "'.");
}

json::Value plain_error(ArmError const& refused) {
    return *json::find(arm::error_body(refused, arm::Envelope::arm), "error");
}

Asked request_for(Item const& item, json::Value const& body) {
    Asked asked{.method = "PUT", .origin = "https://management.azsim.test", .host = {}};
    asked.path = base::split(item.id, '/');
    std::erase(asked.path, "");
    asked.query["api-version"] = item.api_version;
    asked.target = item.id + "?api-version=" + item.api_version;
    asked.body = json::write(body);
    return asked;
}

/// Azure registers the namespaces of a template by itself, where the caller may. Whether all that can be are.
bool namespaces_ready(arm::Work& work, Template const& opened) {
    bool ready = true;
    for (auto const& item : opened.items()) {
        auto const id = ResourceId::parse(item.id);
        if (!id || !item.wanted || item.existing) continue;
        auto const name = std::string(arm::namespace_of(id->type()));
        if (work.registered(name)) continue;
        auto const subscription = ResourceId::subscription_of(work.core().options.owner.subscription);
        if (work.core().store.registration(name).state != "Registering") {
            if (!work.permits(work.caller().object_id, name + "/register/action", subscription)) continue;
            Asked asked{.method = "POST", .origin = {}, .host = {}};
            asked.path = base::split(subscription.text() + "/providers/" + name + "/register", '/');
            std::erase(asked.path, "");
            asked.query["api-version"] = "2021-04-01";
            if (!arm::carry_out(work, asked)) continue;
        }
        ready = ready && work.registered(name);
    }
    return ready;
}

/// Sends one resource. It is running, done or failed afterwards; false when its body cannot be known yet.
bool send(arm::Work& work, Template& opened, Item const& item, Entry& entry) {
    auto body = opened.body(item);
    if (!body && body.error().later) return false;
    entry.started = entry.ended = work.now();
    auto const fail = [&](ArmError const& refused) {
        entry.state = State::failed;
        entry.status = refused.status;
        entry.error = plain_error(refused);
    };
    if (!body) {
        fail(invalid(body.error().message));
        return true;
    }
    arm::Work own_work(work.core(), work.caller());
    auto const said = arm::carry_out(own_work, request_for(item, *body));
    auto const id = ResourceId::parse(item.id);
    if (!said) {
        fail(said.error());
    } else if (auto const* running = id ? arm::running_on(work.core().store, *id) : nullptr) {
        entry.state = State::running;
        entry.operation = running->id;
        entry.status = said->status;
    } else {
        entry.state = State::done;
        entry.status = said->status;
    }
    return true;
}

/// Work that a service took and then failed is told in a wrapper.
/// Source: answers quoted in public lab guides (RegionIsOfferRestricted); Azure/AKS issue 1189, in older words.
/// 2026-12-01.
json::Value ended_badly(json::Value const& why) {
    return json::Object{{"code", "ResourceDeploymentFailure"},
                        {"message",
                         "The resource write operation failed to complete successfully, because it reached terminal "
                         "provisioning state 'Failed'."},
                        {"details", json::Array{why}}};
}

void look_after(arm::Work& work, Entry& entry) {
    auto const* operation = work.core().store.operation(entry.operation);
    if (operation && operation->running()) return;
    entry.ended = operation ? operation->ends : work.now();
    auto const id = ResourceId::parse(entry.id);
    auto const* stored = id ? work.find(*id) : nullptr;
    if (operation && operation->status != "Succeeded") {
        entry.state = State::failed;
        entry.status = operation->error_status >= 400 ? operation->error_status : 409;
        entry.error = ended_badly(operation->error);
    } else if (!stored) {
        entry.state = State::failed;
        entry.status = 404;
        entry.error = json::Object{{"code", "ResourceNotFound"}, {"message", "'" + entry.id + "' is gone."}};
    } else {
        entry.state = State::done;
    }
}

void keep(Stored& deployment, std::vector<Entry> const& entries) {
    json::Array rows;
    for (auto const& entry : entries) rows.push_back(to_json(entry));
    json::put(deployment.hidden, "deployment.items", std::move(rows));
}

void show_end(Stored& deployment, Time now) {
    json::put(deployment.body, "properties.timestamp", json::Value(base::to_string(now)));
    Time const began{Duration{json::whole_at(deployment.hidden, "deployment.began").value_or(0)}};
    json::put(deployment.body, "properties.duration", json::Value(spoken(now - began)));
}

ArmError read_back(int status, json::Value const& said, std::string const& target) {
    auto one = error(status, text(said, "code"), text(said, "message"), target);
    for (auto const& inner : json::list_at(said, "details"))
        one.details.push_back(read_back(status, inner, text(inner, "target")));
    return one;
}

ArmError failure(std::vector<Entry> const& entries) {
    auto failed = error(409, "DeploymentFailed",
                        "At least one resource deployment operation failed. Please list deployment operations for "
                        "details. Please see https://aka.ms/arm-deployment-operations for usage details.");
    for (auto const& entry : entries) {
        if (entry.state != State::failed) continue;
        failed.details.push_back(read_back(entry.status, entry.error, entry.id));
    }
    return failed;
}

/// In mode Complete, what stands in the group and is not in the template goes. Nothing left: true.
tl::expected<bool, ArmError> clean(arm::Work& work, ResourceId const& group, std::vector<Entry> const& entries) {
    bool under_way = false;
    std::optional<ArmError> refused;
    for (bool progress = true; progress;) {
        progress = false;
        for (auto const* member : work.children(group, {})) {
            bool const wanted = std::any_of(entries.begin(), entries.end(), [&](Entry const& entry) {
                return base::same_text(entry.id, member->id.text());
            });
            auto const name_space = arm::namespace_of(member->type);
            if (wanted || base::same_text(name_space, "Microsoft.Authorization") ||
                base::same_text(name_space, "Microsoft.Resources"))
                continue;
            if (member->deleting) {
                under_way = true;
                continue;
            }
            Asked asked{.method = "DELETE", .origin = {}, .host = {}};
            asked.path = base::split(member->id.text(), '/');
            std::erase(asked.path, "");
            auto const* shape = shapes::find(member->type);
            asked.query["api-version"] = shape ? std::string(shape->api_version) : "2024-01-01";
            arm::Work own_work(work.core(), work.caller());
            auto const said = arm::carry_out(own_work, asked);
            if (!said) {
                refused = said.error();
                continue;
            }
            refused.reset();
            progress = true;
            break;  // what stands has changed
        }
    }
    if (refused && !under_way) return tl::unexpected(std::move(*refused));
    return !under_way;
}

}  // namespace

Surroundings surroundings_of(arm::Work& work, ResourceId const& deployment, json::Value const& body, std::string seed) {
    auto const& owner = work.core().options.owner;
    auto const& cloud = simulated_cloud();
    Surroundings around{.tenant = owner.tenant,
                        .subscription = deployment.subscription(),
                        .subscription_name = "Simulated Azure",
                        .deployment = std::string(deployment.name()),
                        .location = text(body, "location"),
                        .now = work.now(),
                        .seed = std::move(seed)};
    auto const url = [](std::string_view host) { return "https://" + std::string(host) + "/"; };
    around.environment =
        json::Object{{"name", "AzureCloud"},
                     {"resourceManager", "https://management.azure.com/"},
                     {"portal", url(cloud.portal)},
                     {"graph", url(cloud.graph)},
                     {"authentication", json::Object{{"loginEndpoint", url(cloud.login)},
                                                     {"audiences", json::Array{"https://management.azure.com/"}},
                                                     {"tenant", "common"},
                                                     {"identityProvider", "AAD"}}},
                     {"suffixes", json::Object{{"keyvaultDns", "." + std::string(cloud.vault_suffix)},
                                               {"acrLoginServer", "." + std::string(cloud.registry_suffix)},
                                               {"storage", "core.azsim.test"}}}};
    if (!deployment.group().empty()) {
        auto const id = ResourceId::subscription_of(deployment.subscription()).group(deployment.group());
        auto const* group = work.find(id);
        // One that the outer template will have made by then has a name and an id already.
        around.group = group ? work.shown(*group) : json::Value(json::Object{{"id", id.text()}, {"name", id.name()}});
    }
    return around;
}

std::optional<ArmError> check(arm::Work& work, ResourceId const& deployment, json::Value const& body) {
    if (deployment.group().empty() && text(body, "location").empty())
        return error(400, "LocationRequired", "The location property is required for this definition.");
    auto const* properties = json::find(body, "properties");
    auto const seed = deployment.key();
    auto opened = Template::open(properties ? *properties : json::Value(json::Object{}),
                                 surroundings_of(work, deployment, body, seed));
    if (!opened) return invalid(opened.error().message);
    std::vector<ArmError> details;
    for (auto const& item : opened->items()) {
        if (!item.wanted || item.existing) continue;
        auto const id = ResourceId::parse(item.id);
        if (!id) return invalid("the resource '" + base::printable(item.id) + "' has no valid id");
        if (!base::same_text(id->subscription(), work.core().options.owner.subscription) &&
            !id->subscription().empty()) {
            details.push_back(error(404, "SubscriptionNotFound",
                                    "The subscription '" + id->subscription() + "' could not be found.", item.id));
            continue;
        }
        auto const type = id->type();
        auto const action = arm::is_group(*id) ? std::string("Microsoft.Resources/subscriptions/resourceGroups/write")
                                               : type + "/write";
        if (!work.permits(work.caller().object_id, action, *id)) {
            details.push_back(error(
                403, "AuthorizationFailed",
                fmt::format("Authorization failed for template resource '{}' of type '{}'. The client '{}' with "
                            "object id '{}' does not have permission to perform action '{}' at scope '{}'.",
                            item.name, type, work.caller().client_id, work.caller().object_id, action, id->text()),
                item.id));
            continue;
        }
        auto sent = opened->body(item);
        if (!sent && sent.error().later) continue;
        if (!sent) return invalid(sent.error().message);
        if (item.is_deployment()) {
            auto inner = json::find(*sent, "properties.template") ? check(work, *id, *sent) : std::nullopt;
            if (inner) details.push_back(std::move(*inner));
            continue;
        }
        auto const* shape = shapes::find(type);
        if (!shape) {
            if (arm::canonical_type(type).empty() && !arm::is_storable(type))
                details.push_back(error(
                    404, "InvalidResourceNamespace",
                    "The resource namespace '" + std::string(arm::namespace_of(type)) + "' is invalid.", item.id));
            continue;
        }
        for (auto const& mistake : shapes::validate(*shape, arm::tidied(shape, std::move(*sent))))
            details.push_back(
                error(400, "InvalidRequestContent", "'" + mistake.at.text() + "': " + mistake.what, item.id));
    }
    if (details.empty()) return std::nullopt;
    auto refused = error(details.front().status == 403 ? 403 : 400, "InvalidTemplateDeployment",
                         "The template deployment '" + std::string(deployment.name()) +
                             "' is not valid according to the validation procedure. See inner errors for details.");
    refused.details = std::move(details);
    return refused;
}

void begin(arm::Work& work, Stored& deployment) {
    auto* properties = json::find(deployment.body, "properties");
    if (!properties || !properties->is_object()) return;
    auto& said = properties->get_object();
    json::Object kept{{"seed", work.guid("deployment " + deployment.id.key())},
                      {"began", work.now().time_since_epoch().count()}};
    for (auto const* key : {"template", "parameters"}) {
        if (auto* value = said.if_contains(key)) kept[key] = std::move(*value);
        said.erase(key);
    }
    std::string const mode(json::text_at(deployment.body, "properties.mode").value_or("Incremental"));
    kept["mode"] = mode;
    auto const seed = std::string(kept["seed"].get_string());
    json::put(deployment.hidden, kept_at, std::move(kept));

    auto const body = body_of(deployment);
    auto opened = Template::open(*json::find(body, "properties"), surroundings_of(work, deployment.id, body, seed));
    if (!opened) return;  // refused before
    std::vector<Entry> entries;
    std::map<std::string, std::set<std::string>> types;
    json::Array dependencies;
    for (auto const& item : opened->items()) {
        auto const id = ResourceId::parse(item.id);
        auto const type = id ? id->type() : item.type;
        entries.push_back(
            {.state = item.wanted && !item.existing ? State::waiting : State::left_out, .id = item.id, .type = type});
        if (item.existing) entries.back().state = State::left_out;
        if (!item.wanted || item.existing) continue;
        types[std::string(arm::namespace_of(type))].insert(type.substr(type.find('/') + 1));
        json::Array on;
        for (auto const k : item.after) {
            auto const& other = opened->items()[k];
            on.push_back(json::Object{{"id", other.id}, {"resourceType", other.type}, {"resourceName", other.name}});
        }
        if (!on.empty()) {
            dependencies.push_back(json::Object{
                {"dependsOn", std::move(on)}, {"id", item.id}, {"resourceType", type}, {"resourceName", item.name}});
        }
    }
    keep(deployment, entries);
    json::Array providers;
    for (auto const& [name_space, names] : types) {
        json::Array list;
        for (auto const& name : names)
            list.push_back(json::Object{{"resourceType", name}, {"locations", json::Array{nullptr}}});
        providers.push_back(json::Object{{"namespace", name_space}, {"resourceTypes", std::move(list)}});
    }
    auto& shown = json::find(deployment.body, "properties")->as_object();
    for (auto const* stale : {"outputs", "outputResources", "error", "validatedResources"}) shown.erase(stale);
    shown["templateHash"] = opened->hash();
    shown["parameters"] = opened->shown_parameters();
    shown["mode"] = mode;
    shown["timestamp"] = base::to_string(work.now());
    shown["duration"] = "PT0S";
    shown["correlationId"] = work.guid("correlation " + deployment.id.key());
    shown["providers"] = std::move(providers);
    shown["dependencies"] = std::move(dependencies);
}

arm::Outcome step(arm::Work& work, Stored& deployment) {
    arm::set_state(deployment, "Running");
    auto entries = entries_of(deployment);
    World world(work, entries);
    auto const body = body_of(deployment);
    auto around = surroundings_of(work, deployment.id, body, text(deployment.hidden, "deployment.seed"));
    around.now = Time{Duration{json::whole_at(deployment.hidden, "deployment.began").value_or(0)}};
    around.runtime = &world;
    auto opened = Template::open(*json::find(body, "properties"), std::move(around));
    if (!opened || opened->items().size() != entries.size())
        return invalid(opened ? "the template has changed" : opened.error().message);
    world.speak_of(*opened);
    if (!namespaces_ready(work, *opened)) return arm::Later{look_again};

    for (bool progress = true; progress;) {
        progress = false;
        for (auto& entry : entries) {
            if (entry.state != State::running) continue;
            look_after(work, entry);
            progress = progress || entry.state != State::running;
        }
        bool const failed = std::any_of(entries.begin(), entries.end(),
                                        [](Entry const& entry) { return entry.state == State::failed; });
        if (failed) break;
        for (auto const& item : opened->items()) {
            auto& entry = entries[opened->index(item)];
            if (entry.state != State::waiting) continue;
            bool const free = std::all_of(item.after.begin(), item.after.end(), [&](std::size_t k) {
                return entries[k].state == State::done || entries[k].state == State::left_out;
            });
            if (free && send(work, *opened, item, entry)) progress = true;
        }
    }
    keep(deployment, entries);

    auto const any = [&](State state) {
        return std::any_of(entries.begin(), entries.end(), [&](Entry const& entry) { return entry.state == state; });
    };
    if (any(State::running)) {
        auto next = look_again;
        for (auto const& entry : entries) {
            auto const* operation =
                entry.state == State::running ? work.core().store.operation(entry.operation) : nullptr;
            if (operation) next = std::min(next, std::max(Duration{100}, operation->ends - work.now()));
        }
        return arm::Later{next};
    }
    show_end(deployment, work.now());
    auto const fails = [&](ArmError refused) -> arm::Outcome {
        json::put(deployment.body, "properties.error", plain_error(refused));
        return refused;
    };
    if (any(State::failed)) return fails(failure(entries));
    if (any(State::waiting))
        return fails(invalid("resources wait for each other by what they refer to, and none can be first"));
    if (base::same_text(text(deployment.hidden, "deployment.mode"), "Complete") && !deployment.id.group().empty()) {
        auto const group = ResourceId::subscription_of(deployment.id.subscription()).group(deployment.id.group());
        auto const cleaned = clean(work, group, entries);
        if (!cleaned) return fails(cleaned.error());
        if (!*cleaned) return arm::Later{look_again};
    }
    auto outputs = opened->outputs();
    if (!outputs) {
        return fails(error(400, "DeploymentOutputEvaluationFailed",
                           "Unable to evaluate template outputs: " + outputs.error().message + "."));
    }
    json::put(deployment.body, "properties.outputs", std::move(*outputs));
    json::Array resources;
    for (auto const& id : made(deployment)) resources.push_back(json::Object{{"id", id}});
    json::put(deployment.body, "properties.outputResources", std::move(resources));
    return arm::Done{};
}

std::vector<std::string> made(Stored const& deployment) {
    std::vector<std::string> ids;
    for (auto const& entry : entries_of(deployment)) {
        if (entry.state == State::done) ids.push_back(entry.id);
    }
    return ids;
}

}  // namespace holdfast::simulator::templates
