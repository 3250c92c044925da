// Private to the room: the steps of a plan while it is being made, and what orders them.
#pragma once

#include <set>

#include "plan/plan.hpp"
#include "plan/rows.hpp"

namespace holdfast::plan {

/// Where names come from: the graphs a plan compares.
struct Names {
    resource::Graph const& designed;
    resource::Graph const& live;
    /// The address of what has this id, else the id itself, in lower case.
    std::string address_of(resource::ResourceId const&) const;
};

/// What a guard and an --allow call a resource: "vnet-prod/nodes"; its address where the id is a GUID or unknown.
std::string guard_name(resource::Resource const&);
std::string plain(std::string_view type);  ///< "virtual network"

int expected_s(std::string_view type, std::string_view act);
std::vector<std::string> locks(std::string_view type, std::optional<resource::ResourceId> const&,
                               json::Value const& body, Names const&);

/// Steps under construction: by id, with edges that may be asked for before they are made.
class Steps {
public:
    Step& add(Step);
    Step* find(std::string const& id);
    /// `step` comes after `before`. Both must be steps by the time `ordered` is called; unknown ones are dropped.
    void after(std::string const& step, std::string const& before);
    /// The same, unless `before` already has to wait for `step`.
    void after_if_possible(std::string const& step, std::string const& before);
    std::map<std::string, Step> const& all() const { return steps_; }
    /// In an order that respects `after`: at every moment the one with the longest path still before it.
    std::vector<Step> ordered() &&;

private:
    bool reaches(std::string const& from, std::string const& to) const;
    std::map<std::string, Step> steps_;
    std::map<std::string, std::set<std::string>> after_;
};

/// Whether a thing names another, something in it, or an address that it answers at.
bool hangs_on(resource::Resource const& user, resource::Resource const& used);

std::string write_id(Address const&);
std::string delete_id(Address const&);

/// A step that deletes a live resource.
Step deletion(resource::Resource const& live, Names const&, std::string because);
/// Orders deletions among themselves: users before what they use, locks before what they protect. `kept`: steps that
/// write what stays and may still use what goes (address -> step id).
void order_deletions(Steps&, std::map<Address, std::string> const& deleted, Names const&,
                     std::map<Address, std::string> const& kept);

}  // namespace holdfast::plan
