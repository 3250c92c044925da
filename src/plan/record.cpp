#include "plan/record.hpp"

#include <algorithm>

namespace holdfast::plan {
namespace {

constexpr std::string_view elsewhere_tag = "holdfast-elsewhere";

/// Whether some tag of the record is as asked.
template <typename Asked>
bool any_entry(json::Value const& body, Asked asked) {
    return std::ranges::any_of(json::object_at(body, "tags"), [&](auto const& tag) {
        return std::string_view(tag.key()).starts_with(elsewhere_tag) && tag.value().is_string() &&
               asked(std::string_view(tag.value().get_string()));
    });
}

}  // namespace

bool keeps_record(json::Value const& body) {
    return any_entry(body, [](std::string_view) { return true; });
}

bool remembers(json::Value const& body, resource::ResourceId const& id) {
    return any_entry(body, [&id](std::string_view entry) {
        auto const& text = id.text();
        return base::starts_with_text(text, entry) && (text.size() == entry.size() || text[entry.size()] == '/');
    });
}

}  // namespace holdfast::plan
