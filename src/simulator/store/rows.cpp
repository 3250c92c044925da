#include "simulator/store/rows.hpp"

#include <algorithm>

namespace holdfast::simulator {
namespace {

std::int64_t milliseconds(Time time) { return time.time_since_epoch().count(); }
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
std::vector<std::string> texts(json::Value const& row, char const* key) {
    std::vector<std::string> out;
    for (auto const& item : json::list_at(row, json::Path{}.child(key))) {
        if (auto const* string = item.if_string()) out.emplace_back(*string);
    }
    return out;
}

/// A row as it grows, member by member: what it holds may be a whole cluster, and is not copied to be written.
class Row {
public:
    Row& value(std::string_view name, json::Value const& value) { return member(name, boost::json::serialize(value)); }
    Row& text(std::string_view name, std::string_view text) {
        bool const plain = std::ranges::none_of(text, [](unsigned char c) { return c < 0x20 || c == '"' || c == '\\'; });
        if (!plain) return member(name, boost::json::serialize(boost::json::string_view(text)));
        member(name, "\"");
        text_.append(text).append("\"");
        return *this;
    }
    Row& whole(std::string_view name, std::int64_t number) { return member(name, std::to_string(number)); }
    Row& moment(std::string_view name, Time time) { return whole(name, milliseconds(time)); }
    Row& truth(std::string_view name, bool truth) { return member(name, truth ? "true" : "false"); }
    Row& texts(std::string_view name, std::vector<std::string> const& texts) {
        json::Array array;
        for (auto const& text : texts) array.emplace_back(text);
        return member(name, boost::json::serialize(array));
    }
    Row& member(std::string_view name, std::string_view written) {
        text_.append(text_.empty() ? "{\"" : ",\"").append(name).append("\":").append(written);
        return *this;
    }
    std::string done() { return std::move(text_.append("}")); }

private:
    std::string text_;
};

}  // namespace

Time moment(json::Value const& row, char const* key) {
    constexpr std::int64_t first_ms = 0, last_ms = 253'402'300'799'000;  // the year 9999
    return Time{Duration{std::clamp(whole(row, key), first_ms, last_ms)}};
}

std::string written(Stored const& stored) {
    return Row()
        .text("id", stored.id.text())
        .text("type", stored.type)
        .value("body", stored.body)
        .value("hidden", stored.hidden)
        .moment("created", stored.created)
        .moment("changed", stored.changed)
        .whole("version", stored.version)
        .truth("deleting", stored.deleting)
        .text("createdBy", stored.created_by)
        .done();
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

std::string written(Principal const& principal) {
    return Row()
        .text("objectId", principal.object_id)
        .text("kind", principal.kind)
        .text("clientId", principal.client_id)
        .text("name", principal.name)
        .text("resource", principal.resource)
        .moment("visibleFrom", principal.visible_from)
        .texts("members", principal.members)
        .done();
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

std::string written(SoftDeleted const& deleted) {
    std::vector<std::string> things;
    for (auto const& thing : deleted.things) things.push_back(written(thing));
    return Row()
        .text("kind", deleted.kind)
        .text("name", deleted.name)
        .member("things", "[" + base::join(things, ",") + "]")
        .moment("deleted", deleted.deleted)
        .moment("until", deleted.until)
        .truth("purgeProtected", deleted.purge_protected)
        .done();
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

std::string written(Operation const& operation) {
    return Row()
        .text("id", operation.id)
        .text("verb", operation.verb)
        .text("target", operation.target)
        .text("type", operation.type)
        .text("location", operation.location)
        .text("apiVersion", operation.api_version)
        .moment("started", operation.started)
        .moment("ends", operation.ends)
        .text("status", operation.status)
        .value("error", operation.error)
        .whole("errorStatus", operation.error_status)
        .text("caller", operation.caller)
        .texts("locks", operation.locks)
        .texts("steps", operation.steps)
        .text("function", operation.function)
        .value("payload", operation.payload)
        .whole("finalStatus", operation.final_status)
        .value("result", operation.result)
        .done();
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

std::string written(Event const& event) {
    return Row()
        .moment("at", event.at)
        .whole("number", event.number)
        .text("function", event.function)
        .text("id", event.id)
        .value("payload", event.payload)
        .done();
}

Event event_from(json::Value const& row) {
    return {.at = moment(row, "at"),
            .number = whole(row, "number"),
            .function = text(row, "function"),
            .id = text(row, "id"),
            .payload = member(row, "payload")};
}

}  // namespace holdfast::simulator
