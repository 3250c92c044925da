#include "readers/reading.hpp"

namespace holdfast::readers {

namespace {

/// az prints some resources flat (`az aks show`): what is not a top-level property of the type belongs into
/// `properties`.
json::Value folded_back(json::Value item, std::string_view type) {
    auto* object = item.if_object();
    auto const* shape = shapes::find(type);
    if (object == nullptr || shape == nullptr || shape->body == nullptr || object->contains("properties")) return item;
    auto const is_top_level = [shape](std::string_view name) {
        if (name == "id" || name == "name" || name == "type" || name == "etag" || name == "systemData") return true;
        for (auto const& property : shape->body->properties)
            if (base::same_text(property.name, name)) return true;
        return false;
    };
    json::Object top, properties;
    for (auto& member : *object) {
        if (member.key() == "resourceGroup") continue;  // az adds it
        (is_top_level(member.key()) ? top : properties)[member.key()] = std::move(member.value());
    }
    if (!properties.empty()) top["properties"] = std::move(properties);
    return top;
}

}  // namespace

Result<Graph> from_json(std::string_view text, std::string file, Graph const* estate) {
    auto parsed = json::parse(text);
    if (!parsed) {
        auto error = parsed.error();
        if (auto* where = std::get_if<base::SourcePos>(&error.where)) where->file = file;
        return base::fail(std::move(error));
    }
    json::Array items;
    if (auto const* list = parsed->if_array()) {
        items = *list;
    } else if (auto const& value = json::list_at(*parsed, "value"); !value.empty()) {
        items = value;
    } else if (auto const& resources = json::list_at(*parsed, "resources");
               !resources.empty() && json::find(*parsed, "id") == nullptr) {
        items = resources;
    } else {
        items.push_back(*parsed);
    }

    static Graph const nothing;
    Graph const& designed = estate == nullptr ? nothing : *estate;
    Names const names(designed);
    auto const owner = owner_of(designed);
    Graph live;
    struct Item {
        ResourceId id;
        json::Value body;
        bool is_child;  ///< taken from a parent's body
    };
    std::vector<Item> waiting;
    for (auto& item : items) {
        auto const id_text = json::text_at(item, "id");
        if (!id_text) continue;
        auto const id = ResourceId::parse(*id_text);
        if (id) waiting.push_back({*id, folded_back(std::move(item), id->type()), false});
    }
    if (waiting.empty())
        return base::fail(base::ErrorCode::not_recognised, "no Azure resource in " + file,
                          "give the JSON of one resource, a list, or {\"value\": [...]}; each needs an `id`",
                          base::SourcePos{file});

    for (std::size_t i = 0; i < waiting.size(); ++i) {
        auto item = std::move(waiting[i]);
        if (live.find(item.id) != nullptr) continue;
        auto const* known = designed.find(item.id);
        auto const address = names.address_of(item.id, live);
        auto read = read_body(item.id, std::move(item.body), {}, address, known);
        if (!read) {
            live.unread.push_back({item.id.text(), read.error().what});
            continue;
        }
        auto& resource = read->resource;
        auto const parent_id = item.id.parent();
        auto const* parent = parent_id ? live.find(*parent_id) : nullptr;
        if (known == nullptr && parent != nullptr) resource.parent = parent->address;
        resource.ours = bears_our_mark(resource.type, *resource.raw, owner) || (item.is_child && parent->ours);
        live.add(std::move(resource));
        for (auto& [child, body] : read->children) waiting.push_back({child, std::move(body), true});
    }
    // Whatever the text does not speak of is not known to be absent; children of a parent it shows are.
    for (auto const& [address, wanted] : designed.resources()) {
        if (live.find(address) != nullptr) continue;
        auto const* type = shapes::find(wanted.type);
        bool const would_be_seen =
            type != nullptr && !type->inline_at.empty() && wanted.parent && live.find(*wanted.parent) != nullptr;
        if (!would_be_seen) live.unread.push_back({address, "not in " + file});
    }
    return live;
}

}  // namespace holdfast::readers
