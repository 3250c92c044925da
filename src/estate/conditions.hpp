/// conditions: the `when` column of the estate's tables, in the small language that data/fields.yaml describes.
///
/// `a = x|y`, `a != x`, `a` (said or filled), `a has x` (a list), `!` before the last two, joined by ` & `,
/// alternatives by ` or `; `any pools[].x = y`.
#pragma once

#include "spec/spec.hpp"

namespace holdfast::estate {

/// An empty condition holds.
bool holds(spec::Spec const&, std::string_view condition);

}  // namespace holdfast::estate
