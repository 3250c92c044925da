#include "simulator/templates/exported.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "simulator/arm/bodies.hpp"
#include "simulator/arm/types.hpp"

namespace holdfast::simulator::templates {
namespace {

constexpr std::string_view schema = "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#";
constexpr std::string_view left_out = "Microsoft.Resources";

std::string quoted(std::string_view text) {
    std::string out = "'";
    for (char const c : text) out += c == '\'' ? "''" : std::string(1, c);
    return out + "'";
}

/// The names in an id below its group, outermost first.
std::vector<std::string> names_of(ResourceId const& id) {
    auto const words = base::split(id.text().substr(id.text().rfind("/providers/") + 11), '/');
    std::vector<std::string> names;
    for (std::size_t i = 2; i < words.size(); i += 2) names.emplace_back(words[i]);
    return names;
}

class Writer {
public:
    Writer(arm::Work const& work, ResourceId const& group, Export const& wanted) : work_(work), wanted_(wanted) {
        auto const& caller = work.caller().object_id;
        work.core().store.walk_under(group.key(), "", [&](Stored const& stored) {
            if (speaks_of(stored) && work.permits(caller, stored.type + "/read", stored.id))
                taken_.emplace(stored.id.key(), &stored);
            return true;
        });
    }

    json::Object written() {
        json::Array resources;
        for (auto const& [key, stored] : taken_)
            if (!stands_inside(*stored)) resources.push_back(resource(*stored));
        return {{"$schema", schema},
                {"contentVersion", "1.0.0.0"},
                {"parameters", parameters_},
                {"variables", json::Object{}},
                {"resources", std::move(resources)}};
    }

private:
    bool speaks_of(Stored const& stored) const {
        auto const& text = stored.id.text();
        bool const extends = text.find("/providers/") != text.rfind("/providers/");
        if (extends || base::same_text(arm::namespace_of(stored.type), left_out)) return false;
        if (base::same_text(arm::namespace_of(stored.type), "Microsoft.Authorization")) return false;  // on the group
        return wanted_.only.empty() ||
               std::ranges::any_of(wanted_.only, [&](auto const& id) { return base::same_text(id, stored.id.text()); });
    }
    bool is_taken(ResourceId const& id) const { return taken_.contains(id.key()); }
    /// Shown as part of its parent, which is exported: it would be said twice.
    bool stands_inside(Stored const& stored) const {
        auto const parent = stored.id.parent();
        auto const* above = parent && is_taken(*parent) ? work_.find(*parent) : nullptr;
        auto const* shape = above ? shapes::find(above->type) : nullptr;
        return shape && std::ranges::any_of(arm::inline_kinds_of(*shape),
                                            [&](auto const& kind) { return kind.type->name == stored.type; });
    }

    /// An expression for the first name of an id; what lies below it is written as it is.
    std::string first_name(ResourceId const& id) {
        auto const name = names_of(id).front();
        auto const type = id.type();
        auto const kind = base::split(type, '/')[1];
        std::string parameter = fmt::format("{}_{}_name", kind, name);
        std::ranges::replace_if(parameter, [](unsigned char c) { return !std::isalnum(c); }, '_');
        parameters_[parameter] = json::Object{{"defaultValue", name}, {"type", "String"}};
        return fmt::format("parameters('{}')", parameter);
    }
    std::string name(ResourceId const& id) {
        auto const names = names_of(id);
        std::string rest;
        for (auto const& one : std::span(names).subspan(1)) rest += "/" + one;
        if (!wanted_.names_are_parameters) return names.front() + rest;
        if (rest.empty()) return "[" + first_name(id) + "]";
        return fmt::format("[concat({}, {})]", first_name(id), quoted(rest));
    }
    std::string reference(ResourceId const& id) {
        auto const names = names_of(id);
        auto out = fmt::format("[resourceId('{}', {}", id.type(),
                               wanted_.names_are_parameters ? first_name(id) : quoted(names.front()));
        for (auto const& one : std::span(names).subspan(1)) out += ", " + quoted(one);
        return out + ")]";
    }

    /// Ids of what is exported along become expressions, and are what the resource waits for.
    json::Value rewritten(json::Value value, std::set<std::string>& waits_for) {
        if (auto* object = value.if_object()) {
            for (auto& member : *object) member.value() = rewritten(std::move(member.value()), waits_for);
        } else if (auto* array = value.if_array()) {
            for (auto& one : *array) one = rewritten(std::move(one), waits_for);
        } else if (auto* text = value.if_string()) {
            auto const id = ResourceId::parse(std::string_view(*text));
            if (id && is_taken(*id)) {
                auto at = *id;  // a subnet stands with its network: that is what is waited for
                while (auto const* stored = work_.find(at)) {
                    if (!stands_inside(*stored)) break;
                    at = *at.parent();
                }
                waits_for.insert(reference(at));
                return json::Value(reference(*id));
            }
            if (text->starts_with('[')) text->insert(0, "[");
        }
        return value;
    }

    json::Value resource(Stored const& stored) {
        auto const* shape = shapes::find(stored.type);
        auto body = arm::tidied(shape, work_.shown(stored));
        std::set<std::string> waits_for;
        body = rewritten(std::move(body), waits_for);
        if (auto const parent = stored.id.parent(); parent && is_taken(*parent)) waits_for.insert(reference(*parent));
        waits_for.erase(reference(stored.id));
        json::Object out{{"type", stored.type},
                         {"apiVersion", shape ? std::string(shape->api_version) : "2024-01-01"},
                         {"name", name(stored.id)}};
        if (auto const* members = body.if_object())
            for (auto const& member : *members) out.insert_or_assign(member.key(), member.value());
        if (!waits_for.empty()) out["dependsOn"] = json::Array(waits_for.begin(), waits_for.end());
        return out;
    }

    arm::Work const& work_;
    Export const& wanted_;
    std::map<std::string_view, Stored const*> taken_;  // by key
    json::Object parameters_;
};

}  // namespace

json::Object exported(arm::Work const& work, ResourceId const& group, Export const& wanted) {
    return Writer(work, group, wanted).written();
}

}  // namespace holdfast::simulator::templates
