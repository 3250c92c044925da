/// people: who else acts on what we deploy, by hand and without asking.
#pragma once

#include "process.hpp"

namespace holdfast::storm {

struct ByHand {
    std::vector<std::string> words;  ///< what was done
    std::set<std::string> touched;   ///< ids of what was changed, deleted or made
    std::set<std::string> made;      ///< ids of things that are not ours, where ours were to stand
    std::string unanswered;          ///< id of one in `made` of which Azure has not yet said that it will be
};

/// After `later`, somebody with the rights of an owner changes, deletes or makes something of the estate. With an aim
/// they wait until something of that kind is there to be touched. Nothing is done where Azure refuses it.
world::Task<void> meddle(Process* process, Scene* scene, Kind how, Aim* aim, resource::Graph estate,
                         base::Duration later, ByHand* did);

}  // namespace holdfast::storm
