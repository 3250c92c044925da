/// subject: what is deployed. The examples, and specs drawn over the whole language, each with the calm ends that a
/// deployment in any weather must reach.
#pragma once

#include "estate/estate.hpp"
#include "simulator/simulator.hpp"

namespace holdfast::storm {

/// Rows that can be copied: a world to begin from.
class Shelf final : public world::Rows {
public:
    world::Result<std::vector<std::pair<std::string, std::string>>> load() override;
    world::Result<void> commit(std::span<world::RowChange const>) override;

private:
    std::map<std::string, std::string> rows_;
};

/// What stands, told apart from chance: ids in which a role assignment is its scope, role and holder; below each every
/// scalar of its body by path, principals by what holds them.
using Standing = std::map<std::string, std::map<std::string, std::string>>;
Standing standing(simulator::Azure const&);

struct Subject {
    std::string name;      ///< "secure-cluster", "drawn 17"
    std::string settings;  ///< of a drawn one: what was set on which example
    estate::Estate estate;
    std::string world;  ///< ARM bodies that stand before, or empty
    std::set<std::string> writable, scopes;

    // Filled by a calm deployment; `refusal` says why there is none.
    std::string refusal;
    bool blocked = false;  ///< with what stands in view the checks refuse it: nobody would have let it begin
    Shelf deployed, destroyed;
    base::Time deployed_at{}, destroyed_at{};
    Standing before, after;  ///< what chance decides is left out of `after`'s bodies
    bool keeps_a_vault = false;
    /// What an earlier design of the same name left, where a calm change leads from it to this one, and what then
    /// stands. A change that takes more than a write (a cluster built anew) is one that our user allows.
    struct Earlier {
        Shelf rows;
        base::Time at{};
        Standing after;
        std::set<std::string> allowed;
        std::set<std::string> writable, scopes;  ///< what was the earlier design's
        std::set<std::string> keys;              ///< its keys in vaults of others, which nobody deletes
    };
    std::optional<Earlier> earlier;
};

simulator::Options options(std::uint64_t seed, simulator::Fate* = nullptr);

/// An example by name; rehearsed.
Subject example(std::string const& name);
std::vector<std::string> example_names();
/// A spec drawn over the language: an example with settings of its fields changed and entries added to its lists, often
/// beside things that stand already (there.json); what is not valid together is left out. Rehearsed.
struct Drawn {
    Subject subject;
    int tried = 0, rejected = 0;  ///< settings, and those that the language or the checks did not take
    std::map<std::string, int> taken;  ///< by key
};
Drawn drawn(std::uint64_t seed);
/// Why a key of the language is never drawn; empty: it is.
std::string why_undrawn(spec::FieldRow const&);

}  // namespace holdfast::storm
