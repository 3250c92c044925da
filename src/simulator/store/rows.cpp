#include "simulator/store/rows.hpp"

namespace holdfast::simulator {
namespace {

std::int64_t milliseconds(Time time) { return time.time_since_epoch().count(); }
Time moment(json::Value const& row, char const* key) {
    return Time{Duration{json::whole_at(row, json::Path{}.child(key)).value_or(0)}};
}
std::string text(json::Value const& row, char const* key) {
    return std::string(json::text_at(row, json::Path{}.child(key)).value_or(""));
}
std::int64_t whole(json::Value const& row, char const* key) {
    return json::whole_at(row, json::Path{}.child(key)).value_or(0);
}
bool truth(json::Value const& row, char const* key) {
    return json::truth_at(row, json::Path{}.child(key)).value_or(false);
}
json::Value member(json::Value const& row, char const* key) {
    auto const* found = row.as_object().if_contains(key);
    return found ? *found : json::Value{};
}
json::Array array_of(std::vector<std::string> const& texts) {
    json::Array array;
    for (auto const& text : texts) array.emplace_back(text);
    return array;
}
std::vector<std::string> texts(json::Value const& row, char const* key) {
    std::vector<std::string> out;
    for (auto const& item : json::list_at(row, json::Path{}.child(key))) {
        if (auto const* string = item.if_string()) out.emplace_back(*string);
    }
    return out;
}

}  // namespace

json::Value to_json(Stored const& stored) {
    return json::Object{{"id", stored.id.text()},
                        {"type", stored.type},
                        {"body", stored.body},
                        {"hidden", stored.hidden},
                        {"created", milliseconds(stored.created)},
                        {"changed", milliseconds(stored.changed)},
                        {"version", stored.version},
                        {"deleting", stored.deleting},
                        {"createdBy", stored.created_by}};
}

base::Result<Stored> stored_from(json::Value const& row) {
    auto id = ResourceId::parse(text(row, "id"));
    if (!id) return base::fail(std::move(id.error()));
    return Stored{.id = std::move(*id),
                  .type = text(row, "type"),
                  .body = member(row, "body"),
                  .hidden = member(row, "hidden"),
                  .created = moment(row, "created"),
                  .changed = moment(row, "changed"),
                  .version = whole(row, "version"),
                  .deleting = truth(row, "deleting"),
                  .created_by = text(row, "createdBy")};
}

json::Value to_json(Principal const& principal) {
    return json::Object{{"objectId", principal.object_id},       {"kind", principal.kind},
                        {"clientId", principal.client_id},       {"name", principal.name},
                        {"resource", principal.resource},        {"visibleFrom", milliseconds(principal.visible_from)},
                        {"members", array_of(principal.members)}};
}

Principal principal_from(json::Value const& row) {
    return {.object_id = text(row, "objectId"),
            .kind = text(row, "kind"),
            .client_id = text(row, "clientId"),
            .name = text(row, "name"),
            .resource = text(row, "resource"),
            .visible_from = moment(row, "visibleFrom"),
            .members = texts(row, "members")};
}

json::Value to_json(SoftDeleted const& deleted) {
    json::Array things;
    for (auto const& thing : deleted.things) things.push_back(to_json(thing));
    return json::Object{{"kind", deleted.kind},
                        {"name", deleted.name},
                        {"things", std::move(things)},
                        {"deleted", milliseconds(deleted.deleted)},
                        {"until", milliseconds(deleted.until)},
                        {"purgeProtected", deleted.purge_protected}};
}

base::Result<SoftDeleted> soft_deleted_from(json::Value const& row) {
    SoftDeleted deleted{.kind = text(row, "kind"),
                        .name = text(row, "name"),
                        .things = {},
                        .deleted = moment(row, "deleted"),
                        .until = moment(row, "until"),
                        .purge_protected = truth(row, "purgeProtected")};
    for (auto const& thing : json::list_at(row, "things")) {
        auto stored = stored_from(thing);
        if (!stored) return base::fail(std::move(stored.error()));
        deleted.things.push_back(std::move(*stored));
    }
    return deleted;
}

json::Value to_json(Operation const& operation) {
    return json::Object{{"id", operation.id},
                        {"verb", operation.verb},
                        {"target", operation.target},
                        {"type", operation.type},
                        {"location", operation.location},
                        {"apiVersion", operation.api_version},
                        {"started", milliseconds(operation.started)},
                        {"ends", milliseconds(operation.ends)},
                        {"status", operation.status},
                        {"error", operation.error},
                        {"errorStatus", operation.error_status},
                        {"caller", operation.caller},
                        {"locks", array_of(operation.locks)},
                        {"steps", array_of(operation.steps)},
                        {"function", operation.function},
                        {"payload", operation.payload},
                        {"finalStatus", operation.final_status},
                        {"result", operation.result}};
}

Operation operation_from(json::Value const& row) {
    return {.id = text(row, "id"),
            .verb = text(row, "verb"),
            .target = text(row, "target"),
            .type = text(row, "type"),
            .location = text(row, "location"),
            .api_version = text(row, "apiVersion"),
            .started = moment(row, "started"),
            .ends = moment(row, "ends"),
            .status = text(row, "status"),
            .error = member(row, "error"),
            .error_status = static_cast<int>(whole(row, "errorStatus")),
            .caller = text(row, "caller"),
            .locks = texts(row, "locks"),
            .steps = texts(row, "steps"),
            .function = text(row, "function"),
            .payload = member(row, "payload"),
            .final_status = static_cast<int>(whole(row, "finalStatus")),
            .result = member(row, "result")};
}

json::Value to_json(Event const& event) {
    return json::Object{{"at", milliseconds(event.at)},
                        {"number", event.number},
                        {"function", event.function},
                        {"id", event.id},
                        {"payload", event.payload}};
}

Event event_from(json::Value const& row) {
    return {.at = moment(row, "at"),
            .number = whole(row, "number"),
            .function = text(row, "function"),
            .id = text(row, "id"),
            .payload = member(row, "payload")};
}

}  // namespace holdfast::simulator
