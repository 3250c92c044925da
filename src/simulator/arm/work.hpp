/// work: the Context that hooks see, and what the core does through it.
#pragma once

#include "simulator/arm/bodies.hpp"
#include "simulator/arm/types.hpp"
#include "simulator/core.hpp"

namespace holdfast::simulator::arm {

class Work final : public Context {
public:
    Work(Core& core, Caller caller) : core_(core), caller_(std::move(caller)) {}

    Time now() const override { return core_.store.now(); }
    Caller const& caller() const override { return caller_; }
    std::string const& tenant() const override { return core_.options.owner.tenant; }
    base::Prng prng(std::string_view purpose) override { return core_.prng(purpose); }
    double draw(Takes const& takes, std::string_view purpose) override { return core_.draw(takes, purpose); }
    std::string guid(std::string_view purpose) override { return core_.prng(purpose).guid(); }

    Stored const* find(ResourceId const& id) const override { return core_.store.find(id.key()); }
    Stored const* find(std::string_view id) const override;
    std::vector<Stored const*> children(ResourceId const& parent, std::string_view type) const override;
    std::vector<Stored const*> of_type(std::string_view type) const override { return core_.store.of_type(type); }
    std::vector<Stored const*> users(ResourceId const&) const override;
    json::Value shown(Stored const&) const override;
    bool busy(ResourceId const&) const override;

    Stored* edit(ResourceId const&) override;
    Stored& put(ResourceId const&, json::Value body) override;
    void erase(ResourceId const&) override;

    bool permits(std::string_view principal, std::string_view action, ResourceId const& scope) const override;
    bool permits_data(std::string_view principal, std::string_view action, ResourceId const& scope) const override;
    bool will_permit(std::string_view principal, std::string_view action, ResourceId const& scope) const override;
    Principal const* principal(std::string_view id) const override { return core_.store.principal(id); }
    Principal const& add_principal(Principal principal) override { return core_.store.put(std::move(principal)); }
    void remove_principal(std::string_view id) override { core_.store.erase_principal(id); }
    void grant(std::string_view principal, std::string_view role, ResourceId const& scope) override;
    bool registered(std::string_view provider) const override;
    bool feature_registered(std::string_view provider, std::string_view feature) const override;

    void schedule(Time at, std::string_view function, std::string_view id, json::Value payload) override;
    void result(json::Value) override;
    void fail(ArmError) override;

    SoftDeleted const* soft_deleted(std::string_view kind, std::string_view name) const override;
    std::vector<SoftDeleted const*> all_soft_deleted(std::string_view kind) const override;
    void bury(SoftDeleted) override;
    bool unearth(std::string_view kind, std::string_view name) override;
    bool purge(std::string_view kind, std::string_view name) override;

    Core& core() { return core_; }
    Core const& core() const { return core_; }
    /// The operation whose end is being worked on: what `result` and `fail` speak of.
    void working_on(Operation* operation) { operation_ = operation; }

private:
    Core& core_;
    Caller caller_;
    Operation* operation_ = nullptr;
};

/// The core's own rows look further than a provider may: every Context is a Work.
inline Work& own(Context& context) { return static_cast<Work&>(context); }

/// The id as a GET spells it.
std::string shown_id(Stored const&);
/// The etag of what stands.
std::string etag_of(Stored const&);
/// Sets provisioningState where the type has one.
void set_state(Stored&, std::string_view state);
std::string state_of(Stored const&);
json::Value error_body(ArmError const&, Envelope);

}  // namespace holdfast::simulator::arm
