#include "exports/template.hpp"

#include <algorithm>

namespace holdfast::exports {

using resource::Address;
using resource::Graph;
using resource::Ownership;
using resource::Resource;

namespace {
constexpr std::string_view guid_named = "guid_of_assignment";
json::Path const role_at = "properties.roleDefinitionId";

std::size_t count_of(std::string_view text, std::string_view what) {
    std::size_t count = 0;
    for (auto at = text.find(what); at != std::string_view::npos; at = text.find(what, at + 1)) ++count;
    return count;
}
bool is_group(Resource const& node) {
    return node.id && !node.id->group().empty() && node.id->parent() &&
           node.id->parent()->text() == "/subscriptions/" + node.id->subscription();
}
/// Stands on another resource, as a lock does, and not below it, as a subnet does.
bool is_extension(Resource const& node) {
    if (is_assignment(node)) return true;
    return node.id && count_of(base::lower(node.id->text()), "/providers/") > 1;
}
}  // namespace

bool is_assignment(Resource const& node) {
    auto const* shape = shapes::find(node.type);
    return shape && shape->name_rule == guid_named;
}

bool has_chosen_name(Resource const& node) {
    if (node.ownership != Ownership::managed || !node.id || node.id->group().empty() || is_assignment(node))
        return false;
    return count_of(node.id->type(), "/") == 1 && count_of(base::lower(node.id->text()), "/providers/") <= 1;
}

std::string version_of(Resource const& node) {
    if (!node.api_version.empty()) return node.api_version;
    auto const* shape = shapes::find(node.type);
    return std::string(shape ? shape->api_version : "");
}

std::string role_of(Resource const& node) {
    auto const role = resource::ResourceId::parse(json::text_at(node.body, role_at).value_or(""));
    return role ? std::string(role->name()) : "";
}

std::string camel(std::string_view text) {
    std::string out;
    bool raise = false;
    for (char const c : text) {
        bool const lower = c >= 'a' && c <= 'z', digit = c >= '0' && c <= '9';
        if (!lower && !digit && !(c >= 'A' && c <= 'Z')) {
            raise = !out.empty();
            continue;
        }
        out += raise && lower ? static_cast<char>(c - 'a' + 'A') : c;
        raise = false;
    }
    return out.empty() || (out[0] >= '0' && out[0] <= '9') ? "_" + out : out;
}
std::string name_parameter(Address const& address) { return camel(address) + "Name"; }
std::string secret_parameter(resource::SecretName const& name) { return camel("secret-" + name.name); }

Design design_of(estate::Estate const& estate, estate::Context const& context) {
    auto const& graph = estate.graph;
    Design out{
        .words = Words(graph, choices(estate, context)), .group = {}, .group_name = {}, .declared = {}, .secrets = {}};
    auto const plan = plan::make(estate, Graph{}, {});
    std::map<std::string, Address> step_of;
    for (auto const& step : plan.steps)
        if (step.act == plan::Act::write) step_of[step.id] = step.address;
    // Ours is the group that holds the most of what we make: a spec may name one that stands already.
    std::map<std::string, int> held;
    for (auto const& [address, node] : graph.resources())
        if (node.ownership == Ownership::managed && node.id) ++held[base::lower(node.id->group())];
    for (auto const& [address, node] : graph.resources()) {
        if (!is_group(node)) continue;
        auto const count = held[base::lower(node.id->name())];
        auto const most = std::ranges::max_element(held, {}, [](auto const& one) { return one.second; })->second;
        if (count != most) continue;
        out.group_name = node.id->name();
        if (node.ownership == Ownership::managed) out.group = address;
    }
    for (auto const& step : plan.steps) {
        if (step.act != plan::Act::write || step.address == out.group) continue;
        auto const& node = *graph.find(step.address);
        Declared one{.node = &node,
                     .body = Filled(step.resource.body, step.resource.pending),
                     .inlines = step.inlines,
                     .after = {},
                     .scope = {},
                     .is_extension = is_extension(node),
                     .elsewhere = false};
        auto const* parent = node.parent ? graph.find(*node.parent) : nullptr;
        auto const place = node.id ? node.id->parent() : parent ? parent->id : std::nullopt;
        one.elsewhere = !place || !base::same_text(place->group(), out.group_name);
        if (one.is_extension && place)
            if (auto const* target = graph.find(*place)) one.scope = target->address;
        for (auto const& before : step.after)
            if (auto const it = step_of.find(before); it != step_of.end() && it->second != out.group)
                one.after.push_back(it->second);
        for (auto const& [at, piece] : one.body.open())
            if (auto const* name = std::get_if<Hidden>(&piece)) out.secrets.emplace(secret_parameter(*name), *name);
        out.declared.push_back(std::move(one));
    }
    return out;
}

}  // namespace holdfast::exports
