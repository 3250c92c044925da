/// Children out of a parent's body, and back in.
#include <cassert>

#include "resource/resource.hpp"

namespace holdfast::resource {

namespace {

constexpr std::string_view properties = "properties";
std::optional<std::string> name_of(json::Value const& element, shapes::ResourceType const& child) {
    auto const said = json::text_at(element, json::Path(child.key));
    if (!said || said->empty() || said->find('/') != std::string_view::npos) return std::nullopt;
    return std::string(*said);
}

/// As a GET of the child would answer: {id, name, type, properties, …}.
json::Value alone(ResourceId const& id, shapes::ResourceType const& child, json::Object element) {
    json::Object out;
    out["id"] = id.text();
    out["name"] = std::string(id.name());
    out["type"] = child.name;
    json::Object inner;
    for (auto& member : element) {
        if (base::same_text(member.key(), "id") || base::same_text(member.key(), child.key)) continue;
        // flat: everything else is the child's own, even `type` (a pool's VirtualMachineScaleSets) and `eTag`
        if (child.inline_flat) inner[member.key()] = std::move(member.value());
        else if (!base::same_text(member.key(), "type")) out[member.key()] = std::move(member.value());
    }
    if (child.inline_flat) out[properties] = std::move(inner);
    return out;
}

json::Object inside(Resource const& resource, shapes::ResourceType const& child) {
    assert(resource.id && "a child written with its parent has a name");
    json::Object out;
    out[child.key] = std::string(resource.id->name());
    if (!resource.body.is_object()) return out;
    for (auto const& member : resource.body.get_object()) {
        if (child.inline_flat && base::same_text(member.key(), properties)) {
            if (member.value().is_object())
                for (auto const& inner : member.value().get_object()) out[inner.key()] = inner.value();
        } else if (!base::same_text(member.key(), child.key)) {
            out[member.key()] = member.value();
        }
    }
    return out;
}

}  // namespace

Unfolded unfold(ResourceId const& id, json::Value raw) {
    Unfolded out{std::move(raw), {}};
    for (auto const* child : shapes::children_of(id.type())) {
        if (child->inline_at.empty()) continue;
        json::Path const at(child->inline_at);
        auto* found = json::find(out.body, at);
        if (!found || !found->is_array()) continue;
        json::Array left;  // elements without a usable name stay where they are
        for (auto& element : found->get_array()) {
            auto const name = name_of(element, *child);
            if (!name || !element.is_object()) {
                left.push_back(std::move(element));
                continue;
            }
            auto child_id = id.with(child->name, *name);
            auto value = alone(child_id, *child, std::move(element.get_object()));
            out.children.emplace_back(std::move(child_id), std::move(value));
        }
        if (left.empty()) json::erase(out.body, at);
        else *found = std::move(left);
    }
    return out;
}

json::Value fold(Resource const& parent, std::span<Resource const* const> children, json::Value parent_body) {
    for (auto const* child : children) {
        auto const* row = shapes::find(child->type);
        assert(row && base::same_text(row->parent, parent.type) && !row->inline_at.empty() &&
               "only children that their parent's body can hold are folded");
        json::Path const at(row->inline_at);
        auto* list = json::find(parent_body, at);
        if (!list || !list->is_array()) {
            json::put(parent_body, at, json::Array{});
            list = json::find(parent_body, at);
        }
        list->get_array().push_back(inside(*child, *row));
    }
    return parent_body;
}

}  // namespace holdfast::resource
