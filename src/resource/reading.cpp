/// What judges ask of a graph.
#include "resource/resource.hpp"

namespace holdfast::resource {

json::Value const* read(Resource const& resource, PropertyName const& property) {
    if (!base::same_text(resource.type, property.type)) return nullptr;
    json::Path const at(property.at);
    if (auto const* value = json::find(resource.body, at); value && !value->is_null()) return value;
    if (!resource.raw) return nullptr;
    auto const* value = json::find(*resource.raw, at);
    return value && !value->is_null() ? value : nullptr;
}

std::optional<std::string> read_text(Resource const& resource, PropertyName const& property) {
    auto const* value = read(resource, property);
    if (!value || !value->is_string()) return std::nullopt;
    return std::string(std::string_view(value->get_string()));
}

std::optional<std::int64_t> read_whole(Resource const& resource, PropertyName const& property) {
    auto const* value = read(resource, property);
    if (!value) return std::nullopt;
    if (auto const* whole = value->if_int64()) return *whole;
    if (auto const* whole = value->if_uint64(); whole && *whole <= INT64_MAX) return static_cast<std::int64_t>(*whole);
    return std::nullopt;
}

std::optional<bool> read_truth(Resource const& resource, PropertyName const& property) {
    auto const* value = read(resource, property);
    if (!value || !value->is_bool()) return std::nullopt;
    return value->get_bool();
}

std::vector<std::string> read_texts(Resource const& resource, PropertyName const& property) {
    std::vector<std::string> texts;
    auto const* value = read(resource, property);
    auto const* list = value ? value->if_array() : nullptr;
    if (!list) return texts;
    for (auto const& item : *list)
        if (item.is_string()) texts.emplace_back(std::string_view(item.get_string()));
    return texts;
}

Output const* read_output(Resource const& resource, PropertyName const& property) {
    if (!base::same_text(resource.type, property.type)) return nullptr;
    json::Path const at(property.at);
    for (auto const& pending : resource.pending)
        if (pending.at == at) return std::get_if<Output>(&pending.from);
    return nullptr;
}

Resource const* read_target(Graph const& graph, Resource const& resource, PropertyName const& property) {
    if (auto const* output = read_output(resource, property)) return graph.find(output->address);
    auto const text = read_text(resource, property);
    if (!text) return nullptr;
    auto const id = ResourceId::parse(*text);
    return id ? graph.find(*id) : nullptr;
}

std::optional<std::string> unreadable(Graph const& graph, Resource const& resource) {
    for (auto const& unread : graph.unread) {
        bool const same =
            unread.what == resource.address || (resource.id && base::same_text(unread.what, resource.id->text()));
        if (same) return unread.because.empty() ? std::string("it could not be read") : unread.because;
    }
    auto const* body = resource.body.if_object();
    if (resource.ownership == Ownership::existing && (!body || body->empty()) && !resource.raw)
        return std::string("it exists already and was not read");
    return std::nullopt;
}

base::SourcePos written_at(Resource const& resource, json::Path const& path) {
    for (json::Path at = path;; at = at.parent()) {
        auto const origin = resource.origins.find(at);
        if (origin != resource.origins.end() && !origin->second.where.file.empty()) return origin->second.where;
        if (at.empty()) return {};
    }
}

}  // namespace holdfast::resource
