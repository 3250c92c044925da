// Microsoft.Resources/tags/default: the tags of a resource as a resource of their own.
#include "simulator/arm/requests.hpp"

namespace holdfast::simulator::arm {
namespace {

constexpr std::string_view tags_type = "Microsoft.Resources/tags";
constexpr std::size_t most_tags = 50;  // documentation, tag limitations

Answer shown(ResourceId const& id, Stored const& target) {
    auto const* tags = json::find(target.body, "tags");
    return {.status = 200,
            .body = json::Object{{"id", id.text()},
                                 {"name", "default"},
                                 {"type", tags_type},
                                 {"properties", json::Object{{"tags", tags ? *tags : json::Value(json::Object{})}}}},
            .headers = {}};
}

/// What stands after "Merge", "Replace" or "Delete" of these tags.
std::optional<json::Object> laid_over(json::Object standing, std::string_view operation, json::Object const& said) {
    if (base::same_text(operation, "Replace")) return said;
    bool const merge = base::same_text(operation, "Merge");
    if (!merge && !base::same_text(operation, "Delete")) return std::nullopt;
    for (auto const& tag : said) {
        if (merge) {
            standing.insert_or_assign(tag.key(), tag.value());
        } else if (auto const found = standing.find(tag.key());
                   found != standing.end() && found->value() == tag.value()) {
            standing.erase(found);
        }
    }
    return standing;
}

}  // namespace

Said tags(Request const& request, ResourceId const& id) {
    auto const& method = request.asked.method;
    bool const reads = method == "GET";
    if (!reads && method != "PUT" && method != "PATCH" && method != "DELETE")
        return tl::unexpected(method_not_allowed(request));
    auto const target = id.parent();
    if (!target || !base::same_text(id.name(), "default")) return tl::unexpected(not_found(id));
    if (auto refused = check_api_version(request, tags_type)) return tl::unexpected(*refused);
    auto const action = std::string(tags_type) + (reads ? "/read" : method == "DELETE" ? "/delete" : "/write");
    if (auto refused = check_permission(request, action, *target)) return tl::unexpected(*refused);
    auto const* stands = request.work.find(*target);
    if (!stands) return tl::unexpected(not_found(*target));
    if (reads) return shown(id, *stands);
    if (auto refused = check_locks(request, *target, false)) return tl::unexpected(*refused);

    json::Object next;
    if (method != "DELETE") {
        auto const body = read_body(request);
        if (!body) return tl::unexpected(body.error());
        auto const operation = method == "PUT" ? "Replace" : json::text_at(*body, "operation").value_or("");
        auto laid =
            laid_over(json::object_at(stands->body, "tags"), operation, json::object_at(*body, "properties.tags"));
        if (!laid) {
            return tl::unexpected(
                error(400, "InvalidTagsOperation",
                      "The operation is 'Merge', 'Replace' or 'Delete', not '" + base::printable(operation) + "'."));
        }
        next = std::move(*laid);
    }
    for (auto const& tag : next) {
        if (!tag.value().is_string())
            return tl::unexpected(error(400, "InvalidTagsValue", "A tag's value is text.", std::string(tag.key())));
    }
    if (next.size() > most_tags)
        return tl::unexpected(error(400, "InvalidTagsCount", "A resource has at most 50 tags."));
    auto* edited = request.work.edit(*target);
    json::put(edited->body, "tags", next);
    if (json::find(edited->hidden, "asked")) json::put(edited->hidden, "asked.tags", next);
    return shown(id, *edited);
}

}  // namespace holdfast::simulator::arm
