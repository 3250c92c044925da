// The functions of template expressions. What each does, and how it refuses: "ARM template functions",
// learn.microsoft.com, read 2026-11-24. uniqueString() gives other texts than Azure's (its hash is not published).
#include <algorithm>
#include <map>
#include <set>

#include "simulator/templates/expression.hpp"
#include "simulator/templates/moments.hpp"

namespace holdfast::simulator::templates {
namespace {

using Values = std::vector<json::Value>;
using Value = Got<json::Value>;

constexpr std::size_t longest_text = 1u << 20;
constexpr std::int64_t longest_range = 10'000;
constexpr std::string_view guid_namespace = "11fb06fb-712d-4ddd-98c7-e71bbd588830";  // documentation of guid()

std::string shown(json::Value const& value) { return base::printable(json::write(value).substr(0, 60)); }
bool is_text(json::Value const& value) { return value.is_string(); }
std::string text(json::Value const& value) { return std::string(value.get_string()); }

std::optional<std::int64_t> whole(json::Value const& value) {
    if (value.is_int64()) return value.get_int64();
    if (value.is_uint64() && value.get_uint64() <= std::uint64_t(INT64_MAX))
        return static_cast<std::int64_t>(value.get_uint64());
    return std::nullopt;
}

/// A value as string() gives it.
std::string as_text(json::Value const& value) {
    if (value.is_string()) return text(value);
    if (value.is_bool()) return value.get_bool() ? "True" : "False";
    if (value.is_null()) return {};
    return boost::json::serialize(value);
}

bool same(json::Value const& a, json::Value const& b) {
    if (a.is_number() && b.is_number()) return a.to_number<double>() == b.to_number<double>();
    if (a.kind() != b.kind()) return false;
    if (auto const* object = a.if_object()) {
        auto const& other = b.get_object();
        return object->size() == other.size() && std::all_of(object->begin(), object->end(), [&](auto const& member) {
                   auto const* found = other.if_contains(member.key());
                   return found && same(member.value(), *found);
               });
    }
    if (auto const* array = a.if_array()) {
        auto const& other = b.get_array();
        return std::equal(array->begin(), array->end(), other.begin(), other.end(), same);
    }
    return a == b;
}

/// Arguments of one call, with the complaints that fit.
struct Call {
    Evaluator& evaluator;
    std::string_view name;
    Values values;

    tl::unexpected<Fault> wrong(std::size_t at, std::string_view expected) const {
        return fault("the template function '" + std::string(name) + "' expects " + std::string(expected) +
                     " as value " + std::to_string(at + 1) + ", not " + shown(values[at]));
    }
    bool has(std::size_t at) const { return at < values.size(); }
    json::Value const& operator[](std::size_t at) const { return values[at]; }
};

json::Value array_of(json::Array array) { return json::Value(std::move(array)); }

// ------------------------------------------------------------------------------------------------ scopes

std::string scope_of(Evaluator const& evaluator) {
    auto const& around = evaluator.surroundings();
    if (auto const id = json::text_at(around.group, "id")) return std::string(*id);
    return "/subscriptions/" + around.subscription;
}

/// base + "/providers/Microsoft.X/a/{n1}/b/{n2}", names beginning at `first`. A group of a subscription has an id of
/// its own form ("Resource group ID is incorrect under subscription scope", Azure/PSRule.Rules.Azure issue 3198,
/// 2024-12-07).
Value id_of(Call const& call, std::string base, std::size_t type_at) {
    if (!call.has(type_at)) return fault("'" + std::string(call.name) + "' needs a type and names");
    for (auto i = type_at; i < call.values.size(); ++i) {
        if (!is_text(call[i])) return call.wrong(i, "a text");
    }
    auto const parts = base::split(text(call[type_at]), '/');
    auto const names = call.values.size() - type_at - 1;
    if (parts.size() < 2 || parts.size() - 1 != names) {
        return fault("'" + std::string(call.name) + "': the type '" + base::printable(text(call[type_at])) +
                     "' needs " + std::to_string(parts.size() < 2 ? 1 : parts.size() - 1) + " names, not " +
                     std::to_string(names));
    }
    bool const below_subscription = base.starts_with("/subscriptions/") && std::ranges::count(base, '/') == 2;
    if (!below_subscription || !base::same_text(text(call[type_at]), "Microsoft.Resources/resourceGroups"))
        base += "/providers/" + parts[0];
    for (std::size_t i = 1; i < parts.size(); ++i) base += "/" + parts[i] + "/" + text(call[type_at + i]);
    return json::Value(base);
}

/// Where the type stands: the first value with a slash.
std::size_t type_at(Call const& call) {
    for (std::size_t i = 0; i < call.values.size() && i < 3; ++i) {
        if (is_text(call[i]) && text(call[i]).find('/') != std::string::npos) return i;
    }
    return call.values.size();
}

Value resource_id(Call& call) {
    auto const at = type_at(call);
    auto base = scope_of(call.evaluator);
    if (at > 2 || at == call.values.size())
        return fault("'resourceId' needs a type such as 'Microsoft.Network/virtualNetworks'");
    if (at == 1) {
        base =
            base::is_guid(text(call[0])) && call.evaluator.surroundings().group.is_null()
                ? "/subscriptions/" + text(call[0])
                : "/subscriptions/" + call.evaluator.surroundings().subscription + "/resourceGroups/" + text(call[0]);
    }
    if (at == 2) base = "/subscriptions/" + text(call[0]) + "/resourceGroups/" + text(call[1]);
    return id_of(call, base, at);
}
Value subscription_resource_id(Call& call) {
    auto const at = type_at(call);
    auto const subscription = at == 1 ? text(call[0]) : call.evaluator.surroundings().subscription;
    return id_of(call, "/subscriptions/" + subscription, at);
}
Value tenant_resource_id(Call& call) { return id_of(call, "", 0); }
Value extension_resource_id(Call& call) {
    if (!is_text(call[0])) return call.wrong(0, "an id");
    return id_of(call, text(call[0]), 1);
}

Value resource_group(Call& call) {
    auto const& group = call.evaluator.surroundings().group;
    if (group.is_null()) return fault("resourceGroup() means nothing in a deployment to a subscription");
    return group;
}
Value subscription(Call& call) {
    auto const& around = call.evaluator.surroundings();
    return json::Value(json::Object{{"id", "/subscriptions/" + around.subscription},
                                    {"subscriptionId", around.subscription},
                                    {"tenantId", around.tenant},
                                    {"displayName", around.subscription_name}});
}
Value tenant(Call& call) {
    auto const& id = call.evaluator.surroundings().tenant;
    return json::Value(json::Object{
        {"tenantId", id}, {"id", "/tenants/" + id}, {"displayName", "Simulated directory"}, {"countryCode", "NL"}});
}
Value deployment(Call& call) {
    auto const& around = call.evaluator.surroundings();
    json::Object out{{"name", around.deployment}, {"properties", json::Object{{"mode", "Incremental"}}}};
    if (!around.location.empty()) out["location"] = around.location;
    return json::Value(std::move(out));
}
Value environment(Call& call) { return call.evaluator.surroundings().environment; }

// ------------------------------------------------------------------------------------------------ what the template
// says

Value parameters(Call& call) {
    if (!is_text(call[0])) return call.wrong(0, "a name");
    if (auto const* found = call.evaluator.parameter(text(call[0]))) return *found;
    return fault("the template parameter '" + base::printable(text(call[0])) + "' is not found");
}
Value variables(Call& call) {
    return is_text(call[0]) ? call.evaluator.variable(text(call[0])) : call.wrong(0, "a name");
}
Value lambda_variables(Call& call) {
    auto const* found = is_text(call[0]) ? call.evaluator.local(text(call[0])) : nullptr;
    if (found) return *found;
    return fault("there is no lambda variable " + shown(call[0]));
}
Value copy_index(Call& call) {
    auto const& loops = call.evaluator.loops();
    std::string name;
    std::int64_t offset = 0;
    for (std::size_t i = 0; i < call.values.size(); ++i) {
        if (is_text(call[i])) name = text(call[i]);
        if (auto const number = whole(call[i])) offset = *number;
    }
    auto const found = std::find_if(loops.rbegin(), loops.rend(),
                                    [&](Loop const& loop) { return name.empty() || base::same_text(loop.name, name); });
    if (found == loops.rend()) return fault("copyIndex() stands outside of a copy");
    return json::Value(found->index + offset);
}

// ------------------------------------------------------------------------------------------------ text

Value concat(Call& call) {
    if (call[0].is_array()) {
        json::Array out;
        for (std::size_t i = 0; i < call.values.size(); ++i) {
            if (!call[i].is_array()) return call.wrong(i, "a list");
            auto const& more = call[i].get_array();
            out.insert(out.end(), more.begin(), more.end());
        }
        return array_of(std::move(out));
    }
    std::string out;
    for (std::size_t i = 0; i < call.values.size(); ++i) {
        if (call[i].is_structured()) return call.wrong(i, "a text");
        out += as_text(call[i]);
        if (out.size() > longest_text) return fault("the text grows too long");
    }
    return json::Value(out);
}

Value format(Call& call) {
    if (!is_text(call[0])) return call.wrong(0, "a text");
    auto const pattern = text(call[0]);
    std::string out;
    for (std::size_t i = 0; i < pattern.size(); ++i) {
        char const c = pattern[i];
        bool const doubled = i + 1 < pattern.size() && pattern[i + 1] == c;
        if ((c == '{' || c == '}') && doubled) {
            out.push_back(c);
            ++i;
        } else if (c == '{') {
            auto const end = pattern.find('}', i);
            if (end == std::string::npos) return fault("'format': a brace is not closed");
            auto const hole = pattern.substr(i + 1, end - i - 1);
            auto const colon = hole.find(':');
            auto const number = hole.substr(0, colon);
            if (number.empty() || number.size() > 3 ||
                !std::all_of(number.begin(), number.end(), [](unsigned char d) { return std::isdigit(d); }))
                return fault("'format': '{" + base::printable(hole) + "}' names no value");
            auto const at = static_cast<std::size_t>(std::stoul(number)) + 1;
            if (!call.has(at)) return fault("'format': there is no value for '{" + hole + "}'");
            auto part = as_text(call[at]);
            if (colon != std::string::npos) {
                auto const style = hole.substr(colon + 1);
                auto const digits =
                    style.size() > 1 && style.size() < 4 ? std::strtoul(style.c_str() + 1, nullptr, 10) : 0;
                if ((style[0] != 'D' && style[0] != 'd') || !whole(call[at]))
                    return fault("'format': the style '" + base::printable(style) + "' is not simulated");
                if (part.size() < digits) part.insert(part.starts_with('-') ? 1 : 0, digits - part.size(), '0');
            }
            out += part;
            i = end;
        } else {
            out.push_back(c);
        }
        if (out.size() > longest_text) return fault("the text grows too long");
    }
    return json::Value(out);
}

Value to_lower(Call& call) {
    return is_text(call[0]) ? Value(json::Value(base::lower(text(call[0])))) : call.wrong(0, "a text");
}
Value to_upper(Call& call) {
    if (!is_text(call[0])) return call.wrong(0, "a text");
    auto out = text(call[0]);
    for (auto& c : out) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
    return json::Value(out);
}
Value trim(Call& call) {
    return is_text(call[0]) ? Value(json::Value(base::trimmed(text(call[0])))) : call.wrong(0, "a text");
}
Value replace(Call& call) {
    for (std::size_t i = 0; i < 3; ++i) {
        if (!is_text(call[i])) return call.wrong(i, "a text");
    }
    auto out = text(call[0]);
    auto const what = text(call[1]), with = text(call[2]);
    if (what.empty()) return call.wrong(1, "a text that is not empty");
    for (auto at = out.find(what); at != std::string::npos; at = out.find(what, at + with.size())) {
        out.replace(at, what.size(), with);
        if (out.size() > longest_text || !call.evaluator.spend()) return fault("the text grows too long");
    }
    return json::Value(out);
}
Value split(Call& call) {
    if (!is_text(call[0])) return call.wrong(0, "a text");
    std::vector<std::string> separators;
    if (is_text(call[1])) separators.push_back(text(call[1]));
    if (auto const* list = call[1].if_array()) {
        for (auto const& item : *list) separators.push_back(as_text(item));
    }
    std::erase(separators, "");
    if (separators.empty()) return call.wrong(1, "a separator");
    auto const whole_text = text(call[0]);
    json::Array out;
    std::size_t begin = 0;
    while (true) {
        std::size_t nearest = std::string::npos, width = 0;
        for (auto const& separator : separators) {
            auto const at = whole_text.find(separator, begin);
            if (at < nearest) nearest = at, width = separator.size();
        }
        out.emplace_back(whole_text.substr(begin, nearest == std::string::npos ? nearest : nearest - begin));
        if (nearest == std::string::npos) return array_of(std::move(out));
        begin = nearest + width;
    }
}
Value join(Call& call) {
    if (!call[0].is_array()) return call.wrong(0, "a list");
    std::string out;
    bool first = true;
    for (auto const& item : call[0].get_array()) {
        if (!std::exchange(first, false)) out += as_text(call[1]);
        out += as_text(item);
        if (out.size() > longest_text) return fault("the text grows too long");
    }
    return json::Value(out);
}
Value substring(Call& call) {
    if (!is_text(call[0])) return call.wrong(0, "a text");
    auto const all = text(call[0]);
    auto const begin = whole(call[1]);
    auto const size =
        call.has(2) ? whole(call[2]) : std::optional<std::int64_t>(std::int64_t(all.size()) - begin.value_or(0));
    if (!begin || !size || *begin < 0 || *size < 0 || *begin > std::int64_t(all.size()) ||
        *size > std::int64_t(all.size()) - *begin)
        return fault("'substring': the index and length must refer to a place within the text");
    return json::Value(all.substr(std::size_t(*begin), std::size_t(*size)));
}
Value pad_left(Call& call) {
    auto const size = whole(call[1]);
    if (!size || *size < 0 || *size > 4096) return call.wrong(1, "a length");
    auto out = as_text(call[0]);
    auto const with = call.has(2) ? as_text(call[2]) : " ";
    if (with.size() != 1) return call.wrong(2, "one character");
    if (out.size() < std::size_t(*size)) out.insert(0, std::size_t(*size) - out.size(), with[0]);
    return json::Value(out);
}
Value starts_with(Call& call) {
    if (!is_text(call[0]) || !is_text(call[1])) return call.wrong(0, "a text");
    return json::Value(base::starts_with_text(text(call[0]), text(call[1])));
}
Value ends_with(Call& call) {
    if (!is_text(call[0]) || !is_text(call[1])) return call.wrong(0, "a text");
    return json::Value(base::lower(text(call[0])).ends_with(base::lower(text(call[1]))));
}
Value position(Call& call, bool last) {
    if (auto const* list = call[0].if_array()) {
        std::int64_t found = -1;
        for (std::size_t i = 0; i < list->size(); ++i) {
            if (!same((*list)[i], call[1])) continue;
            found = std::int64_t(i);
            if (!last) break;
        }
        return json::Value(found);
    }
    if (!is_text(call[0]) || !is_text(call[1])) return call.wrong(0, "a text or list");
    auto const where = base::lower(text(call[0])), what = base::lower(text(call[1]));
    auto const at = last ? where.rfind(what) : where.find(what);
    return json::Value(at == std::string::npos ? std::int64_t(-1) : std::int64_t(at));
}
Value index_of(Call& call) { return position(call, false); }
Value last_index_of(Call& call) { return position(call, true); }
Value unique_string(Call& call) {
    std::string all;
    for (auto const& value : call.values) all += as_text(value) + "-";
    constexpr std::string_view letters = "abcdefghijklmnopqrstuvwxyz234567";
    std::string out;
    for (unsigned char const c : base::sha256(all).substr(0, 13)) out.push_back(letters[c % 32]);
    return json::Value(out);
}
Value guid(Call& call) {
    std::string all;
    for (auto const& value : call.values) all += (all.empty() ? "" : "-") + as_text(value);
    return json::Value(base::guid_v5(guid_namespace, all));
}
Value new_guid(Call& call) {
    if (!call.evaluator.in_defaults()) return fault("newGuid() is for the default of a parameter only");
    call.evaluator.spend();
    return json::Value(base::guid_v5(guid_namespace, call.evaluator.surroundings().seed));
}
Value base64(Call& call) { return json::Value(base::base64(as_text(call[0]))); }
Value base64_to_string(Call& call) {
    auto const bytes = base::from_base64(as_text(call[0]));
    return bytes ? Value(json::Value(*bytes)) : call.wrong(0, "base64");
}
Value base64_to_json(Call& call) {
    auto const bytes = base::from_base64(as_text(call[0]));
    auto value = bytes ? json::parse(*bytes) : base::Result<json::Value>(base::fail(base::ErrorCode::unreadable, ""));
    return value ? Value(std::move(*value)) : call.wrong(0, "JSON in base64");
}
Value uri_component(Call& call) { return json::Value(base::percent_encoded(as_text(call[0]))); }
Value uri_component_to_string(Call& call) { return json::Value(base::percent_decoded(as_text(call[0]))); }
Value uri(Call& call) {
    auto const left = as_text(call[0]), right = as_text(call[1]);
    if (left.ends_with('/')) return json::Value(left + (right.starts_with('/') ? right.substr(1) : right));
    auto const scheme = left.find("://");
    auto const slash = left.find('/', scheme == std::string::npos ? 0 : scheme + 3);
    auto const stem = slash == std::string::npos ? left : left.substr(0, left.rfind('/'));
    return json::Value(stem + (right.starts_with('/') ? "" : "/") + right);
}
Value data_uri(Call& call) {
    return json::Value("data:text/plain;charset=utf8;base64," + base::base64(as_text(call[0])));
}

// ------------------------------------------------------------------------------------------------ conversions

Value string(Call& call) { return json::Value(as_text(call[0])); }
Value to_int(Call& call) {
    if (auto const number = whole(call[0])) return json::Value(*number);
    auto const said = is_text(call[0]) ? text(call[0]) : std::string();
    char* end = nullptr;
    errno = 0;
    auto const number = std::strtoll(said.c_str(), &end, 10);
    if (said.empty() || *end != '\0' || errno != 0) return call.wrong(0, "a number");
    return json::Value(std::int64_t(number));
}
Value to_bool(Call& call) {
    if (call[0].is_bool()) return call[0];
    if (auto const number = whole(call[0])) return json::Value(*number != 0);
    auto const word = is_text(call[0]) ? base::lower(text(call[0])) : std::string();
    if (word == "true" || word == "1") return json::Value(true);
    if (word == "false" || word == "0") return json::Value(false);
    return call.wrong(0, "true or false");
}
Value to_json(Call& call) {
    auto value = is_text(call[0]) ? json::parse(text(call[0])) : base::Result<json::Value>(call[0]);
    return value ? Value(std::move(*value)) : call.wrong(0, "JSON");
}
Value true_value(Call&) { return json::Value(true); }
Value false_value(Call&) { return json::Value(false); }
Value null_value(Call&) { return json::Value(nullptr); }

// ------------------------------------------------------------------------------------------------ numbers

template <typename Do>
Value arithmetic(Call& call, Do run) {
    auto const a = whole(call[0]), b = whole(call[1]);
    if (!a) return call.wrong(0, "a whole number");
    if (!b) return call.wrong(1, "a whole number");
    std::int64_t result = 0;
    if (!run(*a, *b, result)) return fault("'" + std::string(call.name) + "': the result is no number");
    return json::Value(result);
}
Value add(Call& call) {
    return arithmetic(call, [](auto a, auto b, auto& out) { return !__builtin_add_overflow(a, b, &out); });
}
Value sub(Call& call) {
    return arithmetic(call, [](auto a, auto b, auto& out) { return !__builtin_sub_overflow(a, b, &out); });
}
Value mul(Call& call) {
    return arithmetic(call, [](auto a, auto b, auto& out) { return !__builtin_mul_overflow(a, b, &out); });
}
bool divides(std::int64_t a, std::int64_t b) { return b != 0 && !(a == INT64_MIN && b == -1); }
Value divide(Call& call) {
    return arithmetic(call, [](auto a, auto b, auto& out) { return divides(a, b) && (out = a / b, true); });
}
Value modulo(Call& call) {
    return arithmetic(call, [](auto a, auto b, auto& out) { return divides(a, b) && (out = a % b, true); });
}
Value extreme(Call& call, bool largest) {
    auto const& values = call.values.size() == 1 && call[0].is_array()
                             ? call[0].get_array()
                             : json::Array(call.values.begin(), call.values.end());
    std::optional<std::int64_t> best;
    for (auto const& value : values) {
        auto const number = whole(value);
        if (!number) return call.wrong(0, "whole numbers");
        if (!best || (largest ? *number > *best : *number < *best)) best = number;
    }
    return best ? Value(json::Value(*best)) : call.wrong(0, "a number");
}
Value min(Call& call) { return extreme(call, false); }
Value max(Call& call) { return extreme(call, true); }
Value range(Call& call) {
    auto const begin = whole(call[0]), count = whole(call[1]);
    if (!begin) return call.wrong(0, "a whole number");
    if (!count || *count < 0 || *count > longest_range || *begin > INT32_MAX || *begin < INT32_MIN)
        return call.wrong(1, "a count of at most 10000");
    json::Array out;
    for (std::int64_t i = 0; i < *count; ++i) out.emplace_back(*begin + i);
    return array_of(std::move(out));
}

// ------------------------------------------------------------------------------------------------ comparing

Value equals(Call& call) { return json::Value(same(call[0], call[1])); }
/// -1, 0, 1; nothing where the two cannot be compared.
std::optional<int> order(json::Value const& a, json::Value const& b) {
    if (auto const x = whole(a), y = whole(b); x && y) return *x < *y ? -1 : *x > *y;
    if (is_text(a) && is_text(b)) {
        auto const compared = text(a).compare(text(b));
        return compared < 0 ? -1 : compared > 0;
    }
    return std::nullopt;
}
template <typename Test>
Value compare(Call& call, Test test) {
    auto const ordered = order(call[0], call[1]);
    return ordered ? Value(json::Value(test(*ordered))) : call.wrong(1, "two numbers or two texts");
}
Value less(Call& call) {
    return compare(call, [](int o) { return o < 0; });
}
Value less_or_equals(Call& call) {
    return compare(call, [](int o) { return o <= 0; });
}
Value greater(Call& call) {
    return compare(call, [](int o) { return o > 0; });
}
Value greater_or_equals(Call& call) {
    return compare(call, [](int o) { return o >= 0; });
}
Value negation(Call& call) {
    return call[0].is_bool() ? Value(json::Value(!call[0].get_bool())) : call.wrong(0, "true or false");
}

// ------------------------------------------------------------------------------------------------ lists and objects

Value length(Call& call) {
    if (auto const* list = call[0].if_array()) return json::Value(std::int64_t(list->size()));
    if (auto const* object = call[0].if_object()) return json::Value(std::int64_t(object->size()));
    if (is_text(call[0])) return json::Value(std::int64_t(text(call[0]).size()));
    return call.wrong(0, "a list, an object or a text");
}
Value empty(Call& call) {
    if (call[0].is_null()) return json::Value(true);
    auto const size = length(call);
    return size ? Value(json::Value(size->get_int64() == 0)) : size;
}
Value contains(Call& call) {
    if (auto const* list = call[0].if_array())
        return json::Value(
            std::any_of(list->begin(), list->end(), [&](auto const& item) { return same(item, call[1]); }));
    if (call[0].is_object()) return json::Value(json::find(call[0], json::Path{}.child(as_text(call[1]))) != nullptr);
    if (is_text(call[0])) return json::Value(text(call[0]).find(as_text(call[1])) != std::string::npos);
    return call.wrong(0, "a list, an object or a text");
}
Value first(Call& call) {
    if (auto const* list = call[0].if_array()) return list->empty() ? json::Value(nullptr) : list->front();
    return is_text(call[0]) ? Value(json::Value(text(call[0]).substr(0, 1))) : call.wrong(0, "a list or a text");
}
Value last(Call& call) {
    if (auto const* list = call[0].if_array()) return list->empty() ? json::Value(nullptr) : list->back();
    if (!is_text(call[0])) return call.wrong(0, "a list or a text");
    auto const all = text(call[0]);
    return json::Value(all.empty() ? all : all.substr(all.size() - 1));
}
Value part(Call& call, bool skips) {
    auto const count = whole(call[1]);
    if (!count) return call.wrong(1, "a whole number");
    auto const clamp = [&](std::size_t size) {
        return std::size_t(std::clamp<std::int64_t>(*count, 0, std::int64_t(size)));
    };
    if (auto const* list = call[0].if_array()) {
        auto const at = std::ptrdiff_t(clamp(list->size()));
        return array_of(skips ? json::Array(list->begin() + at, list->end())
                              : json::Array(list->begin(), list->begin() + at));
    }
    if (!is_text(call[0])) return call.wrong(0, "a list or a text");
    auto const all = text(call[0]);
    return json::Value(skips ? all.substr(clamp(all.size())) : all.substr(0, clamp(all.size())));
}
Value skip(Call& call) { return part(call, true); }
Value take(Call& call) { return part(call, false); }
Value create_array(Call& call) { return array_of(json::Array(call.values.begin(), call.values.end())); }
Value to_array(Call& call) { return call[0].is_array() ? call[0] : array_of({call[0]}); }
Value create_object(Call& call) {
    if (call.values.size() % 2 != 0) return fault("'createObject' expects names and values in turn");
    json::Object out;
    for (std::size_t i = 0; i < call.values.size(); i += 2) {
        if (!is_text(call[i])) return call.wrong(i, "a name");
        out.insert_or_assign(call[i].get_string(), call[i + 1]);
    }
    return json::Value(std::move(out));
}
void lay_over(json::Object& into, json::Object const& more) {
    for (auto const& member : more) {
        auto* there = into.if_contains(member.key());
        if (there && there->is_object() && member.value().is_object()) {
            lay_over(there->get_object(), member.value().get_object());
        } else {
            into.insert_or_assign(member.key(), member.value());
        }
    }
}
bool holds(json::Array const& list, json::Value const& value) {
    return std::any_of(list.begin(), list.end(), [&](auto const& item) { return same(item, value); });
}
Value union_of(Call& call) {
    if (call[0].is_object()) {
        json::Object out = call[0].get_object();
        for (std::size_t i = 1; i < call.values.size(); ++i) {
            if (!call[i].is_object()) return call.wrong(i, "an object");
            lay_over(out, call[i].get_object());
        }
        return json::Value(std::move(out));
    }
    json::Array out;
    for (std::size_t i = 0; i < call.values.size(); ++i) {
        if (!call[i].is_array()) return call.wrong(i, "a list");
        for (auto const& item : call[i].get_array()) {
            if (!call.evaluator.spend(out.size() + 1)) return fault("the lists are too long");
            if (!holds(out, item)) out.push_back(item);
        }
    }
    return array_of(std::move(out));
}
Value intersection(Call& call) {
    if (call[0].is_object()) {
        json::Object out;
        for (auto const& member : call[0].get_object()) {
            bool const everywhere =
                std::all_of(call.values.begin() + 1, call.values.end(), [&](json::Value const& other) {
                    auto const* found = other.is_object() ? other.get_object().if_contains(member.key()) : nullptr;
                    return found && same(*found, member.value());
                });
            if (everywhere) out[member.key()] = member.value();
        }
        return json::Value(std::move(out));
    }
    if (!call[0].is_array()) return call.wrong(0, "a list or an object");
    json::Array out;
    for (auto const& item : call[0].get_array()) {
        bool const everywhere = std::all_of(call.values.begin() + 1, call.values.end(), [&](json::Value const& other) {
            return other.is_array() && holds(other.get_array(), item);
        });
        if (!call.evaluator.spend(out.size() + 1)) return fault("the lists are too long");
        if (everywhere && !holds(out, item)) out.push_back(item);
    }
    return array_of(std::move(out));
}
Value shallow_merge(Call& call) {
    if (!call[0].is_array()) return call.wrong(0, "a list of objects");
    json::Object out;
    for (auto const& item : call[0].get_array()) {
        if (!item.is_object()) return call.wrong(0, "a list of objects");
        for (auto const& member : item.get_object()) out.insert_or_assign(member.key(), member.value());
    }
    return json::Value(std::move(out));
}
Value flatten(Call& call) {
    if (!call[0].is_array()) return call.wrong(0, "a list of lists");
    json::Array out;
    for (auto const& item : call[0].get_array()) {
        if (!item.is_array()) return call.wrong(0, "a list of lists");
        out.insert(out.end(), item.get_array().begin(), item.get_array().end());
    }
    return array_of(std::move(out));
}
Value items(Call& call) {
    if (!call[0].is_object()) return call.wrong(0, "an object");
    std::map<std::string, json::Value> sorted;
    for (auto const& member : call[0].get_object()) sorted.emplace(member.key(), member.value());
    json::Array out;
    for (auto& [key, value] : sorted) out.push_back(json::Object{{"key", key}, {"value", std::move(value)}});
    return array_of(std::move(out));
}
Value object_keys(Call& call) {
    if (!call[0].is_object()) return call.wrong(0, "an object");
    std::set<std::string> sorted;
    for (auto const& member : call[0].get_object()) sorted.insert(std::string(member.key()));
    json::Array out;
    for (auto const& key : sorted) out.emplace_back(key);
    return array_of(std::move(out));
}
Value try_get(Call& call) {
    auto value = call[0];
    for (std::size_t i = 1; i < call.values.size(); ++i) {
        json::Value next = nullptr;
        if (value.is_object() && is_text(call[i])) {
            if (auto const* found = json::find(value, json::Path{}.child(text(call[i])))) next = *found;
        } else if (auto const at = whole(call[i]); at && value.is_array()) {
            auto const& list = value.get_array();
            if (*at >= 0 && std::size_t(*at) < list.size()) next = list[std::size_t(*at)];
        }
        value = std::move(next);
    }
    return value;
}

// ------------------------------------------------------------------------------------------------ addresses and
// moments

/// "10.0.0.0/16" -> address and length.
std::optional<std::pair<std::uint32_t, int>> range_of(json::Value const& value) {
    if (!is_text(value)) return std::nullopt;
    auto const said = text(value);
    auto const slash = said.find('/');
    if (slash == std::string::npos || said.size() - slash > 3) return std::nullopt;
    auto const address = base::parse_ipv4(said.substr(0, slash));
    char* end = nullptr;
    auto const length = std::strtol(said.c_str() + slash + 1, &end, 10);
    if (!address || *end != '\0' || end == said.c_str() + slash + 1 || length < 0 || length > 32) return std::nullopt;
    return std::pair(*address, int(length));
}
std::uint64_t size_of(int length) { return 1ull << (32 - length); }
Value cidr_subnet(Call& call) {
    auto const range = range_of(call[0]);
    auto const length = whole(call[1]), index = whole(call[2]);
    if (!range) return call.wrong(0, "an IPv4 range");
    if (!length || *length < range->second || *length > 32) return call.wrong(1, "a longer prefix");
    if (!index || *index < 0 || std::uint64_t(*index) >= size_of(range->second) / size_of(int(*length)))
        return call.wrong(2, "the number of a subnet inside the range");
    auto const first = (range->first & ~std::uint32_t(size_of(range->second) - 1)) +
                       std::uint32_t(std::uint64_t(*index) * size_of(int(*length)));
    return json::Value(base::ipv4_text(first) + "/" + std::to_string(*length));
}
Value cidr_host(Call& call) {
    auto const range = range_of(call[0]);
    auto const index = whole(call[1]);
    if (!range) return call.wrong(0, "an IPv4 range");
    if (!index || *index < 0 || std::uint64_t(*index) + 1 >= size_of(range->second))
        return call.wrong(1, "the number of an address inside the range");
    return json::Value(
        base::ipv4_text((range->first & ~std::uint32_t(size_of(range->second) - 1)) + 1 + std::uint32_t(*index)));
}
Value parse_cidr(Call& call) {
    auto const range = range_of(call[0]);
    if (!range) return call.wrong(0, "an IPv4 range");
    auto const mask = ~std::uint32_t(size_of(range->second) - 1);
    auto const network = range->first & mask;
    auto const last_address = network | ~mask;
    return json::Value(json::Object{{"network", base::ipv4_text(network)},
                                    {"netmask", base::ipv4_text(mask)},
                                    {"broadcast", base::ipv4_text(last_address)},
                                    {"firstUsable", base::ipv4_text(network + 1)},
                                    {"lastUsable", base::ipv4_text(last_address - 1)},
                                    {"cidr", range->second}});
}
Value utc_now(Call& call) {
    if (!call.evaluator.in_defaults()) return fault("utcNow() is for the default of a parameter only");
    auto const style = call.has(0) ? as_text(call[0]) : "yyyyMMddTHHmmssZ";
    return json::Value(styled(call.evaluator.surroundings().now, style));
}
Value date_time_add(Call& call) {
    auto const moment = moment_of(as_text(call[0]));
    if (!moment) return call.wrong(0, "a moment such as 2026-11-24T08:00:00Z");
    auto const later = moved(*moment, as_text(call[1]));
    if (!later) return call.wrong(1, "a duration such as P1DT2H");
    return json::Value(styled(*later, call.has(2) ? as_text(call[2]) : "yyyy-MM-ddTHH:mm:ssZ"));
}
Value date_time_to_epoch(Call& call) {
    auto const moment = moment_of(as_text(call[0]));
    if (!moment) return call.wrong(0, "a moment such as 2026-11-24T08:00:00Z");
    return json::Value(
        std::int64_t(std::chrono::duration_cast<std::chrono::seconds>(moment->time_since_epoch()).count()));
}

// ------------------------------------------------------------------------------------------------ what stands

Value reference(Call& call) {
    if (!is_text(call[0])) return call.wrong(0, "a resource");
    auto const* runtime = call.evaluator.surroundings().runtime;
    if (!runtime) return not_yet("reference(" + shown(call[0]) + ") is known when it is deployed");
    bool const full = call.has(2) && base::same_text(as_text(call[2]), "Full");
    return runtime->reference(text(call[0]), full);
}
Value resource_info(Call& call) { return reference(call); }
Value pick_zones(Call& call) {
    auto const count = call.has(3) ? whole(call[3]) : std::optional<std::int64_t>(1);
    json::Array out;
    for (std::int64_t zone = 1; zone <= std::clamp<std::int64_t>(count.value_or(1), 0, 3); ++zone)
        out.emplace_back(std::to_string(zone));
    return array_of(std::move(out));
}

struct Function {
    std::string_view name;
    std::size_t least, most;
    Value (*run)(Call&);
};
constexpr std::size_t any = 10'000;
// clang-format off
constexpr Function functions[] = {
    {"resourceId", 2, any, resource_id}, {"subscriptionResourceId", 2, any, subscription_resource_id},
    {"tenantResourceId", 2, any, tenant_resource_id}, {"extensionResourceId", 3, any, extension_resource_id},
    {"resourceGroup", 0, 0, resource_group}, {"subscription", 0, 0, subscription}, {"tenant", 0, 0, tenant},
    {"deployment", 0, 0, deployment}, {"environment", 0, 0, environment},
    {"parameters", 1, 1, parameters}, {"variables", 1, 1, variables}, {"lambdaVariables", 1, 1, lambda_variables},
    {"copyIndex", 0, 2, copy_index},
    {"concat", 1, any, concat}, {"format", 1, any, format}, {"toLower", 1, 1, to_lower}, {"toUpper", 1, 1, to_upper},
    {"trim", 1, 1, trim}, {"replace", 3, 3, replace}, {"split", 2, 2, split}, {"join", 2, 2, join},
    {"substring", 2, 3, substring}, {"padLeft", 2, 3, pad_left}, {"startsWith", 2, 2, starts_with},
    {"endsWith", 2, 2, ends_with}, {"indexOf", 2, 2, index_of}, {"lastIndexOf", 2, 2, last_index_of},
    {"uniqueString", 1, any, unique_string}, {"guid", 1, any, guid}, {"newGuid", 0, 0, new_guid},
    {"base64", 1, 1, base64}, {"base64ToString", 1, 1, base64_to_string}, {"base64ToJson", 1, 1, base64_to_json},
    {"uriComponent", 1, 1, uri_component}, {"uriComponentToString", 1, 1, uri_component_to_string}, {"uri", 2, 2, uri},
    {"dataUri", 1, 1, data_uri},
    {"string", 1, 1, string}, {"int", 1, 1, to_int}, {"bool", 1, 1, to_bool}, {"json", 1, 1, to_json},
    {"true", 0, 0, true_value}, {"false", 0, 0, false_value}, {"null", 0, 0, null_value},
    {"add", 2, 2, add}, {"sub", 2, 2, sub}, {"mul", 2, 2, mul}, {"div", 2, 2, divide}, {"mod", 2, 2, modulo},
    {"min", 1, any, min}, {"max", 1, any, max}, {"range", 2, 2, range},
    {"equals", 2, 2, equals}, {"less", 2, 2, less}, {"lessOrEquals", 2, 2, less_or_equals},
    {"greater", 2, 2, greater}, {"greaterOrEquals", 2, 2, greater_or_equals}, {"not", 1, 1, negation},
    {"length", 1, 1, length}, {"empty", 1, 1, empty}, {"contains", 2, 2, contains}, {"first", 1, 1, first},
    {"last", 1, 1, last}, {"skip", 2, 2, skip}, {"take", 2, 2, take}, {"createArray", 0, any, create_array},
    {"array", 1, 1, to_array}, {"createObject", 0, any, create_object}, {"union", 1, any, union_of},
    {"intersection", 1, any, intersection}, {"shallowMerge", 1, 1, shallow_merge}, {"flatten", 1, 1, flatten},
    {"items", 1, 1, items}, {"objectKeys", 1, 1, object_keys}, {"tryGet", 2, any, try_get},
    {"cidrSubnet", 3, 3, cidr_subnet}, {"cidrHost", 2, 2, cidr_host}, {"parseCidr", 1, 1, parse_cidr},
    {"utcNow", 0, 1, utc_now}, {"dateTimeAdd", 2, 3, date_time_add}, {"dateTimeToEpoch", 1, 1, date_time_to_epoch},
    {"reference", 1, 3, reference}, {"resourceInfo", 1, 1, resource_info}, {"pickZones", 3, 5, pick_zones},
};
// clang-format on

// ------------------------------------------------------------------------------------------------ what is evaluated in
// part

/// Functions that do not evaluate all of what they are given.
using Partial = Value (*)(Evaluator&, Node const&);

Value choose(Evaluator& evaluator, Node const& call) {
    auto const test = evaluator.evaluate(call.parts[0]);
    if (!test) return test;
    if (!test->is_bool()) return fault("'if' expects true or false first, not " + shown(*test));
    return evaluator.evaluate(call.parts[test->get_bool() ? 1 : 2]);
}
Value all_or_any(Evaluator& evaluator, Node const& call, bool stop_at) {
    for (auto const& part : call.parts) {
        auto const got = evaluator.evaluate(part);
        if (!got) return got;
        if (!got->is_bool()) return fault("'" + call.name + "' expects true or false, not " + shown(*got));
        if (got->get_bool() == stop_at) return got;
    }
    return json::Value(!stop_at);
}
Value conjunction(Evaluator& evaluator, Node const& call) { return all_or_any(evaluator, call, false); }
Value disjunction(Evaluator& evaluator, Node const& call) { return all_or_any(evaluator, call, true); }
Value coalesce(Evaluator& evaluator, Node const& call) {
    for (auto const& part : call.parts) {
        auto got = evaluator.evaluate(part);
        if (!got || !got->is_null()) return got;
    }
    return json::Value(nullptr);
}

Got<json::Array> list_of(Evaluator& evaluator, Node const& call) {
    auto got = evaluator.evaluate(call.parts[0]);
    if (!got) return tl::unexpected(std::move(got.error()));
    if (!got->is_array()) return fault("'" + call.name + "' expects a list, not " + shown(*got));
    return std::move(got->get_array());
}
Value map(Evaluator& evaluator, Node const& call) {
    auto list = list_of(evaluator, call);
    if (!list) return tl::unexpected(std::move(list.error()));
    json::Array out;
    for (std::size_t i = 0; i < list->size(); ++i) {
        auto got = evaluator.call_lambda(call.parts[1], {(*list)[i], json::Value(std::int64_t(i))});
        if (!got) return got;
        out.push_back(std::move(*got));
    }
    return array_of(std::move(out));
}
Value filter(Evaluator& evaluator, Node const& call) {
    auto list = list_of(evaluator, call);
    if (!list) return tl::unexpected(std::move(list.error()));
    json::Array out;
    for (std::size_t i = 0; i < list->size(); ++i) {
        auto const got = evaluator.call_lambda(call.parts[1], {(*list)[i], json::Value(std::int64_t(i))});
        if (!got) return got;
        if (got->is_bool() && got->get_bool()) out.push_back((*list)[i]);
    }
    return array_of(std::move(out));
}
Value reduce(Evaluator& evaluator, Node const& call) {
    auto list = list_of(evaluator, call);
    if (!list) return tl::unexpected(std::move(list.error()));
    auto so_far = evaluator.evaluate(call.parts[1]);
    for (std::size_t i = 0; so_far && i < list->size(); ++i)
        so_far = evaluator.call_lambda(call.parts[2], {std::move(*so_far), (*list)[i], json::Value(std::int64_t(i))});
    return so_far;
}
Value sort(Evaluator& evaluator, Node const& call) {
    auto list = list_of(evaluator, call);
    if (!list) return tl::unexpected(std::move(list.error()));
    Fault wrong;
    // Insertion: the comparison is the template's own, and need not be an order.
    json::Array out;
    for (auto& item : *list) {
        std::size_t at = out.size();
        while (at > 0) {
            auto const before = evaluator.call_lambda(call.parts[1], {item, out[at - 1]});
            if (!before) return before;
            if (!before->is_bool() || !before->get_bool()) break;
            --at;
        }
        out.insert(out.begin() + std::ptrdiff_t(at), std::move(item));
    }
    return array_of(std::move(out));
}
Value to_object(Evaluator& evaluator, Node const& call) {
    auto list = list_of(evaluator, call);
    if (!list) return tl::unexpected(std::move(list.error()));
    json::Object out;
    for (auto const& item : *list) {
        auto const key = evaluator.call_lambda(call.parts[1], {item});
        if (!key) return key;
        if (!key->is_string()) return fault("'toObject' needs texts for names, not " + shown(*key));
        auto value = call.parts.size() > 2 ? evaluator.call_lambda(call.parts[2], {item}) : Value(item);
        if (!value) return value;
        out.insert_or_assign(key->get_string(), std::move(*value));
    }
    return json::Value(std::move(out));
}

struct PartialFunction {
    std::string_view name;
    std::size_t least, most;
    Partial run;
};
constexpr PartialFunction partial_functions[] = {
    {"if", 3, 3, choose},           {"and", 1, any, conjunction}, {"or", 1, any, disjunction},
    {"coalesce", 1, any, coalesce}, {"map", 2, 2, map},           {"filter", 2, 2, filter},
    {"reduce", 3, 3, reduce},       {"sort", 2, 2, sort},         {"toObject", 2, 3, to_object},
};

tl::unexpected<Fault> wrong_count(Node const& call, std::size_t least, std::size_t most) {
    auto const bounds = least == most ? std::to_string(least)
                        : most == any ? "at least " + std::to_string(least)
                                      : std::to_string(least) + " to " + std::to_string(most);
    return fault("the template function '" + call.name + "' takes " + bounds + " values, not " +
                 std::to_string(call.parts.size()));
}

Value call_list(Evaluator& evaluator, Node const& call, Values const& values) {
    if (values.empty() || !is_text(values[0])) return fault("'" + call.name + "' needs a resource");
    auto const* runtime = evaluator.surroundings().runtime;
    if (!runtime) return not_yet(call.name + "() is known when the resource stands");
    return runtime->list(call.name, text(values[0]), values.size() > 1 ? as_text(values[1]) : "",
                         values.size() > 2 ? values[2] : json::Value(json::Object{}));
}

}  // namespace

Value call_function(Evaluator& evaluator, Node const& call) {
    for (auto const& function : partial_functions) {
        if (!base::same_text(function.name, call.name)) continue;
        if (call.parts.size() < function.least || call.parts.size() > function.most)
            return wrong_count(call, function.least, function.most);
        return function.run(evaluator, call);
    }
    auto const* function = std::find_if(std::begin(functions), std::end(functions),
                                        [&](Function const& row) { return base::same_text(row.name, call.name); });
    bool const lists = function == std::end(functions) && base::starts_with_text(call.name, "list");
    bool const own = call.name.find('.') != std::string::npos;
    if (function == std::end(functions) && !lists && !own)
        return fault("the template function '" + base::printable(call.name) + "' is not valid or not simulated");
    if (function != std::end(functions) && (call.parts.size() < function->least || call.parts.size() > function->most))
        return wrong_count(call, function->least, function->most);
    Values values;
    for (auto const& part : call.parts) {
        auto got = evaluator.evaluate(part);
        if (!got) return got;
        values.push_back(std::move(*got));
    }
    if (lists) return call_list(evaluator, call, values);
    if (own) return evaluator.call_user_function(call.name, std::move(values));
    Call made{evaluator, function->name, std::move(values)};
    return function->run(made);
}

}  // namespace holdfast::simulator::templates
