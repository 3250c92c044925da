// Whatever a text holds, a real bash reads it back byte for byte and obeys none of it.
#include "exports/shell.hpp"

#include <gtest/gtest.h>
#include <array>
#include <cstdio>
#include <unistd.h>

#include "json/json.hpp"

namespace holdfast::exports {
namespace {

std::string const hostile[] = {"",
                               "plain-1.2_3/x:y",
                               "-n",
                               "a b",
                               "it's",
                               "\"quoted\"",
                               "$(echo obeyed)",
                               "`echo obeyed`",
                               "${HOME} $PATH $",
                               "back\\slash\\",
                               "!! ~ * ? [a] {b,c} <>|;&#",
                               "two\nlines",
                               "tab\tand\r\x01\x7f",
                               "gr\xc3\xbcn \xe2\x80\x9c\xf0\x9f\x94\x92\xe2\x80\xa8",
                               "JSON\nJSON",
                               "$'\\x41'"};

std::string said_by_bash(std::string const& script) {
    auto const file = ::testing::TempDir() + "shell_test." + std::to_string(getpid());
    {
        std::unique_ptr<std::FILE, int (*)(std::FILE*)> const out(std::fopen(file.c_str(), "w"), std::fclose);
        std::fwrite(script.data(), 1, script.size(), out.get());
    }
    std::unique_ptr<std::FILE, int (*)(std::FILE*)> const in(popen(("bash " + file).c_str(), "r"), pclose);
    std::string out;
    std::array<char, 4096> buffer{};
    while (auto const got = std::fread(buffer.data(), 1, buffer.size(), in.get())) out.append(buffer.data(), got);
    std::remove(file.c_str());
    return out;
}

TEST(Shell, a_word_means_exactly_its_text) {
    for (auto const& text : hostile) EXPECT_EQ(said_by_bash("printf %s " + word(text)), text);
}
TEST(Shell, the_inside_of_quotes_means_exactly_its_text) {
    for (auto const& text : hostile)
        if (text.find('\n') == std::string::npos)
            EXPECT_EQ(said_by_bash("printf %s \"" + inside_quotes(text) + "\""), text);
}
TEST(Shell, json_in_a_here_document_means_exactly_its_text) {
    for (auto const& text : hostile) {
        auto const said = said_by_bash("cat <<JSON\n\"" + json_in_heredoc(text) + "\"\nJSON\n");
        auto const read = json::parse(said);
        ASSERT_TRUE(read) << said;
        EXPECT_EQ(std::string(read->as_string()), text);
    }
}
TEST(Shell, broken_utf8_becomes_a_visible_mark) {
    EXPECT_EQ(json_in_heredoc("a\xff\xe2\x80"), "a\\ufffd\\ufffd\\ufffd");
}
TEST(Shell, no_line_leaves_a_comment) {
    for (auto const& text : hostile) EXPECT_EQ(said_by_bash(comment(text) + "printf done"), "done");
    EXPECT_EQ(comment("short", 4), "    # short\n");
}

}  // namespace
}  // namespace holdfast::exports
