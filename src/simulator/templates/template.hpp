/// template: one ARM template taken apart into the resources it makes.
///
/// Pure. Parameters are held against their declarations, names, types, conditions and copies are evaluated at once;
/// bodies and outputs when they are asked for, because they may speak of resources that do not stand yet.
#pragma once

#include <map>
#include <memory>

#include "simulator/templates/expression.hpp"

namespace holdfast::simulator::templates {

/// One resource of a template, copies unrolled.
struct Item {
    std::string symbol;  ///< its name in templates whose resources are an object; else empty
    std::string copy;    ///< the loop it came from, or empty
    std::string type, name, api_version, id;
    bool wanted = true;              ///< its condition
    bool existing = false;           ///< only referred to
    std::vector<std::size_t> after;  ///< indices of items that must stand first
    json::Value said;                ///< as written
    Loops loops;

    bool is_deployment() const;
};

class Template {
public:
    /// `properties`: template, parameters ({"name": {"value": …}}), as a deployment's body has them.
    static Got<Template> open(json::Value properties, Surroundings);

    std::vector<Item> const& items() const { return items_; }
    /// By symbol, name, or id (without case); null: none of ours.
    Item const* find(std::string_view) const;
    std::size_t index(Item const& item) const { return static_cast<std::size_t>(&item - items_.data()); }

    /// What is sent for an item. A nested deployment's template stays as it is where its expressions are its own.
    Got<json::Value> body(Item const&);
    Got<json::Object> outputs();
    /// Declared values as a deployment shows them; secure ones without value.
    json::Object shown_parameters();
    std::string hash() const;
    Surroundings const& surroundings() const { return evaluator_->surroundings(); }

private:
    Template() = default;
    Got<bool> take_parameters(json::Value const& given);
    Got<bool> take_resources();
    Got<bool> take_one(json::Value const& said, std::string symbol, std::string parent_type, std::string parent_name);
    Got<Item> item_of(json::Value const& said, Loops const&, std::string const& parent_type,
                      std::string const& parent_name);
    Got<bool> connect();
    Got<std::string> id_of(json::Value const& said, Item const&, Loops const&);

    std::unique_ptr<json::Value> template_;
    std::unique_ptr<Evaluator> evaluator_;
    std::vector<Item> items_;
    std::map<std::string, std::vector<std::size_t>> loops_;  // lower-case loop name or symbol -> its items
};

/// What an output's type allows, and a parameter's: "string", "securestring", "int", "bool", "object", "secureObject",
/// "array".
bool fits_type(std::string_view type, json::Value const&);
bool is_secure(std::string_view type);

}  // namespace holdfast::simulator::templates
