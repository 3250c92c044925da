// Destroy: everything of ours, users before what they use, the group last. Existing things stay.
#include <fmt/format.h>
#include <algorithm>

#include "plan/record.hpp"
#include "plan/steps.hpp"

namespace holdfast::plan {

using resource::Graph;
using resource::Ownership;
using resource::Resource;
using resource::ResourceId;

namespace {

constexpr std::string_view group_type = "Microsoft.Resources/resourceGroups";

class Unmaker {
public:
    Unmaker(estate::Estate const& estate, Graph const& live)
        : estate_(estate), live_(live), names_{estate.graph, live} {}

    Plan run() {
        choose();
        for (auto const& [address, resource] : ours_) {
            Change change{.address = address,
                          .type = resource->type,
                          .resource = resource->id->text(),
                          .action = Action::remove,
                          .properties = {},
                          .because = "destroy: it is ours"};
            if (auto const with = goes_with(*resource)) {
                change.because = fmt::format("destroy: it goes with {}", *with);
                along_[*with].push_back(address);
            } else if (auto const& row = manner(resource->type); row.undeletable) {
                change.action = Action::none;
                change.because = fmt::format("it stays: {}", row.because);
            } else {
                steps_.add(deletion(*resource, names_, because(*resource)));
                deleted_[address] = delete_id(address);
            }
            plan_.changes.push_back(std::move(change));
        }
        for (auto& [with, addresses] : along_)
            if (auto* step = steps_.find(delete_id(with))) step->inlines = addresses;
        order();
        guard_keys();
        guard_strangers();
        plan_.unknowns = live_.unread;
        for (auto const& unread : live_.unread)
            plan_.guards.push_back({"unknown", unread.what, "it could not be read: " + unread.because, unread.what});
        std::ranges::sort(plan_.changes, {}, &Change::address);
        auto const by = [](Guard const& g) { return std::tie(g.klass, g.name, g.address, g.because); };
        std::ranges::sort(plan_.guards, {}, by);
        plan_.steps = std::move(steps_).ordered();
        plan_.by_azure = estate_.by_azure;
        json::Path const tag = json::Path("tags").child(std::string(resource::owner_tag));
        for (auto const& [address, resource] : estate_.graph.resources())
            if (auto const name = json::text_at(resource.body, tag); name && plan_.name.empty()) plan_.name = *name;
        return std::move(plan_);
    }

private:
    void choose() {
        for (auto const& [address, resource] : live_.resources()) {
            if (!resource.id || resource.ownership == Ownership::existing) continue;
            auto const* designed = estate_.graph.find(address);
            if (designed && designed->ownership == Ownership::existing) continue;
            if (resource.ours) {
                ours_.emplace(address, &resource);
                continue;
            }
            Change kept;
            kept.address = address;
            kept.type = resource.type;
            kept.resource = resource.id->text();
            kept.because = "it does not bear our mark, so it stays";
            if (designed) plan_.changes.push_back(std::move(kept));
        }
    }

    std::string because(Resource const& resource) const {
        auto const& row = manner(resource.type);
        auto const special = row.deleted_alone || row.lingers;
        return special ? fmt::format("destroy: {}", row.because)
                       : fmt::format("destroy: the {} is ours", plain(resource.type));
    }

    /// What takes this resource along when it goes: what it lies in, unless its type needs an act of its own.
    std::optional<Address> goes_with(Resource const& resource) const {
        auto const& row = manner(resource.type);
        std::optional<Address> best;
        std::size_t longest = 0;
        for (auto const& [address, other] : ours_) {
            if (other == &resource || !resource.id->is_within(*other->id)) continue;
            if (manner(other->type).undeletable) continue;  // it takes nothing along: it stays, or goes with more
            if (other->id->key().size() < longest) continue;
            longest = other->id->key().size();
            best = address;
        }
        if (!best) return std::nullopt;
        auto const& enclosing = *ours_.at(*best);
        if (row.lingers) return std::nullopt;
        bool const only_the_group = base::same_text(enclosing.type, group_type);
        if (row.deleted_alone && (only_the_group || row.forbids)) return std::nullopt;
        // What lies in something that itself goes along, goes with the same.
        if (auto const further = goes_with(enclosing)) return further;
        return row.keeps_parent ? std::nullopt : best;
    }

    void order() {
        order_deletions(steps_, deleted_, names_, {});
        // A group goes last, and whatever remembers what we made elsewhere goes after it.
        for (auto const& [address, step] : deleted_) {
            auto const& one = *ours_.at(address);
            bool const last = base::same_text(one.type, group_type);
            for (auto const& [other, other_step] : deleted_)
                if (other != address && (last || (one.raw && remembers(*one.raw, *ours_.at(other)->id))))
                    steps_.after_if_possible(step, other_step);
        }
    }

    /// Data elsewhere that hangs on something of ours is lost with it.
    void guard_keys() {
        for (auto const& [address, resource] : ours_) {
            if (!manner(resource->type).guards_data) continue;
            for (auto const& [other, user] : live_.resources()) {
                if (ours_.contains(other) || !user.id || !hangs_on(user, *resource)) continue;
                if (inside_ours(*user.id)) continue;
                plan_.guards.push_back(
                    {"key-loss", guard_name(*resource),
                     fmt::format("{} stays and is encrypted through the {}: it can never be read again",
                                 user.id->text(), plain(resource->type)),
                     address});
            }
            for (auto const& unread : live_.unread)
                if (base::starts_with_text(unread.what, address + "/") ||
                    base::starts_with_text(unread.what, resource->id->text() + "/"))
                    plan_.guards.push_back({"key-loss", guard_name(*resource),
                                            fmt::format("what hangs on the {} could not be read: {}",
                                                        plain(resource->type), unread.because),
                                            address});
        }
    }
    /// A group takes everything in it along, whoever made it.
    void guard_strangers() {
        for (auto const& [address, step] : deleted_) {
            auto const& group = *ours_.at(address);
            if (!base::same_text(group.type, group_type)) continue;
            for (auto const& [other, resource] : live_.resources()) {
                if (ours_.contains(other) || !resource.id || !resource.id->is_within(*group.id)) continue;
                plan_.guards.push_back({"delete", guard_name(resource),
                                        fmt::format("the {} is not ours, lies in the group {} and goes with it",
                                                    plain(resource.type), group.id->name()),
                                        other});
            }
        }
    }
    bool inside_ours(ResourceId const& id) const {
        return std::ranges::any_of(ours_, [&id](auto const& one) { return id.is_within(*one.second->id); });
    }

    estate::Estate const& estate_;
    Graph const& live_;
    Names names_;
    Plan plan_;
    Steps steps_;
    std::map<Address, Resource const*> ours_;
    std::map<Address, std::string> deleted_;
    std::map<Address, std::vector<Address>> along_;
};

}  // namespace

Plan unmake(estate::Estate const& estate, Graph const& live) { return Unmaker(estate, live).run(); }

}  // namespace holdfast::plan
