/// moments: dates as template functions write and move them.
#pragma once

#include <optional>

#include "base/base.hpp"

namespace holdfast::simulator::templates {

/// "2026-11-24 08:00:00Z", "2026-11-24T08:00:00Z", "20261124T080000Z".
std::optional<base::Time> moment_of(std::string_view);
/// ISO 8601: "P1Y2M3DT4H5M6S", "-P1D". Years and months keep the day where the month has it.
std::optional<base::Time> moved(base::Time, std::string_view duration);
/// A .NET style: yyyy, MM, dd, HH, mm, ss are replaced, all else stays; "u" and "d" are styles of their own.
std::string styled(base::Time, std::string_view style);

}  // namespace holdfast::simulator::templates
