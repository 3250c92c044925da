/// kql: the part of the Kusto query language that deployers send to Resource Graph.
///
/// Tables, `where`, `extend`, `project`, `project-away`, `distinct`, `summarize count()/countif()/make_list()/any()
/// by`, `join kind=inner|leftouter`, `order by`, `top`, `take`, `count`. What is not here is refused by its name, with
/// line and column: a query that is half understood gives a wrong answer. Pure and bounded. Language: "Understanding
/// the Azure Resource Graph query language", learn.microsoft.com, read 2026-11-24.
#pragma once

#include <functional>
#include <memory>

#include "json/json.hpp"

namespace holdfast::simulator::kql {

struct Mistake {
    std::string message, token;
    std::size_t line = 1, column = 1;
};

/// A value: one that stands elsewhere, or its own.
class Cell {
public:
    Cell() = default;
    Cell(json::Value own) : own_(std::move(own)) {}
    /// Stands for as long as the other does, or until another row of its table is looked into.
    static Cell of(json::Value const& standing) {
        Cell cell;
        cell.standing_ = &standing;
        return cell;
    }
    bool is_own() const { return standing_ == nullptr; }
    json::Value const& get() const { return standing_ ? *standing_ : own_; }
    json::Value take() && { return standing_ ? *standing_ : std::move(own_); }

private:
    json::Value const* standing_ = nullptr;
    json::Value own_;
};

/// A table, walked once from its beginning. A row costs nothing until somebody looks at a column: queries walk many and
/// look at few.
class Table {
public:
    using Handle = void const*;  ///< of a row; the table's own business
    virtual ~Table() = default;
    virtual std::span<std::string_view const> columns() const = 0;  ///< at most 64
    /// The next row, whose handle holds as long as the table; nothing at the end.
    virtual std::optional<Handle> next() = 0;
    virtual Cell cell(Handle, std::size_t column) const = 0;
};
/// A table by its name (without case), or null.
using Tables = std::function<std::unique_ptr<Table>(std::string_view)>;

/// Which rows of the answer are wanted. The others are counted and not made.
struct Window {
    std::size_t skip = 0, size = ~std::size_t{0};
    bool count_all = true;  ///< also what comes behind the window
};
struct Answer {
    std::vector<json::Object> rows;
    std::size_t total = 0;  ///< with what was skipped, and counted
    /// Where every row is one of the table's, in its order: the last one of the window. A table that begins behind it
    /// goes on from there.
    std::optional<Table::Handle> last;
};
tl::expected<Answer, Mistake> run(std::string_view query, Tables const&, Window = {});

}  // namespace holdfast::simulator::kql
