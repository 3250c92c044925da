#include "simulator/arm/history.hpp"

#include <algorithm>
#include <vector>

namespace holdfast::simulator::arm {
namespace {

struct Written {
    std::string_view type, path, act, value, since, until, source, date;
};
constexpr Written written[] = {
#include "simulator_history.inc"
};

struct Row {
    std::string_view type, path;
    enum class Act { hide, hide_unsaid, show, fill, wait } act;
    json::Value value;
    base::Time since, until;
};

base::Time day(std::string_view date) { return *base::parse_time(std::string(date) + "T00:00:00Z"); }

std::vector<Row> const& rows() {
    static auto const all = [] {
        std::vector<Row> out;
        for (auto const& row : written) {
            auto const act = row.act == "hide"          ? Row::Act::hide
                             : row.act == "hide_unsaid" ? Row::Act::hide_unsaid
                             : row.act == "show"        ? Row::Act::show
                             : row.act == "wait"        ? Row::Act::wait
                                                        : Row::Act::fill;
            out.push_back({row.type, row.path, act, row.value.empty() ? json::Value{} : *json::parse(row.value),
                           row.since.empty() ? base::Time{} : day(row.since), day(row.until)});
        }
        return out;
    }();
    return all;
}

/// Rows of a type that hold now. Nothing is looked at once all of history is over.
template <typename Visit>
void each_row(std::string_view type, base::Time now, Visit visit) {
    static auto const over = std::ranges::max(rows(), {}, &Row::until).until;
    if (now >= over) return;
    for (auto const& row : rows())
        if (now >= row.since && now < row.until && base::same_text(row.type, type)) visit(row);
}

/// At a path, or under every entry of the one list it goes through: "properties.rules[].type".
void erase_everywhere(json::Value& root, std::string_view path) {
    auto const list = path.find("[].");
    if (list == std::string_view::npos) {
        json::erase(root, path);
        return;
    }
    auto* entries = json::find(root, path.substr(0, list));
    if (entries == nullptr || !entries->is_array()) return;
    for (auto& entry : entries->get_array()) erase_everywhere(entry, path.substr(list + 3));
}

}  // namespace

void show_as_then(Stored const& stored, base::Time now, json::Value& shown) {
    each_row(stored.type, now, [&](Row const& row) {
        bool const said =
            row.act == Row::Act::hide_unsaid && json::find(stored.hidden, "asked." + std::string(row.path)) != nullptr;
        if (row.act == Row::Act::hide || (row.act == Row::Act::hide_unsaid && !said)) erase_everywhere(shown, row.path);
        if (row.act == Row::Act::show && !json::find(shown, row.path)) json::put(shown, row.path, row.value);
    });
}

void fill_defaults_of_then(std::string_view type, base::Time now, json::Value& desired) {
    each_row(type, now, [&](Row const& row) {
        if (row.act == Row::Act::fill && !json::find(desired, row.path)) json::put(desired, row.path, row.value);
    });
}

int retry_after_of_then(std::string_view type, base::Time now, int today) {
    each_row(type, now, [&](Row const& row) {
        if (row.act == Row::Act::wait) today = static_cast<int>(row.value.to_number<std::int64_t>());
    });
    return today;
}

}  // namespace holdfast::simulator::arm
