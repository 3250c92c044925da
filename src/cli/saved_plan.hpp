// A plan in a file, as `plan -o json=FILE` writes it and `apply FILE` does it: reviewed by people, so read with care.
#pragma once

#include "plan/plan.hpp"

namespace holdfast::cli {

struct SavedPlan {
    plan::Plan plan;
    std::string spec;                           ///< the file it was made from
    std::map<std::string, std::string> sha256;  ///< of each file it was made from, in hex
    std::vector<std::string> set, overlays;     ///< the flags it was made with
};

json::Value to_json(SavedPlan const&, base::Date);
/// Refuses what is no saved plan, and one that does not say what it was made from.
base::Result<SavedPlan> read_saved_plan(std::string_view text);

}  // namespace holdfast::cli
