// What everything stands on: the resource group, its lock, and the identities.

#include "estate/draft.hpp"

namespace holdfast::estate {

void design_foundation(Draft& draft) {
    auto const& spec = draft.spec;
    if (spec.has("azure.group.id")) {
        draft.standing("group", "azure.group.id");
    } else {
        draft.ours("group", "");
    }
    if (spec.maybe_text("lock").value_or("none") != "none") {
        Resource& lock = draft.ours("group/lock", "group");
        draft.land(lock, "lock", "lock");
        draft.put_because(lock, "properties.notes", "holdfast:" + spec.name() + ": deleting needs a second thought",
                          "says who put the lock");
    }

    // Roles can be granted to an identity of ours before the cluster stands, so nothing has to be granted in a hurry
    // later.
    auto const identity = [&](Address const& address, std::string const& key, std::string_view word) {
        if (spec.has(key + ".id")) {
            draft.standing(address, key + ".id");
        } else if (spec.maybe_text(key) == word) {
            draft.ours(address, "group");
        }
    };
    identity("identity/cluster", "identity.controlPlane", "userAssigned");
    identity("identity/kubelet", "identity.kubelet", "own");
    bool const disk_set_is_ours =
        spec.maybe_text("encryption.disks.key") == "customer" && !spec.has("encryption.disks.set.id");
    if (disk_set_is_ours) identity("identity/disk", "identity.disks", "own");
}

}  // namespace holdfast::estate
