/// markup: HTML and SVG written safely. Everything that is not a literal of this room goes through `escaped`.
/// Private to `report`.
#pragma once

#include <fmt/format.h>

#include "report/report.hpp"

namespace holdfast::report::page {

/// Text for HTML, safe in content and in quoted attributes; control characters become visible.
std::string escaped(std::string_view text);
/// A long name or id: breaks allowed after separators.
std::string breakable(std::string_view text);

/// An SVG drawing, built from the top down; its colours come from the page's style sheet by class.
class Drawing {
public:
    explicit Drawing(int width_px) : width_(width_px) {}
    void box(int x, int y, int width, int height, std::string_view klass, int radius = 8);
    void text(int x, int y, std::string_view content, std::string_view klass = "t");
    /// Lines of at most `width` pixels; returns the y below the last.
    int paragraph(int x, int y, int width, std::string_view content, std::string_view klass = "s", int line_px = 16,
                  int most_lines = 8);
    void line(int x1, int y1, int x2, int y2, std::string_view klass = "l");
    void arrow(int x1, int y1, int x2, int y2, std::string_view klass = "a");
    void raw(std::string svg) { body_ += std::move(svg); }
    int width() const { return width_; }
    /// `title` is read to those who do not see the drawing.
    std::string svg(int height, std::string_view title) const;

private:
    int width_;
    std::string body_;
};
/// How many pixels a line of text takes, roughly: system fonts differ.
int text_px(std::string_view text, int font_px);
/// `text` cut into lines that fit.
std::vector<std::string> lines_of(std::string_view text, int width_px, int font_px);

// The sections, each "" when there is nothing to show.
std::string standing(Page const&);
std::string network_drawn(Page const&);
std::string way_in(Page const&);
std::string key_chains(Page const&);
std::string timeline(Page const&);
std::string promises(Page const&);
std::string decisions(Page const&);
std::string azure_made(Page const&);
std::string unknowns(Page const&);

std::string_view style_sheet();

}  // namespace holdfast::report::page
