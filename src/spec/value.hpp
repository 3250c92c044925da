/// One written value, held against its row.
#pragma once

#include "language.hpp"

namespace holdfast::spec {

/// The value in normal form, or nothing after telling what is wrong with it.
std::optional<json::Value> read_value(FieldRow const&, yaml::Node const&, std::vector<base::Error>& mistakes);

/// User text inside a message: printable and short.
std::string quoted(std::string_view text);
base::Error mistake(base::ErrorCode, base::Where, std::string what, std::string fix);

}  // namespace holdfast::spec
