#include "simulator/arm/groups.hpp"

#include <algorithm>

#include "simulator/arm/operations.hpp"

namespace holdfast::simulator::arm {
namespace {

constexpr std::string_view recorded = "167 recorded deletions, read 2026-11-23";
constexpr Takes deletion_empty{2, 10, 45, "estimate: the shortest recorded deletions"};
constexpr Takes deletion_full{45, 340, 1861, recorded};
constexpr Duration look_again{5000};

}  // namespace

std::string_view group_key(ResourceId const& id) {
    constexpr std::string_view subscriptions = "/subscriptions/", groups = "/resourcegroups/";
    std::string_view const key = id.key();
    if (!key.starts_with(subscriptions)) return {};
    auto const at = key.find('/', subscriptions.size());
    if (at == std::string_view::npos || !key.substr(at).starts_with(groups)) return {};
    return key.substr(0, key.find('/', at + groups.size()));
}
bool is_group(ResourceId const& id) { return group_key(id) == id.key(); }

ResourceBehaviour const& group_behaviour() {
    static ResourceBehaviour const row{.type = group_type,
                                       .erase = Lro::location,
                                       .erase_retry_after = 15,
                                       .patch = PatchStyle::tags,
                                       .result_path = "operationresults/{id}?api-version=2021-04-01",
                                       .tracked = false,
                                       .source = "recorded traffic, read 2026-11-23",
                                       .date = "2026-11-23"};
    return row;
}

Takes deletion_takes(Work const& work, ResourceId const& group) {
    return work.children(group, {}).empty() ? deletion_empty : deletion_full;
}

Outcome sweep(Work& work, ResourceId const& group) {
    auto& store = work.core().store;
    std::vector<ArmError> refusals;
    for (bool progress = true; progress;) {
        progress = false;
        refusals.clear();
        for (auto const* member : work.children(group, {})) {
            if (!work.find(member->id)) continue;  // gone with another member
            if (running_on(store, member->id)) return Later{look_again};
            auto const id = member->id;
            auto const& row = behaviour(member->type);
            if (row.before_delete) {
                if (auto refused = row.before_delete(work, *member)) {
                    refused->target = id.text();
                    refusals.push_back(std::move(*refused));
                    continue;
                }
            }
            work.erase(id);
            progress = true;
            break;  // hooks may have changed what stands
        }
    }
    if (refusals.empty()) {
        work.erase(group);
        return Done{};
    }
    if (auto* stored = store.edit(group.key())) {
        stored->deleting = false;
        set_state(*stored, "Succeeded");
    }
    auto failed = error(409, "ResourceGroupDeletionBlocked",
                        "The resource group '" + std::string(group.name()) + "' was not deleted: " +
                            std::to_string(refusals.size()) + " of its resources could not be.");
    failed.details = std::move(refusals);
    return failed;
}

}  // namespace holdfast::simulator::arm
