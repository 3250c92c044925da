/// entra: sign-in, discovery, cloud metadata, the identity endpoint of machines.
#pragma once

#include "simulator/core.hpp"

namespace holdfast::simulator::entra {

/// Everything under the login host.
world::Response answer(Core&, Asked const&);
/// GET /metadata/endpoints in its three shapes.
world::Response metadata(Core const&, Asked const&);
/// GET /metadata/identity/oauth2/token, as a machine with the owner's identity would ask.
world::Response machine_identity(Core&, Asked const&);
/// Whether a path belongs to the login host, for listeners that serve everything.
bool is_login_path(Asked const&);

}  // namespace holdfast::simulator::entra
