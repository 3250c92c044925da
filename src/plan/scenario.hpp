// For tests: graphs and plans as text that a person writes and reads.
//
//   designed ADDRESS TYPE NAME [in PARENT] [existing]   a node of the estate; `Network/routeTables` is short for
//   Microsoft.Network/…;
//                                                       the name `?` is not known yet
//   live ADDRESS [TYPE NAME] [in PARENT] [ours]         what stands; without a type exactly what is designed
//     {…}                                               its body, or what differs from the designed one
//     etag TEXT
//     pending PATH <- ADDRESS PATH     pending PATH <- secret NAME
//     needs ADDRESS                    decided PATH        start PATH (a value Azure moves from then on)
//   unread WHAT: BECAUSE               recoverable ADDRESS until DATE
//   provider NAMESPACE STATE           feature PROVIDER/NAME STATE
//   destroy                            the plan that takes everything away
//   show bodies
#pragma once

#include "plan/plan.hpp"

namespace holdfast::plan {

struct Scenario {
    estate::Estate estate;
    resource::Graph live;
    Providers providers;
    bool destroy = false, bodies = false;
    Plan plan() const { return destroy ? unmake(estate, live) : make(estate, live, providers); }
};
Scenario read_scenario(std::string_view text);  ///< throws std::runtime_error, naming the line
std::string show(Plan const&, bool bodies);

}  // namespace holdfast::plan
