#pragma once
#include <string_view>
namespace holdfast::cli {
inline constexpr std::string_view kVersion = "holdfast 0.1.0";
}
