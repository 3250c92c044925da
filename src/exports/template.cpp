#include "exports/template.hpp"

#include <fmt/format.h>
#include <algorithm>

#include "exports/shell.hpp"

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

std::string pause_name(Address const& address) {
    auto const name = "holdfast-pause-" + camel(address);
    return name.size() <= 60 ? name : name.substr(0, 51) + base::hex(base::sha256(name)).substr(0, 9);
}

namespace {
/// Registrations: Azure makes those of a template's own namespaces by itself, and no others.
std::vector<std::string> commands_before(estate::Estate const& estate, std::vector<Declared> const& declared) {
    std::set<std::string> seen;
    for (auto const& one : declared) seen.insert(base::lower(one.node->type.substr(0, one.node->type.find('/'))));
    std::vector<std::string> out;
    auto const provider = [&out](std::string const& name) {
        out.push_back("az provider register --wait --namespace " + word(name));
    };
    for (auto const& name : estate.providers)
        if (!seen.contains(base::lower(name))) provider(name);
    for (auto const& one : estate.features) {
        auto const named = fmt::format("--namespace {} --name {}", word(one.provider), word(one.name));
        out.push_back("az feature register " + named);
        out.push_back(fmt::format(
            "until [ \"$(az feature show {} --query properties.state -o tsv)\" = Registered ]; do sleep 10; done",
            named));
        provider(one.provider);
    }
    return out;
}

std::vector<std::string> limits_of(plan::Plan const& plan, std::vector<Declared> const& declared) {
    std::vector<std::string> out{
        "What stands under these names is written over, whoever owns it; `holdfast plan` says before what that is."};
    auto const waiting = std::ranges::count_if(declared, [](auto const& one) { return !one.roles.empty(); });
    if (waiting > 0)
        out.push_back(
            fmt::format("A template cannot ask whether a role has taken effect: {} resource{} behind empty "
                        "deployments, as many as `pauses` says. Deploy again where that was too short.",
                        waiting, waiting == 1 ? " waits" : "s wait"));
    for (auto const& step : plan.steps)
        if (step.recovery.is_object())
            out.push_back(fmt::format("The {} is not brought back where it was deleted before: recover or purge it.",
                                      called(step.resource)));
    return out;
}
}  // namespace

Design design_of(estate::Estate const& estate, estate::Context const& context) {
    auto const& graph = estate.graph;
    Design out{.words = Words(graph, choices(estate, context)),
               .group = {},
               .group_name = {},
               .declared = {},
               .secrets = {},
               .before = {},
               .limits = {}};
    auto const plan = plan::make(estate, Graph{}, {}, plan::Sent::again);
    std::map<std::string, plan::Step const*> writes;
    for (auto const& step : plan.steps)
        if (step.act == plan::Act::write) writes[step.id] = &step;
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
    std::map<std::string, std::string> held_by;  // lock -> the step that held it last: templates know no locks
    for (auto const& step : plan.steps) {
        if (step.act != plan::Act::write || step.address == out.group) continue;
        auto const& node = *graph.find(step.address);
        Declared one{.node = &node,
                     .body = Filled(step.resource.body, step.resource.pending),
                     .inlines = step.inlines,
                     .after = {},
                     .roles = {},
                     .scope = {},
                     .is_extension = is_extension(node),
                     .elsewhere = false};
        auto const* parent = node.parent ? graph.find(*node.parent) : nullptr;
        auto const place = node.id ? node.id->parent() : parent ? parent->id : std::nullopt;
        one.elsewhere = !place || !base::same_text(place->group(), out.group_name);
        if (one.is_extension && place)
            if (auto const* target = graph.find(*place)) one.scope = target->address;
        auto before = step.after;
        for (auto const& lock : step.locks) {
            auto& holder = held_by[lock];
            if (!holder.empty() && std::ranges::find(before, holder) == before.end()) before.push_back(holder);
            holder = step.id;
        }
        for (auto const& id : before) {
            auto const it = writes.find(id);
            if (it == writes.end() || it->second->address == out.group) continue;
            one.after.push_back(it->second->address);
            if (it->second->grants) one.roles.push_back(it->second->address);
        }
        for (auto const& [at, piece] : one.body.open())
            if (auto const* name = std::get_if<Hidden>(&piece)) out.secrets.emplace(secret_parameter(*name), *name);
        out.declared.push_back(std::move(one));
    }
    out.before = commands_before(estate, out.declared);
    out.limits = limits_of(plan, out.declared);
    return out;
}

}  // namespace holdfast::exports
