/// What must be known about the text itself, before and beside the parser.
#pragma once

#include <optional>

#include "yaml/yaml.hpp"

namespace holdfast::yaml {

/// The lines of a text, for turning offsets into positions. Borrowed: the text outlives it.
class Source {
public:
    Source(std::string_view text, std::string const& file);

    std::string_view text() const { return text_; }
    std::string const& file() const { return file_; }
    /// Line and column count from 1, columns in bytes.
    base::SourcePos at(std::size_t offset, std::size_t length = 1) const;
    base::SourcePos at(int line, int column, std::size_t length = 1) const;
    std::size_t offset(int line, int column) const;
    std::string_view line(int number) const;
    std::size_t lines() const { return starts_.size(); }

private:
    std::string_view text_;
    std::string const& file_;
    std::vector<std::size_t> starts_;
};

/// Bytes that no YAML may hold: broken UTF-8 and control characters. One error at most: the rest follows from it.
std::optional<base::Error> bad_bytes(Source const&);
/// The first line indented with a tab, outside block scalars.
std::optional<base::Error> tab_indentation(Source const&);

/// How far a scalar that begins at `offset` reaches in the source: plain text on its line, or through the closing
/// quote.
struct Extent {
    std::size_t length = 1;
    bool closed = true;  ///< false: a quote without its end, which the parser would let pass
};
Extent extent(Source const&, std::size_t offset, std::string_view value);

}  // namespace holdfast::yaml
