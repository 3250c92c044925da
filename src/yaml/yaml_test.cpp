#include "yaml/yaml.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace holdfast::yaml {
namespace {

std::string say(std::vector<base::Error> const& errors) {
    std::string out;
    for (auto const& error : errors) {
        auto const& at = std::get<base::SourcePos>(error.where);
        out += fmt::format("{}{}:{} {} | {}", out.empty() ? "" : "\n", at.line, at.column, error.what, error.fix);
    }
    return out;
}

/// `1:4+5 'text'`: where a node is, how far its caret reaches, what it holds.
std::string say(Node const& node) {
    auto const at = fmt::format("{}:{}+{}", node.where.line, node.where.column, node.where.length);
    std::string inside;
    switch (node.kind) {
        case Node::Kind::null:
            return at + " null";
        case Node::Kind::scalar:
            return fmt::format("{} {}{}{}", at, node.quoted ? '"' : '\'', node.text, node.quoted ? '"' : '\'');
        case Node::Kind::list:
            for (auto const& item : node.items) inside += (inside.empty() ? "" : ", ") + say(item);
            return fmt::format("{} [{}]", at, inside);
        case Node::Kind::map:
            for (auto const& member : node.members)
                inside += fmt::format("{}{}:{}+{} {}= {}", inside.empty() ? "" : ", ", member.key_where.line,
                                      member.key_where.column, member.key_where.length, member.key, say(member.value));
            return fmt::format("{} {{{}}}", at, inside);
    }
    return {};
}
std::string parsed(std::string_view text, Limits limits = {}) {
    auto const node = parse(text, "f.yaml", limits);
    return node ? say(*node) : say(node.error());
}

TEST(Yaml, knows_where_everything_is) {
    struct Row {
        std::string_view text, want;
    };
    for (auto const& row : {
             Row{"", "1:1+1 null"},
             Row{"# only a comment\n", "1:1+1 null"},
             Row{"a: 1\nbc: \"x y\"\n", "1:1+1 {1:1+1 a= 1:4+1 '1', 2:1+2 bc= 2:5+5 \"x y\"}"},
             Row{"a: {e: [1, 22], f: }\n",
                 "1:1+1 {1:1+1 a= 1:4+1 {1:5+1 e= 1:8+1 [1:9+1 '1', 1:12+2 '22'], 1:17+1 f= 1:20+1 null}}"},
             Row{"a:\nb: ~\nc: null\n", "1:1+1 {1:1+1 a= 1:1+1 null, 2:1+1 b= 2:4+1 null, 3:1+1 c= 3:4+1 null}"},
             Row{"- name: x\n  k: '~'\n", "1:1+1 [1:3+1 {1:3+4 name= 1:9+1 'x', 2:3+1 k= 2:6+3 \"~\"}]"},
             Row{"a: |\n  \ttab is text here\nb: 2\n",
                 "1:1+1 {1:1+1 a= 1:4+1 \"\ttab is text here\n\", 3:1+1 b= 3:4+1 '2'}"},
             Row{"a: &x {k: v}\nb: *x\n",
                 "1:1+1 {1:1+1 a= 1:4+1 {1:8+1 k= 1:11+1 'v'}, 2:1+1 b= 2:4+1 {1:8+1 k= 1:11+1 'v'}}"},
             Row{"\xEF\xBB\xBF"
                 "a: \xC3\xBC\n",
                 "1:1+1 {1:1+1 a= 1:4+2 '\xC3\xBC'}"},
             Row{"a: 1\r\nb: 2\r\n", "1:1+1 {1:1+1 a= 1:4+1 '1', 2:1+1 b= 2:4+1 '2'}"},
             Row{"---\na: 'it''s'\n...\n", "2:1+1 {2:1+1 a= 2:4+7 \"it's\"}"},
             Row{"a: !!str 8\n", "1:1+1 {1:1+1 a= 1:4+1 \"8\"}"},
             Row{"{\"a\": 1, \"b\": [true]}", "1:1+1 {1:2+3 a= 1:7+1 '1', 1:10+3 b= 1:15+1 [1:16+4 'true']}"},
         })
        EXPECT_EQ(parsed(row.text), row.want) << row.text;
}

TEST(Yaml, refuses_with_a_position) {
    struct Row {
        std::string_view text, want;
    };
    for (auto const& row : {
             Row{"a: 1\nb: 2\na: 3\n", "3:1 'a' is said twice, first in line 1 | keep one of them"},
             Row{"m: {k: 1, k: 2}\nm: 3\n",
                 "1:11 'k' is said twice, first in line 1 | keep one of them\n"
                 "2:1 'm' is said twice, first in line 1 | keep one of them"},
             Row{"a:\n\tb: 1\n", "2:1 the line is indented with a tab | indent with spaces"},
             Row{"a: b: c\n",
                 "1:5 a ': ' stands where no key can be | indent keys of one map alike, and put a value that holds ': "
                 "' in quotes"},
             Row{"a: 1\n  b: 2\n",
                 "2:4 a ': ' stands where no key can be | indent keys of one map alike, and put a value that holds ': "
                 "' in quotes"},
             Row{"a: [1, 2\nb: 3\n", "2:2 a list opened with '[' is not closed | close it with ']'"},
             Row{"a: {b: 1\n", "2:1 a map opened with '{' is not closed | close it with '}'"},
             Row{"a: b\n- c\n",
                 "2:1 this line does not belong to the map above it | indent it like the keys above; lines of one map "
                 "are `key: value`"},
             Row{"a: 'x\nb: 2\n", "1:4 the quote opened here is never closed | close it"},
             Row{"\"a\": \"x\n", "1:6 the quote opened here is never closed | close it"},
             Row{"a: @b\n", "1:4 a value cannot begin with this character | put the value in quotes"},
             Row{"a: \"\\q\"\n", "1:7 this escape does not exist | write \\\\ for a backslash, or use single quotes"},
             Row{"a: *nothing\n", "1:4 this alias refers to no anchor | define it with & above, or write it out"},
             Row{"a: &a [*a]\n", "1:8 this alias refers to what encloses it | write the value out"},
             Row{"---\na: 1\n---\nb: 2\n",
                 "3:1 the file holds more than one document | keep one document a file; overlays are files of their "
                 "own"},
             Row{"a: !python/object x\nb: !!binary eA==\n",
                 "1:4 tags such as !python/object are not understood | leave the tag out\n"
                 "2:4 tags such as tag:yaml.org,2002:binary are not understood | leave the tag out"},
             Row{"[1, 2]: x\n", "1:1 a key must be text | write `key: value`"},
             Row{"? {a: 1}\n: c\n", "1:3 a key must be text | write `key: value`"},
             Row{"a: x\xFF\n", "1:5 this is not UTF-8 text | save the file as UTF-8"},
             Row{"\xFF\xFE"
                 "a",
                 "1:1 this is not UTF-8 text | save the file as UTF-8"},
             Row{"a: \xED\xA0\x80\n", "1:4 this is not UTF-8 text | save the file as UTF-8"},
             Row{"a: x\x01\n",
                 "1:5 a control character (0x01) has no place in YAML | remove it, or write it as an escape in double "
                 "quotes"},
             Row{"a: 1\n]\n", "2:1 this bracket closes nothing | remove it"},
             Row{"a: - b\n", "1:4 a '- ' stands where no list can begin | begin a list on a line of its own"},
         })
        EXPECT_EQ(parsed(row.text), row.want) << row.text;
}

TEST(Yaml, bounds_what_a_file_can_cost) {
    std::string bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
    for (int i = 1; i < 30; ++i) {
        bomb += fmt::format("a{}: &a{} [", i, i);
        for (int k = 0; k < 10; ++k) bomb += fmt::format("{}*a{}", k == 0 ? "" : ", ", i - 1);
        bomb += "]\n";
    }
    EXPECT_NE(parsed(bomb).find("the file has more than 100000 values"), std::string::npos);

    std::string wide = "a: &a " + std::string(100'000, 'x') + "\nb: [";
    for (int k = 0; k < 1000; ++k) wide += "*a, ";
    EXPECT_NE(parsed(wide + "]\n").find("the file expands to more than 4194304 bytes"), std::string::npos);

    std::string const deep(5000, '['), braces = [] {
        std::string text;
        for (int i = 0; i < 5000; ++i) text += "{a: ";
        return text;
    }();
    EXPECT_NE(parsed(deep).find("values are nested more than 64 deep | write it flatter"), std::string::npos);
    EXPECT_NE(parsed(braces).find("values are nested more than 64 deep"), std::string::npos);
    std::string stairs;
    for (int i = 0; i < 200; ++i) stairs += std::string(static_cast<std::size_t>(i), ' ') + "a:\n";
    EXPECT_NE(parsed(stairs).find("values are nested more than 64 deep"), std::string::npos);

    EXPECT_EQ(parsed("abcdef", Limits{.max_bytes = 5}),
              "0:0 the file is larger than 5 bytes | a spec is short; is this the right file?");
}

TEST(Yaml, survives_every_prefix_and_every_changed_byte) {
    std::string const text =
        "name: prod # why\npools:\n  - {name: a, zones: [\"1\", '2']}\n  - name: b\n    x: &k |\n      t\ny: *k\n";
    for (std::size_t i = 0; i <= text.size(); ++i) (void)parsed(text.substr(0, i));
    for (std::size_t i = 0; i < text.size(); ++i)
        for (char const c : {'\0', '\t', '\n', ':', '{', '[', '&', '*', '!', '"', '|', '%', '-', '\x80'}) {
            std::string changed = text;
            changed[i] = c;
            (void)parsed(changed);
        }
}

TEST(Yaml, becomes_json_by_the_core_schema) {
    auto const node =
        parse("{a: true, b: 08, c: -3, d: 1.5, e: \"8\", f: , g: 1.2.3, h: [False, yes], i: 1e3, j: 1.}", "f");
    ASSERT_TRUE(node);
    EXPECT_EQ(json::write(to_json(*node)),
              R"({"a":true,"b":8,"c":-3,"d":1.5,"e":"8","f":null,"g":"1.2.3","h":[false,"yes"],"i":"1e3","j":"1."})");
}

TEST(Yaml, source_lines) {
    EXPECT_EQ(source_line("a\r\nb\nc", 1), "a");
    EXPECT_EQ(source_line("a\r\nb\nc", 3), "c");
    EXPECT_EQ(source_line("a\r\nb\nc", 4), "");
    EXPECT_EQ(source_line("a", 0), "");
}

}  // namespace
}  // namespace holdfast::yaml
