#include "simulator/templates/moments.hpp"

#include <fmt/format.h>
#include <algorithm>

namespace holdfast::simulator::templates {
namespace {

using std::chrono::days;
using std::chrono::floor;
using std::chrono::sys_days;
using std::chrono::year_month_day;

}  // namespace

std::optional<base::Time> moment_of(std::string_view said) {
    std::string text(said);
    if (text.size() == 16 && text[8] == 'T')  // 20261124T080000Z
        text = text.substr(0, 4) + "-" + text.substr(4, 2) + "-" + text.substr(6, 5) + ":" + text.substr(11, 2) + ":" +
               text.substr(13);
    if (text.size() > 10 && text[10] == ' ') text[10] = 'T';
    if (text.size() == 10) text += "T00:00:00Z";
    auto const parsed = base::parse_time(text);
    return parsed ? std::optional<base::Time>(*parsed) : std::nullopt;
}

std::optional<base::Time> moved(base::Time from, std::string_view duration) {
    bool const back = duration.starts_with('-');
    if (back) duration.remove_prefix(1);
    if (!duration.starts_with('P') || duration.size() < 2 || duration.size() > 64) return std::nullopt;
    std::int64_t months = 0, seconds = 0, number = -1;
    bool in_time = false;
    for (char const c : duration.substr(1)) {
        if (std::isdigit(static_cast<unsigned char>(c))) {
            number = std::max<std::int64_t>(number, 0) * 10 + (c - '0');
            if (number > 1'000'000) return std::nullopt;
            continue;
        }
        if (c == 'T' && !in_time && number < 0) {
            in_time = true;
            continue;
        }
        if (number < 0) return std::nullopt;
        if (!in_time && c == 'Y') months += 12 * number;
        else if (!in_time && c == 'M') months += number;
        else if (!in_time && c == 'W') seconds += number * 7 * 86400;
        else if (!in_time && c == 'D') seconds += number * 86400;
        else if (in_time && c == 'H') seconds += number * 3600;
        else if (in_time && c == 'M') seconds += number * 60;
        else if (in_time && c == 'S') seconds += number;
        else return std::nullopt;
        number = -1;
    }
    if (number >= 0 || months > 12 * 1000) return std::nullopt;
    auto const sign = back ? -1 : 1;
    auto const day = floor<days>(from);
    year_month_day date(day);
    date += std::chrono::months(sign * int(months));
    if (!date.ok()) date = date.year() / date.month() / std::chrono::last;
    return base::Time(sys_days(date)) + (from - day) + base::Duration(sign * seconds * 1000);
}

std::string styled(base::Time time, std::string_view style) {
    auto const day = floor<days>(time);
    year_month_day const date(day);
    auto const seconds = std::chrono::duration_cast<std::chrono::seconds>(time - day).count();
    if (style == "u") style = "yyyy-MM-dd HH:mm:ssZ";
    if (style == "d") style = "MM/dd/yyyy";
    struct Word {
        std::string_view name;
        std::string value;
    };
    Word const words[] = {
        {"yyyy", fmt::format("{:04}", int(date.year()))},   {"MM", fmt::format("{:02}", unsigned(date.month()))},
        {"dd", fmt::format("{:02}", unsigned(date.day()))}, {"HH", fmt::format("{:02}", seconds / 3600)},
        {"mm", fmt::format("{:02}", seconds / 60 % 60)},    {"ss", fmt::format("{:02}", seconds % 60)}};
    std::string out;
    for (std::size_t i = 0; i < style.size() && out.size() < 256;) {
        auto const* word = std::find_if(std::begin(words), std::end(words),
                                        [&](Word const& w) { return style.substr(i).starts_with(w.name); });
        if (word == std::end(words)) {
            out.push_back(style[i++]);
        } else {
            out += word->value;
            i += word->name.size();
        }
    }
    return out;
}

}  // namespace holdfast::simulator::templates
