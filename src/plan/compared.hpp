// Private to the room: what becomes of each designed resource.
#pragma once

#include "plan/compare.hpp"
#include "plan/steps.hpp"

namespace holdfast::plan {

/// One designed, managed resource beside what stands.
struct Node {
    resource::Resource const* designed = nullptr;
    resource::Resource const* live = nullptr;  ///< null: does not stand
    resource::Resource wanted;                 ///< the designed one; values that stand already filled in
    Change change;
    std::optional<std::string> version_from;  ///< an upgrade, beside or instead of other changes
    std::string version_to;
    json::Path version_at;
    bool other_changes = false;  ///< anything but the version
    std::string under_way;       ///< what Azure is doing to it: "Creating"; empty when it has settled
    bool unplanned = false;      ///< depends on what could not be read
    bool exists() const { return live && change.action != Action::replace && !replaced_with_parent; }
    bool replaced_with_parent = false;
};

struct Compared {
    std::map<Address, Node> nodes;
    std::vector<Guard> guards;
    std::vector<resource::Unread> unknowns;
};
Compared compare(estate::Estate const&, resource::Graph const& live);

}  // namespace holdfast::plan
