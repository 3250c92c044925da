#include "simulator/arm/bodies.hpp"

#include <algorithm>
#include <unordered_map>

namespace holdfast::simulator::arm {
namespace {

using shapes::Kind;
using shapes::Property;
using shapes::Type;

Property const* named(std::span<Property const> properties, std::string_view name) {
    for (auto const& property : properties) {
        if (base::same_text(property.name, name)) return &property;
    }
    return nullptr;
}

Type const* variant_of(Type const& type, json::Object const& object) {
    auto const* chosen = object.if_contains(type.discriminator);
    if (!chosen || !chosen->is_string()) return nullptr;
    auto const* variant = named(type.variants, chosen->get_string());
    return variant ? variant->type : nullptr;
}

Property const* property_of(Type const& type, json::Object const& object, std::string_view name) {
    if (auto const* property = named(type.properties, name)) return property;
    if (type.kind != Kind::discriminated) return nullptr;
    auto const* variant = variant_of(type, object);
    return variant ? named(variant->properties, name) : nullptr;
}

bool has_properties(Type const& type) { return type.kind == Kind::object || type.kind == Kind::discriminated; }

/// Where Azure takes a zero for nothing said, although the published least is above it.
struct UnsaidZero {
    std::string_view property, source, date;
};
constexpr UnsaidZero unsaid_zeros[] = {
    {"drainTimeoutInMinutes", "what azurerm 5.2.0 sends for upgrade_settings that name the surge alone; Azure takes it, "
                              "see hashicorp/terraform-provider-azurerm issue 26568",
     "2026-11-30"},
};
bool is_unsaid_zero(Property const& property, json::Value const& value) {
    return value.is_int64() && value.get_int64() == 0 &&
           std::ranges::find(unsaid_zeros, property.name, &UnsaidZero::property) != std::end(unsaid_zeros);
}

json::Value tidied(Type const* type, json::Value value) {
    if (!type) return value;
    if (auto* object = value.if_object()) {
        json::Object out;
        out.reserve(object->size());
        for (auto& member : *object) {
            if (member.value().is_null()) continue;
            if (!has_properties(*type)) {
                auto const* item = type->kind == Kind::map ? type->item : nullptr;
                out.insert_or_assign(member.key(), tidied(item, std::move(member.value())));
                continue;
            }
            auto const* property = property_of(*type, *object, member.key());
            if (!property) {
                out.insert_or_assign(member.key(), std::move(member.value()));
                continue;
            }
            if (property->flags & shapes::read_only) continue;
            auto const* text = member.value().if_string();
            if ((text && text->empty()) || is_unsaid_zero(*property, member.value())) continue;
            out.insert_or_assign(property->name, tidied(property->type, std::move(member.value())));
        }
        return out;
    }
    if (auto* array = value.if_array()) {
        if (type->kind != Kind::array) return value;
        for (auto& item : *array) item = tidied(type->item, std::move(item));
        return value;
    }
    if (auto const* text = value.if_string(); text && type->kind == Kind::choice) {
        for (auto const literal : type->literals) {
            if (base::same_text(literal, *text)) return json::Value(literal);
        }
    }
    return value;
}

json::Value const* item_named_like(json::Array const& items, json::Value const& like) {
    for (auto const* key : {"name", "id"}) {
        auto const wanted = json::text_at(like, key);
        if (!wanted) continue;
        for (auto const& item : items) {
            auto const name = json::text_at(item, key);
            if (name && base::same_text(*name, *wanted)) return &item;
        }
        return nullptr;
    }
    return nullptr;
}

void carry(Type const* type, json::Value const& existing, json::Value& into) {
    if (!type) return;
    if (auto const* old = existing.if_object(); old && into.is_object()) {
        auto& object = into.get_object();
        for (auto const& member : *old) {
            auto* present = object.if_contains(member.key());
            if (!has_properties(*type)) {
                if (present && type->kind == Kind::map) carry(type->item, member.value(), *present);
                continue;
            }
            auto const* property = property_of(*type, *old, member.key());
            if (!property) continue;
            if (property->flags & shapes::read_only) {
                if (!present) object.insert_or_assign(member.key(), member.value());
            } else if (present) {
                carry(property->type, member.value(), *present);
            }
        }
        return;
    }
    if (auto const* old = existing.if_array(); old && into.is_array() && type->kind == Kind::array) {
        for (auto& item : into.get_array()) {
            if (auto const* same = item_named_like(*old, item)) carry(type->item, *same, item);
        }
    }
}

}  // namespace

json::Value tidied(shapes::ResourceType const* shape, json::Value body) {
    if (auto* object = body.if_object()) {
        for (auto const* key : {"id", "name", "type", "etag", "eTag"}) object->erase(key);
        // Resource Manager itself knows a location; types without one never see it.
        if (shape && !shapes::property_at(*shape, "location")) object->erase("location");
    }
    return shape ? tidied(shape->body, std::move(body)) : body;
}

void carry_read_only(shapes::ResourceType const* shape, json::Value const& existing, json::Value& into) {
    if (shape) carry(shape->body, existing, into);
}

namespace {
/// What means the same as nothing said, and what Azure does not show either when nobody said it.
struct KeptToItself {
    std::string_view type, at, source, date;
};
constexpr KeptToItself kept_to_itself[] = {
    {"Microsoft.ContainerService/managedClusters", "properties.apiServerAccessProfile.enableVnetIntegration",
     "azurerm 5.2.0 plans a change for ever where it is shown, and plain clusters of its users stand without one",
     "2026-11-30"},
};
bool is_shown(shapes::ServerDefault const& row) {
    return std::ranges::none_of(kept_to_itself, [&](KeptToItself const& one) {
        return base::same_text(one.type, row.type) && one.at == row.at;
    });
}

struct Default {
    json::Path around, at;
    json::Value value;
};
/// The rows of one type, read once.
std::vector<Default> const& defaults_of(shapes::ResourceType const& shape) {
    static auto const all = [] {
        std::unordered_map<shapes::ResourceType const*, std::vector<Default>> read;
        for (auto const& row : shapes::server_defaults()) {
            auto const* type = shapes::find(row.type);
            auto value = json::parse(row.value_json);
            if (!type || !value || row.at.find('[') != std::string_view::npos || !is_shown(row)) continue;
            json::Path const at(row.at);
            read[type].push_back({at.parent(), at, std::move(*value)});
        }
        return read;
    }();
    static std::vector<Default> const none;
    auto const found = all.find(&shape);
    return found == all.end() ? none : found->second;
}
}  // namespace

void fill_defaults(shapes::ResourceType const& shape, json::Value& body) {
    for (auto const& row : defaults_of(shape)) {
        // Only where the object around it was spoken of: absent profiles stay absent.
        if (json::find(body, row.around) && !json::find(body, row.at)) json::put(body, row.at, row.value);
    }
}

std::span<InlineKind const> inline_kinds_of(shapes::ResourceType const& parent) {
    static auto const all = [] {
        std::unordered_map<std::string_view, std::vector<InlineKind>> by_parent;
        for (auto const& type : shapes::all()) {
            if (type.inline_at.empty()) continue;
            if (auto const* above = shapes::find(type.parent))
                by_parent[above->name].push_back({.type = &type, .at = json::Path(type.inline_at)});
        }
        return by_parent;
    }();
    auto const found = all.find(parent.name);
    return found == all.end() ? std::span<InlineKind const>() : found->second;
}

bool is_one_segment(std::string_view name) {
    for (std::size_t at = 0, length = 0; at < name.size(); at += length)
        if (length = base::utf8_length(name, at); length == 0) return false;
    return !name.empty() && name.size() <= 260 && std::none_of(name.begin(), name.end(), [](unsigned char c) {
        return c < 0x20 || c == 0x7f || c == '/' || c == '?' || c == '#' || c == '%' || c == '\\';
    });
}

std::optional<std::string> misnamed_child(ResourceId const& parent, shapes::ResourceType const& shape,
                                          json::Value const& body) {
    for (auto const& kind : inline_kinds_of(shape)) {
        for (auto const& child : json::list_at(body, kind.at)) {
            auto const name = json::text_at(child, kind.type->key).value_or("");
            if (!is_one_segment(name)) return std::string(name);
            auto const id = parent.with(kind.type->name, name);
            auto const read = ResourceId::parse(id.text());
            if (!read || read->key() != id.key() || !base::same_text(read->type(), kind.type->name))
                return std::string(name);
            if (auto deeper = misnamed_child(id, *kind.type, child)) return deeper;
        }
    }
    return std::nullopt;
}

std::vector<InlineChildren> take_children(ResourceId const& parent, shapes::ResourceType const& shape,
                                          json::Value& body) {
    std::vector<InlineChildren> all;
    for (auto const& kind : inline_kinds_of(shape)) {
        auto& here = all.emplace_back(InlineChildren{.type = kind.type});
        auto* list = json::find(body, kind.at);
        if (!list) continue;
        here.said = true;
        if (auto* items = list->if_array()) {
            for (auto& item : *items) {
                auto* object = item.if_object();
                auto const name = object ? json::text_at(item, kind.type->key) : std::nullopt;
                if (!name || name->empty()) continue;
                auto id = parent.with(kind.type->name, *name);
                json::Object child;
                if (kind.type->inline_flat) {
                    object->erase(kind.type->key);
                    child["properties"] = std::move(*object);
                } else {
                    for (auto const* key : {"id", "name", "type", "etag"}) object->erase(key);
                    child = std::move(*object);
                }
                here.children.emplace_back(std::move(id), std::move(child));
            }
        }
        json::erase(body, kind.at);
    }
    return all;
}

json::Value inline_form(InlineKind const& kind, json::Value child) {
    if (!kind.type->inline_flat) return child;
    json::Object flat;
    if (auto const* properties = json::find(child, "properties"); properties && properties->is_object())
        flat = properties->get_object();
    if (auto const name = json::text_at(child, "name")) flat[kind.type->key] = *name;
    return flat;
}

void hide_secrets(std::span<std::string_view const> paths, json::Value& body, json::Value& hidden) {
    for (auto const path : paths) {
        auto const* secret = json::find(body, path);
        if (!secret) continue;
        json::put(hidden, path, *secret);
        json::erase(body, path);
    }
}

}  // namespace holdfast::simulator::arm
