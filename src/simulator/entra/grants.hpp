/// grants: the token and device code endpoints.
#pragma once

#include "simulator/core.hpp"

namespace holdfast::simulator::entra {

world::Response token(Core&, Asked const&, std::string const& tenant);
world::Response device_code(Core&, Asked const&, std::string const& tenant);

/// An OAuth error with Entra's number.
world::Response refuse(Core&, int status, std::string_view oauth, int number, std::string message);

}  // namespace holdfast::simulator::entra
