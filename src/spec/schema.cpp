/// JSON Schema draft 7, made of the rows: what editors complete and underline.
#include <fmt/format.h>

#include <algorithm>

#include "language.hpp"
#include "value.hpp"

namespace holdfast::spec {

namespace {

json::Object object_of(std::string const& generic);

json::Array words(std::string_view allowed) {
    json::Array list;
    for (auto const& word : base::split(allowed, '\n')) list.push_back(json::Value(word));
    return list;
}

/// What a scalar of the row looks like.
json::Object scalar(FieldRow const& row) {
    constexpr std::string_view kRange = R"(^\d{1,3}(\.\d{1,3}){3}/\d{1,2}$)", kAddress = R"(^\d{1,3}(\.\d{1,3}){3}$)",
                               kGuid = "^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$";
    auto const text = [](std::string_view pattern = {}) {
        json::Object schema{{"type", "string"}};
        if (!pattern.empty()) schema["pattern"] = pattern;
        return schema;
    };
    auto const bounded = [&](json::Object schema, std::string_view least, std::string_view most) {
        if (row.min == 0 && row.max == 0) return schema;
        schema[least] = row.min;
        schema[most] = row.max;
        return schema;
    };
    auto const anchored = row.pattern.empty() ? std::string() : fmt::format("^(?:{})$", row.pattern);
    switch (row.kind) {
        case FieldKind::whole:
            return bounded({{"type", "integer"}}, "minimum", "maximum");
        case FieldKind::days:
            return {{"type", json::Array{"string", "integer"}}, {"pattern", "^[0-9]+( ?days?|d)?$"}};
        case FieldKind::truth:
            return row.refused.empty() ? json::Object{{"type", "boolean"}} : json::Object{{"const", false}};
        case FieldKind::choice:
        case FieldKind::list_choice: {
            auto allowed = words(row.allowed);
            // `keySize: 3072` is a number to JSON and the word 3072 to us.
            for (auto const& word : base::split(row.allowed, '\n'))
                if (!word.empty() && std::ranges::all_of(word, [](char c) { return c >= '0' && c <= '9'; }))
                    allowed.push_back(std::stoll(word));
            return {{"enum", std::move(allowed)}};
        }
        case FieldKind::cidr:
        case FieldKind::list_cidr:
            return text(kRange);
        case FieldKind::address:
        case FieldKind::list_address:
            return text(kAddress);
        case FieldKind::guid:
        case FieldKind::list_guid:
            return text(kGuid);
        case FieldKind::id:
            return text("^/subscriptions/");
        case FieldKind::version:
            return {{"type", json::Array{"string", "number"}}, {"pattern", R"(^1\.\d+(\.\d+)?$)"}};
        case FieldKind::time:
            return text("^([01][0-9]|2[0-3]):[0-5][0-9]$");
        case FieldKind::utc_offset:
            return text("^[-+](0[0-9]|1[0-4]):[0-5][0-9]$");
        case FieldKind::name:
            return bounded(text(anchored), "minLength", "maxLength");
        default:
            return text(anchored);
    }
}

/// Text, or the file it stands in.
json::Object text_or_file(FieldRow const& row, json::Object text) {
    if (!row.file) return text;
    json::Object file{{"type", "object"},
                      {"properties", json::Object{{"file", json::Object{{"type", "string"}}}}},
                      {"required", json::Array{"file"}},
                      {"additionalProperties", false}};
    json::Array either;
    either.push_back(std::move(text));
    either.push_back(std::move(file));
    return {{"anyOf", std::move(either)}};
}

json::Object value_of(FieldRow const& row) {
    switch (row.kind) {
        case FieldKind::section:
            return object_of(std::string(row.key));
        case FieldKind::list: {
            json::Object list{{"type", "array"}, {"items", object_of(std::string(row.key) + "[]")}};
            if (row.max > 0) list["maxItems"] = row.max;
            return list;
        }
        case FieldKind::list_text:
        case FieldKind::list_choice:
        case FieldKind::list_cidr:
        case FieldKind::list_address:
        case FieldKind::list_guid: {
            json::Object list{{"type", "array"}, {"items", text_or_file(row, scalar(row))}, {"uniqueItems", true}};
            if (row.max > 0) list["maxItems"] = row.max;
            return list;
        }
        case FieldKind::map_text:
            return {
                {"type", "object"},
                {"additionalProperties", json::Object{{"type", json::Array{"string", "number", "boolean", "null"}}}}};
        case FieldKind::paths:
            return {{"type", "object"}};
        case FieldKind::resources:
            return {{"type", "object"}, {"additionalProperties", json::Object{{"type", "object"}}}};
        case FieldKind::secret: {
            json::Object places;
            for (auto const* place : {"env", "file", "generate"}) places[place] = json::Object{{"type", "string"}};
            return {{"type", "object"},
                    {"properties", std::move(places)},
                    {"additionalProperties", false},
                    {"minProperties", 1},
                    {"maxProperties", 1}};
        }
        default:
            return text_or_file(row, scalar(row));
    }
}

json::Object schema_of(FieldRow const& row) {
    auto value = value_of(row);
    bool const is_union = row.kind != FieldKind::section && row.kind != FieldKind::list && !members_of(row.key).empty();
    if (is_union) {
        json::Array either;
        either.push_back(std::move(value));
        either.push_back(object_of(std::string(row.key)));
        value = json::Object{{"anyOf", std::move(either)}};
    } else if (!row.short_for.empty()) {
        auto const* member = find_field(fmt::format("{}.{}", row.key, row.short_for));
        json::Array either;
        either.push_back(scalar(*member));
        either.push_back(std::move(value));
        value = json::Object{{"anyOf", std::move(either)}};
    }
    std::string description(row.means);
    if (!row.only.empty()) description += fmt::format(" Only where {}.", Condition::parse(row.only).spoken());
    if (!row.final.empty()) description += fmt::format(" FINAL: {}.", row.final);
    if (!row.refused.empty()) description += fmt::format(" Not supported: {}.", row.refused);
    value["description"] = std::move(description);
    bool const by_profile =
        std::ranges::any_of(profiles(), [&](ProfileRow const& decision) { return decision.key == row.key; });
    if (!row.standard.empty() && !by_profile) {
        auto const node = yaml::parse(row.standard, "");
        std::vector<base::Error> none;
        if (auto standard = node ? read_value(row, *node, none) : std::nullopt) value["default"] = std::move(*standard);
    }
    return value;
}

json::Object object_of(std::string const& generic) {
    json::Object properties;
    json::Array required;
    for (auto const* row : members_of(generic)) {
        properties[last_word(row->key)] = schema_of(*row);
        bool const filled = !row->derive.empty() || std::ranges::any_of(profiles(), [&](auto const& decision) {
            return decision.key == row->key;
        });
        bool const holds_required = row->kind == FieldKind::section && row->only.empty() &&
                                    std::ranges::any_of(members_of(row->key), [](FieldRow const* member) {
                                        return member->needed == "always" && member->derive.empty();
                                    });
        if ((row->needed == "always" && !filled) || holds_required)
            required.push_back(json::Value(last_word(row->key)));
    }
    json::Object object{{"type", "object"}, {"additionalProperties", false}};
    object["properties"] = std::move(properties);
    if (!required.empty()) object["required"] = std::move(required);
    return object;
}

}  // namespace

json::Value schema() {
    auto root = object_of("");
    root["$schema"] = "http://json-schema.org/draft-07/schema#";
    root["title"] = "A secure AKS cluster, as Holdfast reads it";
    return root;
}

}  // namespace holdfast::spec
