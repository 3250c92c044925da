#include "simulator/providers/rules.hpp"

#include <algorithm>
#include <array>
#include <boost/regex.hpp>

#include "simulator/providers/containerservice/capacity.hpp"

namespace holdfast::simulator::providers {
namespace {

constexpr Region region_rows[] = {
#include "simulator_regions.inc"
};

struct NameRule {
    std::string_view type, pattern, code, says, source, date;
};
constexpr NameRule name_rules[] = {
#include "simulator_names.inc"
};

struct Fixed {
    std::string_view type, path, moves, code, source, date;
};
constexpr Fixed fixed_rows[] = {
#include "simulator_fixed.inc"
};

struct InUse {
    std::string_view type, by, code;
    int status;
    std::string_view message, source, date;
};
constexpr InUse in_use_rows[] = {
#include "simulator_in_use.inc"
};

bool applies(std::string_view row_type, std::string_view type) {
    return row_type == "*" || base::same_text(row_type, type);
}

bool is_listed(std::string_view lines, std::string_view word) {
    while (!lines.empty()) {
        auto const end = lines.find('\n');
        if (base::same_text(lines.substr(0, end), word)) return true;
        if (end == std::string_view::npos) break;
        lines.remove_prefix(end + 1);
    }
    return false;
}

/// A value in the words of the `moves` column; lists do not care for order.
std::string spelled(json::Value const* value, std::string_view path) {
    if (!value || value->is_null()) return "-";
    if (auto const* words = value->if_string()) {
        if (words->empty()) return "-";
        return path == "location" ? resource::normal_location(*words) : base::lower(*words);
    }
    if (auto const* list = value->if_array()) {
        if (list->empty()) return "-";
        std::vector<std::string> parts;
        for (auto const& one : *list) parts.push_back(base::lower(json::write(one)));
        std::sort(parts.begin(), parts.end());
        return base::join(parts, ",");
    }
    if (auto const* object = value->if_object(); object && object->empty()) return "-";
    return base::lower(json::write(*value));
}

bool may_move(std::string_view moves, std::string_view from, std::string_view to) {
    while (!moves.empty()) {
        auto const end = moves.find('\n');
        auto const move = moves.substr(0, end);
        auto const arrow = move.rfind('>');
        auto const left = move.substr(0, arrow), right = move.substr(arrow + 1);
        if ((left == "*" || base::same_text(left, from)) && (right == "*" || base::same_text(right, to))) return true;
        if (end == std::string_view::npos) break;
        moves.remove_prefix(end + 1);
    }
    return false;
}

/// How Azure names a pool's property in its refusal.
std::string shown_path(std::string_view type, std::string_view path) {
    if (type.ends_with("/agentPools") && path.starts_with("properties."))
        return "agentPoolProfile." + std::string(path.substr(11));
    return std::string(path);
}

bool goes_in_the_same_deletion(Context& context, Stored const& thing, Stored const& user) {
    if (thing.id.group().empty() || !base::same_text(thing.id.group(), user.id.group())) return false;
    auto const group = ResourceId::subscription_of(thing.id.subscription()).group(thing.id.group());
    auto const* stored = context.find(group);
    return stored && stored->deleting;
}

}  // namespace

std::span<Region const> regions() { return region_rows; }

Region const* find_region(std::string_view location) {
    auto const name = resource::normal_location(location);
    auto const* found = std::find_if(std::begin(region_rows), std::end(region_rows),
                                     [&](Region const& region) { return region.name == name; });
    return found == std::end(region_rows) ? nullptr : found;
}

Refusal name_allowed(std::string_view type, std::string_view name) {
    static auto const patterns = [] {
        std::vector<boost::regex> compiled;
        for (auto const& rule : name_rules) compiled.emplace_back(rule.pattern.begin(), rule.pattern.end());
        return compiled;
    }();
    for (std::size_t i = 0; i < std::size(name_rules); ++i) {
        auto const& rule = name_rules[i];
        if (!applies(rule.type, type)) continue;
        if (!matches(name, patterns[i]))
            return arm::error(400, rule.code,
                              "The name '" + std::string(name) + "' of a " + std::string(type) +
                                  " is not valid. A valid name has " + std::string(rule.says) + ".",
                              "name");
    }
    return {};
}

Refusal nothing_fixed_changes(std::string_view type, json::Value const& existing, json::Value const& desired) {
    for (auto const& row : fixed_rows) {
        if (!applies(row.type, type)) continue;
        json::Path const path(row.path);
        auto const* wanted = json::find(desired, path);
        if (!wanted || wanted->is_null()) continue;
        auto const from = spelled(json::find(existing, path), row.path), to = spelled(wanted, row.path);
        bool const still_off = from == "-" && to == "false";  // az sends what it read with every switch written out
        if (from == to || to == "-" || still_off || may_move(row.moves, from, to)) continue;
        auto const shown = shown_path(type, row.path);
        if (row.path == "location")
            return arm::error(409, row.code,
                              "The resource already exists in location '" + text(existing, "location") +
                                  "'. A resource with the same name cannot be created in location '" +
                                  text(desired, "location") + "'. Please select a new resource name.");
        return arm::error(400, row.code,
                          "Changing property '" + shown + "' is not allowed (from '" + from + "' to '" + to + "').",
                          shown);
    }
    return {};
}

void keep_fixed(std::string_view type, json::Value& body, json::Value const& before) {
    for (auto const& row : fixed_rows) {
        if (!applies(row.type, type)) continue;
        json::Path const path(row.path);
        auto const* old = json::find(before, path);
        auto const* now = json::find(body, path);
        if (old && (!now || spelled(now, row.path) == "-")) json::put(body, path, *old);
    }
}

Refusal ordinary(Context&, Write const& write) {
    auto const type = write.id.type();
    if (auto no = name_allowed(type, write.id.name())) return no;
    auto const location = text(write.desired, "location");
    if (!location.empty() && !base::same_text(location, "global") && !find_region(location))
        return arm::error(
            400, "LocationNotAvailableForResourceType",
            "The provided location '" + location + "' is not available for resource type '" + type + "'.");
    if (write.existing) return nothing_fixed_changes(type, write.existing->body, write.desired);
    return {};
}

Refusal refuse_in_use(Context& context, Stored const& thing) {
    for (auto const& row : in_use_rows) {
        if (row.type != thing.type) continue;
        for (auto const* user : context.users(thing.id)) {
            if (!is_listed(row.by, user->type) || goes_in_the_same_deletion(context, thing, *user)) continue;
            return arm::error(row.status, row.code,
                              filled(row.message, {{"name", std::string(thing.id.name())}, {"user", user->id.text()}}));
        }
    }
    return {};
}

std::string text(json::Value const& value, json::Place path) {
    return std::string(json::text_at(value, path).value_or(""));
}

bool truth(json::Value const& value, json::Place path, bool otherwise) {
    return json::truth_at(value, path).value_or(otherwise);
}

bool says(json::Value const& value, json::Place path) {
    auto const* found = json::find(value, path);
    return found && !found->is_null();
}

void fill(json::Value& value, json::Path const& path, json::Value content) {
    if (!says(value, path)) json::put(value, path, std::move(content));
}

std::vector<std::string> strings(json::Value const& value, json::Place path) {
    std::vector<std::string> out;
    for (auto const& one : json::list_at(value, path))
        if (auto const* words = one.if_string()) out.emplace_back(words->begin(), words->end());
    return out;
}

bool matches(std::string_view words, boost::regex const& pattern) {
    constexpr std::size_t longest = 300;
    return words.size() <= longest && boost::regex_match(words.begin(), words.end(), pattern);
}

void touch_parent(Context& context, Stored const& child) {
    if (auto const parent = child.id.parent()) context.edit(*parent);
}

std::optional<base::Cidr> subnet_range(json::Value const& body) {
    auto range = text(body, "properties.addressPrefix");
    if (range.empty())
        if (auto const several = strings(body, "properties.addressPrefixes"); !several.empty()) range = several.front();
    auto const parsed = base::Cidr::parse(range);
    return parsed ? std::optional(*parsed) : std::nullopt;
}

std::vector<base::Cidr> address_space(json::Value const& body) {
    std::vector<base::Cidr> out;
    for (auto const& one : strings(body, "properties.addressSpace.addressPrefixes"))
        if (auto const parsed = base::Cidr::parse(one)) out.push_back(*parsed);
    return out;
}

std::int64_t addresses_held(Context const& context, ResourceId const& subnet) {
    std::int64_t held = 5;
    for (auto const* user : context.users(subnet)) {
        if (user->type == "Microsoft.Network/privateEndpoints" || user->type == "Microsoft.Network/azureFirewalls")
            ++held;
        if (user->type == "Microsoft.ContainerService/managedClusters/agentPools")
            held += containerservice::addresses_of_pool(context, *user, subnet);
    }
    return held;
}

std::string filled(std::string_view pattern, std::map<std::string, std::string> const& words) {
    std::string out;
    for (std::size_t at = 0; at < pattern.size();) {
        auto const open = pattern.find('{', at);
        out += pattern.substr(at, open == std::string_view::npos ? open : open - at);
        if (open == std::string_view::npos) break;
        auto const close = pattern.find('}', open);
        auto const word = words.find(std::string(pattern.substr(open + 1, close - open - 1)));
        if (word != words.end()) out += word->second;
        at = close + 1;
    }
    return out;
}

}  // namespace holdfast::simulator::providers
