#include "simulator/resourcegraph/resource_graph.hpp"

#include <algorithm>

#include "simulator/arm/groups.hpp"
#include "simulator/resourcegraph/kql.hpp"

namespace holdfast::simulator::resourcegraph {
namespace {

using arm::Answer;
using arm::error;

constexpr std::size_t usual_page = 100, largest_page = 1000;  // documentation, read 2026-11-23

// ------------------------------------------------------------------------------------------------ tables

/// The part of an id up to its resource group: as long as it is one that lies in a group.
std::string_view group_part(std::string_view key) {
    constexpr std::string_view groups = "/resourcegroups";
    std::size_t end = 0;
    for (int segment = 0; segment < 2; ++segment) end = key.find('/', end + 1);
    if (end == std::string_view::npos || !key.substr(end).starts_with(groups)) return {};
    end = key.find('/', end + 1);
    return end == std::string_view::npos ? std::string_view{} : key.substr(0, key.find('/', end + 1));
}
/// "/providers/{namespace}/{type}/{name}" and nothing behind it.
bool is_directly_under(std::string_view key, std::string_view group) {
    return !group.empty() && std::ranges::count(key.substr(group.size()), '/') == 4;
}

bool is_container(Stored const& stored, std::string_view) { return base::same_text(stored.type, arm::group_type); }
bool is_authorization(Stored const& stored, std::string_view = {}) {
    return base::starts_with_text(stored.type, "Microsoft.Authorization/");
}
bool is_resource(Stored const& stored, std::string_view group) {
    return is_directly_under(stored.id.key(), group) && !is_authorization(stored);
}

struct Kind {
    std::string_view table;
    bool (*holds)(Stored const&, std::string_view group);
    bool tracked;  ///< only of types that the tables of Azure know
};
constexpr Kind tables[] = {{"Resources", is_resource, true},
                           {"ResourceContainers", is_container, false},
                           {"AuthorizationResources", is_authorization, false}};

constexpr std::string_view all_columns[] = {"id",   "name",          "location",       "kind",       "sku",
                                            "plan", "tags",          "identity",       "zones",      "properties",
                                            "type", "resourceGroup", "subscriptionId", "managedBy",  "tenantId"};

/// What stands, as far as the caller may read it, in order of id. A row is a Stored; the subscription's own is none.
class Standing final : public kql::Table {
public:
    Standing(arm::Work const& work, Kind const& kind, std::string_view after)
        : work_(work),
          kind_(kind),
          at_(after.empty() ? things().begin() : things().upper_bound(after)),
          says_subscription_(kind.holds == is_container) {}

    std::span<std::string_view const> columns() const override { return all_columns; }

    std::optional<Handle> next() override {
        for (; at_ != things().end(); ++at_) {
            auto const& stored = at_->second;
            auto const group = group_part(at_->first);
            if (!kind_.holds(stored, group) || !is_readable(stored, group)) continue;
            ++at_;
            return &stored;
        }
        return std::exchange(says_subscription_, false) ? std::optional<Handle>(nullptr) : std::nullopt;
    }

    kql::Cell cell(Handle row, std::size_t column) const override {
        auto const name = all_columns[column];
        auto const& owner = work_.core().options.owner;
        if (name == "subscriptionId") return json::Value(owner.subscription);
        if (name == "tenantId") return json::Value(owner.tenant);
        if (!row) return of_subscription(name);
        auto const& stored = *static_cast<Stored const*>(row);
        if (name == "id") return json::Value(arm::shown_id(stored));
        if (name == "name") return json::Value(stored.id.name());
        if (name == "resourceGroup") return json::Value(base::lower(stored.id.group()));
        if (name == "type")
            return json::Value(kind_.holds == is_container ? "microsoft.resources/subscriptions/resourcegroups"
                                                           : base::lower(stored.type));
        auto const& body = stands_as_shown(stored, name) ? stored.body : shown(stored);
        auto const* object = body.if_object();
        auto const* said = object ? object->if_contains(name) : nullptr;
        return said ? kql::Cell::of(*said) : kql::Cell();
    }

private:
    Store::Things const& things() const { return work_.core().store.things(); }

    /// What reaches the group reaches what lies in it: asked once for a type in a group.
    bool is_readable(Stored const& stored, std::string_view group) {
        if (group != group_) group_ = group, types_.clear();
        auto known = types_.find(stored.type);
        if (known == types_.end()) {
            Type type{.is_held = !kind_.tracked || arm::behaviour(stored.type).tracked,
                      .read = kind_.holds == is_container ? "Microsoft.Resources/subscriptions/resourceGroups/read"
                                                          : stored.type + "/read"};
            auto const id = type.is_held ? ResourceId::parse(group) : ResourceId::parse("");
            type.all_are_readable = id && work_.permits(work_.caller().object_id, type.read, *id);
            known = types_.emplace(stored.type, std::move(type)).first;
        }
        auto const& type = known->second;
        return type.is_held &&
               (type.all_are_readable || work_.permits(work_.caller().object_id, type.read, stored.id));
    }

    /// Whether a GET says of this column what the body holds: beside the properties it always does.
    bool stands_as_shown(Stored const& stored, std::string_view column) const {
        if (column != "properties") return true;
        auto known = plain_.find(stored.type);
        if (known == plain_.end()) known = plain_.emplace(stored.type, has_plain_properties(stored.type)).first;
        return known->second;
    }
    static bool has_plain_properties(std::string const& type) {
        auto const& row = arm::behaviour(type);
        auto const* shape = shapes::find(type);
        bool const children = shape && !arm::inline_kinds_of(*shape).empty();
        return !row.view && !children && !row.etag_at.starts_with("properties");
    }
    json::Value const& shown(Stored const& stored) const {
        if (shown_of_ != &stored) {
            shown_ = work_.shown(stored);
            shown_of_ = &stored;
        }
        return shown_;
    }
    kql::Cell of_subscription(std::string_view column) const {
        if (column == "id") return json::Value("/subscriptions/" + work_.core().options.owner.subscription);
        if (column == "name") return json::Value("Simulated Azure");
        if (column == "type") return json::Value("microsoft.resources/subscriptions");
        if (column == "location" || column == "resourceGroup") return json::Value("");
        if (column == "tags") return json::Value(json::Object{});
        if (column == "properties") return json::Value(json::Object{{"state", "Enabled"}});
        return {};
    }

    struct Type {
        bool is_held = false, all_are_readable = false;
        std::string read;
    };
    arm::Work const& work_;
    Kind const& kind_;
    Store::Things::const_iterator at_;
    bool says_subscription_;
    std::string_view group_;
    std::map<std::string, Type, std::less<>> types_;  ///< of the group at hand
    mutable std::map<std::string, bool> plain_;  ///< by type: its properties
    mutable Stored const* shown_of_ = nullptr;
    mutable json::Value shown_;
};

// ------------------------------------------------------------------------------------------------ pages

/// Where the next page begins, which is bound to its query.
struct Next {
    std::size_t skip = 0;
    std::optional<std::size_t> total{};  ///< known since the first page, with the id behind which it goes on
    std::string after{};

    std::string token(std::string_view query) const {
        return base::base64(mark(query) + " " + std::to_string(skip) +
                            (total ? " " + std::to_string(*total) + " " + after : ""));
    }
    static std::optional<Next> read(std::string_view token, std::string_view query) {
        auto const text = base::from_base64(token);
        auto const words = base::split(text.value_or(""), ' ');
        auto const is_whole = [](std::string const& word) {
            return !word.empty() && word.size() <= 9 &&
                   std::ranges::all_of(word, [](unsigned char c) { return std::isdigit(c); });
        };
        if (words.size() != 2 && words.size() != 4) return std::nullopt;
        if (words[0] != mark(query) || !is_whole(words[1])) return std::nullopt;
        Next next{.skip = std::stoul(words[1])};
        if (words.size() == 2) return next;
        if (!is_whole(words[2])) return std::nullopt;
        next.total = std::stoul(words[2]);
        next.after = words[3];
        return next;
    }

private:
    static std::string mark(std::string_view query) { return base::hex(base::sha256(query)).substr(0, 16); }
};

/// A list of objects, or columns and rows where the caller asked for a table.
json::Value shaped(std::vector<json::Object> const& rows, bool table) {
    json::Array data;
    if (!table) {
        for (auto const& row : rows) data.emplace_back(row);
        return json::Value(std::move(data));
    }
    json::Array columns;
    if (!rows.empty()) {
        for (auto const& member : rows.front())
            columns.push_back(json::Object{{"name", member.key()},
                                           {"type", member.value().is_number()   ? "integer"
                                                    : member.value().is_object() ? "object"
                                                                                 : "string"}});
    }
    for (auto const& row : rows) {
        json::Array line;
        for (auto const& one : columns) {
            auto const* value = row.if_contains(one.as_object().at("name").get_string());
            line.push_back(value ? *value : json::Value(nullptr));
        }
        data.push_back(std::move(line));
    }
    return json::Object{{"columns", std::move(columns)}, {"rows", std::move(data)}};
}

arm::Reply query(arm::Context& context, arm::Call const& call) {
    auto& work = arm::own(context);
    auto const verdict = work.core().throttle.take_query(work.caller().object_id, work.now());
    if (!verdict.allowed)
        return error(429, "RateLimiting",
                     "Too many queries. Please provide below info when asking for support: wait " +
                         std::to_string(verdict.retry_after) + " s.");
    auto const text = call.body.is_object() ? json::text_at(call.body, "query") : std::nullopt;
    if (!text) return error(400, "BadRequest", "The body has no query.");
    auto const whole = [&](char const* key, std::size_t otherwise) {
        auto const said = json::whole_at(call.body, json::Path("options").child(key));
        return said && *said >= 0 ? std::size_t(*said) : otherwise;
    };
    Next from{.skip = whole("$skip", 0)};
    if (auto const token = json::text_at(call.body, json::Path("options").child("$skipToken"));
        token && !token->empty()) {
        auto const read = Next::read(*token, *text);
        if (!read) return error(400, "BadRequest", "The $skipToken is not one of ours.");
        from = *read;
    }
    bool const goes_on = from.total.has_value();
    auto const size = std::clamp<std::size_t>(whole("$top", usual_page), 1, largest_page);
    auto const open = [&](std::string_view name) -> std::unique_ptr<kql::Table> {
        auto const found = std::ranges::find_if(
            tables, [&](Kind const& kind) { return base::same_text(kind.table, name); });
        if (found == std::end(tables)) return nullptr;
        return std::make_unique<Standing>(work, *found, from.after);
    };
    auto const answer = kql::run(
        *text, open, {.skip = goes_on ? 0 : from.skip, .size = size, .count_all = !goes_on});
    if (!answer) {
        auto refused =
            error(400, "BadRequest", "Please provide below info when asking for support: the query is not valid.");
        refused.details.push_back(error(400, "InvalidQuery",
                                        "Query is invalid. Please refer to the documentation for the "
                                        "Azure Resource Graph service and fix the error before retrying."));
        auto const& mistake = answer.error();
        refused.details.push_back(error(400, "ParserFailure",
                                        "line " + std::to_string(mistake.line) + ", column " +
                                            std::to_string(mistake.column) + ": " + mistake.message,
                                        mistake.token));
        return refused;
    }
    auto const total = goes_on ? *from.total : answer->total;
    auto const end = from.skip + answer->rows.size();
    bool const table = base::same_text(json::text_at(call.body, "options.resultFormat").value_or(""), "table");
    json::Object body{{"totalRecords", std::int64_t(total)},
                      {"count", std::int64_t(answer->rows.size())},
                      {"data", shaped(answer->rows, table)},
                      {"facets", json::Array{}},
                      {"resultTruncated", "false"}};
    if (answer->rows.size() == size && end < total) {
        Next next{.skip = end};
        if (answer->last && *answer->last) {
            next.total = total;
            next.after = static_cast<Stored const*>(*answer->last)->id.key();
        }
        body["$skipToken"] = next.token(*text);
    }
    return Answer{.status = 200, .body = std::move(body), .headers = verdict.headers};
}

constexpr arm::Route routes[] = {
    {arm::Route::Under::tenant, "POST", "Microsoft.ResourceGraph/resources", "", query},
};

}  // namespace

arm::Provider const& provider() {
    static arm::Provider const row{.name = "Microsoft.ResourceGraph", .registered_at_first = true, .routes = routes};
    return row;
}

}  // namespace holdfast::simulator::resourcegraph
