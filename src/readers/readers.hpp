/// readers: what stands, as a graph, whoever tells it.
///
/// `live` asks Azure for every node of an estate, plus what is ours and no longer designed (found by listing our group
/// and by the tags, of it or of what is ours in it, that name what we made elsewhere). At most two rounds of parallel
/// GETs. What could not be read is in Graph::unread, never silently absent; but the security groups and route tables
/// that designed subnets name are read along whoever made them, and where that is not allowed they are left out.
/// Whether the machine sizes of pools to be made can be had as designed is asked, too (Graph::unfit).
/// `from_json` reads saved ARM bodies (a file of one resource, a list, az's output).
#pragma once

#include "azure/azure.hpp"

namespace holdfast::readers {

using base::Result;
using world::Task;

/// Live bodies are normal, `raw` is exactly what Azure answered (principal ids and key versions stand there).
/// Role assignments are found by what they are (scope, principal, role), whatever their name; one list a scope.
/// Children that a parent's body shows are taken from there. An existing thing that answers 404 is unread too.
/// Fails only where nothing can be said at all (no token); everything else is a graph with `unread`.
Task<Result<resource::Graph>> live(resource::Graph estate, azure::Client& client);

/// Reads one address's resource. nullopt: it is not there.
Task<Result<std::optional<resource::Resource>>> one(resource::Resource designed, azure::Client& client);

/// Registration state of provider namespaces and "Namespace/feature" names, in one parallel round.
Task<Result<std::map<std::string, std::string>>> registrations(std::string subscription, std::vector<std::string> names,
                                                               azure::Client& client);

/// Saved ARM JSON: an object with `id`, a list of such, or {"value": […]}. Addresses are taken from `estate` where ids
/// agree, else made from the id. What az prints flat (`az aks show`) is folded back. Designed resources that the text
/// does not speak of are `unread`. not_recognised when nothing is there.
Result<resource::Graph> from_json(std::string_view text, std::string file, resource::Graph const* estate);

}  // namespace holdfast::readers
