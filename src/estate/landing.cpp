// Most keys of the spec language land unchanged where their row says. This is the one loop that carries them.

#include <fmt/format.h>

#include <algorithm>
#include <cassert>

#include "estate/draft.hpp"

namespace holdfast::estate {
namespace {

struct WordRow {
    std::string_view key, word, at, value;
    std::string_view source, date;
};
constexpr WordRow kWords[] = {
#include "arm_words.inc"
};

/// Keys whose value needs a decision, a name or an id before it lands: the parts of the design put them.
constexpr std::string_view kJudged[] = {
    "tags",
    "azure.region",
    "azure.tenant",
    "apiServer.zone",
    "apiServer.prefix",
    "network.dualStack",
    "network.observability",
    "network.egress.publicIps",
    "network.subnets.apiserver",
    "network.rules[].name",
    "network.rules[].from",
    "network.rules[].to",
    "network.rules[].ports",
    "identity.controlPlane",
    "identity.kubelet",
    "identity.disks",
    "encryption.hosts",
    "encryption.disks.key",
    "pools[].name",
    "pools[].subnet",
    "operations.automatic",
    "operations.nodeProvisioning",
    "operations.certificateAuthorities",
    "operations.proxy.trustedCa",
};

bool below(std::string_view key, std::string_view rows) {
    if (!key.starts_with(rows)) return false;
    return key.size() == rows.size() || rows.empty() || key[rows.size()] == '.' || key[rows.size()] == '[';
}

/// The JSON that Azure's type wants: "3072" as a number, 90 days as P90D, one zone as a list of one.
json::Value in_type(json::Value value, spec::FieldKind kind, shapes::Type const& type) {
    if (type.kind == shapes::Kind::array && !value.is_array()) return json::Array{std::move(value)};
    if (kind == spec::FieldKind::days && type.kind == shapes::Kind::string && value.is_int64()) {
        return json::Value(boost::json::string(fmt::format("P{}D", value.as_int64())));
    }
    if (type.kind == shapes::Kind::integer && value.is_string()) {
        auto const number = json::parse(std::string_view(value.as_string()));
        if (number && number->is_int64()) return *number;
    }
    return value;
}

std::string spelled(json::Value const& value) {
    return value.is_string() ? std::string(value.as_string()) : json::write(value);
}

}  // namespace

void Draft::land(Resource& resource, std::string_view rows, std::string_view concrete) {
    auto const* type = shapes::find(resource.type);
    assert(type && "every designed type is modelled");
    for (auto const& row : spec::fields()) {
        bool const lands = !row.arm_at.empty() && base::same_text(row.arm_type, resource.type) &&
                           row.kind != spec::FieldKind::section && row.kind != spec::FieldKind::list &&
                           row.kind != spec::FieldKind::secret;
        if (!lands || !below(row.key, rows) || std::ranges::count(kJudged, row.key) > 0) continue;
        std::string const key = std::string(concrete) + std::string(row.key.substr(rows.size()));
        if (key.find("[]") != std::string::npos) continue;  // a list's row: its entries land one by one
        auto const* value = json::find(spec.tree, json::Path(key));
        if (value == nullptr || value->is_null()) continue;

        if (std::ranges::find(kWords, row.key, &WordRow::key) != std::end(kWords)) {
            for (auto const& word : kWords) {
                if (word.key != row.key || word.word != spelled(*value)) continue;
                auto const spelled_so = json::parse(word.value);
                assert(spelled_so && "data/arm_words.yaml holds JSON");
                put(resource, word.at, *spelled_so, key);
            }
            continue;
        }
        // `publicKeys[].keyData`: the language says one where Azure takes a list.
        std::string at(row.arm_at);
        for (auto list = at.find("[]"); list != std::string::npos; list = at.find("[]")) at.replace(list, 2, "[0]");
        auto const* property = shapes::property_at(*type, json::Path(at));
        assert(property && "arm_at names a property of arm_type");
        put(resource, json::Path(at), in_type(*value, row.kind, *property->type), key);
    }
}

}  // namespace holdfast::estate
