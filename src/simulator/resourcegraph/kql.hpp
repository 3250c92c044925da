/// kql: the part of the Kusto query language that deployers send to Resource Graph.
///
/// Tables, `where`, `extend`, `project`, `project-away`, `distinct`, `summarize count()/countif()/make_list()/any()
/// by`, `join kind=inner|leftouter`, `order by`, `top`, `take`, `count`. What is not here is refused by its name, with
/// line and column: a query that is half understood gives a wrong answer. Pure and bounded. Language: "Understanding
/// the Azure Resource Graph query language", learn.microsoft.com, read 2026-11-24.
#pragma once

#include <functional>

#include "json/json.hpp"

namespace holdfast::simulator::kql {

struct Mistake {
    std::string message, token;
    std::size_t line = 1, column = 1;
};
using Rows = std::vector<json::Object>;
/// The rows of a table by its name (without case), or nothing.
using Tables = std::function<std::optional<Rows>(std::string_view)>;

tl::expected<Rows, Mistake> run(std::string_view query, Tables const&);

}  // namespace holdfast::simulator::kql
