/// core: what the faces of the simulated Azure (Resource Manager, Entra, Graph, vaults) share.
#pragma once

#include "simulator/arm/throttle.hpp"
#include "simulator/entra/claims.hpp"
#include "simulator/entra/signer.hpp"
#include "simulator/http.hpp"
#include "simulator/simulator.hpp"
#include "simulator/store/store.hpp"

namespace holdfast::simulator {

struct Core {
    Core(world::Rows& rows, Options given) : store(rows), options(std::move(given)) {}
    Store store;
    Options options;
    arm::Throttle throttle;
    Fate fair;
    Fate& fate() { return options.fate ? *options.fate : fair; }
    entra::Signer signer;  ///< holds the store's signing key
    entra::Genuine genuine;

    /// Seeded by the world, the purpose and how often it was asked: who draws in between does not matter.
    base::Prng prng(std::string_view purpose);
    double draw(arm::Takes const&, std::string_view purpose);
};

/// The host suffixes of one cloud, as far as the simulator answers for it.
struct CloudHosts {
    std::string_view name, management, login, graph, vault_suffix, registry_suffix, portal;
    std::string_view source, date;
};
/// Null for a host that is none of them: then the path decides (a custom cloud on one listener).
enum class Face { management, login, graph, vault };
std::optional<std::pair<Face, CloudHosts const*>> face_of(std::string_view host);
CloudHosts const& simulated_cloud();

}  // namespace holdfast::simulator
