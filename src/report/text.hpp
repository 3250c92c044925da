/// text: words on a terminal. Widths as a terminal counts them, colours that never carry meaning alone, glyphs with an
/// ASCII twin. Private to `report`.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "report/report.hpp"

namespace holdfast::report {

enum class Tone { plain, strong, faint, good, bad, warn, note };

/// Columns a terminal gives this UTF-8 text: wide characters two, combining marks none.
int width(std::string_view text);
/// Cut to `columns`, ending in an ellipsis when something was cut.
std::string clipped(std::string_view text, int columns, Style const&);
/// Filled with spaces up to `columns`; longer text stays as it is.
std::string padded(std::string_view text, int columns);
/// Broken at spaces so that no line exceeds `columns` (words longer than that stand alone).
std::vector<std::string> wrapped(std::string_view text, int columns);
/// `text` as a block: the first line after `lead`, the others indented to the same column.
std::string block(std::string_view lead, std::string_view text, Style const&);
std::string painted(Style const&, Tone, std::string_view text);
/// "1 step", "2 steps".
std::string counted(std::size_t count, std::string_view one, std::string_view many = {});
/// A JSON scalar or small value as people write it; secrets never get here.
std::string shown(json::Value const&);
/// "1:02", "12:40", "1:02:03": for columns of elapsed time.
std::string clock_text(base::Duration);

struct Glyphs {
    std::string_view pass, fail, unknown, chosen, skipped;  ///< outcomes
    std::string_view running, waiting, done;                ///< steps
    std::string_view branch, last_branch, through, blank;   ///< trees
    std::string_view dot, arrow, ellipsis, final;
};
Glyphs const& glyphs(Style const&);

/// A child of `text`, cut into code points; invalid bytes come out one by one.
struct CodePoint {
    char32_t value;
    std::string_view bytes;
    bool valid;
};
std::vector<CodePoint> code_points(std::string_view text);

}  // namespace holdfast::report
