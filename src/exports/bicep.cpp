// The estate as one Bicep file for our resource group.
#include <fmt/format.h>
#include <algorithm>

#include "exports/shell.hpp"
#include "exports/template.hpp"

namespace holdfast::exports {

using resource::Address;
using resource::Resource;

namespace {

json::Path const principal_at = "properties.principalId";
constexpr std::string_view deployments = "Microsoft.Resources/deployments";

/// The inside of '…': what Bicep would read otherwise is escaped.
std::string escaped(std::string_view text) {
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        char const c = text[i];
        if (c == '\\' || c == '\'') out += fmt::format("\\{}", c);
        else if (c == '$' && i + 1 < text.size() && text[i + 1] == '{') out += "\\$";
        else if (c == '\n') out += "\\n";
        else if (c == '\r') out += "\\r";
        else if (c == '\t') out += "\\t";
        else if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f)
            out += fmt::format("\\u{{{:x}}}", static_cast<unsigned char>(c));
        else out += c;
    }
    return out;
}
std::string quoted(std::string_view text) { return "'" + escaped(text) + "'"; }
bool is_identifier(std::string_view text) { return !text.empty() && camel(text) == text; }
std::string remark(std::string_view text) {
    std::string out;
    for (auto const& line : base::split(comment(text), '\n'))
        if (!line.empty()) out += "//" + line.substr(1) + "\n";
    return out;
}

class File {
public:
    File(spec::Spec const& spec, estate::Estate const& estate, estate::Context const& context)
        : spec_(spec), graph_(estate.graph), design_(design_of(estate, context)), names_(estate.graph, camel) {
        for (auto const& one : design_.declared)
            for (auto const& child : one.inlines) inlined_[child] = one.node->address;
    }

    std::string run() {
        std::string body;
        for (auto const& one : design_.declared) body += pause(one) + (one.elsewhere ? elsewhere(one) : resource(one));
        // What is used as a scope or read, and declared inside another or by others; its parents, too.
        std::map<Address, std::string> found;
        for (std::size_t before = 0; before != wanted_.size();) {
            before = wanted_.size();
            for (auto const& address : std::set<Address>(wanted_))
                if (!found.contains(address)) found[address] = existing_resource(*graph_.find(address));
        }
        std::string existing;
        for (auto const& [address, text] : found) existing += text;
        return head() + parameters() + existing + body;
    }

private:
    // ------------------------------------------------------------------------------------------ expressions

    bool is_declared(Address const& address) const {
        auto const it = std::ranges::find(design_.declared, address, [](auto const& one) { return one.node->address; });
        return it != design_.declared.end() && !it->elsewhere;
    }
    std::string symbol(Address const& address) {
        used_.insert(address);
        if (!is_declared(address)) wanted_.insert(address);
        return names_.of(address);
    }
    std::string id(Address const& address) {
        if (address == design_.group) return "resourceGroup().id";
        auto const inside = inlined_.find(address);
        // An inlined child is below its parent: so the parent is waited for, which its own `existing` would not be.
        if (inside != inlined_.end()) {
            auto const& parent = *graph_.find(inside->second);
            return fmt::format("'${{{}.id}}{}'", symbol(inside->second),
                               escaped(graph_.find(address)->id->text().substr(parent.id->text().size())));
        }
        return symbol(address) + ".id";
    }
    std::string late(Late const& output) {
        std::string out = symbol(output.address);
        for (auto const& segment : output.path.segments())
            out += base::match(
                segment,
                [](std::string const& key) {
                    return is_identifier(key) ? "." + key : fmt::format("[{}]", quoted(key));
                },
                [](std::size_t index) { return fmt::format("[{}]", index); });
        return output.suffix.empty() ? out : fmt::format("'${{{}}}{}'", out, escaped(output.suffix));
    }
    std::string inside(Piece const& piece) {
        return base::match(
            piece, [](Fixed const& one) { return quoted(one.text); }, [&](IdOf const& one) { return id(one.address); },
            [](OwnSubscription) { return std::string("subscription().subscriptionId"); },
            [](OwnTenant) { return std::string("subscription().tenantId"); },
            [](OwnRegion) { return std::string("region"); }, [&](Late const& one) { return late(one); },
            [](Hidden const& one) { return secret_parameter(one); });
    }
    std::string expression(Text const& pieces) {
        if (pieces.empty()) return "''";
        if (pieces.size() == 1) return inside(pieces[0]);
        std::string out = "'";
        for (auto const& piece : pieces) {
            auto const one = inside(piece);
            // 'a${b}c': quotes of a part that is itself a string fall away.
            if (one.front() == '\'') out += one.substr(1, one.size() - 2);
            else out += "${" + one + "}";
        }
        return out + "'";
    }
    std::string value(Filled const& body, json::Value const& at_hand, json::Path const& at, std::string const& margin) {
        auto const inner = margin + "  ";
        if (auto const* object = at_hand.if_object()) {
            if (object->empty()) return "{}";
            std::map<std::string, json::Value const*> sorted;
            for (auto const& member : *object) sorted.emplace(std::string(member.key()), &member.value());
            std::string out = "{\n";
            for (auto const& [key, member] : sorted) {
                auto const name = expression(design_.words.of(key));
                bool const plain = name.front() == '\'' && is_identifier(key);
                bool const computed = name.front() != '\'';
                out += fmt::format("{}{}: {}\n", inner,
                                   plain      ? key
                                   : computed ? fmt::format("'${{{}}}'", name)
                                              : name,
                                   value(body, *member, at.child(key), inner));
            }
            return out + margin + "}";
        }
        if (auto const* list = at_hand.if_array()) {
            if (list->empty()) return "[]";
            std::string out = "[\n";
            for (std::size_t i = 0; i < list->size(); ++i)
                out += inner + value(body, (*list)[i], at.child(i), inner) + "\n";
            return out + margin + "]";
        }
        if (auto const* text = at_hand.if_string()) return expression(body.text(at, *text, design_.words));
        return json::write(at_hand);
    }

    // ------------------------------------------------------------------------------------------ parts

    std::string head() const {
        std::string out = remark(fmt::format(
            "{}: made by `holdfast export --to bicep`. FINAL marks what can never be changed on what stands.",
            spec_.name()));
        out += "//\n//   az group create --name " + word(design_.group_name) + " --location " +
               word(design_.words.choices().region);
        if (design_.group) {
            std::vector<std::string> tags;
            for (auto const& tag : json::object_at(graph_.find(*design_.group)->body, "tags"))
                tags.push_back(
                    word(fmt::format("{}={}", std::string_view(tag.key()), std::string_view(tag.value().as_string()))));
            if (!tags.empty()) out += " --tags " + base::join(tags, " ");
        }
        out += "\n//   az deployment group create --resource-group " + word(design_.group_name) +
               " --template-file FILE\n";
        if (!design_.before.empty()) out += "// Before:\n";
        for (auto const& command : design_.before) out += "//   " + command + "\n";
        for (auto const& limit : design_.limits) out += remark(limit);
        return out + "targetScope = 'resourceGroup'\n\n";
    }
    std::string parameters() const {
        std::string out = "@description('FINAL: nothing moves to another region')\nparam region string = " +
                          quoted(design_.words.choices().region) + "\n";
        for (auto const& [address, node] : graph_.resources())
            if (has_chosen_name(node) && address != design_.group)
                out += fmt::format("param {} string = {}\n", name_parameter(address), quoted(node.id->name()));
        for (auto const& [name, secret] : design_.secrets) out += fmt::format("@secure()\nparam {} string\n", name);
        if (std::ranges::any_of(design_.declared, [](auto const& one) { return !one.roles.empty(); }))
            out += fmt::format("@description({})\nparam {} int = {}\n", quoted(pauses_mean), pauses_parameter,
                               usual_pauses);
        return out + "\n";
    }
    std::string existing_resource(Resource const& node) {
        auto out =
            fmt::format("resource {} '{}@{}' existing = {{\n", names_.of(node.address), node.type, version_of(node));
        auto const parent = node.id->parent();
        auto const* above = parent ? graph_.find(*parent) : nullptr;
        bool const below = above && std::ranges::count(node.type, '/') > 1;
        if (below) out += fmt::format("  parent: {}\n", symbol(above->address));
        out +=
            fmt::format("  name: {}\n", has_chosen_name(node) ? name_parameter(node.address) : quoted(node.id->name()));
        if (!below && !base::same_text(node.id->group(), design_.group_name))
            out += base::same_text(node.id->subscription(), design_.words.choices().subscription)
                       ? fmt::format("  scope: resourceGroup({})\n", quoted(node.id->group()))
                       : fmt::format("  scope: resourceGroup({}, {})\n", quoted(node.id->subscription()),
                                     quoted(node.id->group()));
        return out + "}\n\n";
    }
    std::string assignment_name(Declared const& one) {
        auto const principal = one.body.open().find(principal_at);
        auto const* output = principal == one.body.open().end() ? nullptr : std::get_if<Late>(&principal->second);
        auto const who = output ? id(output->address)
                                : quoted(base::lower(json::text_at(one.node->body, principal_at).value_or("")));
        return fmt::format("guid(toLower({}), {}, {})", target_id(one), who, quoted(role_of(*one.node)));
    }
    std::string target_id(Declared const& one) {
        if (one.node->id) return expression(design_.words.of(one.node->id->parent()->text()));
        return one.node->parent ? id(*one.node->parent) : "''";
    }
    /// The symbol an extension stands on. What no node is gets a declaration of its own.
    std::string target(Declared const& one, std::string& before) {
        if (one.scope) return inlined_.contains(*one.scope) ? inlined_symbol(*one.scope) : symbol(*one.scope);
        auto const place = *one.node->id->parent();
        auto const* above = graph_.find(*place.parent());
        auto const made = names_.of(one.node->address) + "Scope";
        before =
            fmt::format("resource {} '{}@{}' existing = {{\n", made, place.type(), above ? version_of(*above) : "");
        if (above) before += fmt::format("  parent: {}\n", symbol(above->address));
        before += fmt::format("  name: {}\n}}\n\n", quoted(place.name()));
        return made;
    }
    std::string inlined_symbol(Address const& address) {
        used_.insert(inlined_.at(address));
        wanted_.insert(address);
        symbol(inlined_.at(address));
        return names_.of(address);
    }
    std::string finals(Resource const& node) const {
        std::string out;
        for (auto const& one : final_values(node))
            out += remark(fmt::format("FINAL {} = {}: {}", one.at.text(), one.value, one.because));
        return out;
    }
    std::string resource(Declared const& one) {
        auto const& node = *one.node;
        used_.clear();
        std::string before;
        auto out = fmt::format("resource {} '{}@{}' = {{\n", names_.of(node.address), node.type, version_of(node));
        if (one.is_extension) {
            if (one.scope != design_.group) out += fmt::format("  scope: {}\n", target(one, before));
            out += fmt::format("  name: {}\n", is_assignment(node) ? assignment_name(one) : quoted(node.id->name()));
        } else if (has_chosen_name(node)) {
            out += fmt::format("  name: {}\n", name_parameter(node.address));
        } else {
            if (auto const* parent = graph_.find(*node.id->parent()))
                out += fmt::format("  parent: {}\n", symbol(parent->address));
            out += fmt::format("  name: {}\n", quoted(node.id->name()));
        }
        auto const body = value(one.body, one.body.body(), {}, "");
        if (body.size() > 2) out += body.substr(2, body.size() - 3);  // without its own braces
        return before + finals(node) + out + waits(one) + "}\n\n";
    }
    /// Time for the roles of `one` to take effect.
    std::string pause(Declared const& one) const {
        if (one.roles.empty()) return {};
        auto out = fmt::format(
            "@batchSize(1)\nresource {}Pause '{}@{}' = [for i in range(0, {}): {{\n  name: '{}-${{i}}'\n  properties: "
            "{{\n"
            "    mode: 'Incremental'\n    template: {{\n      '$schema': "
            "'https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#'\n      contentVersion: "
            "'1.0.0.0'\n      resources: []\n    }}\n  }}\n  dependsOn: [\n",
            names_.of(one.node->address), deployments, shapes::find(deployments)->api_version, pauses_parameter,
            pause_name(one.node->address));
        for (auto const& address : one.roles) out += "    " + names_.of(address) + "\n";
        return out + "  ]\n}]\n\n";
    }
    /// What the text does not name but must stand first.
    std::string waits(Declared const& one) {
        std::vector<std::string> rest;
        for (auto const& address : one.after)
            if (!used_.contains(address)) rest.push_back(names_.of(address));
        if (!one.roles.empty()) rest.push_back(names_.of(one.node->address) + "Pause");
        if (rest.empty()) return {};
        std::string out = "  dependsOn: [\n";
        for (auto const& name : rest) out += "    " + name + "\n";
        return out + "  ]\n";
    }
    /// In another group than the file's: a deployment there, so that one file says everything.
    std::string elsewhere(Declared const& one) {
        auto const& node = *one.node;
        used_.clear();
        auto const place = node.id ? node.id->parent() : node.parent ? graph_.find(*node.parent)->id : std::nullopt;
        auto const name = is_assignment(node) ? assignment_name(one) : quoted(node.id->name());
        auto const body =
            value(one.body, json::Value(json::object_at(one.body.body(), "properties")), "properties", "        ");
        auto out = fmt::format("resource {} '{}@{}' = {{\n  name: {}\n", names_.of(node.address), deployments,
                               shapes::find(deployments)->api_version, quoted("holdfast-" + camel(node.address)));
        if (place && !place->group().empty()) out += fmt::format("  resourceGroup: {}\n", quoted(place->group()));
        if (place && !base::same_text(place->subscription(), design_.words.choices().subscription))
            out += fmt::format("  subscriptionId: {}\n", quoted(place->subscription()));
        out +=
            "  properties: {\n    mode: 'Incremental'\n    expressionEvaluationOptions: {\n      scope: 'inner'\n    "
            "}\n    parameters: {\n";
        out += fmt::format(
            "      name: {{\n        value: {}\n      }}\n      scope: {{\n        value: {}\n      }}\n      "
            "properties: {{\n        value: {}\n      }}\n    }}\n",
            name, target_id(one), body);
        out +=
            "    template: {\n      '$schema': "
            "'https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#'\n      contentVersion: "
            "'1.0.0.0'\n"
            "      parameters: {\n        name: {\n          type: 'string'\n        }\n        scope: {\n          "
            "type: 'string'\n        }\n        properties: {\n          type: 'object'\n        }\n      }\n      "
            "resources: [\n        {\n";
        out += fmt::format(
            "          type: '{}'\n          apiVersion: '{}'\n          name: '[parameters(\\'name\\')]'\n", node.type,
            version_of(node));
        if (one.is_extension) out += "          scope: '[parameters(\\'scope\\')]'\n";
        out += "          properties: '[parameters(\\'properties\\')]'\n        }\n      ]\n    }\n  }\n";
        return out + waits(one) + "}\n\n";
    }

    spec::Spec const& spec_;
    resource::Graph const& graph_;
    Design design_;
    Symbols names_;
    std::map<Address, Address> inlined_;  ///< child -> the declared parent it is made inside
    std::set<Address> used_;              ///< named by the resource being written
    std::set<Address> wanted_;            ///< declared nowhere: as `existing`
};

}  // namespace

std::string bicep(spec::Spec const& spec, estate::Estate const& estate, estate::Context const& context) {
    return File(spec, estate, context).run();
}

}  // namespace holdfast::exports
