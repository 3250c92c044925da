// What the language cannot say: `azure:` maps and `resources:`, laid over the bodies.
//
// Checked against what Microsoft publishes, so that a slip of the pen is told at its line; what it does is not judged.

#include <fmt/format.h>

#include <algorithm>

#include "estate/draft.hpp"

namespace holdfast::estate {
namespace {

/// The type whose resources would stand at this path of the parent's body: children are resources of their own.
shapes::ResourceType const* child_at(std::string_view parent_type, std::string const& path) {
    for (auto const& type : shapes::all()) {
        if (type.inline_at.empty() || !base::same_text(type.parent, parent_type)) continue;
        std::string const at(type.inline_at);
        if (path == at || path.starts_with(at + ".") || path.starts_with(at + "[")) return &type;
    }
    return nullptr;
}

class Overlay {
public:
    Overlay(Draft& draft, Resource& resource, std::string map_key)
        : draft_(draft), resource_(resource), type_(*shapes::find(resource.type)), map_key_(std::move(map_key)) {}

    void lay(json::Object const& map) {
        for (auto const& entry : map) lay(entry.key(), entry.value());
    }

private:
    void lay(std::string_view text, json::Value const& value) {
        std::string const key = json::Path(map_key_).child(std::string(text)).text();
        auto const path = json::Path::parse(text);
        if (!path || path->empty()) {
            draft_.mistake(key, fmt::format("'{}' is not a path", base::printable(text)),
                           "write it as Azure's documentation does: properties.autoScalerProfile.expander");
            return;
        }
        if (std::ranges::any_of(path->segments(), [](auto const& one) { return one.index() == 1; })) {
            draft_.mistake(key, fmt::format("{} points into a list", path->text()),
                           "a list is said as a whole: end the path before the bracket");
            return;
        }
        if (path->text() == "name" || path->text() == "id" || path->text() == "type") {
            draft_.mistake(key, fmt::format("the {} is no part of a body", path->text()),
                           fmt::format("names are said by address: `names: {{{}: …}}`", resource_.address));
            return;
        }
        if (auto const* child = child_at(resource_.type, path->text())) {
            draft_.mistake(
                key,
                fmt::format("{} is not written here: each {} is a resource of its own", path->text(), child->plain),
                fmt::format("name the {} under `resources:` by its address", child->plain));
            return;
        }
        auto const* property = shapes::property_at(type_, *path);
        if (property && (property->flags & shapes::read_only) != 0) {
            draft_.mistake(key, fmt::format("Azure decides {} by itself", path->text()), "remove the line");
            return;
        }
        if (property && (property->flags & shapes::sensitive) != 0) {
            draft_.mistake(key, fmt::format("{} is a secret and must not stand in a spec", path->text()),
                           "remove the line; secrets are named by {env: …}, {file: …} or {generate: …} where the "
                           "language knows them");
            return;
        }
        if (mistaken(key, *path, value)) return;
        json::put(resource_.body, *path, value);
        std::erase_if(resource_.pending, [&](auto const& pending) { return pending.at == *path; });
        auto origin = draft_.spec.origin(key);
        origin.because = "yours, unjudged";
        resource_.origins[*path] = origin;
        draft_.estate.unjudged.push_back({resource_.address, *path, origin.where});
    }

    /// Holds the body with and without the value against the type: what the value brings is its own mistake.
    bool mistaken(std::string const& key, json::Path const& path, json::Value const& value) {
        json::Value body = resource_.body;
        for (auto const& pending : resource_.pending) json::put(body, pending.at, "later");
        auto const before = shapes::validate(type_, body);
        json::put(body, path, value);
        bool found = false;
        for (auto const& mistake : shapes::validate(type_, body)) {
            bool const brought = std::ranges::none_of(
                before, [&](shapes::Mistake const& old) { return old.at == mistake.at && old.what == mistake.what; });
            if (!brought) continue;
            found = true;
            draft_.mistake(
                key, fmt::format("{}: {}", mistake.at.text(), mistake.what),
                mistake.nearest.empty() ? "look the property up in Azure's documentation of the type"
                                        : fmt::format("did you mean {}?", mistake.nearest),
                mistake.is_unknown_property ? base::ErrorCode::spec_unknown_key : base::ErrorCode::spec_value);
        }
        return found;
    }

    Draft& draft_;
    Resource& resource_;
    shapes::ResourceType const& type_;
    std::string map_key_;
};

}  // namespace

void lay_over_unjudged(Draft& draft) {
    auto const& spec = draft.spec;
    auto& graph = draft.estate.graph;
    Overlay(draft, *graph.find("cluster"), "cluster.azure").lay(json::object_at(spec.tree, "cluster.azure"));
    for (std::size_t i = 0; i < spec.count("pools"); ++i) {
        std::string const key = fmt::format("pools[{}].azure", i);
        auto* pool = graph.find("cluster/pools/" + base::lower(spec.text(fmt::format("pools[{}].name", i))));
        if (pool) Overlay(draft, *pool, key).lay(json::object_at(spec.tree, json::Path(key)));
    }
    for (auto const& entry : json::object_at(spec.tree, "resources")) {
        Address const address(entry.key());
        std::string const key = json::Path("resources").child(address).text();
        auto* resource = graph.find(address);
        if (resource == nullptr) {
            std::vector<std::string> known;
            for (auto const& [one, ignored] : graph.resources()) known.push_back(one);
            auto const near = base::nearest(address, known);
            draft.mistake(key, fmt::format("nothing in this design is called {}", address),
                          near ? fmt::format("did you mean {}?", *near) : "`plan` lists the addresses",
                          base::ErrorCode::spec_conflict);
            continue;
        }
        if (resource->ownership == resource::Ownership::existing) {
            draft.mistake(key, fmt::format("{} stands already and is never written", address), "remove the line",
                          base::ErrorCode::spec_conflict);
            continue;
        }
        if (auto const* map = entry.value().if_object()) Overlay(draft, *resource, key).lay(*map);
    }
}

}  // namespace holdfast::estate
