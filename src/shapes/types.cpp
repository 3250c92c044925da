/// The rows of data/types.yaml joined with the published bodies, once.
#include <algorithm>
#include <cassert>
#include <functional>
#include <unordered_map>

#include "shapes/generated/generated.hpp"
#include "shapes/shapes.hpp"

namespace holdfast::shapes {

namespace {

struct Row {
    std::string_view type, plain, api_version, versions, parent, inline_at;
    bool inline_flat;
    std::string_view key;
    bool etag;
    std::string_view mark_at, name_rule;
    bool bare, tags, location;
    std::string_view source, date;
};
constexpr Row rows[] = {
#include "types.inc"
};

/// What a type without a published shape may hold: anything.
constexpr Type anything{.kind = Kind::map, .open = true};
constexpr std::uint8_t everywhere = 8 | 4;

struct Table {
    std::vector<std::string_view> versions;  ///< all of them; the types hold ranges of it
    std::vector<ResourceType> types;
    /// Every id that is read asks for its types.
    std::unordered_map<std::string_view, ResourceType const*, base::WithoutCase, base::WithoutCase> by_name;
};

std::vector<std::string_view> lines(std::string_view text) {
    std::vector<std::string_view> out;
    while (!text.empty()) {
        auto const end = std::min(text.find('\n'), text.size());
        out.push_back(text.substr(0, end));
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return out;
}

bool has(Type const& body, std::string_view name) {
    return std::ranges::any_of(body.properties, [&](Property const& p) { return p.name == name; });
}

Table make() {
    Table out;
    std::size_t count = 0;
    for (auto const& row : rows) count += lines(row.versions).size();
    out.versions.reserve(count);
    out.types.reserve(std::size(rows));
    for (auto const& row : rows) {
        generated::Body const* published = nullptr;
        for (auto const& bodies : generated::namespaces)
            for (auto const& body : bodies())
                if (body.type == row.type && body.api_version == row.api_version) published = &body;
        assert((published || row.bare) && "data/types.yaml and src/shapes/generated disagree: run tools/shapes.py");
        auto const first = out.versions.size();
        for (auto const version : lines(row.versions)) out.versions.push_back(version);
        out.types.push_back({.name = row.type,
                             .api_version = row.api_version,
                             .known_versions = {out.versions.data() + first, out.versions.size() - first},
                             .body = published ? published->body : &anything,
                             .readable_scopes = published ? published->readable_scopes : everywhere,
                             .writable_scopes = published ? published->writable_scopes : everywhere,
                             .parent = row.parent,
                             .inline_at = row.inline_at,
                             .inline_flat = row.inline_flat,
                             .key = row.key,
                             .etag = row.etag,
                             .tags = published ? has(*published->body, "tags") : row.tags,
                             .location = published ? has(*published->body, "location") : row.location,
                             .mark_at = row.mark_at,
                             .name_rule = row.name_rule.empty() ? "given" : row.name_rule,
                             .plain = row.plain,
                             .source = row.source,
                             .date = row.date});
    }
    for (auto const& type : out.types) out.by_name.emplace(type.name, &type);
    return out;
}

Table const& table() {
    static Table const made = make();
    return made;
}

constexpr ListRule rules[] = {
#include "list_rules.inc"
};
constexpr ServerDefault defaults[] = {
#include "server_defaults.inc"
};

}  // namespace

ResourceType const* find(std::string_view type) {
    auto const& names = table().by_name;
    auto const found = names.find(type);
    return found == names.end() ? nullptr : found->second;
}

std::span<ResourceType const> all() { return table().types; }
std::span<ListRule const> list_rules() { return rules; }
std::span<ServerDefault const> server_defaults() { return defaults; }

std::vector<ResourceType const*> children_of(std::string_view type) {
    std::vector<ResourceType const*> out;
    for (auto const& candidate : all())
        if (!candidate.parent.empty() && base::same_text(candidate.parent, type)) out.push_back(&candidate);
    return out;
}

Property const* member(Type const& type, std::string_view name) {
    for (auto const& property : type.properties)
        if (property.name == name) return &property;
    for (auto const& property : type.properties)
        if (base::same_text(property.name, name)) return &property;
    return nullptr;
}

Type const* variant(Type const& type, json::Value const& value) {
    if (type.kind != Kind::discriminated || !value.is_object()) return nullptr;
    auto const said = json::text_at(value, json::Path().child(std::string(type.discriminator)));
    if (!said) return nullptr;
    for (auto const& branch : type.variants)
        if (base::same_text(branch.name, *said)) return branch.type;
    return nullptr;
}

Property const* property_at(ResourceType const& type, json::Path const& path) {
    Type const* at = type.body;
    Property const* found = nullptr;
    for (auto const& segment : path.segments()) {
        if (at->kind == Kind::array) {
            auto const* key = std::get_if<std::string>(&segment);
            if (key && *key != "[]") return nullptr;
            found = at->element;
        } else if (auto const* key = std::get_if<std::string>(&segment)) {
            found = member(*at, *key);
            for (auto const& branch : at->variants)
                if (!found) found = member(*branch.type, *key);
            if (!found && (at->kind == Kind::map || at->kind == Kind::object)) found = at->element;
        } else {
            return nullptr;
        }
        if (!found) return nullptr;
        at = found->type;
    }
    return found;
}

}  // namespace holdfast::shapes
