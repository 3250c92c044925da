// Acts: everything between a plan and its end. Guards, the question, the journal, the live view, the closing screen.
#pragma once

#include "design.hpp"

namespace holdfast::cli {

/// What an act is about, for its first line and its question.
struct Act {
    std::string verb;                   ///< "apply"
    std::string name;                   ///< the spec's
    std::vector<std::string> allowed_classes;   ///< guards the verb itself lifts: destroy says delete
};

/// Refuses (5) what a guard forbids and nobody allowed; an error a guard, naming the flag that lifts it.
std::vector<base::Error> refused(plan::Plan const&, Arguments const&, Act const&);

/// Asks, or takes --yes; neither: refuses.
base::Result<void> consent(plan::Plan const&, Arguments const&, Act const&, Session&, world::Terminal&);

/// Carries the plan out with journal, events and live view. `journal` decides whether it is a new run or an old one.
base::Result<engine::Run> carry_out(plan::Plan const&, journal::Journal&, Session&, Arguments const&, world::Terminal&, azure::Client&,
                                    std::string const& folder);

/// "deploying prod-weu to simulated (https://…), tenant …, subscription …, as client secret of …"
std::string first_line(Act const&, Session&, std::string const& subscription, std::string const& tenant);

/// The status of a run that ended: 0, 1, or 128 + the signal that stopped it.
int status_of(engine::Run const&, Session&);

}  // namespace holdfast::cli
