/// exported: what stands, as a template that would make it again.
#pragma once

#include "simulator/arm/work.hpp"

namespace holdfast::simulator::templates {

struct Export {
    bool names_are_parameters = true;    ///< each name with its value as default; ids inside follow
    std::vector<std::string> only = {};  ///< ids; empty: everything that the caller may read
};
/// The template of a group, resources in order of id, parents before children. Without what Azure alone writes, without
/// secrets, deployments, and what only extends others (role assignments, locks, diagnostic settings).
json::Object exported(arm::Work const&, ResourceId const& group, Export const&);

}  // namespace holdfast::simulator::templates
