#include "value.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <map>
#include <regex>

namespace holdfast::spec {

using base::Error;
using base::ErrorCode;
using Kind = yaml::Node::Kind;

std::string quoted(std::string_view text) {
    constexpr std::size_t longest = 60;
    // A user and password before a host are nobody's business: http://me:secret@proxy.
    std::string masked;
    auto const scheme = text.find("://");
    auto const at = scheme == std::string_view::npos ? scheme : text.find('@', scheme);
    if (at != std::string_view::npos) {
        masked = fmt::format("{}://…{}", text.substr(0, scheme), text.substr(at));
        text = masked;
    }
    return text.size() > longest ? fmt::format("'{}…'", base::printable(text.substr(0, longest)))
                                 : fmt::format("'{}'", base::printable(text));
}

Error mistake(ErrorCode code, base::Where where, std::string what, std::string fix) {
    return Error{.code = code,
                 .where = std::move(where),
                 .what = std::move(what),
                 .fix = std::move(fix),
                 .because = {},
                 .azure = {}};
}

namespace {

/// What is wrong with a scalar, and what to write instead.
struct Wrong {
    std::string what, fix;
};
using Read = tl::expected<json::Value, Wrong>;
tl::unexpected<Wrong> wrong(std::string what, std::string fix) { return tl::unexpected(Wrong{what, fix}); }

std::optional<std::int64_t> whole_number(std::string_view text) {
    std::int64_t value = 0;
    auto const [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size()) return {};
    return value;
}

bool outside(FieldRow const& row, std::int64_t value) {
    return !(row.min == 0 && row.max == 0) && (value < row.min || value > row.max);
}

bool matches(std::string_view text, std::string_view pattern) {
    thread_local std::map<std::string_view, std::regex> compiled;
    auto found = compiled.find(pattern);
    if (found == compiled.end()) found = compiled.emplace(pattern, std::regex(std::string(pattern))).first;
    return std::regex_match(text.begin(), text.end(), found->second);
}

/// What the user sees a value under: `egress: nat` is short for egress.by, so `egress` is what is wrong.
std::string_view spoken_word(FieldRow const& row) {
    auto const word = last_word(row.key);
    auto const dot = row.key.rfind('.');
    if (dot == std::string_view::npos) return word;
    auto const* section = find_field(row.key.substr(0, dot));
    return section && section->short_for == word ? last_word(section->key) : word;
}

/// The text made to fit, where small letters and hyphens are all it takes: `Prod_Cluster` -> `prod-cluster`.
std::optional<std::string> made_to_fit(FieldRow const& row, std::string_view text) {
    if (row.pattern.find("A-Z") != std::string_view::npos || row.pattern.find("\\w") != std::string_view::npos)
        return {};
    for (auto const between : {"-", ""}) {
        std::string made;
        for (char const c : base::lower(text)) {
            bool const plain = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
            if (plain) made += c;
            else if (!made.empty() && !made.ends_with('-')) made += between;
        }
        while (made.ends_with('-')) made.pop_back();
        if (!made.empty() && static_cast<std::int64_t>(made.size()) <= row.max && matches(made, row.pattern))
            return made;
    }
    return {};
}

Read read_text(FieldRow const& row, std::string_view text) {
    constexpr std::int64_t longest = 64 * 1024;
    auto const word = last_word(row.key);
    auto const size = static_cast<std::int64_t>(text.size());
    bool const bounded = row.kind == FieldKind::name && row.max > 0;
    if (text.empty()) return wrong(fmt::format("{} is empty", word), "write something, or leave the key out");
    if (bounded && (size < row.min || size > row.max))
        return wrong(fmt::format("{} has {} to {} characters, not {}", word, row.min, row.max, size),
                     fmt::format("write {}", row.looks));
    // Patterns are matched by backtracking, so they never see a long text.
    if (size > (row.pattern.empty() ? longest : 512)) return wrong(fmt::format("{} is too long", word), "write less");
    if (!row.pattern.empty() && !matches(text, row.pattern)) {
        auto const made = row.kind == FieldKind::name ? made_to_fit(row, text) : std::nullopt;
        if (made)
            return wrong(fmt::format("{} takes {}, not {}", word, row.looks, quoted(text)),
                         fmt::format("write `{}: {}`", word, *made));
        return wrong(fmt::format("{} does not fit {}", quoted(text), word), fmt::format("write {}", row.looks));
    }
    return json::Value(text);
}

Read read_whole(FieldRow const& row, std::string_view text) {
    auto const word = last_word(row.key);
    auto const value = whole_number(text);
    if (!value || outside(row, *value))
        return wrong(fmt::format("{} is {}, not {}", word, spoken_kind(row), quoted(text)),
                     fmt::format("write a whole number such as `{}: {}`", word, std::max<std::int64_t>(row.min, 3)));
    return json::Value(*value);
}

Read read_days(FieldRow const& row, std::string_view text) {
    auto number = text;
    for (std::string_view const unit : {" days", "days", " day", "d"})
        if (number.ends_with(unit)) {
            number.remove_suffix(unit.size());
            break;
        }
    auto const value = whole_number(number);
    if (!value || outside(row, *value))
        return wrong(fmt::format("{} is {}, not {}", last_word(row.key), spoken_kind(row), quoted(text)),
                     fmt::format("write days such as `{}: 90d`", last_word(row.key)));
    return json::Value(*value);
}

Read read_truth(FieldRow const& row, std::string_view text, bool is_quoted) {
    auto const word = spoken_word(row);
    if (!is_quoted && (text == "true" || text == "false")) return json::Value(text == "true");
    auto const lower = base::lower(text);
    bool const yes = lower == "true" || lower == "yes" || lower == "on" || lower == "1";
    bool const no = lower == "false" || lower == "no" || lower == "off" || lower == "0";
    return wrong(fmt::format("{} is true or false, not {}", word, quoted(text)),
                 yes || no ? fmt::format("write `{}: {}`", word, yes) : "write true or false");
}

Read read_choice(FieldRow const& row, std::string_view text) {
    auto const words = base::split(row.allowed, '\n');
    if (std::ranges::find(words, text) != words.end()) return json::Value(text);
    auto const word = spoken_word(row);
    if (!row.refused.empty())
        return wrong(fmt::format("{} is not supported in {}: {}", quoted(text), word, row.refused),
                     fmt::format("write {}, or leave {} out", base::join(words, " or "), word));
    // One or two letters are near to anything.
    auto const near = text.size() < 3 ? std::nullopt : base::nearest(text, words);
    auto const what = fmt::format("{}{} is {}, not {}", row.kind == FieldKind::list_choice ? "each of " : "", word,
                                  spoken_kind(row), quoted(text));
    if (near) return wrong(what, fmt::format("did you mean {}?", *near));
    bool const takes_id = find_field(std::string(row.key) + ".id") != nullptr;
    if (takes_id && text.starts_with('/')) return wrong(what, fmt::format("write `{}: {{id: …}}`", word));
    return wrong(what, takes_id ? "write one of these, or {id: …}" : "write one of these");
}

Read read_region(std::string_view text) {
    auto const region = resource::normal_location(text);
    bool const plain =
        !region.empty() && region.size() <= 32 && region[0] >= 'a' && region[0] <= 'z' &&
        std::ranges::all_of(region, [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); });
    if (!plain) return wrong(fmt::format("{} is no Azure region", quoted(text)), "write one such as westeurope");
    return json::Value(region);
}

/// Said before anything is said about its form: it is a good address, of a family that is not ours yet.
constexpr std::string_view kNoIpv6 =
    "is IPv6, which is not supported: routes, rules and room are proven for IPv4 only, and a cluster keeps its "
    "families";
bool is_ipv6(std::string_view text) {
    return text.size() < 64 && text.find(':') != std::string_view::npos &&
           text.find_first_not_of("0123456789abcdefABCDEF:./") == std::string_view::npos;
}

Read read_cidr(std::string_view text) {
    if (is_ipv6(text))
        return wrong(fmt::format("{} {}", quoted(text), kNoIpv6), "write an IPv4 range such as 10.240.0.0/16");
    auto const range = base::Cidr::parse(text);
    if (!range) return wrong(range.error().what, range.error().fix);
    return json::Value(range->text());
}

Read read_address(std::string_view text) {
    if (is_ipv6(text))
        return wrong(fmt::format("{} {}", quoted(text), kNoIpv6), "write an IPv4 address such as 10.0.0.4");
    auto const address = base::parse_ipv4(text);
    if (!address) return wrong(address.error().what, address.error().fix);
    return json::Value(base::ipv4_text(*address));
}

Read read_guid(FieldRow const& row, std::string_view text) {
    if (!base::is_guid(text))
        return wrong(fmt::format("{} is a GUID, not {}", last_word(row.key), quoted(text)),
                     "write it as 00000000-0000-0000-0000-000000000000, in hexadecimal digits");
    return json::Value(base::lower(text));
}

Read read_id(FieldRow const& row, std::string_view text) {
    auto const id = resource::ResourceId::parse(text);
    if (!id) return wrong(id.error().what, id.error().fix);
    auto const types = base::split(row.allowed, '\n');
    bool const fits = std::ranges::any_of(types, [&](auto const& type) { return base::same_text(type, id->type()); });
    if (!fits)
        return wrong(
            fmt::format("this is the id of a {}, and a {} belongs here", id->type(), base::join(types, " or a ")),
            "copy the id from the resource's properties, or from `az resource show --query id`");
    return json::Value(id->text());
}

Read read_version(std::string_view text) {
    auto const parts = base::split(text, '.');
    bool const numbers = std::ranges::all_of(parts, [](auto const& part) {
        auto const number = whole_number(part);
        return number && *number >= 0 && *number < 1000 && part == std::to_string(*number);
    });
    if (!numbers || parts.size() < 2 || parts.size() > 3 || parts[0] != "1")
        return wrong(fmt::format("{} is no Kubernetes version", quoted(text)), "write it as 1.36 or 1.36.5");
    return json::Value(text);
}

Read read_time(std::string_view text) {
    bool const shaped = matches(text.substr(0, 16), "([01][0-9]|2[0-3]):[0-5][0-9]");
    if (!shaped)
        return wrong(fmt::format("{} is no time of day", quoted(text)), "write hours and minutes such as 01:00");
    return json::Value(text);
}

Read read_utc_offset(std::string_view text) {
    bool const shaped = matches(text.substr(0, 16), "[-+](0[0-9]|1[0-4]):[0-5][0-9]");
    if (!shaped) return wrong(fmt::format("{} is no offset from UTC", quoted(text)), "write it as +01:00");
    return json::Value(text);
}

Read read_scalar(FieldRow const& row, yaml::Node const& node) {
    auto const& text = node.text;
    switch (row.kind) {
        case FieldKind::whole:
            return read_whole(row, text);
        case FieldKind::days:
            return read_days(row, text);
        case FieldKind::truth:
            return read_truth(row, text, node.quoted);
        case FieldKind::choice:
        case FieldKind::list_choice:
            return read_choice(row, text);
        case FieldKind::region:
            return read_region(text);
        case FieldKind::cidr:
        case FieldKind::list_cidr:
            return read_cidr(text);
        case FieldKind::address:
        case FieldKind::list_address:
            return read_address(text);
        case FieldKind::guid:
        case FieldKind::list_guid:
            return read_guid(row, text);
        case FieldKind::id:
            return read_id(row, text);
        case FieldKind::version:
            return read_version(text);
        case FieldKind::time:
            return read_time(text);
        case FieldKind::utc_offset:
            return read_utc_offset(text);
        default:
            return read_text(row, text);
    }
}

bool is_list(FieldKind kind) { return kind >= FieldKind::list_text && kind <= FieldKind::list_guid; }

std::string_view spoken_node(yaml::Node const& node) {
    switch (node.kind) {
        case Kind::null:
            return "nothing";
        case Kind::scalar:
            return "one value";
        case Kind::list:
            return "a list";
        case Kind::map:
            return "a map";
    }
    return "";
}

/// Reads one row's values and tells every mistake.
class Reader {
public:
    Reader(FieldRow const& row, std::vector<Error>& mistakes) : row_(row), mistakes_(mistakes) {}

    std::optional<json::Value> read(yaml::Node const& node) {
        if (row_.kind == FieldKind::secret) return secret(node);
        if (row_.kind == FieldKind::map_text) return texts(node);
        if (row_.kind == FieldKind::paths) return paths(node);
        if (row_.kind == FieldKind::resources) return resources(node);
        if (is_list(row_.kind)) return list(node);
        if (node.kind != Kind::scalar) return shape(node, "write one value");
        return scalar(node);
    }

private:
    std::nullopt_t tell(ErrorCode code, base::SourcePos const& where, std::string what, std::string fix) {
        mistakes_.push_back(mistake(code, where, std::move(what), std::move(fix)));
        return std::nullopt;
    }
    std::nullopt_t shape(yaml::Node const& node, std::string fix) {
        return tell(ErrorCode::spec_value, node.where,
                    fmt::format("{} is {}, not {}", last_word(row_.key),
                                is_list(row_.kind) ? "a list" : spoken_kind(row_), spoken_node(node)),
                    std::move(fix));
    }
    std::optional<json::Value> scalar(yaml::Node const& node) {
        auto value = read_scalar(row_, node);
        if (!value) return tell(ErrorCode::spec_value, node.where, value.error().what, value.error().fix);
        if (!row_.refused.empty() && *value == json::Value(true))
            return tell(ErrorCode::unsupported, node.where,
                        fmt::format("{} is not supported: {}", last_word(row_.key), row_.refused), "remove it");
        return std::move(*value);
    }
    std::optional<json::Value> list(yaml::Node const& node) {
        if (node.kind != Kind::list)
            return shape(node, node.kind == Kind::scalar
                                   ? fmt::format("write `{}: [{}]`", last_word(row_.key), base::printable(node.text))
                                   : "write `- ` before each entry");
        json::Array out;
        bool good = true;
        for (auto const& item : node.items) {
            auto value = item.kind == Kind::scalar ? scalar(item) : std::nullopt;
            if (item.kind != Kind::scalar)
                tell(ErrorCode::spec_value, item.where,
                     fmt::format("an entry of {} is one value, not {}", last_word(row_.key), spoken_node(item)),
                     "write one value an entry");
            if (value && std::ranges::find(out, *value) != out.end()) {
                tell(ErrorCode::spec_conflict, item.where, fmt::format("{} is listed twice", quoted(item.text)),
                     "remove one");
                good = false;
            }
            good = good && value;
            if (value) out.push_back(std::move(*value));
        }
        if (row_.max > 0 && static_cast<std::int64_t>(out.size()) > row_.max)
            return tell(ErrorCode::spec_value, node.where,
                        fmt::format("{} has at most {} entries, not {}", last_word(row_.key), row_.max, out.size()),
                        "remove some");
        if (!good) return {};
        return out;
    }
    std::optional<json::Value> secret(yaml::Node const& node) {
        constexpr std::string_view fix = "write {env: NAME}, {file: PATH} or {generate: NAME}";
        // The text itself is never repeated: it may be the secret.
        if (node.kind == Kind::scalar)
            return tell(ErrorCode::spec_value, node.where,
                        fmt::format("{} must not be written in a file", last_word(row_.key)), std::string(fix));
        if (node.kind != Kind::map || node.members.size() != 1)
            return tell(ErrorCode::spec_value, node.where,
                        fmt::format("{} names one place where the secret is found", last_word(row_.key)),
                        std::string(fix));
        auto const& [key, key_where, value] = node.members[0];
        if (key != "env" && key != "file" && key != "generate")
            return tell(ErrorCode::spec_unknown_key, key_where, fmt::format("a secret is not found by {}", quoted(key)),
                        std::string(fix));
        bool const named = value.kind == Kind::scalar && !value.text.empty() && value.text.size() <= 4096;
        if (!named || (key == "env" && !matches(value.text.substr(0, 256), "[A-Za-z_][A-Za-z0-9_]*")) ||
            (key == "generate" && !matches(value.text.substr(0, 256), "[a-z][a-z0-9-]*")))
            return tell(ErrorCode::spec_value, value.where,
                        key == "env"    ? "this is not the name of an environment variable"
                        : key == "file" ? "this is not the path of a file"
                                        : "this is not a name for a secret",
                        key == "env"    ? "write {env: NAME}"
                        : key == "file" ? "write {file: PATH}"
                                        : "write {generate: NAME} in lower-case letters, digits and hyphens");
        return json::Object{{key, value.text}};
    }
    std::optional<json::Value> texts(yaml::Node const& node) {
        if (node.kind != Kind::map) return shape(node, fmt::format("write `{}: {{name: text}}`", last_word(row_.key)));
        json::Object out;
        bool good = true;
        for (auto const& [key, key_where, value] : node.members) {
            if (value.kind == Kind::null) {
                out[key] = "";
            } else if (value.kind != Kind::scalar) {
                tell(ErrorCode::spec_value, value.where,
                     fmt::format("{} is text, not {}", quoted(key), spoken_node(value)), "write one value");
                good = false;
            } else {
                out[key] = value.text;
            }
        }
        if (!good) return {};
        return out;
    }
    std::optional<json::Value> paths(yaml::Node const& node) {
        if (node.kind != Kind::map)
            return shape(node, fmt::format("write `{}: {{properties.x.y: value}}`", last_word(row_.key)));
        json::Object out;
        bool good = true;
        for (auto const& [key, key_where, value] : node.members) {
            auto const path = json::Path::parse(key);
            if (!path || path->empty()) {
                tell(ErrorCode::spec_value, key_where, fmt::format("{} is no property path", quoted(key)),
                     "write it as Azure's documentation does: properties.networkProfile.podCidr");
                good = false;
                continue;
            }
            out[key] = yaml::to_json(value);
        }
        if (!good) return {};
        return out;
    }
    std::optional<json::Value> resources(yaml::Node const& node) {
        if (node.kind != Kind::map)
            return shape(node, fmt::format("write `{}: {{vault/disk: {{properties.x: value}}}}`", last_word(row_.key)));
        json::Object out;
        bool good = true;
        for (auto const& [address, address_where, body] : node.members) {
            if (!matches(std::string_view(address).substr(0, 256), "[a-z0-9][-a-z0-9./]*")) {
                tell(ErrorCode::spec_value, address_where, fmt::format("{} is no address", quoted(address)),
                     "write one that `holdfast plan` shows, such as vault/disk");
                good = false;
                continue;
            }
            if (body.kind != Kind::map) {
                tell(ErrorCode::spec_value, body.where,
                     fmt::format("{} is a map of property paths to values, not {}", quoted(address), spoken_node(body)),
                     fmt::format("write `{}: {{properties.x: value}}`", address));
                good = false;
                continue;
            }
            auto value = paths(body);
            good = good && value;
            if (value) out[address] = std::move(*value);
        }
        if (!good) return {};
        return out;
    }

    FieldRow const& row_;
    std::vector<Error>& mistakes_;
};

}  // namespace

std::optional<json::Value> read_value(FieldRow const& row, yaml::Node const& node, std::vector<Error>& mistakes) {
    return Reader(row, mistakes).read(node);
}

}  // namespace holdfast::spec
