/// bodies: what PUT does with JSON, read off the published shapes.
#pragma once

#include "simulator/arm/provider.hpp"

namespace holdfast::simulator::arm {

/// As Azure reads a body: keys and enums in canonical case; null, and "" where text is optional, mean absent, and so do
/// a few zeros; read-only properties are ignored; `id`, `name`, `type` and `etag` at the top belong to the URL. Unknown
/// keys stay, to be refused.
json::Value tidied(shapes::ResourceType const*, json::Value body);

/// Read-only values of what stands, laid into what will stand, wherever the objects around them still exist.
void carry_read_only(shapes::ResourceType const*, json::Value const& existing, json::Value& into);

/// Defaults the server fills in, where the body says nothing.
void fill_defaults(shapes::ResourceType const&, json::Value& body);

/// A child type that may stand inside its parent's body, and where.
struct InlineKind {
    shapes::ResourceType const* type;
    json::Path at;
};
std::span<InlineKind const> inline_kinds_of(shapes::ResourceType const& parent);
/// What a body said of one kind.
struct InlineChildren {
    shapes::ResourceType const* type;
    bool said = false;  ///< the body named the list at all
    std::vector<std::pair<ResourceId, json::Value>> children{};
};
/// A name that could stand in a path of its own.
bool is_one_segment(std::string_view name);
/// The name of an inline child, at any depth, that is no name: empty, or one whose id could not be read back.
std::optional<std::string> misnamed_child(ResourceId const& parent, shapes::ResourceType const&, json::Value const& body);
/// Takes the inline children of every kind out of the parent's body; none of them is misnamed.
std::vector<InlineChildren> take_children(ResourceId const& parent, shapes::ResourceType const&, json::Value& body);
/// One child as its parent shows it.
json::Value inline_form(InlineKind const&, json::Value child_as_shown);

/// Moves what must not be shown from the body to `hidden`; what the body does not say stays hidden as it was.
void hide_secrets(std::span<std::string_view const> paths, json::Value& body, json::Value& hidden);

}  // namespace holdfast::simulator::arm
