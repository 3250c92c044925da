/// people: who else acts on what we deploy, by hand and without asking.
#pragma once

#include "process.hpp"

namespace holdfast::storm {

/// After `later`, somebody with the rights of an owner changes or deletes something of the estate that stands. What
/// they did comes out in words; nothing when Azure refused it or nothing stood.
world::Task<void> meddle(Process* process, Scene* scene, Kind how, resource::Graph estate, base::Duration later,
                         std::vector<std::string>* did);

}  // namespace holdfast::storm
