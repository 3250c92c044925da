// The estate as an ARM template for a subscription: our group, and one nested deployment with everything in it.
#include <fmt/format.h>
#include <algorithm>

#include "exports/template.hpp"

namespace holdfast::exports {

using resource::Address;
using resource::Resource;

namespace {

constexpr std::string_view subscription_schema =
    "https://schema.management.azure.com/schemas/2018-05-01/subscriptionDeploymentTemplate.json#";
constexpr std::string_view group_schema =
    "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#";
constexpr std::string_view parameters_schema =
    "https://schema.management.azure.com/schemas/2019-04-01/deploymentParameters.json#";
constexpr std::string_view deployments = "Microsoft.Resources/deployments";
json::Path const principal_at = "properties.principalId";

json::Value text(std::string_view value) { return json::Value(value); }
json::Array list(std::vector<std::string> const& texts) {
    json::Array out;
    for (auto const& one : texts) out.push_back(text(one));
    return out;
}

/// A text inside an expression.
std::string literal(std::string_view fixed) {
    std::string out = "'";
    for (char const c : fixed) {
        out += c;
        if (c == '\'') out += c;
    }
    return out + "'";
}
std::string parameter(std::string_view name) { return fmt::format("parameters({})", literal(name)); }
/// A text that stands for itself: ARM would take one in brackets for an expression.
json::Value plain(std::string_view fixed) {
    if (fixed.starts_with('[') && fixed.ends_with(']')) return text("[" + std::string(fixed));
    return text(fixed);
}
json::Value expression(std::string const& inside) { return text("[" + inside + "]"); }

class Template {
public:
    Template(spec::Spec const& spec, estate::Estate const& estate, estate::Context const& context)
        : spec_(spec), graph_(estate.graph), design_(design_of(estate, context)), names_(estate.graph, camel) {}

    Arm run() {
        json::Array outer;
        json::Object nested{{"type", text(deployments)},
                            {"apiVersion", text(shapes::find(deployments)->api_version)},
                            {"name", text("holdfast-" + spec_.name())}};
        if (design_.group) {
            auto const& group = *graph_.find(*design_.group);
            json::Object one{
                {"type", text(group.type)}, {"apiVersion", text(version_of(group))}, {"name", name_of(group)}};
            auto const body = value_of(Filled(group.body, group.pending), group.body, {});
            for (auto const& member : body.as_object()) one[member.key()] = member.value();
            outer.push_back(std::move(one));
            nested["resourceGroup"] = name_of(group);
            nested["dependsOn"] = json::Array{expression(fmt::format(
                "subscriptionResourceId({}, {})", literal(group.type), parameter(name_parameter(group.address))))};
        } else {
            nested["resourceGroup"] = plain(design_.group_name);
        }
        json::Array inner;
        for (auto const& one : design_.declared) {
            if (!one.roles.empty()) inner.push_back(pause(one));
            inner.push_back(resource(one));
        }
        json::Object inner_template{{"$schema", text(group_schema)},
                                    {"contentVersion", text("1.0.0.0")},
                                    {"parameters", parameters(true)},
                                    {"variables", variables()},
                                    {"resources", std::move(inner)}};
        json::Object handed;
        for (auto const& one : parameters(true))
            handed[one.key()] = json::Object{{"value", expression(parameter(std::string_view(one.key())))}};
        nested["properties"] = json::Object{{"mode", text("Incremental")},
                                            {"expressionEvaluationOptions", json::Object{{"scope", text("inner")}}},
                                            {"parameters", std::move(handed)},
                                            {"template", std::move(inner_template)}};
        outer.push_back(std::move(nested));
        Arm out;
        out.text = json::pretty(json::Object{
            {"$schema", text(subscription_schema)},
            {"contentVersion", text("1.0.0.0")},
            {"metadata",
             json::Object{
                 {"description",
                  text(fmt::format("{}: deploy with az deployment sub create --location {} --template-file FILE",
                                   base::printable(spec_.name()), design_.words.choices().region))},
                 {"before", list(design_.before)},
                 {"limits", list(design_.limits)}}},
            {"parameters", parameters(false)},
            {"resources", std::move(outer)}});
        json::Object values;
        for (auto const& one : parameters(false))
            if (auto const* standard = one.value().as_object().if_contains("defaultValue"))
                values[one.key()] = json::Object{{"value", *standard}};
        out.parameters = json::pretty(json::Object{{"$schema", text(parameters_schema)},
                                                   {"contentVersion", text("1.0.0.0")},
                                                   {"parameters", std::move(values)}});
        out.resources = design_.declared.size() + (design_.group ? 1 : 0);
        out.before = design_.before;
        out.limits = design_.limits;
        return out;
    }

private:
    // ------------------------------------------------------------------------------------------ expressions

    std::string id(Address const& address) const {
        return fmt::format("variables({})", literal(names_.of(address) + "Id"));
    }

    /// What Azure will say: `reference` gives a resource's properties, and with 'full' the rest of it.
    std::string late(Late const& output) const {
        auto const& segments = output.path.segments();
        auto const* source = graph_.find(output.address);
        bool const of_properties = !segments.empty() && segments[0] == json::Path::Segment(std::string("properties"));
        auto out = fmt::format("reference({}, {}{})", id(output.address), literal(source ? version_of(*source) : ""),
                               of_properties ? "" : ", 'full'");
        for (std::size_t i = of_properties ? 1 : 0; i < segments.size(); ++i)
            out += base::match(
                segments[i],
                [](std::string const& key) {
                    return camel(key) == key ? "." + key : fmt::format("[{}]", literal(key));
                },
                [](std::size_t index) { return fmt::format("[{}]", index); });
        return output.suffix.empty() ? out : fmt::format("concat({}, {})", out, literal(output.suffix));
    }
    std::string inside(Piece const& piece) const {
        return base::match(
            piece, [](Fixed const& one) { return literal(one.text); }, [&](IdOf const& one) { return id(one.address); },
            [](OwnSubscription) { return std::string("subscription().subscriptionId"); },
            [](OwnTenant) { return std::string("subscription().tenantId"); },
            [](OwnRegion) { return parameter("region"); }, [&](Late const& one) { return late(one); },
            [](Hidden const& one) { return parameter(secret_parameter(one)); });
    }
    std::string inside(Text const& pieces) const {
        if (pieces.size() == 1) return inside(pieces[0]);
        std::vector<std::string> parts;
        for (auto const& piece : pieces) parts.push_back(inside(piece));
        return fmt::format("concat({})", base::join(parts, ", "));
    }
    json::Value value_of(Text const& pieces) const {
        if (pieces.empty()) return text("");
        if (pieces.size() == 1)
            if (auto const* fixed = std::get_if<Fixed>(&pieces[0])) return plain(fixed->text);
        return expression(inside(pieces));
    }
    json::Value value_of(Filled const& body, json::Value const& value, json::Path const& at) const {
        if (auto const* object = value.if_object()) {
            json::Object out;
            for (auto const& member : *object) {
                auto const key = value_of(design_.words.of(member.key()));
                out[key.as_string()] = value_of(body, member.value(), at.child(std::string(member.key())));
            }
            return out;
        }
        if (auto const* list = value.if_array()) {
            json::Array out;
            for (std::size_t i = 0; i < list->size(); ++i) out.push_back(value_of(body, (*list)[i], at.child(i)));
            return out;
        }
        if (auto const* said = value.if_string()) return value_of(body.text(at, *said, design_.words));
        return value;
    }

    // ------------------------------------------------------------------------------------------ names and ids

    json::Value name_of(Resource const& node) const { return expression(parameter(name_parameter(node.address))); }

    /// The name of a declared resource, inside an expression: "parent/child" for children, a GUID for role assignments.
    std::string name_inside(Declared const& one) const {
        auto const& node = *one.node;
        if (is_assignment(node)) return assignment_name(one);
        if (has_chosen_name(node)) return parameter(name_parameter(node.address));
        if (one.is_extension) return literal(node.id->name());
        std::string out = literal(node.id->name());
        auto const type = node.id->type();
        auto up = node.id->parent();
        for (auto levels = std::ranges::count(type, '/'); levels > 1 && up; --levels, up = up->parent()) {
            auto const* parent = graph_.find(*up);
            out = fmt::format(
                "{}, '/', {}",
                parent && has_chosen_name(*parent) ? parameter(name_parameter(parent->address)) : literal(up->name()),
                out);
        }
        return out.find(", ") == std::string::npos ? out : fmt::format("concat({})", out);
    }
    std::string target(Declared const& one) const {
        auto const& node = *one.node;
        if (node.id) return inside(design_.words.of(node.id->parent()->text()));
        return node.parent ? id(*node.parent) : literal("");
    }
    /// The same grant has the same name: guid(scope, who, role). An identity made by this very template is known by its
    /// id when names are made, and by its principal only later.
    std::string assignment_name(Declared const& one) const {
        auto const principal = one.body.open().find(principal_at);
        auto const* output = principal == one.body.open().end() ? nullptr : std::get_if<Late>(&principal->second);
        auto const who = output ? id(output->address)
                                : literal(base::lower(json::text_at(one.node->body, principal_at).value_or("")));
        return fmt::format("guid(toLower({}), {}, {})", target(one), who, literal(role_of(*one.node)));
    }
    std::string id_inside(Declared const& one) const {
        if (is_assignment(*one.node))
            return fmt::format("extensionResourceId({}, {}, {})", target(one), literal(one.node->type),
                               assignment_name(one));
        return id(one.node->address);
    }

    json::Object variables() const {
        json::Object out;
        for (auto const& [address, node] : graph_.resources()) {
            if (!node.id || is_assignment(node)) continue;
            auto const key = names_.of(address) + "Id";
            if (address == design_.group) {
                out[key] = expression(fmt::format("subscriptionResourceId({}, {})", literal(node.type),
                                                  parameter(name_parameter(address))));
            } else if (has_chosen_name(node)) {
                out[key] = expression(
                    fmt::format("resourceId({}, {})", literal(node.type), parameter(name_parameter(address))));
            } else {
                out[key] = value_of(design_.words.id_of(node));
            }
        }
        return out;
    }
    json::Object parameters(bool inner) const {
        json::Object out;
        auto const add = [&](std::string const& name, std::string_view value, std::string_view says) {
            json::Object one{{"type", text("string")}};
            if (!inner) one["defaultValue"] = plain(value);
            if (!inner && !says.empty()) one["metadata"] = json::Object{{"description", text(says)}};
            out[name] = std::move(one);
        };
        add("region", design_.words.choices().region, "FINAL: nothing moves to another region");
        for (auto const& [address, node] : graph_.resources())
            if (has_chosen_name(node)) add(name_parameter(address), node.id->name(), "");
        for (auto const& [name, secret] : design_.secrets) out[name] = json::Object{{"type", text("secureString")}};
        if (std::ranges::any_of(design_.declared, [](auto const& one) { return !one.roles.empty(); })) {
            json::Object one{{"type", text("int")}};
            if (!inner) one["defaultValue"] = usual_pauses;
            if (!inner) one["metadata"] = json::Object{{"description", text(pauses_mean)}};
            out[pauses_parameter] = std::move(one);
        }
        return out;
    }

    // ------------------------------------------------------------------------------------------ resources

    json::Array ids_of(std::vector<Address> const& addresses) const {
        json::Array out;
        for (auto const& address : addresses)
            for (auto const& other : design_.declared)
                if (other.node->address == address)
                    out.push_back(expression(other.elsewhere ? nested_id(other) : id_inside(other)));
        return out;
    }
    /// Time for the roles of `one` to take effect.
    json::Object pause(Declared const& one) const {
        auto const name = pause_name(one.node->address);
        return {{"type", text(deployments)},
                {"apiVersion", text(shapes::find(deployments)->api_version)},
                {"name", expression(fmt::format("concat({}, copyIndex())", literal(name + "-")))},
                {"copy", json::Object{{"name", text(name)},
                                      {"count", expression(parameter(pauses_parameter))},
                                      {"mode", text("Serial")},
                                      {"batchSize", 1}}},
                {"dependsOn", ids_of(one.roles)},
                {"properties", json::Object{{"mode", text("Incremental")},
                                            {"template", json::Object{{"$schema", text(group_schema)},
                                                                      {"contentVersion", text("1.0.0.0")},
                                                                      {"resources", json::Array{}}}}}}};
    }
    json::Value resource(Declared const& one) const {
        auto const& node = *one.node;
        auto const body = value_of(one.body, one.body.body(), {});
        auto before = ids_of(one.after);
        if (!one.roles.empty()) before.push_back(text(pause_name(node.address)));
        json::Object out;
        if (!one.elsewhere) {
            out = {{"type", text(node.type)},
                   {"apiVersion", text(version_of(node))},
                   {"name", expression(name_inside(one))}};
            if (one.is_extension && one.scope != design_.group) out["scope"] = expression(target(one));
            for (auto const& member : body.as_object()) out[member.key()] = member.value();
        } else {
            out = nested(one, body);
        }
        if (!before.empty()) out["dependsOn"] = std::move(before);
        return out;
    }
    std::string nested_name(Declared const& one) const {
        auto const name = "holdfast-" + camel(one.node->address);
        return name.size() <= 64 ? name : name.substr(0, 55) + base::hex(base::sha256(name)).substr(0, 9);
    }
    std::string nested_id(Declared const& one) const {
        auto const place = place_of(one);
        auto const group = place ? place->group() : "";
        return group.empty()
                   ? fmt::format("subscriptionResourceId({}, {})", literal(deployments), literal(nested_name(one)))
                   : fmt::format("resourceId(subscription().subscriptionId, {}, {}, {})", literal(group),
                                 literal(deployments), literal(nested_name(one)));
    }
    std::optional<resource::ResourceId> place_of(Declared const& one) const {
        if (one.node->id) return one.node->id->parent();
        auto const* parent = one.node->parent ? graph_.find(*one.node->parent) : nullptr;
        return parent ? parent->id : std::nullopt;
    }
    /// What stands in another group is a deployment there, and gets its values handed in.
    json::Object nested(Declared const& one, json::Value const& body) const {
        auto const& node = *one.node;
        json::Object there{
            {"type", text(node.type)}, {"apiVersion", text(version_of(node))}, {"name", text("[parameters('name')]")}};
        json::Object types{{"name", json::Object{{"type", text("string")}}}};
        json::Object values{{"name", json::Object{{"value", expression(name_inside(one))}}}};
        auto const place = place_of(one);
        bool const on_group = place && !place->group().empty() && base::same_text(place->name(), place->group());
        if (one.is_extension && place && !on_group && place->type() != "Microsoft.Resources/subscriptions") {
            there["scope"] = text("[parameters('scope')]");
            types["scope"] = json::Object{{"type", text("string")}};
            values["scope"] = json::Object{{"value", expression(target(one))}};
        }
        for (auto const& member : body.as_object()) {
            std::string const key(member.key());
            there[key] = expression(parameter(key));
            types[key] = json::Object{{"type", text(member.value().is_object()  ? "object"
                                                    : member.value().is_array() ? "array"
                                                                                : "string")}};
            values[key] = json::Object{{"value", member.value()}};
        }
        json::Object out{{"type", text(deployments)},
                         {"apiVersion", text(shapes::find(deployments)->api_version)},
                         {"name", text(nested_name(one))}};
        auto const subscription = place ? place->subscription() : "";
        bool const foreign =
            !subscription.empty() && !base::same_text(subscription, design_.words.choices().subscription);
        if (foreign) out["subscriptionId"] = text(subscription);
        if (place && !place->group().empty()) {
            out["resourceGroup"] = plain(place->group());
        } else {
            if (!foreign) out["subscriptionId"] = text("[subscription().subscriptionId]");
            out["location"] = expression(parameter("region"));
        }
        out["properties"] = json::Object{
            {"mode", text("Incremental")},
            {"expressionEvaluationOptions", json::Object{{"scope", text("inner")}}},
            {"parameters", std::move(values)},
            {"template",
             json::Object{{"$schema", text(place && !place->group().empty() ? group_schema : subscription_schema)},
                          {"contentVersion", text("1.0.0.0")},
                          {"parameters", std::move(types)},
                          {"resources", json::Array{std::move(there)}}}}};
        return out;
    }

    spec::Spec const& spec_;
    resource::Graph const& graph_;
    Design design_;
    Symbols names_;
};

}  // namespace

Arm arm(spec::Spec const& spec, estate::Estate const& estate, estate::Context const& context) {
    return Template(spec, estate, context).run();
}

}  // namespace holdfast::exports
