#include "simulator/resourcegraph/resource_graph.hpp"

#include <algorithm>

#include "simulator/arm/groups.hpp"
#include "simulator/resourcegraph/kql.hpp"

namespace holdfast::simulator::resourcegraph {
namespace {

using arm::Answer;
using arm::error;

constexpr std::size_t usual_page = 100, largest_page = 1000;  // documentation, read 2026-11-23

json::Object row_of(arm::Work const& work, Stored const& stored) {
    auto const shown = work.shown(stored);
    auto const& owner = work.core().options.owner;
    json::Object row;
    for (auto const* key :
         {"id", "name", "location", "kind", "sku", "plan", "tags", "identity", "zones", "properties", "managedBy"}) {
        auto const* said = json::find(shown, key);
        row[key] = said ? *said : json::Value(nullptr);
    }
    row["type"] = base::lower(stored.type);
    row["resourceGroup"] = base::lower(stored.id.group());
    row["subscriptionId"] = owner.subscription;
    row["tenantId"] = owner.tenant;
    return row;
}

bool is_container(Stored const& stored) { return arm::is_group(stored.id); }
bool is_authorization(Stored const& stored) {
    return base::same_text(arm::namespace_of(stored.type), "Microsoft.Authorization");
}
bool is_resource(Stored const& stored) {
    auto const parent = stored.id.parent();
    return !is_container(stored) && !is_authorization(stored) && parent && arm::is_group(*parent) &&
           arm::behaviour(stored.type).tracked;
}

struct Table {
    std::string_view name;
    bool (*holds)(Stored const&);
};
constexpr Table tables[] = {
    {"Resources", is_resource}, {"ResourceContainers", is_container}, {"AuthorizationResources", is_authorization}};

std::optional<kql::Rows> rows_of(arm::Work const& work, std::string_view name) {
    auto const* table = std::find_if(std::begin(tables), std::end(tables),
                                     [&](Table const& row) { return base::same_text(row.name, name); });
    if (table == std::end(tables)) return std::nullopt;
    auto const& caller = work.caller().object_id;
    kql::Rows rows;
    for (auto const& [key, stored] : work.core().store.things()) {
        if (!table->holds(stored)) continue;
        auto const action = is_container(stored) ? std::string("Microsoft.Resources/subscriptions/resourceGroups/read")
                                                 : stored.type + "/read";
        if (!work.permits(caller, action, stored.id)) continue;
        auto row = row_of(work, stored);
        if (is_container(stored)) row["type"] = "microsoft.resources/subscriptions/resourcegroups";
        rows.push_back(std::move(row));
    }
    if (table->holds == is_container) {
        auto const& owner = work.core().options.owner;
        rows.push_back({{"id", "/subscriptions/" + owner.subscription},
                        {"name", "Simulated Azure"},
                        {"type", "microsoft.resources/subscriptions"},
                        {"location", ""},
                        {"tags", json::Object{}},
                        {"properties", json::Object{{"state", "Enabled"}}},
                        {"subscriptionId", owner.subscription},
                        {"tenantId", owner.tenant},
                        {"resourceGroup", ""}});
    }
    return rows;
}

/// A list of objects, or columns and rows where the caller asked for a table.
json::Value shaped(kql::Rows const& rows, bool table) {
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
    auto rows = kql::run(*text, [&](std::string_view name) { return rows_of(work, name); });
    if (!rows) {
        auto refused =
            error(400, "BadRequest", "Please provide below info when asking for support: the query is not valid.");
        refused.details.push_back(error(400, "InvalidQuery",
                                        "Query is invalid. Please refer to the documentation for the "
                                        "Azure Resource Graph service and fix the error before retrying."));
        auto const& mistake = rows.error();
        refused.details.push_back(error(400, "ParserFailure",
                                        "line " + std::to_string(mistake.line) + ", column " +
                                            std::to_string(mistake.column) + ": " + mistake.message,
                                        mistake.token));
        return refused;
    }
    auto const whole = [&](char const* key, std::size_t otherwise) {
        auto const said = json::whole_at(call.body, json::Path("options").child(key));
        return said && *said >= 0 ? std::size_t(*said) : otherwise;
    };
    auto skip = whole("$skip", 0);
    if (auto const token = json::text_at(call.body, json::Path("options").child("$skipToken"));
        token && !token->empty()) {
        auto const decoded = base::from_base64(*token);
        if (!decoded || decoded->empty() || decoded->size() > 9 ||
            !std::all_of(decoded->begin(), decoded->end(), [](unsigned char c) { return std::isdigit(c); }))
            return error(400, "BadRequest", "The $skipToken is not one of ours.");
        skip = std::size_t(std::stoul(*decoded));
    }
    auto const total = rows->size();
    auto const begin = std::min(skip, total);
    auto const size = std::clamp<std::size_t>(whole("$top", usual_page), 1, largest_page);
    auto const end = std::min(begin + size, total);
    kql::Rows const page(rows->begin() + std::ptrdiff_t(begin), rows->begin() + std::ptrdiff_t(end));
    bool const table = base::same_text(json::text_at(call.body, "options.resultFormat").value_or(""), "table");
    json::Object body{{"totalRecords", std::int64_t(total)},
                      {"count", std::int64_t(page.size())},
                      {"data", shaped(page, table)},
                      {"facets", json::Array{}},
                      {"resultTruncated", "false"}};
    if (end < total) body["$skipToken"] = base::base64(std::to_string(end));
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
