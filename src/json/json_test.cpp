#include "json/json.hpp"

#include <gtest/gtest.h>

namespace holdfast::json {
namespace {

Value of(std::string_view text) {
    auto value = parse(text);
    EXPECT_TRUE(value) << text;
    return value ? *value : Value{};
}

TEST(Json, writes_sorted_and_the_same_every_time) {
    EXPECT_EQ(write(of(R"({"b":1,"a":[true,null,"x"],"c":{"z":1.5,"y":30.0}})")),
              R"({"a":[true,null,"x"],"b":1,"c":{"y":30,"z":1.5}})");
    EXPECT_EQ(pretty(of(R"({"b":1,"a":[]})")), "{\n  \"a\": [],\n  \"b\": 1\n}\n");
}

TEST(Json, refuses_what_is_not_json_with_a_position) {
    auto const bad = parse("{\n  \"a\": tru\n}");
    ASSERT_FALSE(bad);
    EXPECT_EQ(bad.error().code, base::ErrorCode::syntax);
    EXPECT_EQ(std::get<base::SourcePos>(bad.error().where).line, 2);
    for (auto const text : {"", "{", "{}x", "[1,]", "{\"a\":1,}", "nul", "\"\xff\""}) EXPECT_FALSE(parse(text)) << text;
}

TEST(Json, bounds_depth_and_accepts_a_byte_order_mark) {
    EXPECT_FALSE(parse(std::string(100, '[') + std::string(100, ']')));
    EXPECT_TRUE(parse("\xef\xbb\xbf{}"));
    EXPECT_FALSE(parse("[1,2,3]", {.max_bytes = 3}));
}

TEST(Json, numbers_go_back_as_they_came) {
    for (std::string_view const text :
         {"0.1", "-2.5", "0.30000000000000004", "2.2250738585072014e-308", "9.2233720368547e+39",
          "1.7976931348623157e+308", "123456789.12345679", "4.35", "1e+22", "9007199254740993"}) {
        auto const value = parse(text);
        ASSERT_TRUE(value) << text;
        EXPECT_EQ(write(*value), text);
    }
    EXPECT_FALSE(parse("2e308")) << "no number that could be written back";
    base::Prng prng(7);
    for (int i = 0; i < 20'000; ++i) {
        double const number = std::ldexp(prng.unit() - 0.5, static_cast<int>(prng.below(1'800)) - 900);
        auto const again = parse(write(Value(number)));
        ASSERT_TRUE(again);
        ASSERT_EQ(again->to_number<double>(), number);
    }
}

TEST(Path, round_trips_as_text) {
    for (auto const text : {"properties.networkProfile.podCidr", "a[3].b", "tags['a.b']", "x['it''s']", "[0]", ""}) {
        auto const path = Path::parse(text);
        ASSERT_TRUE(path) << text;
        EXPECT_EQ(path->text(), text);
    }
    for (auto const text : {".", "a.", ".a", "a..b", "a[", "a[x]", "a['x", "a]b"})
        EXPECT_FALSE(Path::parse(text)) << text;
}

TEST(Path, finds_puts_and_erases) {
    auto value = of(R"({"properties":{"Subnets":[{"name":"a"}]}})");
    EXPECT_EQ(text_at(value, "properties.subnets[0].name"), "a");  // ARM compares names without case
    EXPECT_EQ(find(value, "properties.subnets[1]"), nullptr);
    put(value, "properties.subnets[1].name", "b");
    put(value, "tags['a.b']", 7);
    EXPECT_EQ(write(value), R"({"properties":{"Subnets":[{"name":"a"},{"name":"b"}]},"tags":{"a.b":7}})");
    EXPECT_TRUE(erase(value, "properties.subnets[0]"));
    EXPECT_FALSE(erase(value, "properties.nothing"));
    EXPECT_EQ(text_at(value, "properties.Subnets[0].name"), "b");
}

TEST(Json, differences_name_every_leaf_that_differs) {
    auto const d = differences(of(R"({"a":{"x":1,"y":[1,2]},"b":1})"), of(R"({"a":{"x":2,"y":[2,1]},"c":1})"));
    std::vector<std::string> at;
    for (auto const& difference : d) at.push_back(difference.at.text());
    EXPECT_EQ(at, (std::vector<std::string>{"a.x", "a.y", "b", "c"}));
    EXPECT_TRUE(differences(of(R"({"a":1.0})"), of(R"({"a":1})")).empty());
}

TEST(Json, merge_is_rfc_7396) {
    auto value = of(R"({"a":{"b":1,"c":2},"d":3})");
    merge(value, of(R"({"a":{"b":null,"e":5},"d":[1]})"));
    EXPECT_EQ(write(value), R"({"a":{"c":2,"e":5},"d":[1]})");
}

TEST(Write, characters_that_play_tricks_on_a_terminal_are_escaped_and_mean_the_same) {
    std::string const text =
        "a\x7f\xc2\x9b"
        "31m\xe2\x80\xae"
        "b\xe2\x80\x8b\xe2\x81\xa6\xef\xbb\xbf \xc3\xa9\xe2\x80\xa6\xe2\x82\xac\x1b";
    auto const written = write(Value(text));
    EXPECT_EQ(written, "\"a\\u007f\\u009b31m\\u202eb\\u200b\\u2066\\ufeff \xc3\xa9\xe2\x80\xa6\xe2\x82\xac\\u001b\"");
    EXPECT_EQ(*parse(written), Value(text));
}

TEST(Write, what_is_no_text_becomes_a_mark_that_every_reader_takes) {
    for (auto const* wrong : {"\xff", "\x80", "\xc3", "\xc0\xaf", "\xe2\x82", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xf0\x9f\x94"}) {
        auto const written = write(Object{{"a", std::string("<") + wrong + ">"}});
        auto const read = parse(written);
        ASSERT_TRUE(read) << written;
        auto const text = *text_at(*read, "a");
        EXPECT_TRUE(text.starts_with("<\xef\xbf\xbd")) << written;
        EXPECT_TRUE(text.ends_with(">")) << written;
    }
    std::string const whole = "\xc3\xa9\xe2\x82\xac\xf0\x9f\x94\x91\xf4\x8f\xbf\xbf";
    EXPECT_EQ(write(Value(whole)), '"' + whole + '"');
}

}  // namespace
}  // namespace holdfast::json
