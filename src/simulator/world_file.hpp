/// world_file: the forms in which people have a world at hand, read into ARM bodies with ids. Pure.
#pragma once

#include "json/json.hpp"

namespace holdfast::simulator {

/// One of:
///   - a list of ARM bodies, `{"value": […]}` or `{"data": […]}` around one, or a single body with an id;
///   - recorded exchanges, a JSON object a line (`method`, `url`, `status`, `response_body`): what stood at their end, as
///     the last good answer to a GET or a write shows each resource. Their subscriptions are taken for `subscription`.
/// Anything else is refused, with what would be read.
base::Result<json::Array> read_world(std::string_view text, std::string const& subscription);
/// A template, which says how a world is made: what `az group export` prints, and the portal's "Export template".
std::optional<json::Value> read_template(std::string_view text);

}  // namespace holdfast::simulator
