#include "catalog/catalog.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <tuple>

namespace holdfast::catalog {

std::string_view name(Meaning meaning) {
    static constexpr std::array<std::string_view, 7> names{"again",  "not yet", "conflict", "exists",
                                                            "moved", "kept",    "never"};
    return names[static_cast<std::size_t>(meaning)];
}

std::string_view name(Class cost) {
    static constexpr std::array<std::string_view, 7> names{"in_place", "in_place_reimage", "rotate_pool", "rebuild",
                                                           "one_way",  "refused",          "unknown"};
    return names[static_cast<std::size_t>(cost)];
}

// ---------------------------------------------------------------------------------------------- errors

static constexpr ErrorRow error_rows[] = {
#include "errors.inc"
};

std::span<ErrorRow const> errors() { return error_rows; }

static bool contains_text(std::string_view text, std::string_view fragment) {
    auto const same = [](char a, char b) {
        auto const low = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c; };
        return low(a) == low(b);
    };
    return std::search(text.begin(), text.end(), fragment.begin(), fragment.end(), same) != text.end();
}

ErrorRow const* find_error(int status, std::string_view code, std::string_view message) {
    ErrorRow const* best = nullptr;
    int best_score = -1;
    for (auto const& row : error_rows) {
        if (!base::same_text(row.code, code)) continue;
        if (!row.message_has.empty() && !contains_text(message, row.message_has)) continue;
        // A row for another status speaks as a last resort: an operation fails with 200 and the code of a 412, and a
        // deployment wraps a 403 in a 409.
        int const fits = row.status == 0 ? 1 : row.status == status ? 2 : 0;
        int const score = (row.message_has.empty() ? 0 : 3) + fits;
        if (score > best_score) {
            best = &row;
            best_score = score;
        }
    }
    return best;
}

// ---------------------------------------------------------------------------------------------- durations

static constexpr DurationRow duration_rows[] = {
#include "durations.inc"
};

std::span<DurationRow const> durations() { return duration_rows; }

DurationRow const* find_duration(std::string_view type, std::string_view act) {
    for (auto const& row : duration_rows)
        if (base::same_text(row.type, type) && row.act == act) return &row;
    return nullptr;
}

// ---------------------------------------------------------------------------------------------- transitions

static constexpr TransitionRow transition_rows[] = {
#include "transitions.inc"
};

std::span<TransitionRow const> transitions() { return transition_rows; }

/// A scalar as a row writes it: "-" for what is absent; nothing for lists and objects, which only "*" covers.
static std::optional<std::string> scalar(json::Value const* value) {
    if (value == nullptr || value->is_null()) return "-";
    if (auto const* text = value->if_string()) return std::string(*text);
    if (value->is_object() || value->is_array()) return std::nullopt;
    return json::write(*value);
}

/// Whether `after` is an earlier version than `before`, as far as both say: 1.34 is no earlier than 1.34.2.
static bool lower_version(std::string_view before, std::string_view after) {
    auto const old_parts = base::split(before, '.');
    auto const new_parts = base::split(after, '.');
    for (std::size_t i = 0; i < std::min(old_parts.size(), new_parts.size()); ++i) {
        auto const number = [](std::string const& part) -> std::optional<long> {
            long value = 0;
            auto const [end, wrong] = std::from_chars(part.data(), part.data() + part.size(), value);
            if (wrong != std::errc{} || end != part.data() + part.size()) return std::nullopt;
            return value;
        };
        auto const a = number(old_parts[i]), b = number(new_parts[i]);
        if (!a || !b) return false;
        if (*a != *b) return *b < *a;
    }
    return false;
}

/// How well a row's condition on one side fits: -1 not at all, 0 says nothing, 1 by comparison, 2 exactly.
static int fit(std::string_view condition, std::optional<std::string> const& value,
               std::optional<std::string> const& other) {
    if (condition.empty() || condition == "*") return 0;
    if (condition == "lower") return value && other && lower_version(*other, *value) ? 1 : -1;
    return value && base::same_text(*value, condition) ? 2 : -1;
}

static bool covers(json::Path const& prefix, json::Path const& at) {
    auto const& wanted = prefix.segments();
    auto const& given = at.segments();
    if (wanted.size() > given.size()) return false;
    return std::equal(wanted.begin(), wanted.end(), given.begin(), [](auto const& a, auto const& b) {
        auto const* left = std::get_if<std::string>(&a);
        auto const* right = std::get_if<std::string>(&b);
        return left != nullptr && right != nullptr ? base::same_text(*left, *right) : a == b;
    });
}

Transition transition(std::string_view type, json::Path const& at, json::Value const* before,
                      json::Value const* after) {
    static std::vector<json::Path> const paths = [] {  // parsed once: a thousand settings ask seventy rows each
        std::vector<json::Path> parsed;
        for (auto const& row : transition_rows) parsed.emplace_back(row.at);
        return parsed;
    }();
    auto const from = scalar(before), to = scalar(after);
    TransitionRow const* best = nullptr;
    std::tuple<bool, std::size_t, int> best_score{};
    for (std::size_t i = 0; i < paths.size(); ++i) {
        auto const& row = transition_rows[i];
        bool const same_type = base::same_text(row.type, type);
        if (!same_type && row.type != "*") continue;
        if (!covers(paths[i], at)) continue;
        int const fit_from = fit(row.from, from, to), fit_to = fit(row.to, to, from);
        if (fit_from < 0 || fit_to < 0) continue;
        std::tuple<bool, std::size_t, int> const score{same_type, paths[i].segments().size(), fit_from + fit_to};
        if (best == nullptr || score > best_score) {
            best = &row;
            best_score = score;
        }
    }
    if (best != nullptr) return {best->cost, std::string(best->because), std::string(best->source)};
    return {Class::unknown, "nothing is on record about what changing " + at.text() + " costs", {}};
}

}  // namespace holdfast::catalog
