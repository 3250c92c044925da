// The rows and routes of deployments and deployment stacks.
#include "simulator/templates/deployments.hpp"

#include <algorithm>

#include "simulator/arm/access.hpp"

namespace holdfast::simulator::templates {
namespace {

using arm::Answer;
using arm::ArmError;
using arm::Call;
using arm::Context;
using arm::error;
using arm::Reply;

constexpr std::string_view source = "recorded traffic and the REST reference of Microsoft.Resources, read 2026-11-23";

std::string text(json::Value const& value, json::Place at) {
    return std::string(json::text_at(value, at).value_or(""));
}

ResourceId deployment_named(Call const& call, std::string_view type) {
    auto const subscription = ResourceId::subscription_of(call.subscription);
    return (call.group.empty() ? subscription : subscription.group(call.group)).with(type, call.parameters.at("name"));
}

// ------------------------------------------------------------------------------------------------ deployments

std::optional<ArmError> validate_deployment(Context& context, arm::Write const& write) {
    auto const name = write.id.name();
    bool const fits = !name.empty() && name.size() <= 64 && std::all_of(name.begin(), name.end(), [](unsigned char c) {
        return std::isalnum(c) || c == '-' || c == '_' || c == '.' || c == '(' || c == ')';
    });
    if (!fits) {
        return error(400, "InvalidDeploymentName",
                     "The deployment name '" + std::string(name) +
                         "' is invalid: up to 64 letters, digits, '-', '_', '.', '(' and ')'.");
    }
    auto const mode = text(write.desired, "properties.mode");
    if (!base::same_text(mode, "Incremental") && !base::same_text(mode, "Complete"))
        return error(400, "InvalidDeploymentMode",
                     "The deployment mode '" + mode + "' is neither Incremental nor Complete.");
    if (base::same_text(mode, "Complete") && write.id.group().empty())
        return error(400, "InvalidDeploymentMode", "A deployment to a subscription has mode Incremental only.");
    return check(arm::own(context), write.id, write.desired);
}

constexpr std::string_view stack_at = "stack";  // in Stored::hidden: the stack that a nested deployment is part of

/// The same caller, asking in a stack's name: its deny settings do not hold what it does itself.
arm::Work in_name_of(Context& context, std::string stack) {
    auto caller = context.caller();
    caller.stack = std::move(stack);
    return {arm::own(context).core(), std::move(caller)};
}

void accepted_deployment(Context& context, Stored& stored, Stored const*) {
    if (auto const& stack = context.caller().stack; !stack.empty())
        json::put(stored.hidden, stack_at, json::Value(stack));
    begin(arm::own(context), stored);
}
arm::Outcome complete_deployment(Context& context, Stored& stored) {
    auto work = in_name_of(context, text(stored.hidden, stack_at));
    return step(work, stored);
}

json::Object operation_shown(Stored const& deployment, json::Value const& entry, std::size_t number) {
    auto const state = text(entry, "state");
    auto const failed = state == "failed";
    auto const status = json::whole_at(entry, "status").value_or(0);
    auto const id = text(entry, "id");
    auto const name =
        base::guid_v5("6ba7b811-9dad-11d1-80b4-00c04fd430c8", deployment.id.key() + std::to_string(number));
    Time const ended{Duration{json::whole_at(entry, "ended").value_or(0)}};
    json::Object properties{{"provisioningOperation", "Create"},
                            {"provisioningState", failed               ? "Failed"
                                                  : state == "running" ? "Running"
                                                                       : "Succeeded"},
                            {"timestamp", base::to_string(ended)},
                            {"duration", "PT" +
                                             std::to_string((json::whole_at(entry, "ended").value_or(0) -
                                                             json::whole_at(entry, "started").value_or(0)) /
                                                            1000) +
                                             "S"},
                            {"trackingId", name},
                            {"statusCode", status == 201   ? "Created"
                                           : status == 200 ? "OK"
                                           : status == 202 ? "Accepted"
                                           : status == 403 ? "Forbidden"
                                           : status == 404 ? "NotFound"
                                           : status == 409 ? "Conflict"
                                           : failed        ? "BadRequest"
                                                           : "OK"},
                            {"targetResource", json::Object{{"id", id},
                                                            {"resourceType", text(entry, "type")},
                                                            {"resourceName", id.substr(id.rfind('/') + 1)}}}};
    if (failed)
        properties["statusMessage"] = json::Object{{"status", "Failed"}, {"error", *json::find(entry, "error")}};
    return {{"id", deployment.id.text() + "/operations/" + name},
            {"operationId", name},
            {"properties", std::move(properties)}};
}

Reply list_operations(Context&, Stored& deployment, Call const&) {
    json::Array all;
    auto const& entries = json::list_at(deployment.hidden, "deployment.items");
    for (std::size_t i = 0; i < entries.size(); ++i) {
        auto const state = text(entries[i], "state");
        if (state != "waiting" && state != "left out") all.push_back(operation_shown(deployment, entries[i], i));
    }
    return Answer{.status = 200, .body = json::Object{{"value", std::move(all)}}, .headers = {}};
}

Reply cancel(Context& context, Stored& deployment, Call const&) {
    auto& work = arm::own(context);
    auto const* running = arm::running_on(work.core().store, deployment.id);
    if (!running)
        return error(409, "DeploymentCannotBeCancelled",
                     "The deployment '" + std::string(deployment.id.name()) + "' has ended already.");
    auto ended = *running;
    ended.status = "Canceled";
    ended.ends = work.now();
    work.core().store.put(std::move(ended));
    arm::set_state(deployment, "Canceled");
    return Answer{.status = 204, .body = {}, .headers = {}};
}

Reply export_template(Context&, Stored& deployment, Call const&) {
    auto const* kept = json::find(deployment.hidden, "deployment.template");
    return Answer{
        .status = 200, .body = json::Object{{"template", kept ? *kept : json::Value(nullptr)}}, .headers = {}};
}

constexpr arm::Action deployment_actions[] = {
    {"operations", "GET", "Microsoft.Resources/deployments/operations/read", list_operations},
    {"cancel", "POST", "Microsoft.Resources/deployments/cancel/action", cancel},
    {"exportTemplate", "POST", "Microsoft.Resources/deployments/exportTemplate/action", export_template},
};

// ------------------------------------------------------------------------------------------------ before it stands

Reply validated(Context& context, Call const& call, std::string_view type) {
    auto& work = arm::own(context);
    auto const id = deployment_named(call, type);
    if (!call.body.is_object())
        return error(400, "InvalidRequestContent", "The request content is not valid JSON, or no object.");
    if (auto refused = check(work, id, call.body)) return std::move(*refused);
    Stored trial{.id = id, .type = std::string(type), .body = call.body, .hidden = json::Object{}, .created_by = {}};
    begin(work, trial);
    json::Array resources;
    for (auto const& entry : json::list_at(trial.hidden, "deployment.items")) {
        if (text(entry, "state") != "left out") resources.push_back(json::Object{{"id", text(entry, "id")}});
    }
    json::put(trial.body, "properties.provisioningState", json::Value("Succeeded"));
    json::put(trial.body, "properties.validatedResources", std::move(resources));
    json::Object shown{{"id", id.text()}, {"name", id.name()}, {"type", type}};
    for (auto const& member : trial.body.get_object()) shown.insert_or_assign(member.key(), member.value());
    return Answer{.status = 200, .body = std::move(shown), .headers = {}};
}
Reply validate_route(Context& context, Call const& call) { return validated(context, call, deployments_type); }
Reply validate_stack_route(Context& context, Call const& call) { return validated(context, call, stacks_type); }

Reply what_if_route(Context& context, Call const& call) {
    if (!call.body.is_object())
        return error(400, "InvalidRequestContent", "The request content is not valid JSON, or no object.");
    auto const id = deployment_named(call, deployments_type);
    return arm::Started{.takes = {2, 5, 15, "estimate from documentation, 2026-11-24"},
                        .function = "deployments.what_if",
                        .payload = what_if(arm::own(context), id, call.body),
                        .state = {},
                        .final_status = 200,
                        .lro = arm::Lro::location};  // recorded: no other header
}
void give_what_if(Context& context, std::string const&, json::Value const& payload) { context.result(payload); }

Reply template_hash(Context&, Call const& call) {
    if (!call.body.is_object()) return error(400, "InvalidRequestContent", "The request content is no JSON object.");
    std::uint64_t number = 0;
    for (unsigned char const c : base::sha256(json::write(call.body)).substr(0, 8)) number = number << 8 | c;
    return Answer{
        .status = 200,
        .body = json::Object{{"minifiedTemplate", json::write(call.body)}, {"templateHash", std::to_string(number)}},
        .headers = {}};
}

// ------------------------------------------------------------------------------------------------ stacks

constexpr char const *mode_at = "properties.denySettings.mode",
                     *excluded_principals_at = "properties.denySettings.excludedPrincipals",
                     *excluded_actions_at = "properties.denySettings.excludedActions";
constexpr std::size_t most_excluded_principals = 5, most_excluded_actions = 200;  // REST reference, read 2026-12-01

/// What a mode denies, and what it never does. "Deployment stacks: protect managed resources" and the REST reference of
/// DenySettings, read 2026-12-01.
struct DenyMode {
    std::string_view name;
    std::vector<std::string> actions, not_actions;
};
DenyMode const* deny_mode(std::string_view name) {
    static DenyMode const modes[] = {{"none", {}, {}},
                                     {"denyDelete", {"*/delete"}, {"Microsoft.Authorization/locks/delete"}},
                                     {"denyWriteAndDelete", {"*"}, {"*/read", "Microsoft.Authorization/locks/delete"}}};
    auto const found = std::ranges::find_if(modes, [&](auto const& mode) { return base::same_text(mode.name, name); });
    return found == std::end(modes) ? nullptr : found;
}
bool denies(json::Value const& stack) {
    auto const* mode = deny_mode(text(stack, mode_at));
    return mode && !mode->actions.empty();
}

/// Whoever sets, changes or takes away a stack with deny settings needs a right of its own; Contributors lack it.
/// Announced for all API versions, 2024-04-19 (Azure/deployment-stacks, "Deny Assignment Permissions change"); the code
/// is ours.
std::optional<ArmError> may_manage_denials(Context& context, ResourceId const& stack) {
    constexpr std::string_view manage = "Microsoft.Resources/deploymentStacks/manageDenySetting/action";
    auto const& caller = context.caller();
    if (context.permits(caller.object_id, manage, stack)) return std::nullopt;
    return error(403, "AuthorizationFailed",
                 "The client '" + caller.client_id + "' with object id '" + caller.object_id +
                     "' does not have authorization to perform action '" + std::string(manage) + "' over scope '" +
                     stack.text() + "'.");
}

std::optional<ArmError> validate_stack(Context& context, arm::Write const& write) {
    auto const mode = text(write.desired, mode_at);
    if (mode.empty() || text(write.desired, "properties.actionOnUnmanage.resources").empty())
        return error(400, "DeploymentStackInvalid", "A deployment stack needs denySettings and actionOnUnmanage.");
    if (!deny_mode(mode))
        return error(400, "DeploymentStackInvalid",
                     "'" + mode + "' is none of the deny modes none, denyDelete, denyWriteAndDelete.");
    if (json::list_at(write.desired, excluded_principals_at).size() > most_excluded_principals ||
        json::list_at(write.desired, excluded_actions_at).size() > most_excluded_actions)
        return error(400, "DeploymentStackInvalid",
                     "At most 5 principals and 200 actions are excluded from deny settings.");
    if (denies(write.desired) || (write.existing && denies(write.existing->body))) {
        if (auto refused = may_manage_denials(context, write.id)) return refused;
    }
    return check(arm::own(context), write.id, write.desired);
}

std::vector<std::string> listed(json::Value const& body, char const* at) {
    std::vector<std::string> all;
    for (auto const& one : json::list_at(body, at))
        if (auto const* said = one.if_string()) all.emplace_back(*said);
    return all;
}

/// Takes off what this stack laid on it, and nothing that others did.
void free_of(Context& context, Stored const& stack, std::string_view id) {
    auto const parsed = ResourceId::parse(id);
    auto const* stored = parsed ? context.find(*parsed) : nullptr;
    auto const deny = stored ? arm::deny_assignment_of(*stored) : std::nullopt;
    if (deny && base::same_text(deny->owner, stack.id.text()))
        json::erase(context.edit(*parsed)->hidden, arm::denied_by);
}

/// Lays the stack's deny settings on what it manages, or takes them off. The list of what it manages, as it is shown.
json::Array managed(Context& context, Stored const& stack, std::vector<std::string> const& ids) {
    auto const& mode = *deny_mode(text(stack.body, mode_at));
    auto not_actions = mode.not_actions;
    for (auto& action : listed(stack.body, excluded_actions_at)) not_actions.push_back(std::move(action));
    json::Array list;
    for (auto const& id : ids) {
        list.push_back(json::Object{{"id", id}, {"status", "managed"}, {"denyStatus", mode.name}});
        if (mode.actions.empty()) {
            free_of(context, stack, id);
            continue;
        }
        auto const parsed = ResourceId::parse(id);
        auto* stored = parsed ? context.edit(*parsed) : nullptr;
        if (!stored) continue;
        auto const guid = base::guid_v5("6ba7b811-9dad-11d1-80b4-00c04fd430c8", stack.id.key() + parsed->key());
        json::put(
            stored->hidden, arm::denied_by,
            to_json(arm::DenyAssignment{
                .id = id + "/providers/Microsoft.Authorization/denyAssignments/" + guid,
                .name = "Deny assignment '" + guid + "' created by Deployment Stack '" + stack.id.text() + "'.",
                .owner = stack.id.text(),
                .permission =
                    {.actions = mode.actions, .not_actions = not_actions, .data_actions = {}, .not_data_actions = {}},
                .excluded_principals = listed(stack.body, excluded_principals_at),
                .reaches_children =
                    json::truth_at(stack.body, "properties.denySettings.applyToChildScopes").value_or(false)}));
    }
    return list;
}

void accepted_stack(Context& context, Stored& stored, Stored const* before) {
    json::Array earlier;
    if (before) {
        for (auto const& one : json::list_at(before->body, "properties.resources")) earlier.push_back(one);
    }
    begin(arm::own(context), stored);
    json::put(stored.hidden, "earlier", std::move(earlier));
}

/// Deletes one managed resource as the caller. 404 and 204 mean gone; a refusal means not yet.
enum class Gone { yes, under_way, refused };
Gone remove(arm::Work& work, std::string const& id_text, ArmError& why) {
    auto const id = ResourceId::parse(id_text);
    auto const* stored = id ? work.find(*id) : nullptr;
    if (!stored) return Gone::yes;
    if (stored->deleting) return Gone::under_way;
    Asked asked{.method = "DELETE", .origin = {}, .host = {}};
    asked.path = base::split(id_text, '/');
    std::erase(asked.path, "");
    auto const* shape = shapes::find(stored->type);
    asked.query["api-version"] = shape ? std::string(shape->api_version) : "2024-01-01";
    arm::Work own_work(work.core(), work.caller());
    auto const said = arm::carry_out(own_work, asked);
    if (!said) {
        why = said.error();
        return Gone::refused;
    }
    return work.find(*id) ? Gone::under_way : Gone::yes;
}

/// One round over what must go, users before what they use. Nothing left: Done.
arm::Outcome remove_all(arm::Work& work, std::vector<std::string> const& ids) {
    ArmError why;
    bool under_way = false;
    std::size_t left = 0;
    for (bool progress = true; progress;) {
        progress = false;
        under_way = false;
        left = 0;
        for (auto at = ids.rbegin(); at != ids.rend(); ++at) {
            bool const stood = ResourceId::parse(*at) && work.find(*ResourceId::parse(*at));
            switch (remove(work, *at, why)) {
                case Gone::yes:
                    progress = progress || stood;
                    break;
                case Gone::under_way:
                    under_way = true;
                    break;
                case Gone::refused:
                    ++left;
                    break;
            }
        }
    }
    if (under_way) return arm::Later{Duration{5000}};
    if (left > 0) return why;
    return arm::Done{};
}

arm::Outcome complete_stack(Context& context, Stored& stored) {
    auto work = in_name_of(context, stored.id.text());
    auto stepped = step(work, stored);
    arm::set_state(stored, "Deploying");
    auto const ids = made(stored);
    json::put(stored.body, "properties.resources", managed(context, stored, ids));
    if (!std::holds_alternative<arm::Done>(stepped)) return stepped;
    // What the stack had before and has no longer is let go, or deleted.
    std::vector<std::string> unmanaged;
    for (auto const& one : json::list_at(stored.hidden, "earlier")) {
        auto const id = text(one, "id");
        bool const still =
            std::any_of(ids.begin(), ids.end(), [&](auto const& kept) { return base::same_text(kept, id); });
        if (!still) unmanaged.push_back(id);
    }
    json::Array list;
    for (auto const& id : unmanaged) list.push_back(json::Object{{"id", id}});
    bool const deletes = base::same_text(text(stored.body, "properties.actionOnUnmanage.resources"), "delete");
    if (deletes) {
        auto const removed = remove_all(work, unmanaged);
        if (!std::holds_alternative<arm::Done>(removed)) return removed;
    } else {
        for (auto const& id : unmanaged) free_of(context, stored, id);
    }
    json::put(stored.body, deletes ? "properties.deletedResources" : "properties.detachedResources", std::move(list));
    json::put(stored.body, deletes ? "properties.detachedResources" : "properties.deletedResources", json::Array{});
    json::put(stored.body, "properties.failedResources", json::Array{});
    return arm::Done{};
}

std::optional<ArmError> before_stack_goes(Context& context, Stored const& stack) {
    return denies(stack.body) ? may_manage_denials(context, stack.id) : std::nullopt;
}

/// `unmanageAction.Resources=delete` takes what the stack manages along.
void erasing_stack(Context&, Stored& stored, std::map<std::string, std::string> const& query) {
    auto const asks = [&](char const* key) {
        auto const found = query.find(key);
        return found != query.end() && base::same_text(found->second, "delete");
    };
    json::put(stored.hidden, "takes", json::Value(asks("unmanageaction.resources")));
}
arm::Outcome erase_stack(Context& context, Stored& stored) {
    if (!json::truth_at(stored.hidden, "takes").value_or(false)) {
        for (auto const& id : made(stored)) free_of(context, stored, id);
        return arm::Done{};
    }
    auto work = in_name_of(context, stored.id.text());
    return remove_all(work, made(stored));
}

/// Stacks write their states small.
void view_stack(Context const&, Stored const&, json::Value& shown) {
    // Of its deployment alone: the stack's type has none of these, and recorded answers show none.
    for (auto const* at : {"mode", "providers", "dependencies", "outputResources", "templateHash", "timestamp"})
        json::erase(shown, json::Path("properties").child(at));
    if (auto const state = json::text_at(shown, "properties.provisioningState"))
        json::put(shown, "properties.provisioningState", json::Value(base::lower(*state)));
}

Reply export_stack(Context& context, Stored& stack, Call const& call) { return export_template(context, stack, call); }
constexpr arm::Action stack_actions[] = {
    {"exportTemplate", "POST", "Microsoft.Resources/deploymentStacks/exportTemplate/action", export_stack},
};

}  // namespace

arm::ResourceBehaviour const& deployment_behaviour() {
    static arm::ResourceBehaviour const row{
        .type = deployments_type,
        .put = arm::Lro::async,
        .erase = arm::Lro::location,
        .put_retry_after = 1,
        .erase_retry_after = 1,
        .create = {1, 2, 4, "estimate: the time until the first resource is sent"},
        .update = {1, 2, 4, "estimate: the time until the first resource is sent"},
        .destroy = {1, 3, 10, "estimate from documentation, 2026-11-24"},
        .creating = "Accepted",
        .updating = "Accepted",
        .lock = arm::WriteLock::itself,
        .operation_path = "providers/Microsoft.Resources/deployments/operationStatuses/{id}?api-version=2025-04-01",
        .result_path = "operationresults/{id}?api-version=2025-04-01",
        .tracked = false,
        .actions = deployment_actions,
        .validate = validate_deployment,
        .accepted = accepted_deployment,
        .complete = complete_deployment,
        .source = source,
        .date = "2026-11-24"};
    return row;
}

arm::ResourceBehaviour const& stack_behaviour() {
    static arm::ResourceBehaviour const row{.type = stacks_type,
                                            .put = arm::Lro::async,
                                            .erase = arm::Lro::async_and_location,
                                            .put_retry_after = 1,
                                            .erase_retry_after = 1,
                                            .create = {5, 15, 30, "recorded traffic, read 2026-11-23"},
                                            .update = {5, 15, 30, "recorded traffic, read 2026-11-23"},
                                            .destroy = {5, 20, 60, "recorded traffic, read 2026-11-23"},
                                            .creating = "Creating",
                                            .updating = "Deploying",
                                            .lock = arm::WriteLock::itself,
                                            .operation_path =
                                                "providers/Microsoft.Resources/locations/{location}/"
                                                "deploymentStackOperationStatus/{id}?api-version=2025-07-01",
                                            .result_path =
                                                "providers/Microsoft.Resources/locations/{location}/"
                                                "deploymentStackOperationResults/{id}?api-version=2025-07-01",
                                            .system_data = true,
                                            .tracked = false,
                                            .actions = stack_actions,
                                            .validate = validate_stack,
                                            .accepted = accepted_stack,
                                            .complete = complete_stack,
                                            .before_delete = before_stack_goes,
                                            .erasing = erasing_stack,
                                            .erase_step = erase_stack,
                                            .view = view_stack,
                                            .source = source,
                                            .date = "2026-11-24"};
    return row;
}

std::span<arm::Route const> deployment_routes() {
    using Under = arm::Route::Under;
    constexpr std::string_view validate_action = "Microsoft.Resources/deployments/validate/action";
    constexpr std::string_view what_if_action = "Microsoft.Resources/deployments/whatIf/action";
    static arm::Route const routes[] = {
        {Under::group, "POST", "Microsoft.Resources/deployments/{name}/validate", validate_action, validate_route},
        {Under::subscription, "POST", "Microsoft.Resources/deployments/{name}/validate", validate_action,
         validate_route},
        {Under::group, "POST", "Microsoft.Resources/deployments/{name}/whatIf", what_if_action, what_if_route},
        {Under::subscription, "POST", "Microsoft.Resources/deployments/{name}/whatIf", what_if_action, what_if_route},
        {Under::group, "POST", "Microsoft.Resources/deploymentStacks/{name}/validate",
         "Microsoft.Resources/deploymentStacks/validate/action", validate_stack_route},
        {Under::subscription, "POST", "Microsoft.Resources/deploymentStacks/{name}/validate",
         "Microsoft.Resources/deploymentStacks/validate/action", validate_stack_route},
        {Under::tenant, "POST", "Microsoft.Resources/calculateTemplateHash", "", template_hash},
    };
    return routes;
}

std::span<arm::Scheduled const> deployment_functions() {
    static arm::Scheduled const functions[] = {{"deployments.what_if", give_what_if}};
    return functions;
}

}  // namespace holdfast::simulator::templates
