#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <boost/container/small_vector.hpp>
#include <boost/json/basic_parser_impl.hpp>
#include <charconv>
#include <cmath>
#include <cstring>

#include "json/json.hpp"

namespace holdfast::json {

namespace {

base::SourcePos position(std::string_view text, std::size_t at) {
    base::SourcePos where{.line = 1, .column = 1};
    for (std::size_t i = 0; i < std::min(at, text.size()); ++i) {
        if (text[i] == '\n') {
            ++where.line;
            where.column = 1;
        } else {
            ++where.column;
        }
    }
    return where;
}

/// How many bytes at `at` are one character that plays tricks where text is shown: a control character that JSON lets
/// pass, a zero-width one, one that turns the direction of what follows. 0 when they are none.
std::size_t deceptive(std::string_view text, std::size_t at) {
    auto const b = [&](std::size_t i) { return at + i < text.size() ? static_cast<unsigned char>(text[at + i]) : 0u; };
    if (b(0) == 0x7f) return 1;
    if (b(0) == 0xc2 && b(1) >= 0x80 && b(1) < 0xa0) return 2;
    if (b(0) == 0xe2 && b(1) == 0x80 && ((b(2) >= 0x8b && b(2) <= 0x8f) || (b(2) >= 0xa8 && b(2) <= 0xae))) return 3;
    if (b(0) == 0xe2 && b(1) == 0x81 && b(2) >= 0xa0 && b(2) <= 0xaf) return 3;
    return b(0) == 0xef && b(1) == 0xbb && b(2) == 0xbf ? 3 : 0;
}

/// Bytes that do not stand for themselves, or may begin a character that does not.
constexpr auto marked = [] {
    std::array<bool, 256> bytes{};
    for (std::size_t control = 0; control < 0x20; ++control) bytes[control] = true;
    for (std::size_t byte = 0x7f; byte < bytes.size(); ++byte) bytes[byte] = true;
    bytes['"'] = bytes['\\'] = true;
    return bytes;
}();

/// Where the next marked byte stands, from `at` on; the text's size where none does. Eight bytes at a time: `high` of a
/// byte says that it is below a space, a quote, a backslash, or above '~'.
std::size_t next_marked(std::string_view text, std::size_t at) {
    constexpr std::uint64_t ones = 0x0101010101010101, high = 0x8080808080808080;
    for (; at + 8 <= text.size(); at += 8) {
        std::uint64_t eight;
        std::memcpy(&eight, text.data() + at, 8);
        auto const no_quote = eight ^ (ones * '"'), no_backslash = eight ^ (ones * '\\');
        // A borrow or a carry can only say so of the byte above one that is marked: then the table below looks.
        auto const any = (eight - ones * 0x20) | (no_quote - ones) | (no_backslash - ones) | (eight + ones) | eight;
        if (any & high) break;
    }
    while (at < text.size() && !marked[static_cast<unsigned char>(text[at])]) ++at;
    return at;
}

void write_text(std::string& out, std::string_view text) {
    auto const byte = [&](std::size_t i) { return static_cast<unsigned>(static_cast<unsigned char>(text[i])); };
    out += '"';
    std::size_t done = 0;
    for (std::size_t at = next_marked(text, 0); at < text.size(); at = next_marked(text, at + 1)) {
        auto const whole = base::utf8_length(text, at);
        auto const length = byte(at) < 0x7f || whole == 0 ? 1 : deceptive(text, at);
        if (length == 0) {
            at += whole - 1;
            continue;
        }
        out.append(text, done, at - done);
        done = at + length;
        if (whole == 0) {  // what is written can be read, whatever somebody sent us
            out += "\\ufffd";
            continue;
        }
        auto const named = std::string_view("\b\f\n\r\t\"\\").find(text[at]);
        if (named != std::string_view::npos) {
            out += '\\';
            out += "bfnrt\"\\"[named];
        } else {
            auto const code = length == 1   ? byte(at)
                              : length == 2 ? ((byte(at) & 0x1f) << 6) | (byte(at + 1) & 0x3f)
                                            : ((byte(at) & 0x0f) << 12) | ((byte(at + 1) & 0x3f) << 6) | (byte(at + 2) & 0x3f);
            out += fmt::format("\\u{:04x}", code);  // the same text to every reader of JSON
        }
        at = done - 1;
    }
    out.append(text, done);
    out += '"';
}

void write_number(std::string& out, double value) {
    // Whole doubles are written as whole numbers: `30.0` and `30` mean the same to Azure and must compare equal.
    if (std::abs(value) < 9e15 && value == static_cast<double>(static_cast<std::int64_t>(value)))
        out += fmt::format("{}", static_cast<std::int64_t>(value));
    else out += fmt::format("{}", value);
}

void write_into(std::string& out, Value const& value, int indent) {
    auto const line = [&](int depth) {
        if (indent < 0) return;
        out += '\n';
        out.append(std::size_t(depth) * 2, ' ');
    };
    int const inner = indent < 0 ? indent : indent + 1;
    switch (value.kind()) {
        case boost::json::kind::null:
            out += "null";
            break;
        case boost::json::kind::bool_:
            out += value.get_bool() ? "true" : "false";
            break;
        case boost::json::kind::int64:
            fmt::format_to(std::back_inserter(out), "{}", value.get_int64());
            break;
        case boost::json::kind::uint64:
            fmt::format_to(std::back_inserter(out), "{}", value.get_uint64());
            break;
        case boost::json::kind::double_:
            write_number(out, value.get_double());
            break;
        case boost::json::kind::string:
            write_text(out, value.get_string());
            break;
        case boost::json::kind::array: {
            auto const& array = value.get_array();
            out += '[';
            for (std::size_t i = 0; i < array.size(); ++i) {
                if (i) out += ',';
                line(inner);
                write_into(out, array[i], inner);
            }
            if (!array.empty()) line(indent);
            out += ']';
            break;
        }
        case boost::json::kind::object: {
            auto const& object = value.get_object();
            boost::container::small_vector<Object::const_iterator, 32> members;
            for (auto it = object.begin(); it != object.end(); ++it) members.push_back(it);
            auto const less = [](auto a, auto b) { return a->key() < b->key(); };
            if (!std::is_sorted(members.begin(), members.end(), less)) std::sort(members.begin(), members.end(), less);
            out += '{';
            for (std::size_t i = 0; i < members.size(); ++i) {
                if (i) out += ',';
                line(inner);
                write_text(out, members[i]->key());
                out += indent < 0 ? ":" : ": ";
                write_into(out, members[i]->value(), inner);
            }
            if (!members.empty()) line(indent);
            out += '}';
            break;
        }
    }
}

/// Builds a value of what the parser sees. Boost's own handler would do but for doubles: its reading of them may be off
/// in the last place, and what nobody mentioned must go back to Azure as it came.
struct Building {
    static constexpr std::size_t max_object_size = boost::json::object::max_size();
    static constexpr std::size_t max_array_size = boost::json::array::max_size();
    static constexpr std::size_t max_key_size = boost::json::string::max_size();
    static constexpr std::size_t max_string_size = boost::json::string::max_size();
    using Text = boost::json::string_view;
    using Failure = boost::json::error_code;

    boost::json::value_stack made;

    bool on_document_begin(Failure&) { return true; }
    bool on_document_end(Failure&) { return true; }
    bool on_object_begin(Failure&) { return true; }
    bool on_object_end(std::size_t members, Failure&) { return made.push_object(members), true; }
    bool on_array_begin(Failure&) { return true; }
    bool on_array_end(std::size_t elements, Failure&) { return made.push_array(elements), true; }
    bool on_key_part(Text text, std::size_t, Failure&) { return made.push_chars(text), true; }
    bool on_key(Text text, std::size_t, Failure&) { return made.push_key(text), true; }
    bool on_string_part(Text text, std::size_t, Failure&) { return made.push_chars(text), true; }
    bool on_string(Text text, std::size_t, Failure&) { return made.push_string(text), true; }
    bool on_number_part(Text, Failure&) { return true; }
    bool on_int64(std::int64_t number, Text, Failure&) { return made.push_int64(number), true; }
    bool on_uint64(std::uint64_t number, Text, Failure&) { return made.push_uint64(number), true; }
    bool on_double(double nearly, Text written, Failure& wrong) {
        double exactly = nearly;
        auto const [end, failure] = std::from_chars(written.data(), written.data() + written.size(), exactly);
        bool const whole = failure == std::errc{} && end == written.data() + written.size();
        if (!std::isfinite(whole ? exactly : nearly)) {  // 2e308: nothing that could be written back
            wrong = boost::json::error::exponent_overflow;
            return false;
        }
        made.push_double(whole ? exactly : nearly);
        return true;
    }
    bool on_bool(bool truth, Failure&) { return made.push_bool(truth), true; }
    bool on_null(Failure&) { return made.push_null(), true; }
    bool on_comment_part(Text, Failure&) { return true; }
    bool on_comment(Text, Failure&) { return true; }
};

}  // namespace

base::Result<Value> parse(std::string_view text, ParseLimits limits) {
    if (text.size() > limits.max_bytes)
        return base::fail(
            base::ErrorCode::answer_too_large,
            fmt::format("this JSON has {} bytes, more than the {} allowed", text.size(), limits.max_bytes));
    if (text.substr(0, 3) == "\xef\xbb\xbf") text.remove_prefix(3);
    boost::json::parse_options options;
    options.max_depth = limits.max_depth;
    boost::json::basic_parser<Building> parser(options);
    auto& made = parser.handler().made;
    made.reset();
    boost::json::error_code failure;
    std::size_t const read = parser.write_some(false, text.data(), text.size(), failure);
    if (!failure && read < text.size()) failure = boost::json::error::extra_data;
    if (failure)
        return base::fail(base::ErrorCode::syntax, fmt::format("this is not JSON: {}", failure.message()), {},
                          position(text, read));
    return made.release();
}

std::string write(Value const& value) {
    std::string out;
    out.reserve(1'500);  // most bodies, or most of the way there
    write_into(out, value, -1);
    return out;
}

std::string pretty(Value const& value) {
    std::string out;
    write_into(out, value, 0);
    out += '\n';
    return out;
}

}  // namespace holdfast::json
