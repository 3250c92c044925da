#include "language.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cassert>
#include <unordered_map>

namespace holdfast::spec {

namespace {

constexpr FieldRow kFields[] = {
#include "fields.inc"
};
constexpr ProfileRow kProfiles[] = {
#include "profiles.inc"
};
constexpr StatementRow kStatements[] = {
#include "statements.inc"
};

std::string_view parent_of(std::string_view key) {
    auto const dot = key.rfind('.');
    return dot == std::string_view::npos ? std::string_view() : key.substr(0, dot);
}

std::string or_list(std::vector<std::string> const& words) {
    std::string out;
    for (std::size_t i = 0; i < words.size(); ++i)
        out += (i == 0 ? "" : i + 1 == words.size() ? " or " : ", ") + words[i];
    return out;
}

}  // namespace

std::span<FieldRow const> fields() { return kFields; }
std::span<ProfileRow const> profiles() { return kProfiles; }
std::span<StatementRow const> statements() { return kStatements; }

std::string_view last_word(std::string_view key) {
    auto const dot = key.rfind('.');
    return dot == std::string_view::npos ? key : key.substr(dot + 1);
}

std::string generic_key(std::string_view concrete) {
    std::string out;
    for (std::size_t i = 0; i < concrete.size(); ++i) {
        out += concrete[i];
        if (concrete[i] != '[') continue;
        auto const close = concrete.find(']', i);
        if (close == std::string_view::npos) break;
        out += ']';
        i = close;
    }
    return out;
}

FieldRow const* find_field(std::string_view key) {
    static auto const rows = [] {
        std::unordered_map<std::string_view, FieldRow const*> map;
        for (auto const& row : kFields) map.emplace(row.key, &row);
        return map;
    }();
    auto const generic = generic_key(key);
    if (auto const found = rows.find(generic); found != rows.end()) return found->second;
    // Inside a map of the user's own keys, or an element of a list: the row of the map or list.
    for (auto end = generic.find_last_of(".["); end != std::string::npos && end > 0;
         end = generic.find_last_of(".[", end - 1)) {
        auto const found = rows.find(std::string_view(generic).substr(0, end));
        if (found == rows.end()) continue;
        auto const kind = found->second->kind;
        bool const open = kind == FieldKind::map_text || kind == FieldKind::paths || kind == FieldKind::resources;
        bool const element =
            generic.substr(end) == "[]" && kind >= FieldKind::list_text && kind <= FieldKind::list_guid;
        bool const entry = generic.substr(end) == "[]" && kind == FieldKind::list;
        return open || element || entry ? found->second : nullptr;
    }
    return nullptr;
}

std::vector<FieldRow const*> members_of(std::string_view generic) {
    static auto const children = [] {
        std::unordered_map<std::string_view, std::vector<FieldRow const*>> map;
        for (auto const& row : kFields) map[parent_of(row.key)].push_back(&row);
        return map;
    }();
    auto const found = children.find(generic);
    return found == children.end() ? std::vector<FieldRow const*>() : found->second;
}

json::Path bound(std::string_view generic, Instance const& instance) {
    std::string text(generic);
    if (auto const open = text.find("[]"); open != std::string::npos) {
        assert(instance.entry && text.substr(0, open) == instance.list && "a condition speaks of another list's entry");
        text.replace(open, 2, fmt::format("[{}]", *instance.entry));
    }
    return json::Path(text);
}

std::vector<Instance> instances(FieldRow const& row, json::Value const& tree) {
    auto const open = row.key.find("[]");
    if (open == std::string_view::npos) return {Instance{json::Path(row.key), {}, {}}};
    std::vector<Instance> all;
    std::string const list(row.key.substr(0, open));
    auto const count = json::list_at(tree, json::Path(list)).size();
    for (std::size_t i = 0; i < count; ++i) {
        Instance one{{}, list, i};
        one.at = bound(row.key, one);
        all.push_back(std::move(one));
    }
    return all;
}

std::optional<std::string> plain_text(json::Value const* value) {
    if (value == nullptr) return {};
    if (auto const* text = value->if_string()) return std::string(*text);
    if (auto const* truth = value->if_bool()) return *truth ? "true" : "false";
    if (auto const* whole = value->if_int64()) return std::to_string(*whole);
    return {};
}

bool is_present(json::Value const* value) {
    if (value == nullptr || value->is_null()) return false;
    if (auto const* list = value->if_array()) return !list->empty();
    if (auto const* object = value->if_object()) return !object->empty();
    return true;
}

// ------------------------------------------------------------------------------------------------ conditions

Condition::Term Condition::parse_term(std::string_view text) {
    text = base::trimmed(text);
    Term term;
    auto const after = [&text](std::string_view word) {
        if (!text.starts_with(word)) return false;
        text.remove_prefix(word.size());
        return true;
    };
    if (after("any ")) term.over = Over::any;
    if (after("none ")) term.over = Over::none;
    bool const negated = after("!");
    if (negated) term.op = Op::absent;
    constexpr std::pair<std::string_view, Op> kOps[] = {
        {" != ", Op::differs}, {" = ", Op::equal}, {" has ", Op::has}, {" > ", Op::greater}};
    term.key = text;
    for (auto const& [sign, op] : kOps) {
        auto const at = text.find(sign);
        if (at == std::string_view::npos) continue;
        term.op = op;
        term.key = text.substr(0, at);
        term.values = base::split(text.substr(at + sign.size()), '|');
        break;
    }
    assert((!negated || term.op == Op::absent || term.op == Op::has) && "`!` stands before a key or a `has`");
    if (negated && term.op == Op::has) term.op = Op::lacks;
    if (auto const plus = term.key.find(" + "); plus != std::string::npos) {
        term.more = std::stoll(term.key.substr(plus + 3));
        term.key.resize(plus);
    }
    return term;
}

Condition Condition::parse(std::string_view text) {
    Condition condition;
    while (!text.empty()) {
        auto const end = std::min(text.find(" or "), text.size());
        std::vector<Term> terms;
        for (auto const& part : base::split(text.substr(0, end), '&')) terms.push_back(parse_term(part));
        condition.alternatives_.push_back(std::move(terms));
        text.remove_prefix(std::min(text.size(), end + 4));
    }
    return condition;
}

bool Condition::holds(Term const& term, json::Value const& tree, Instance const& instance) {
    if (term.over != Over::one) {
        auto const open = term.key.find("[]");
        assert(open != std::string::npos);
        Instance each{{}, term.key.substr(0, open), 0};
        Term one = term;
        one.over = Over::one;
        bool found = false;
        auto const count = json::list_at(tree, json::Path(each.list)).size();
        for (std::size_t i = 0; i < count && !found; ++i) {
            each.entry = i;
            found = holds(one, tree, each);
        }
        return found == (term.over == Over::any);
    }
    auto const* value = json::find(tree, bound(term.key, instance));
    auto const text = plain_text(value);
    switch (term.op) {
        case Op::present:
            return is_present(value);
        case Op::absent:
            return !is_present(value);
        case Op::equal:
            return text && std::ranges::find(term.values, *text) != term.values.end();
        case Op::differs:
            return !text || std::ranges::find(term.values, *text) == term.values.end();
        case Op::has:
        case Op::lacks: {
            auto const* list = value ? value->if_array() : nullptr;
            bool const found = list && std::ranges::any_of(*list, [&](json::Value const& one) {
                                   return plain_text(&one) == term.values[0];
                               });
            return found == (term.op == Op::has);
        }
        case Op::greater: {
            auto const* other = json::find(tree, bound(term.values[0], instance));
            return value && other && value->is_int64() && other->is_int64() && value->as_int64() + term.more > other->as_int64();
        }
    }
    return false;
}

bool Condition::holds(json::Value const& tree, Instance const& instance) const {
    return alternatives_.empty() || std::ranges::any_of(alternatives_, [&](auto const& terms) {
               return std::ranges::all_of(terms, [&](Term const& term) { return holds(term, tree, instance); });
           });
}

std::string Condition::spoken(Term const& term) {
    auto key = term.key;
    if (term.over != Over::one) {
        auto const open = key.find("[]");
        return fmt::format("{} of {} has {} {}", term.over == Over::any ? "one" : "none", key.substr(0, open),
                           key.substr(open + 3), or_list(term.values));
    }
    if (auto const open = key.find("[]."); open != std::string::npos) key = key.substr(open + 3);
    switch (term.op) {
        case Op::present:
            return key + " is said";
        case Op::absent:
            return key + " is not said";
        case Op::equal:
            return fmt::format("{} is {}", key, or_list(term.values));
        case Op::differs:
            return fmt::format("{} is not {}", key, or_list(term.values));
        case Op::has:
            return fmt::format("{} has {}", key, or_list(term.values));
        case Op::lacks:
            return fmt::format("{} has no {}", key, or_list(term.values));
        case Op::greater:
            return fmt::format("{}{} is greater than {}", key, term.more == 0 ? "" : fmt::format(" + {}", term.more),
                               or_list(term.values));
    }
    return key;
}

namespace {

std::string joined(std::vector<std::string> const& alternatives) {
    std::vector<std::string> distinct;
    for (auto const& text : alternatives)
        if (!text.empty() && std::ranges::find(distinct, text) == distinct.end()) distinct.push_back(text);
    return base::join(distinct, ", or ");
}

}  // namespace

std::string Condition::spoken() const {
    std::vector<std::string> parts;
    for (auto const& terms : alternatives_) {
        std::vector<std::string> words;
        for (auto const& term : terms) words.push_back(spoken(term));
        parts.push_back(base::join(words, " and "));
    }
    return joined(parts);
}

std::string Condition::unmet(json::Value const& tree, Instance const& instance) const {
    std::vector<std::string> parts;
    for (auto const& terms : alternatives_) {
        std::vector<std::string> words;
        for (auto const& term : terms)
            if (!holds(term, tree, instance)) words.push_back(spoken(term));
        parts.push_back(base::join(words, " and "));
    }
    return joined(parts);
}

std::optional<std::string> Condition::remedy(json::Value const& tree, Instance const& instance) const {
    for (auto const& terms : alternatives_) {
        Term const* only = nullptr;
        int failing = 0;
        for (auto const& term : terms)
            if (!holds(term, tree, instance)) only = &term, ++failing;
        if (failing != 1 || only->op != Op::equal || only->over != Over::one) continue;
        auto const open = only->key.find("[].");
        return fmt::format("{}: {}", open == std::string::npos ? only->key : only->key.substr(open + 3),
                           only->values.front());
    }
    return {};
}

std::string Condition::reason() const {
    std::vector<std::string> parts;
    for (auto const& terms : alternatives_) {
        std::vector<std::string> words;
        for (auto const& term : terms)
            if (term.op != Op::absent || terms.size() == 1) words.push_back(spoken(term));
        parts.push_back(base::join(words, " and "));
    }
    return joined(parts);
}

std::vector<std::string> Condition::keys() const {
    std::vector<std::string> all;
    for (auto const& terms : alternatives_)
        for (auto const& term : terms) {
            all.push_back(term.key);
            if (term.op == Op::greater) all.push_back(term.values[0]);
        }
    return all;
}

// ------------------------------------------------------------------------------------------------ words

std::string spoken_kind(FieldRow const& row) {
    auto const range = [&](std::string_view what) {
        return row.min == 0 && row.max == 0 ? std::string(what)
                                            : fmt::format("{} from {} to {}", what, row.min, row.max);
    };
    switch (row.kind) {
        case FieldKind::section:
            return "a map";
        case FieldKind::list:
            return "a list of maps";
        case FieldKind::text:
        case FieldKind::name:
            return "text";
        case FieldKind::whole:
            return range("a whole number");
        case FieldKind::truth:
            return "true or false";
        case FieldKind::choice:
        case FieldKind::list_choice: {
            auto const words = base::split(row.allowed, '\n');
            return words.size() == 1 ? words[0] : "one of " + base::join(words, ", ");
        }
        case FieldKind::region:
            return "an Azure region";
        case FieldKind::cidr:
            return "an address range";
        case FieldKind::address:
            return "an IPv4 address";
        case FieldKind::id:
            return "a resource id";
        case FieldKind::guid:
            return "a GUID";
        case FieldKind::days:
            return range("a number of days");
        case FieldKind::version:
            return "a Kubernetes version";
        case FieldKind::time:
            return "a time of day";
        case FieldKind::utc_offset:
            return "an offset from UTC";
        case FieldKind::secret:
            return "where a secret is found";
        case FieldKind::list_text:
        case FieldKind::list_cidr:
        case FieldKind::list_address:
        case FieldKind::list_guid:
            return "a list";
        case FieldKind::map_text:
            return "a map of names to text";
        case FieldKind::paths:
            return "a map of property paths to values";
        case FieldKind::resources:
            return "a map of addresses to maps of property paths";
    }
    return {};
}

}  // namespace holdfast::spec
