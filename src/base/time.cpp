#include <fmt/format.h>

#include <array>
#include <charconv>
#include <cstdlib>

#include "base/base.hpp"

namespace holdfast::base {

namespace {

using std::chrono::days;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;
using std::chrono::sys_days;

constexpr std::array kDays{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
constexpr std::array kMonths{"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

/// Exactly `width` digits at `at`, which moves past them.
std::optional<int> digits(std::string_view text, std::size_t& at, std::size_t width) {
    if (at + width > text.size()) return std::nullopt;
    int value = 0;
    for (std::size_t i = 0; i < width; ++i) {
        char const c = text[at + i];
        if (c < '0' || c > '9') return std::nullopt;
        value = value * 10 + (c - '0');
    }
    at += width;
    return value;
}
bool literal(std::string_view text, std::size_t& at, std::string_view expected) {
    if (text.substr(at, expected.size()) != expected) return false;
    at += expected.size();
    return true;
}
std::optional<Date> date_at(std::string_view text, std::size_t& at) {
    auto const year = digits(text, at, 4);
    if (!year || !literal(text, at, "-")) return std::nullopt;
    auto const month = digits(text, at, 2);
    if (!month || !literal(text, at, "-")) return std::nullopt;
    auto const day = digits(text, at, 2);
    if (!day) return std::nullopt;
    Date const date{std::chrono::year(*year), std::chrono::month(unsigned(*month)), std::chrono::day(unsigned(*day))};
    return date.ok() ? std::optional(date) : std::nullopt;
}
struct Clockface {
    Date date;
    int hour, minute, second, millisecond;
};
Clockface face(Time time) {
    auto const day = std::chrono::floor<days>(time);
    auto rest = time - day;
    auto const h = std::chrono::duration_cast<hours>(rest);
    rest -= h;
    auto const m = std::chrono::duration_cast<minutes>(rest);
    rest -= m;
    auto const s = std::chrono::duration_cast<seconds>(rest);
    rest -= s;
    return {Date(day), int(h.count()), int(m.count()), int(s.count()), int(rest.count())};
}

/// Every answer of a server and every record of a run carries a moment: written digit by digit.
void put(std::string& out, unsigned value, int width) {
    char digits[10];
    int used = 0;
    for (; value != 0 || used < width; value /= 10) digits[used++] = char('0' + value % 10);
    while (used > 0) out += digits[--used];
}
void put(std::string& out, Date date) {
    auto const year = int(date.year());
    if (year < 0) out += '-';
    put(out, unsigned(std::abs(year)), year < 0 ? 3 : 4);
    out += '-';
    put(out, unsigned(date.month()), 2);
    out += '-';
    put(out, unsigned(date.day()), 2);
}
void put(std::string& out, Clockface const& face) {
    put(out, unsigned(face.hour), 2);
    out += ':';
    put(out, unsigned(face.minute), 2);
    out += ':';
    put(out, unsigned(face.second), 2);
}

}  // namespace

Result<Date> parse_date(std::string_view text) {
    std::size_t at = 0;
    auto const date = date_at(text, at);
    if (!date || at != text.size())
        return fail(ErrorCode::spec_value, fmt::format("'{}' is not a day", printable(text)),
                    "write year-month-day, such as 2026-11-24");
    return *date;
}

std::string to_string(Date date) {
    std::string out;
    put(out, date);
    return out;
}

Result<Time> parse_time(std::string_view text) {
    auto const refuse = [&] {
        return fail(ErrorCode::spec_value, fmt::format("'{}' is not a moment", printable(text)),
                    "write it in UTC, such as 2026-11-24T18:25:00Z");
    };
    std::size_t at = 0;
    auto const date = date_at(text, at);
    if (!date || !(literal(text, at, "T") || literal(text, at, " "))) return refuse();
    auto const hour = digits(text, at, 2);
    if (!hour || *hour > 23 || !literal(text, at, ":")) return refuse();
    auto const minute = digits(text, at, 2);
    if (!minute || *minute > 59 || !literal(text, at, ":")) return refuse();
    auto const second = digits(text, at, 2);
    if (!second || *second > 60) return refuse();
    int milliseconds = 0;
    if (literal(text, at, ".")) {
        int scale = 100, seen = 0;
        for (; at < text.size() && text[at] >= '0' && text[at] <= '9'; ++at, ++seen, scale /= 10)
            milliseconds += (text[at] - '0') * scale;
        if (seen == 0) return refuse();
    }
    Duration offset{0};
    if (at < text.size() && (text[at] == '+' || text[at] == '-')) {
        int const sign = text[at++] == '+' ? 1 : -1;
        auto const oh = digits(text, at, 2);
        literal(text, at, ":");
        auto const om = digits(text, at, 2);
        if (!oh || !om || *oh > 23 || *om > 59) return refuse();
        offset = sign * (hours(*oh) + minutes(*om));
    } else {
        literal(text, at, "Z");
    }
    if (at != text.size()) return refuse();
    return Time(sys_days(*date)) + hours(*hour) + minutes(*minute) + seconds(*second) + Duration(milliseconds) - offset;
}

std::string to_string(Time time) {
    auto const f = face(time);
    std::string out;
    out.reserve(24);
    put(out, f.date);
    out += 'T';
    put(out, f);
    if (f.millisecond) {
        out += '.';
        put(out, unsigned(f.millisecond), 3);
    }
    out += 'Z';
    return out;
}

std::string http_date(Time time) {
    auto const f = face(time);
    auto const weekday = std::chrono::weekday(sys_days(f.date)).c_encoding();
    std::string out;
    out.reserve(29);
    out.append(kDays[weekday]).append(", ");
    put(out, unsigned(f.date.day()), 2);
    out.append(" ").append(kMonths[unsigned(f.date.month()) - 1]).append(" ");
    put(out, unsigned(std::abs(int(f.date.year()))), 4);
    out += ' ';
    put(out, f);
    out += " GMT";
    return out;
}

Result<Time> parse_http_date(std::string_view text) {
    auto const refuse = [&] {
        return fail(ErrorCode::answer_malformed, fmt::format("'{}' is not an HTTP date", printable(text)));
    };
    std::size_t at = text.find(", ");
    if (at == std::string_view::npos) return refuse();
    at += 2;
    auto const day = digits(text, at, 2);
    if (!day || !literal(text, at, " ")) return refuse();
    int month = 0;
    for (std::size_t i = 0; i < kMonths.size(); ++i)
        if (text.substr(at, 3) == kMonths[i]) month = int(i) + 1;
    at += 3;
    if (!month || !literal(text, at, " ")) return refuse();
    auto const year = digits(text, at, 4);
    if (!year || !literal(text, at, " ")) return refuse();
    auto const hour = digits(text, at, 2);
    if (!hour || *hour > 23 || !literal(text, at, ":")) return refuse();
    auto const minute = digits(text, at, 2);
    if (!minute || *minute > 59 || !literal(text, at, ":")) return refuse();
    auto const second = digits(text, at, 2);
    if (!second || *second > 60 || !literal(text, at, " GMT") || at != text.size()) return refuse();
    Date const date{std::chrono::year(*year), std::chrono::month(unsigned(month)), std::chrono::day(unsigned(*day))};
    if (!date.ok()) return refuse();
    return Time(sys_days(date)) + hours(*hour) + minutes(*minute) + seconds(*second);
}

std::string spoken(Duration duration) {
    auto const total = std::chrono::round<seconds>(duration).count();
    if (duration < Duration(1000) && duration > Duration(0))
        return fmt::format("{:.1f} s", double(duration.count()) / 1000);
    if (total < 120) return fmt::format("{} s", total);
    if (total < 3600) return fmt::format("{} min {:02} s", total / 60, total % 60);
    return fmt::format("{} h {:02} min", total / 3600, total % 3600 / 60);
}

}  // namespace holdfast::base
