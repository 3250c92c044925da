// The verbs on a resource, whatever its type.
#include <algorithm>
#include <cassert>

#include "simulator/arm/groups.hpp"
#include "simulator/arm/history.hpp"
#include "simulator/arm/requests.hpp"

namespace holdfast::simulator::arm {
namespace {

/// "Microsoft.Network/virtualNetworks" + "write". Groups live under the subscription's namespace of actions.
std::string permission_for(std::string_view type, std::string_view verb) {
    if (base::same_text(type, group_type)) type = "Microsoft.Resources/subscriptions/resourceGroups";
    return std::string(type).append("/").append(verb);
}

Refusal first_of(std::initializer_list<Refusal> refusals) {
    for (auto const& refusal : refusals) {
        if (refusal) return refusal;
    }
    return std::nullopt;
}

// ------------------------------------------------------------------------------------------------ what a write wants

/// One resource of a write: the target, or an inline child.
struct Part {
    ResourceId id;
    shapes::ResourceType const* shape;
    ResourceBehaviour const* row;
    std::string type;
    json::Value desired;  // tidied, defaults filled
    Stored const* existing;
};

/// What will stand: desired, with the read-only values of what stands; secrets apart.
struct Next {
    json::Value body, hidden;
};

Next next_of(Part const& part) {
    Next next{part.desired, part.existing ? part.existing->hidden : json::Value(json::Object{})};
    if (!next.hidden.is_object()) next.hidden = json::Object{};
    hide_secrets(part.row->secrets, next.body, next.hidden);
    if (part.existing) carry_read_only(part.shape, part.existing->body, next.body);
    return next;
}

bool same_but_state(json::Value a, json::Value b, ResourceBehaviour const& row) {
    if (!row.state_at.empty()) {
        json::erase(a, row.state_at);
        json::erase(b, row.state_at);
    }
    return json::write(a) == json::write(b);
}

/// What the client asked for is what it asked for before: compared without what the server adds.
bool asks_the_same(Part const& part) {
    if (!part.existing) return false;
    auto const* asked_before = json::find(part.existing->hidden, "asked");
    return asked_before && json::write(*asked_before) == json::write(part.desired);
}

ArmError invalid_name(std::string_view name) {
    return error(400, "InvalidResourceName", "The resource name '" + base::printable(name) + "' is invalid.");
}

ArmError invalid(std::vector<shapes::Mistake> const& mistakes) {
    auto const say = [](shapes::Mistake const& mistake) { return "'" + mistake.at.text() + "': " + mistake.what; };
    auto refused =
        error(400, "InvalidRequestContent", "The request content is not valid. " + say(mistakes.front()) + ".",
              mistakes.front().at.text());
    for (auto const& mistake : mistakes)
        refused.details.push_back(error(400, "InvalidRequestContent", say(mistake), mistake.at.text()));
    return refused;
}

Refusal check_location(Part const& part, json::Value& body) {
    if (!part.shape || !part.shape->location) return std::nullopt;
    auto const* property = shapes::property_at(*part.shape, "location");
    auto const said = json::text_at(body, "location");
    if (!said) {
        if (!property || !(property->flags & shapes::required)) return std::nullopt;
        return error(400, "LocationRequired", "The location property is required for this definition.");
    }
    auto const location = resource::normal_location(*said);
    json::put(body, "location", json::Value(location));
    auto const stands = part.existing ? json::text_at(part.existing->body, "location") : std::nullopt;
    if (!stands || resource::normal_location(*stands) == location) return std::nullopt;
    return error(409, is_group(part.id) ? "InvalidResourceGroupLocation" : "InvalidResourceLocation",
                 "The resource '" + std::string(part.id.name()) + "' stands in location '" + std::string(*stands) +
                     "' already. A resource of the same name cannot be created in location '" + location + "'.");
}

/// Holds the links of one part against what stands. Links to what the same write makes count as standing.
Refusal check_links(Request const& request, Part const& part, std::vector<Part> const& made) {
    for (auto const& link : part.row->links) {
        for (auto const& text : texts_at(part.desired, link.at)) {
            auto const id = ResourceId::parse(text);
            if (!id) {
                return error(400, "LinkedInvalidPropertyId",
                             "Property id '" + text + "' at path '" + std::string(link.at) + "' is not a resource id.");
            }
            if (std::any_of(made.begin(), made.end(), [&](Part const& other) { return other.id == *id; })) continue;
            if (!link.action.empty() && !request.work.permits(request.work.caller().object_id, link.action, *id)) {
                auto const& caller = request.work.caller();
                auto refused = error(403, "LinkedAuthorizationFailed",
                                     "The client '" + caller.client_id + "' with object id '" + caller.object_id +
                                         "' may perform '" + permission_for(part.type, "write") + "' on scope '" +
                                         part.id.text() + "', but not '" + std::string(link.action) +
                                         "' on the linked scope '" + id->text() + "', or that scope is invalid.");
                refused.from_gateway = true;
                return refused;
            }
            auto const* linked = request.work.find(*id);
            if (!linked && link.must_exist) {
                return error(400, "InvalidResourceReference",
                             "Resource " + id->text() + " referenced by resource " + part.id.text() +
                                 " was not found. Make sure that it exists and that both are in the same region.");
            }
            if (!linked || !link.must_be_ready) continue;
            auto const state = state_of(*linked);
            if (!state.empty() && state != "Succeeded") {
                return error(400, "ReferencedResourceNotProvisioned",
                             "Resource " + id->text() + " referenced by resource " + part.id.text() +
                                 " is not in Succeeded state. Its provisioning state is " + state + ".");
            }
        }
    }
    return std::nullopt;
}

// ------------------------------------------------------------------------------------------------ writing

/// Stores one part and lets its provider fill what is known at once.
void store_part(Request const& request, Part const& part, std::string_view state) {
    auto next = next_of(part);
    std::optional<Stored> const before = part.existing ? std::optional<Stored>(*part.existing) : std::nullopt;
    json::put(next.hidden, "asked", part.desired);
    if (!part.row->secrets.empty()) {  // what was asked must not hold what must not be shown
        auto* asked = json::find(next.hidden, "asked");
        for (auto const path : part.row->secrets) json::erase(*asked, path);
    }
    Stored stored{.id = before ? before->id : part.id,
                  .type = part.type,
                  .body = std::move(next.body),
                  .hidden = std::move(next.hidden),
                  .created = before ? before->created : request.work.now(),
                  .changed = request.work.now(),
                  .version = before ? before->version : 1,
                  .deleting = false,
                  .created_by = before ? before->created_by : request.work.caller().object_id};
    auto& placed = request.store().put(std::move(stored));
    set_state(placed, state);
    if (part.row->accepted) part.row->accepted(request.work, placed, before ? &*before : nullptr);
    if (before && !same_but_state(before->body, placed.body, *part.row)) placed.version = before->version + 1;
}

/// Runs what an operation would run at its end, for types that are done when they answer.
Refusal settle(Request const& request, Operation operation) {
    auto const id = start(request.work, std::move(operation), 0).id;
    auto const* ended = request.store().operation(id);
    Refusal refusal;
    if (ended && ended->status == "Failed") {
        refusal = error(ended->error_status, json::text_at(ended->error, "code").value_or("InternalServerError"),
                        std::string(json::text_at(ended->error, "message").value_or("")));
    }
    request.store().forget_operation(id);
    return refusal;
}

double seconds_for(Request const& request, Part const& part, Stored const& now, Stored const* before,
                   std::string_view verb) {
    auto const what = std::string(verb) + " " + part.id.key();
    if (part.row->duration) {
        if (auto const said = part.row->duration(request.work, now, before)) {
            auto const nth = request.store().count("said " + what);
            request.store().put_drawn(nth == 0 ? what : what + " #" + std::to_string(nth + 1), *said);
            return *said;
        }
    }
    return request.work.draw(before ? part.row->update : part.row->create, what);
}

std::string location_of(Request const& request, ResourceId const& id) {
    for (std::optional<ResourceId> at = id; at; at = at->parent()) {
        auto const* stored = request.work.find(*at);
        if (auto const said = stored ? json::text_at(stored->body, "location") : std::nullopt)
            return std::string(*said);
    }
    return {};
}

/// A service that looks at the etag only once the work has begun: the answer is a yes, the operation's end is the no.
Answer refused_later(Request const& request, ResourceId const& id, ResourceBehaviour const& row, Lro lro,
                     int retry_after, Takes const& takes, ArmError const& refused) {
    json::Value const end = json::Object{{"code", refused.code}, {"message", refused.message}};
    Operation operation{.id = {},
                        .verb = "POST",  // nothing is written
                        .target = id.text(),
                        .type = std::string(row.type),
                        .location = location_of(request, id),
                        .api_version = request.asked.asked_for("api-version"),
                        .locks = {},
                        .steps = {},
                        .function = std::string(row.etag_fails_by),
                        .payload = json::Object{{"state", ""}, {"payload", end}}};
    auto const seconds = request.work.draw(takes, "refused " + id.key());
    auto const& running = start(request.work, std::move(operation), seconds);
    Answer answer{
        .status = 202, .body = {}, .headers = polling_headers(running, row, lro, retry_after, request.asked.origin)};
    if (request.asked.method != "DELETE") answer.body = json::Object{};
    return answer;
}

/// Two writers at once: the second read before the first had saved.
/// Source: Azure/terraform-azurerm-aks issue 604 and pull request 354 (answers in full). 2026-12-01.
Refusal lost_race(Work const& work, ResourceId const& id, ResourceBehaviour const& row, Operation const& first) {
    if (first.verb != "PUT" || !base::same_text(first.target, id.text()) ||
        work.now() - first.started >= std::chrono::seconds{row.saved_after})
        return std::nullopt;
    auto refused = error(409, "EtagMismatch", "Operation is not allowed: Another operation is in progress");
    refused.details.push_back(
        error(409, "Unspecified", "rpc error: code = FailedPrecondition desc = Etag mismatched"));
    refused.subcode = "PutManagedClusterAndComponents_FailedPrecondition";
    return refused;
}

Said write(Request const& request, ResourceId const& id, std::string const& type, json::Value body, bool is_patch) {
    auto& work = request.work;
    auto const verb = std::string_view(is_patch ? "PATCH" : "PUT");
    auto const version = request.asked.asked_for("api-version");
    Part target{.id = id,
                .shape = shapes::find(type),
                .row = &behaviour(type),
                .type = type,
                .desired = {},
                .existing = work.find(id)};
    auto const& row = *target.row;

    if (!is_one_segment(id.name())) return tl::unexpected(invalid_name(id.name()));
    body = tidied(target.shape, std::move(body));
    if (auto refused = check_location(target, body)) return tl::unexpected(*refused);
    std::vector<InlineChildren> kinds;
    if (target.shape) {
        auto const mistakes = shapes::validate(*target.shape, body);
        if (!mistakes.empty()) return tl::unexpected(invalid(mistakes));
        fill_defaults_of_then(type, request.work.now(), body);
        fill_defaults(*target.shape, body);
        if (auto const wrong = misnamed_child(id, *target.shape, body)) return tl::unexpected(invalid_name(*wrong));
        kinds = take_children(id, *target.shape, body);
    }
    target.desired = std::move(body);

    std::vector<Part> children;
    std::vector<Stored const*> dropped;
    for (auto& kind : kinds) {
        for (auto& [child_id, child] : kind.children) {
            auto desired = tidied(kind.type, std::move(child));
            fill_defaults_of_then(kind.type->name, request.work.now(), desired);
            fill_defaults(*kind.type, desired);
            children.push_back({.id = child_id,
                                .shape = kind.type,
                                .row = &behaviour(kind.type->name),
                                .type = std::string(kind.type->name),
                                .desired = std::move(desired),
                                .existing = work.find(child_id)});
        }
        if (is_patch && !kind.said) continue;
        auto const& kind_row = behaviour(kind.type->name);
        if (kind_row.omitted == OmittedChildren::kept) continue;
        if (kind_row.omitted == OmittedChildren::kept_unsaid && !kind.said && version >= kind_row.kept_unsaid_since)
            continue;
        for (auto const* child : work.children(id, kind.type->name)) {
            bool const named = std::any_of(kind.children.begin(), kind.children.end(),
                                           [&](auto const& said) { return said.first == child->id; });
            if (!named) dropped.push_back(child);
        }
    }

    auto const mismatch = check_etag(request, row, target.existing);
    if (mismatch && !row.etag_fails_by.empty())
        return refused_later(request, id, row, row.put, row.put_retry_after, row.update, *mismatch);
    if (auto refused = first_of({mismatch, check_locks(request, id, false)})) return tl::unexpected(*refused);
    if (auto refused = check_policies(request, id, type, target.desired)) return tl::unexpected(*refused);
    if (target.existing && target.existing->deleting && is_group(id)) {
        return tl::unexpected(error(409, "ResourceGroupBeingDeleted",
                                    "The resource group '" + std::string(id.name()) +
                                        "' is being deleted and takes no operations until that has ended."));
    }
    if (auto refused = check_links(request, target, children)) return tl::unexpected(*refused);
    for (auto const& child : children) {
        if (auto refused = check_links(request, child, children)) return tl::unexpected(*refused);
    }

    std::vector<std::pair<ResourceId, json::Value>> child_bodies;
    for (auto const& child : children) child_bodies.emplace_back(child.id, child.desired);
    if (row.validate) {
        Write const asked{.id = id,
                          .desired = target.desired,
                          .children = child_bodies,
                          .existing = target.existing,
                          .api_version = version};
        if (auto refused = row.validate(work, asked)) return tl::unexpected(*refused);
    }
    for (auto const& child : children) {
        if (!child.row->validate) continue;
        Write const asked{.id = child.id,
                          .desired = child.desired,
                          .children = {},
                          .existing = child.existing,
                          .api_version = version,
                          .inline_child = true};
        if (auto refused = child.row->validate(work, asked)) return tl::unexpected(*refused);
    }
    for (auto const* child : dropped) {
        auto const& child_row = behaviour(child->type);
        if (auto refused = check_locks(request, child->id, true)) return tl::unexpected(*refused);
        if (!child_row.before_delete) continue;
        if (auto refused = child_row.before_delete(work, *child)) return tl::unexpected(*refused);
    }

    bool const repeated = !is_patch && dropped.empty() && asks_the_same(target) &&
                          std::all_of(children.begin(), children.end(), asks_the_same) &&
                          request.asked.header("If-Match").empty() && state_of(*target.existing) != "Failed";

    auto locks = locks_of(id, row, target.desired);
    for (auto const& child : children) {
        for (auto& lock : locks_of(child.id, *child.row, child.desired)) locks.push_back(std::move(lock));
    }
    auto const* busy = holder(request.store(), locks);
    if (!busy && target.existing && target.existing->deleting) busy = running_on(request.store(), id);
    if (busy)
        return tl::unexpected(
            lost_race(work, id, row, *busy).value_or(conflict(*busy, row, request.asked.origin)));
    if (repeated) {
        request.store().count_repeated_create();
        work.core().fate().repeated(id);
    }

    std::optional<Stored> const before = target.existing ? std::optional<Stored>(*target.existing) : std::nullopt;
    auto const state = before ? row.updating : row.creating;
    std::vector<std::string> steps{id.key()};
    for (auto const* child : dropped) work.erase(child->id);
    store_part(request, target, state);
    for (auto const& child : children) {
        if (asks_the_same(child) && state_of(*child.existing) == "Succeeded") continue;
        store_part(request, child, child.existing ? child.row->updating : child.row->creating);
        steps.push_back(child.id.key());
    }

    Operation operation{.id = {},
                        .verb = std::string(verb),
                        .target = id.text(),
                        .type = type,
                        .location = location_of(request, id),
                        .api_version = version,
                        .locks = std::move(locks),
                        .steps = std::move(steps)};
    Answer answer;
    answer.status = before ? row.update_status : row.create_status;
    if (row.put == Lro::none) {
        if (auto failed = settle(request, std::move(operation))) return tl::unexpected(*failed);
    } else {
        auto const seconds = seconds_for(request, target, *work.find(id), before ? &*before : nullptr, "PUT");
        auto const& started = start(work, std::move(operation), seconds);
        auto const retry_after = retry_after_of_then(type, work.now(), row.put_retry_after);
        answer.headers = polling_headers(started, row, row.put, retry_after, request.asked.origin);
    }
    if (row.location_of_itself && !before)
        answer.headers.push_back({"Location", request.asked.origin + request.asked.target});
    auto const* stands = work.find(id);
    if (!stands) return tl::unexpected(not_found(id));
    answer.body = row.accepted_empty ? json::Value(json::Object{}) : work.shown(*stands);
    if (!before && !row.null_at_first.empty()) json::put(answer.body, row.null_at_first, nullptr);
    return answer;
}

Refusal usual_checks(Request const& request, ResourceId const& id, std::string const& type, std::string_view verb) {
    if (auto refused = check_api_version(request, type)) return refused;
    if (auto refused = check_permission(request, permission_for(type, verb), id)) return refused;
    if (auto refused = check_above(request, id)) return refused;
    return request.writes() ? check_registered(request, type) : std::nullopt;
}

}  // namespace

// ------------------------------------------------------------------------------------------------ the verbs

Said get(Request const& request, ResourceId const& id, std::string const& type) {
    if (auto refused = usual_checks(request, id, type, "read")) return tl::unexpected(*refused);
    auto const* stored = request.work.find(id);
    if (!stored) return tl::unexpected(not_found(id));
    auto const& row = behaviour(type);
    Answer answer{.status = request.asked.method == "HEAD" ? 204 : 200, .body = {}, .headers = {}};
    if (request.asked.method == "HEAD") return answer;
    answer.body = request.work.shown(*stored);
    if (row.etag_header) answer.headers.push_back({"ETag", "\"" + etag_of(*stored) + "\""});
    if (row.put == Lro::resource_poll && row.put_retry_after > 0 && running_on(request.store(), id))
        answer.headers.push_back({"Retry-After", std::to_string(row.put_retry_after)});
    return answer;
}

Said put(Request const& request, ResourceId const& id, std::string const& type) {
    if (auto refused = usual_checks(request, id, type, "write")) return tl::unexpected(*refused);
    auto body = read_body(request);
    if (!body) return tl::unexpected(body.error());
    return write(request, id, type, std::move(*body), false);
}

Said patch(Request const& request, ResourceId const& id, std::string const& type) {
    if (auto refused = usual_checks(request, id, type, "write")) return tl::unexpected(*refused);
    auto const& row = behaviour(type);
    if (row.patch == PatchStyle::none) return tl::unexpected(method_not_allowed(request));
    auto const* stored = request.work.find(id);
    if (!stored) return tl::unexpected(not_found(id));
    auto body = read_body(request);
    if (!body) return tl::unexpected(body.error());
    if (row.patch == PatchStyle::merge) {
        json::Value merged = stored->body;
        json::merge(merged, *body);
        return write(request, id, type, std::move(merged), true);
    }
    for (auto const& member : body->get_object()) {
        if (base::same_text(member.key(), "tags")) continue;
        return tl::unexpected(error(400, "PatchResourceNotSupported",
                                    "Only tags can be patched, not '" + std::string(member.key()) + "'.",
                                    std::string(member.key())));
    }
    if (auto refused = first_of({check_etag(request, row, stored), check_locks(request, id, false)}))
        return tl::unexpected(*refused);
    auto const locks = locks_of(id, row, stored->body);
    if (auto const* busy = holder(request.store(), locks))
        return tl::unexpected(conflict(*busy, row, request.asked.origin));
    auto* edited = request.work.edit(id);
    auto const* tags = json::find(*body, "tags");
    auto const new_tags = tags && tags->is_object() ? *tags : json::Value(json::Object{});
    json::put(edited->body, "tags", new_tags);
    if (edited->hidden.is_object() && json::find(edited->hidden, "asked"))
        json::put(edited->hidden, "asked.tags", new_tags);
    return Answer{.status = 200, .body = request.work.shown(*edited), .headers = {}};
}

Said erase(Request const& request, ResourceId const& id, std::string const& type) {
    if (auto refused = check_api_version(request, type)) return tl::unexpected(*refused);
    if (auto refused = check_permission(request, permission_for(type, "delete"), id)) return tl::unexpected(*refused);
    auto const& row = behaviour(type);
    auto const* stored = request.work.find(id);
    if (!stored && is_group(id)) return tl::unexpected(group_not_found(id));
    if (!stored) return Answer{.status = 204, .body = {}, .headers = {}};
    auto const lro = row.erase;
    if (stored->deleting) {
        auto const* running = running_on(request.store(), id);
        if (running && running->verb == "DELETE") {
            return Answer{.status = 202,
                          .body = {},
                          .headers = polling_headers(*running, row, lro, row.erase_retry_after, request.asked.origin)};
        }
    }
    auto const mismatch = check_etag(request, row, stored);
    if (mismatch && !row.etag_fails_by.empty())
        return refused_later(request, id, row, row.erase, row.erase_retry_after, row.destroy, *mismatch);
    if (auto refused = first_of({mismatch, check_locks(request, id, true)})) return tl::unexpected(*refused);
    auto locks = locks_of(id, row, stored->body);
    if (auto const* busy = holder(request.store(), locks))
        return tl::unexpected(conflict(*busy, row, request.asked.origin));
    if (row.before_delete) {
        if (auto refused = row.before_delete(request.work, *stored)) return tl::unexpected(*refused);
    }
    if (lro == Lro::none) {
        auto const shown = row.delete_answers_body ? request.work.shown(*stored) : json::Value{};
        request.work.erase(id);
        return Answer{.status = 200, .body = shown, .headers = {}};
    }
    auto const takes = is_group(id) ? deletion_takes(request.work, id) : row.destroy;
    auto const seconds = request.work.draw(takes, "DELETE " + id.key());
    auto* edited = request.store().edit(id.key());
    edited->deleting = true;
    set_state(*edited, row.deleting);
    if (row.erasing) row.erasing(request.work, *edited, request.asked.query);
    Operation operation{.id = {},
                        .verb = "DELETE",
                        .target = stored->id.text(),
                        .type = type,
                        .location = location_of(request, id),
                        .api_version = request.asked.asked_for("api-version"),
                        .locks = std::move(locks),
                        .steps = {},
                        .final_status = is_group(id) ? 200 : row.erase_final_status};
    auto const& started = start(request.work, std::move(operation), seconds);
    return Answer{.status = 202,
                  .body = {},
                  .headers = polling_headers(started, row, lro, row.erase_retry_after, request.asked.origin)};
}

Said list(Request const& request, ResourceId const& scope, std::string const& type) {
    if (auto refused = check_api_version(request, type)) return tl::unexpected(*refused);
    if (auto refused = check_permission(request, permission_for(type, "read"), scope)) return tl::unexpected(*refused);
    if (auto refused = check_above(request, scope)) return tl::unexpected(*refused);
    auto const scope_type = scope.type();
    bool const container = is_group(scope) || base::same_text(scope_type, "Microsoft.Resources/subscriptions");
    if (!request.work.find(scope) && !base::same_text(scope_type, "Microsoft.Resources/subscriptions")) {
        if (is_group(scope)) return tl::unexpected(group_not_found(scope));
        return tl::unexpected(not_found(scope));
    }
    Page page(request);
    request.store().walk_type(type, scope.key(), page.after(), [&](Stored const& stored) {
        auto const parent = stored.id.parent();
        bool const wanted = container || (parent && *parent == scope);
        return !wanted || page.take(stored, [&] { return request.work.shown(stored); });
    });
    return std::move(page).answer();
}

namespace {

Call call_of(Request const& request, std::map<std::string, std::string> parameters, ResourceId const* scope) {
    Call call{.method = request.asked.method,
              .parameters = std::move(parameters),
              .query = request.asked.query,
              .body = {},
              .subscription = request.subscription(),
              .group = scope ? scope->group() : "",
              .origin = request.asked.origin};
    if (auto body = parsed_body(request)) call.body = std::move(*body);
    return call;
}

Said reply(Request const& request, Reply said, ResourceBehaviour const& row, Operation operation) {
    if (auto* answer = std::get_if<Answer>(&said)) return std::move(*answer);
    if (auto* refused = std::get_if<ArmError>(&said)) return tl::unexpected(std::move(*refused));
    auto& started = std::get<Started>(said);
    operation.verb = "POST";
    operation.api_version = request.asked.asked_for("api-version");
    operation.function = std::string(started.function);
    operation.payload = json::Object{{"state", started.state}, {"payload", std::move(started.payload)}};
    operation.final_status = started.final_status;
    auto const seconds = request.work.draw(started.takes, "POST " + base::lower(request.asked.text()));
    if (!started.state.empty()) {
        if (auto* stored = request.store().edit(base::lower(operation.target))) set_state(*stored, started.state);
    }
    auto const lro = started.lro;
    auto const& running = start(request.work, std::move(operation), seconds);
    return Answer{
        .status = 202,
        .body = {},
        .headers = polling_headers(running, row, lro, std::max(1, row.put_retry_after), request.asked.origin)};
}

}  // namespace

Said act(Request const& request, Stored& stored, Action const& action, std::map<std::string, std::string> parameters) {
    auto const& row = behaviour(stored.type);
    if (auto refused = check_api_version(request, stored.type)) return tl::unexpected(*refused);
    if (auto refused = check_permission(request, action.permission, stored.id)) return tl::unexpected(*refused);
    std::vector<std::string> locks;
    if (request.writes()) {
        if (auto refused =
                first_of({check_registered(request, stored.type), check_denied(request, stored.id, action.permission)}))
            return tl::unexpected(*refused);
    }
    if (action.locks) {
        if (auto refused = check_locks(request, stored.id, false)) return tl::unexpected(*refused);
        locks = locks_of(stored.id, row, stored.body);
        if (auto const* busy = holder(request.store(), locks))
            return tl::unexpected(conflict(*busy, row, request.asked.origin));
    }
    auto said = action.run(request.work, stored, call_of(request, std::move(parameters), &stored.id));
    Operation operation{.id = {},
                        .verb = {},
                        .target = stored.id.text(),
                        .type = stored.type,
                        .location = location_of(request, stored.id),
                        .api_version = {},
                        .locks = std::move(locks),
                        .steps = {}};
    return reply(request, std::move(said), row, std::move(operation));
}

Said run_route(Request const& request, Route const& route, std::optional<ResourceId> const& scope,
               std::map<std::string, std::string> parameters) {
    if (auto refused = check_api_version(request, "")) return tl::unexpected(*refused);
    if (scope) {
        if (auto refused = check_permission(request, route.permission, *scope)) return tl::unexpected(*refused);
        if (is_group(*scope) && !request.work.find(*scope)) return tl::unexpected(group_not_found(*scope));
    }
    auto const location = parameters.find("location");
    Operation operation{.id = {},
                        .verb = {},
                        .target = scope ? scope->text() : "",
                        .type = std::string(namespace_of(route.pattern)) + "/operations",
                        .location = location == parameters.end() ? "" : location->second,
                        .api_version = {},
                        .locks = {},
                        .steps = {}};
    auto said = route.run(request.work, call_of(request, std::move(parameters), scope ? &*scope : nullptr));
    return reply(request, std::move(said), behaviour(""), std::move(operation));
}

}  // namespace holdfast::simulator::arm
