// The front: which face answers, time, and durability.
#include <cassert>

#include "simulator/arm/arm.hpp"
#include "simulator/arm/groups.hpp"
#include "simulator/arm/work.hpp"
#include "simulator/entra/entra.hpp"
#include "simulator/graph/graph.hpp"
#include "simulator/load.hpp"
#include "simulator/vault/vault.hpp"

namespace holdfast::simulator {
namespace {

constexpr std::string_view owner_role = "Owner";

void replace_all(std::string& text, std::string_view what, std::string_view with) {
    for (auto at = text.find(what); at != std::string::npos; at = text.find(what, at + with.size()))
        text.replace(at, what.size(), with);
}

class Simulated final : public Azure {
public:
    Simulated(world::Rows& rows, Options options) : core_(rows, std::move(options)) {}

    base::Result<void> begin() {
        if (auto loaded = core_.store.load(); !loaded) return loaded;
        if (core_.store.signing_key().empty()) {
            core_.store.advance(core_.options.start);
            core_.store.put_seed(core_.options.seed);
            core_.store.put_signing_key(entra::Signer::new_key_pem());
        }
        if (!core_.signer.load(core_.store.signing_key()))
            return base::fail(base::ErrorCode::unreadable, "the simulated Azure's signing key cannot be read",
                              "remove the state folder to start a new world");
        know_people();
        return core_.store.commit();
    }

    world::Response answer(world::Request const& request, Time now) override {
        arm::pass_time(core_, now);
        auto asked = take_apart(request);
        auto response = in_own_names(asked);
        if (asked.method == "HEAD") response.body.clear();
        decorate(asked, response);
        // An answer that says "done" must survive a kill.
        if (auto const committed = core_.store.commit(); !committed) {
            return answer_json(500, json::Object{{"error", json::Object{{"code", "InternalServerError"},
                                                                        {"message", "The change could not be stored: " +
                                                                                        committed.error().what}}}});
        }
        return response;
    }

    std::optional<Time> next_due() const override {
        return core_.store.first_event([](Event const& event) { return !arm::is_quiet(event); });
    }
    Time now() const override { return core_.store.now(); }

    base::Result<void> load(std::string_view arm_json) override {
        if (auto loaded = load_world(core_, arm_json); !loaded) return loaded;
        return core_.store.commit();
    }

    std::map<std::string, json::Value> resources() const override {
        std::map<std::string, json::Value> shown;
        auto& core = const_cast<Core&>(core_);  // showing changes nothing; a Work is built on a Core it may change
        arm::Work const work(core, {});
        for (auto const& [key, stored] : core_.store.things()) shown.emplace(key, work.shown(stored));
        return shown;
    }
    std::vector<Soft> soft_deleted() const override {
        std::vector<Soft> all;
        for (auto const& [key, deleted] : core_.store.bin())
            all.push_back({deleted.kind, deleted.name, deleted.until, deleted.purge_protected});
        return all;
    }
    std::map<std::string, double> drawn() const override {
        return {core_.store.drawn().begin(), core_.store.drawn().end()};
    }
    std::int64_t repeated_creates() const override { return core_.store.repeated_creates(); }

private:
    /// Those who may sign in; the owner is Owner of the subscription, in effect at once.
    void know_people() {
        auto const& owner = core_.options.owner;
        auto const subscription = ResourceId::subscription_of(owner.subscription);
        arm::Work work(core_, {.object_id = owner.object_id, .client_id = owner.client_id});
        auto const know = [&](Principal principal, std::string const& role) {
            principal.visible_from = core_.store.now();
            auto const id = principal.object_id;
            if (!core_.store.principal(id)) core_.store.put(std::move(principal));
            if (!role.empty() && !work.permits(id, "Microsoft.Authorization/roleAssignments/write", subscription))
                work.grant(id, role, subscription);
        };
        know({.object_id = owner.object_id, .kind = "ServicePrincipal", .client_id = owner.client_id, .name = "owner"},
             std::string(owner_role));
        auto const& directory = core_.options.directory;
        for (auto const& application : directory.applications) {
            know({.object_id = application.object_id,
                  .kind = "ServicePrincipal",
                  .client_id = application.client_id,
                  .name = application.name},
                 application.role);
        }
        for (auto const& user : directory.users) {
            know(
                {.object_id = user.object_id, .kind = "User", .client_id = user.user_principal_name, .name = user.name},
                user.role);
        }
        for (auto const& group : directory.groups) {
            know({.object_id = group.object_id, .kind = "Group", .name = group.name, .members = group.members},
                 group.role);
        }
    }

    world::Response dispatch(Asked const& asked) {
        if (asked.path_is(0, "metadata")) {
            if (asked.path_is(1, "endpoints")) return entra::metadata(core_, asked);
            if (asked.path_is(1, "identity")) return entra::machine_identity(core_, asked);
        }
        if (auto const face = face_of(asked.host)) {
            switch (face->first) {
                case Face::management:
                    return arm::answer(core_, asked);
                case Face::login:
                    return entra::answer(core_, asked);
                case Face::graph:
                    return graph::answer(core_, asked);
                case Face::vault:
                    return vault::answer(core_, asked, *face->second);
            }
        }
        if (entra::is_login_path(asked)) return entra::answer(core_, asked);
        if (asked.path_is(0, "v1.0") || asked.path_is(0, "beta")) return graph::answer(core_, asked);
        return arm::answer(core_, asked);
    }

    /// The world knows its vaults and registries by one set of names. Who came by the hosts of another cloud (through
    /// the proxy) writes and reads that cloud's suffixes.
    world::Response in_own_names(Asked& asked) {
        auto const& own = simulated_cloud();
        auto const face = face_of(asked.host);
        // Tokens are for the names that were asked for.
        if (!face || face->second == &own || face->first == Face::login) return dispatch(asked);
        auto const& theirs = *face->second;
        replace_all(asked.body, theirs.vault_suffix, own.vault_suffix);
        replace_all(asked.body, theirs.registry_suffix, own.registry_suffix);
        auto response = dispatch(asked);
        replace_all(response.body, own.vault_suffix, theirs.vault_suffix);
        replace_all(response.body, own.registry_suffix, theirs.registry_suffix);
        return response;
    }

    /// What every answer of every service carries.
    void decorate(Asked const& asked, world::Response& response) {
        base::Prng random(core_.store.seed() ^
                          static_cast<std::uint64_t>(core_.store.now().time_since_epoch().count()) ^
                          (answered_++ << 32));
        auto const id = random.guid();
        response.headers.reserve(response.headers.size() + 8);
        auto const add = [&](char const* name, std::string value) {
            response.headers.push_back({name, std::move(value)});
        };
        add("Date", base::http_date(core_.store.now()));
        add("x-ms-request-id", id);
        auto const correlation = asked.header("x-ms-correlation-request-id");
        add("x-ms-correlation-request-id", correlation.empty() ? random.guid() : std::string(correlation));
        add("x-ms-routing-request-id", "WESTEUROPE:" + base::to_string(core_.store.now()) + ":" + id);
        if (base::same_text(asked.header("x-ms-return-client-request-id"), "true"))
            add("x-ms-client-request-id", std::string(asked.header("x-ms-client-request-id")));
        if (!world::find(response.headers, "Cache-Control")) add("Cache-Control", "no-cache");
        add("Strict-Transport-Security", "max-age=31536000; includeSubDomains");
    }

    Core core_;
    std::uint64_t answered_ = 0;
};

}  // namespace

base::Result<std::unique_ptr<Azure>> Azure::open(world::Rows& rows, Options options) {
    auto azure = std::make_unique<Simulated>(rows, std::move(options));
    if (auto begun = azure->begin(); !begun) return base::fail(std::move(begun.error()));
    return azure;
}

}  // namespace holdfast::simulator
