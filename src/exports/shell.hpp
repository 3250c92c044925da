// Private to the room: text that a shell reads and never obeys.
#pragma once

#include <string>
#include <string_view>

namespace holdfast::exports {

/// A word for bash that means exactly this text, whatever is in it: plain, 'quoted', or $'it\'s \342\200\246' where it
/// holds a quote or what is not printable ASCII.
std::string word(std::string_view text);
/// The inside of "…": `$`, backtick, backslash and quote lose their meaning. Printable ASCII and UTF-8 only.
std::string inside_quotes(std::string_view text);
/// The inside of a JSON string in an unquoted here-document. What bash would act on (`$`, backtick, backslash) and what
/// is not printable ASCII is written as a \\u escape, which neither bash nor a locale can change.
std::string json_in_heredoc(std::string_view text);
/// A comment of as many lines as it takes, each behind `# `; control characters are shown, so that no line breaks out.
std::string comment(std::string_view text, std::size_t indent = 0);

}  // namespace holdfast::exports
