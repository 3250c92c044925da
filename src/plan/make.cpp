// The steps of a plan: registrations, then writes with children folded in, then deletions.
#include <fmt/format.h>
#include <algorithm>

#include "plan/compared.hpp"
#include "plan/record.hpp"

namespace holdfast::plan {

using resource::Graph;
using resource::Ownership;
using resource::Pending;
using resource::Resource;

namespace {

constexpr std::string_view group_type = "Microsoft.Resources/resourceGroups";
constexpr std::string_view providers_version = "2021-04-01", features_version = "2021-07-01";
constexpr std::string_view registered = "Registered", registering = "Registering";
constexpr int registering_s = 30;  // "10 s to 3 min", Azure documentation; nothing when it stands already

std::string namespace_of(std::string_view type) { return std::string(type.substr(0, type.find('/'))); }

/// A folded body: children inside, and their pending values where they are now.
struct Folded {
    json::Value body;
    std::vector<Pending> pending;
};

/// Where the children land is the business of `resource::fold`; a marker at each pending place finds it again.
Folded folded(Resource const& parent, std::vector<Resource const*> const& children) {
    Folded out{parent.body, parent.pending};
    if (children.empty()) return out;
    std::map<std::string, Pending> marked;
    std::vector<Resource> copies;
    for (auto const* child : children) {
        auto copy = *child;
        for (auto const& pending : copy.pending) {
            auto const marker = fmt::format("\x01pending {}", marked.size());
            marked.emplace(marker, pending);
            json::put(copy.body, pending.at, json::Value(marker.c_str()));
        }
        copies.push_back(std::move(copy));
    }
    std::vector<Resource const*> pointers;
    for (auto const& copy : copies) pointers.push_back(&copy);
    out.body = resource::fold(parent, pointers, std::move(out.body));
    json::each_leaf(out.body, [&](json::Path const& at, json::Value const& leaf) {
        auto const* text = leaf.if_string();
        auto const it = text ? marked.find(std::string(*text)) : marked.end();
        if (it != marked.end()) out.pending.push_back({at, it->second.from});
    });
    for (auto const& pending : out.pending) {
        bool const in_list = !pending.at.empty() && std::holds_alternative<std::size_t>(pending.at.segments().back());
        if (in_list) json::put(out.body, pending.at, json::Value{});  // keeps its place
        else json::erase(out.body, pending.at);
    }
    return out;
}

class Maker {
public:
    Maker(estate::Estate const& estate, Graph const& live, Providers const& providers, Sent sent)
        : estate_(estate),
          designed_(estate.graph),
          live_(live),
          providers_(providers),
          sent_(sent),
          names_{estate.graph, live},
          compared_(compare(estate, live)) {}

    Plan run() {
        register_providers();
        choose_writers();
        for (auto const& [address, node] : compared_.nodes) {
            await(node);
            write(node);
        }
        order_writes();
        remove_undesigned();
        keep_one();
        lift_locks();
        Plan plan;
        for (auto& [address, node] : compared_.nodes) plan.changes.push_back(std::move(node.change));
        for (auto& change : removed_) plan.changes.push_back(std::move(change));
        std::ranges::sort(plan.changes, {}, &Change::address);
        plan.steps = std::move(steps_).ordered();
        plan.guards = std::move(compared_.guards);
        auto const order = [](Guard const& g) { return std::tie(g.klass, g.name, g.address, g.because); };
        std::ranges::sort(plan.guards, {}, order);
        plan.unknowns = std::move(compared_.unknowns);
        plan.unseen = estate_.unseen;
        plan.by_azure = estate_.by_azure;
        plan.unjudged = estate_.unjudged;
        plan.name = spec_name();
        return plan;
    }

private:
    std::string spec_name() const {
        json::Path const tag = json::Path("tags").child(std::string(resource::owner_tag));
        for (auto const& [address, resource] : designed_.resources())
            if (auto const name = json::text_at(resource.body, tag)) return std::string(*name);
        return {};
    }

    // ------------------------------------------------------------------------------------------ registrations

    std::string subscription() const {
        for (auto const& [address, resource] : designed_.resources())
            if (resource.ownership == Ownership::managed && resource.id && !resource.id->subscription().empty())
                return resource.id->subscription();
        return {};
    }
    std::string state_of(std::string const& what) const {
        for (auto const& [name, state] : providers_)
            if (base::same_text(name, what)) return state;
        return {};
    }

    struct Registration {
        std::string what, path;  ///< path below the subscription
        std::string_view version;
        json::Path state_at;
    };
    static Registration provider(std::string const& name) {
        return {name, "providers/" + name, providers_version, "registrationState"};
    }
    static Registration feature(estate::Estate::Feature const& feature) {
        return {feature.provider + "/" + feature.name,
                fmt::format("providers/Microsoft.Features/providers/{}/features/{}", feature.provider, feature.name),
                features_version, "properties.state"};
    }
    bool is(std::string const& what, std::string_view state) const { return base::same_text(state_of(what), state); }

    static std::string again(std::string const& provider) { return "register " + provider + " again"; }

    void add(Registration const& registration, Act act, std::string because, std::string id = {}) {
        auto const own = resource::ResourceId::subscription_of(subscription());
        Step step;
        step.id = id.empty() ? "register " + registration.what : std::move(id);
        step.act = act;
        step.method = act == Act::call ? "POST" : "GET";
        if (act == Act::call) step.action = registration.path + "/register";
        step.resource.id = own;
        step.resource.type = own.type();
        step.resource.api_version = std::string(registration.version);
        step.condition = Condition{own.text() + "/" + registration.path, std::string(registration.version),
                                   registration.state_at, std::string(registered)};
        step.until = fmt::format("{} is {}", registration.what, registered);
        step.expected_s = registering_s;
        step.because = std::move(because);
        steps_.add(std::move(step));
    }

    void register_providers() {
        if (subscription().empty()) return;
        for (auto const& name : estate_.providers) {
            auto const state = state_of(name);
            if (is(name, registered)) continue;
            add(provider(name), is(name, registering) ? Act::await : Act::call,
                state.empty() ? "its registration was not read; registering twice changes nothing"
                              : fmt::format("it is {}; Azure refuses its types until it is Registered", state));
        }
        // A provider takes a new feature on when it is registered again. Only what uses the feature waits for that.
        for (auto const& one : estate_.features) {
            auto const registration = feature(one);
            if (is(registration.what, registered)) continue;
            add(registration, is(registration.what, registering) ? Act::await : Act::call, one.because);
            add(provider(one.provider), Act::call,
                fmt::format("it takes on the feature {} when it is registered again", one.name), again(one.provider));
            steps_.after(again(one.provider), "register " + registration.what);
            steps_.after(again(one.provider), "register " + one.provider);
        }
    }

    // ------------------------------------------------------------------------------------------ who writes what

    bool to_write(Node const& node) const {
        return !node.unplanned && node.change.action != Action::none && !refused(node);
    }
    static bool refused(Node const& node) {
        return std::ranges::any_of(node.change.properties,
                                   [](auto const& p) { return p.cost == catalog::Class::refused; });
    }

    /// Children of a parent that is being created go inside the parent's write. Where writes would then wait for each
    /// other in a circle, the child that waits longest stays alone: the route to a firewall, not the subnet that uses
    /// the table. What is sent again whole leaves alone all children of a parent that keeps those it does not speak of:
    /// the subnets, so that the table has its route in every write.
    void choose_writers() {
        for (auto const& [address, node] : compared_.nodes)
            if (to_write(node)) writer_[address] = foldable(node) ? *node.designed->parent : address;
        std::map<Address, int> ready;
        for (;;) {
            auto const circle = find_circle();
            if (circle.empty()) return;
            if (sent_ == Sent::again && leave_kept_alone(circle)) continue;
            std::optional<Address> slowest;
            int longest = -1;
            for (std::size_t i = 0; i < circle.size(); ++i)
                for (auto const& [address, by] : writer_) {
                    if (by != circle[i] || address == by || !needs_writer(address, circle[(i + 1) % circle.size()]))
                        continue;
                    auto const seconds = ready_at(address, ready);
                    if (seconds > longest) longest = seconds, slowest = address;
                }
            if (!slowest) return;  // circular without any folding: `ordered` says so
            writer_[*slowest] = *slowest;
        }
    }
    /// False: nothing of the circle is kept by its parent, or stands alone already.
    bool leave_kept_alone(std::vector<Address> const& circle) {
        bool any = false;
        for (auto& [address, by] : writer_) {
            if (address == by || std::ranges::find(circle, by) == circle.end()) continue;
            if (!manner(compared_.nodes.at(address).designed->type).kept_unsaid) continue;
            by = address;
            any = true;
        }
        return any;
    }
    bool foldable(Node const& node) const {
        if (node.exists() || !node.designed->parent || !manner(node.designed->type).folds) return false;
        auto const* shape = shapes::find(node.designed->type);
        auto const parent = compared_.nodes.find(*node.designed->parent);
        return shape && !shape->inline_at.empty() && node.wanted.id && !is_a_source(node.designed->address) &&
               parent != compared_.nodes.end() && to_write(parent->second) && !parent->second.exists();
    }
    /// What others read from its answer stands in its own answer.
    bool is_a_source(Address const& address) const {
        return std::ranges::any_of(designed_.resources(), [&address](auto const& one) {
            return std::ranges::any_of(one.second.pending, [&address](Pending const& pending) {
                auto const* output = std::get_if<resource::Output>(&pending.from);
                return output && output->address == address;
            });
        });
    }
    /// What a designed resource needs: found once, asked for often.
    std::vector<Address> const& needs(Resource const& designed) const {
        auto const [it, fresh] = known_needs_.try_emplace(designed.address);
        if (fresh) it->second = needs_.of(designed);
        return it->second;
    }
    bool needs_writer(Address const& address, Address const& writer) const {
        return std::ranges::any_of(needs(*compared_.nodes.at(address).designed), [&](auto const& need) {
            auto const it = writer_.find(need);
            return it != writer_.end() && it->second == writer;
        });
    }
    /// When everything a resource needs would stand, each thing written alone, in seconds from the start.
    int ready_at(Address const& address, std::map<Address, int>& known) const {
        auto const [it, fresh] = known.emplace(address, 0);
        if (!fresh) return it->second;
        int latest = 0;
        for (auto const& need : needs(*compared_.nodes.at(address).designed))
            if (writer_.contains(need))
                latest = std::max(latest,
                                  ready_at(need, known) + expected_s(compared_.nodes.at(need).designed->type, "write"));
        return known[address] = latest;
    }
    /// Writers each of which waits for the next, the last for the first; empty when there is no circle.
    std::vector<Address> find_circle() const {
        std::map<Address, std::set<Address>> waits;
        for (auto const& [address, by] : writer_)
            for (auto const& need : needs(*compared_.nodes.at(address).designed))
                if (auto const it = writer_.find(need); it != writer_.end() && it->second != by)
                    waits[by].insert(it->second);
        std::set<Address> settled;
        for (auto const& [start, _] : waits) {
            std::vector<Address> path{start};
            if (auto circle = circle_from(path, waits, settled); !circle.empty()) return circle;
        }
        return {};
    }
    static std::vector<Address> circle_from(std::vector<Address>& path,
                                            std::map<Address, std::set<Address>> const& waits,
                                            std::set<Address>& settled) {
        auto const at = path.back();
        if (settled.contains(at)) return {};
        if (auto const it = waits.find(at); it != waits.end())
            for (auto const& next : it->second) {
                if (auto const seen = std::ranges::find(path, next); seen != path.end()) return {seen, path.end()};
                path.push_back(next);
                if (auto circle = circle_from(path, waits, settled); !circle.empty()) return circle;
                path.pop_back();
            }
        settled.insert(at);
        return {};
    }

    // ------------------------------------------------------------------------------------------ writes

    void write(Node const& node) {
        auto const& address = node.designed->address;
        if (auto const it = writer_.find(address); it == writer_.end() || it->second != address) return;
        if (!node.exists()) return create(node);
        auto const body = update_body(*node.live, node.wanted);
        std::string last;
        if (node.other_changes || !node.version_from) last = update(node, write_id(address), body, {});
        if (!node.version_from) return;
        auto const* row = upgrade(node.wanted.type);
        for (auto const& stop : version_stops(*node.version_from, node.version_to)) {
            auto const id = fmt::format("upgrade {} to {}", address, stop);
            auto step_body = body;
            json::put(step_body, node.version_at, json::Value(stop.c_str()));
            update(node, id, std::move(step_body), stop);
            auto& step = *steps_.find(id);
            step.because = row->because;
            step.fresh = !last.empty();
            if (step.fresh) step.if_match.clear();
            if (!last.empty()) steps_.after(id, last);
            upgrades_[address].emplace_back(stop, id);
            last = id;
        }
    }

    static std::string await_id(Address const& address) { return "await " + address; }
    /// Azure is still at work on it, begun by somebody before us: what needs it waits until that is over.
    void await(Node const& node) {
        if (node.under_way.empty() || !node.live->id) return;
        auto step = written(node, await_id(node.designed->address), json::Object{}, outputs_of(node.wanted));
        step.act = Act::await;
        step.method = "GET";
        auto version = step.resource.api_version;
        auto const* shape = shapes::find(step.resource.type);
        if (version.empty() && shape) version = std::string(shape->api_version);
        step.condition = Condition{node.live->id->text(), version, "properties.provisioningState", "Succeeded"};
        step.ours = node.live->ours;
        step.overlay = decided(node.wanted, node.live->body);  // if it comes out failed, the same write reconciles it
        step.fresh = true;
        step.until = fmt::format("Azure is done with the {}", plain(node.designed->type));
        step.because = fmt::format("it stands and is {}", node.under_way);
        step.grants = false;
        for (auto const& pending : step.resource.pending) {
            auto const& source = std::get<resource::Output>(pending.from).address;
            steps_.after(step.id, await_id(source));
            steps_.after(step.id, write_id(source));
        }
        steps_.add(std::move(step));
    }
    /// Secrets stay as they are in what stands.
    static std::vector<Pending> outputs_of(Resource const& wanted) {
        std::vector<Pending> out;
        for (auto const& one : wanted.pending)
            if (std::holds_alternative<resource::Output>(one.from)) out.push_back(one);
        return out;
    }

    /// What every write has in common.
    Step written(Node const& node, std::string id, json::Value body, std::vector<Pending> pending) const {
        auto const& wanted = node.wanted;
        Step step;
        step.id = std::move(id);
        step.address = wanted.address;
        step.resource.address = wanted.address;
        step.resource.type = wanted.type;
        step.resource.id = node.exists() && node.live->id ? node.live->id : wanted.id;
        step.resource.parent = wanted.parent;
        step.resource.api_version = wanted.api_version;
        step.resource.body = std::move(body);
        step.resource.pending = std::move(pending);
        step.locks = locks(wanted.type, step.resource.id, step.resource.body, names_);
        step.until = fmt::format("Azure reports the {} written", plain(wanted.type));
        step.expected_s = expected_s(wanted.type, "write");
        step.grants = manner(wanted.type).grants;
        step.granted_at = granted_at(*node.designed);
        auto const* scope = wanted.parent ? designed_.find(*wanted.parent) : nullptr;
        if (!step.resource.id && scope && scope->id) step.scope = scope->id->text();
        return step;
    }

    /// The newest of the roles it needs that stand already: a role granted by an earlier run may not work yet either.
    std::string granted_at(Resource const& designed) const {
        std::string newest;
        for (auto const& need : needs(designed)) {
            auto const it = compared_.nodes.find(need);
            if (it == compared_.nodes.end() || !it->second.exists()) continue;
            auto const& row = manner(it->second.live->type);
            if (!row.grants) continue;
            auto const& live = *it->second.live;
            auto const since = json::text_at(live.raw ? *live.raw : live.body, row.granted_at);
            if (since && *since > newest) newest = std::string(*since);
        }
        return newest;
    }

    void create(Node const& node) {
        auto const& row = manner(node.wanted.type);
        std::vector<Resource const*> children;
        std::vector<Address> inlined;
        for (auto const& [address, by] : writer_) {
            if (by != node.wanted.address || address == by) continue;
            children.push_back(&compared_.nodes.at(address).wanted);
            inlined.push_back(address);
        }
        auto [body, pending] = folded(node.wanted, children);
        auto step = written(node, write_id(node.wanted.address), body, pending);
        step.inlines = std::move(inlined);
        step.because = node.change.because;
        step.create_only = row.creates_only;
        auto const bin = std::ranges::find(live_.recoverable, node.wanted.address, &resource::Recoverable::address);
        if (!row.recover_at.empty()) {
            // A destroy still under way may leave a deleted one behind that nobody could see when planning.
            json::put(step.recovery, json::Path(row.recover_at), json::Value(std::string(row.recover_value).c_str()));
            if (bin != live_.recoverable.end()) recover(node, step, *bin, row);
        }
        if (node.change.action == Action::replace && !node.replaced_with_parent) {
            steps_.add(deletion(*node.live, names_, node.change.because));
            deleted_[node.wanted.address] = delete_id(node.wanted.address);
            steps_.after(step.id, delete_id(node.wanted.address));
        }
        steps_.add(std::move(step));
    }

    /// Azure still keeps the deleted one: bring it back, then write it as designed.
    void recover(Node const& node, Step const& write, resource::Recoverable const& bin, MannerRow const& row) {
        auto step = write;
        step.id = "recover " + node.wanted.address;
        step.inlines.clear();
        json::put(step.resource.body, json::Path(row.recover_at), json::Value(std::string(row.recover_value).c_str()));
        step.because =
            fmt::format("Azure keeps the deleted {} of this name until {}: it is recovered, with what it holds",
                        plain(node.wanted.type), bin.until);
        steps_.after(write.id, step.id);
        steps_.add(std::move(step));
    }

    std::string update(Node const& node, std::string id, json::Value body, std::string const& version) {
        auto wanted = node.wanted;
        // The version moves in steps of its own; before them it stays where it is.
        if (node.version_from) {
            auto const now = version.empty() ? *node.version_from : version;
            json::put(body, node.version_at, json::Value(now.c_str()));
            json::put(wanted.body, node.version_at, json::Value(now.c_str()));
        }
        auto step = written(node, std::move(id), std::move(body), outputs_of(wanted));
        step.overlay = decided(wanted, node.live->body);
        step.ours = node.live->ours;
        step.because = node.change.because;
        auto const* shape = shapes::find(node.wanted.type);
        if (shape && shape->etag) step.if_match = node.live->etag;
        auto const name = step.id;
        steps_.add(std::move(step));
        return name;
    }

    // ------------------------------------------------------------------------------------------ order

    /// The step after which a designed resource stands as designed; empty when it needs none.
    std::string settled(Address const& address) const {
        auto const it = writer_.find(address);
        if (it == writer_.end()) return {};
        auto const upgraded = upgrades_.find(it->second);
        return upgraded == upgrades_.end() ? write_id(it->second) : upgraded->second.back().second;
    }
    /// The first step of a resource.
    std::vector<std::string> steps_of(Address const& address) const {
        std::vector<std::string> out;
        for (auto const& id : {"recover " + address, write_id(address)})
            if (steps_.all().contains(id)) out.push_back(id);
        if (auto const it = upgrades_.find(address); it != upgrades_.end())
            for (auto const& [stop, id] : it->second) out.push_back(id);
        return out;
    }

    void order_writes() {
        for (auto const& [address, by] : writer_) {
            auto const& node = compared_.nodes.at(address);
            auto const own = steps_of(by);
            for (auto const& step : own) {
                if (steps_.find(await_id(address))) steps_.after(step, await_id(address)), reread(step);
                for (auto const& need : needs(*node.designed)) steps_.after(step, await_id(need));
            }
            for (auto const& need : needs(*node.designed)) {
                auto const it = writer_.find(need);
                if (it == writer_.end() || it->second == by) continue;
                bool const upgrade_of_parent = upgrades_.contains(address) && node.designed->parent == need;
                for (auto const& step : own) {
                    // Upgrades of parent and child interleave; everything else waits until its need is settled.
                    if (upgrade_of_parent) steps_.after(step, write_id(it->second));
                    else steps_.after(step, settled(need));
                }
                if (node.exists() && parent_rewrites(node, need))
                    for (auto const& step : own) reread(step);
            }
            for (auto const& step : own) steps_.after(step, "register " + namespace_of(node.designed->type));
        }
        interleave_upgrades();
        for (auto const& feature : estate_.features)
            for (auto const& [address, by] : writer_) {
                if (!manner(compared_.nodes.at(address).designed->type).awaits_features) continue;
                for (auto const& step : steps_of(by)) steps_.after(step, again(feature.provider));
            }
        remember_first();
    }
    static bool parent_rewrites(Node const& node, Address const& need) { return node.designed->parent == need; }
    /// The etag seen when planning is gone by then: an earlier step writes the same thing.
    void reread(std::string const& id) {
        auto* step = steps_.find(id);
        if (!step || step->overlay.is_null()) return;
        step->fresh = true;
        step->if_match.clear();
    }

    /// Control plane to 1.32, pools to 1.32, control plane to 1.33 …
    void interleave_upgrades() {
        for (auto const& [child, stops] : upgrades_) {
            auto const& parent = compared_.nodes.at(child).designed->parent;
            auto const leading = parent ? upgrades_.find(*parent) : upgrades_.end();
            if (leading == upgrades_.end() || !upgrade(compared_.nodes.at(child).designed->type) ||
                upgrade(compared_.nodes.at(child).designed->type)->follows.empty())
                continue;
            for (auto const& [stop, id] : stops)
                for (auto const& [lead, lead_id] : leading->second) {
                    if (version_below(stop, lead)) steps_.after(lead_id, id);
                    else steps_.after(id, lead_id);
                    reread(id), reread(lead_id);
                }
        }
    }

    /// The designed resource whose tags list what we make in places that are not ours, where this plan writes it; it
    /// is written first, so that nothing is lost.
    Resource const* keeper_of_the_record() const {
        for (auto const& [address, node] : compared_.nodes)
            if (writer_.contains(address) && node.designed->id && keeps_record(node.wanted.body)) return node.designed;
        return nullptr;
    }
    /// Once all else is ordered: a keeper that itself needs what it remembers comes after it.
    void remember_first() {
        auto const* const keeper = keeper_of_the_record();
        if (!keeper) return;
        for (auto const& [address, by] : writer_) {
            auto const& id = compared_.nodes.at(address).designed->id;
            if (id && !remembers(keeper->body, *id)) continue;  // named later: an assignment, at any scope
            for (auto const& step : steps_of(by)) steps_.after_if_possible(step, settled(keeper->address));
        }
    }

    // ------------------------------------------------------------------------------------------ removals

    void remove_undesigned() {
        std::set<resource::ResourceId> designed_ids;
        for (auto const& [address, resource] : designed_.resources())
            if (resource.id) designed_ids.insert(*resource.id);
        std::map<Address, Resource const*> gone;
        for (auto const& [address, resource] : live_.resources())
            if (resource.ours && resource.ownership == Ownership::managed && resource.id && !designed_.find(address) &&
                !designed_ids.contains(*resource.id))
                gone.emplace(address, &resource);
        auto const made_anew = deleted_;
        for (auto const& [address, resource] : gone) {
            Change change{.address = address,
                          .type = resource->type,
                          .resource = resource->id->text(),
                          .action = Action::remove,
                          .properties = {},
                          .because = "it is ours and no longer designed"};
            auto const enclosing = std::ranges::find_if(gone, [&](auto const& other) {
                return other.first != address && resource->id->is_within(*other.second->id) &&
                       !manner(other.second->type).undeletable;
            });
            auto const anew = std::ranges::find_if(made_anew, [&](auto const& other) {
                auto const* holder = live_.find(other.first);
                return holder && holder->id && resource->id->is_within(*holder->id);
            });
            // What keeps its holder from going goes before it, unless a group takes both.
            auto const group = [&](auto const& other) {
                return base::same_text(other.second->type, group_type) && resource->id->is_within(*other.second->id);
            };
            bool const alone = manner(resource->type).keeps_parent && std::ranges::none_of(gone, group);
            if (enclosing != gone.end() && !manner(resource->type).lingers && !alone) {
                change.because = fmt::format("it goes with {}", enclosing->first);
            } else if (anew != made_anew.end() && !manner(resource->type).lingers) {
                change.because = fmt::format("it goes with {}, which is made anew", anew->first);
            } else if (auto const& row = manner(resource->type); row.undeletable) {
                change.action = Action::none;
                change.because = fmt::format("it is ours, no longer designed, and stays: {}", row.because);
            } else {
                steps_.add(deletion(*resource, names_, change.because));
                deleted_[address] = delete_id(address);
                guard_data(*resource, gone);
                compared_.guards.push_back({"delete", guard_name(*resource),
                                            fmt::format("the {} is ours and no longer designed", plain(resource->type)),
                                            address});
            }
            removed_.push_back(std::move(change));
        }
        // What used it lets go by its write, or by the deletion that takes it along.
        std::map<Address, std::string> kept;
        for (auto const& [address, by] : writer_) {
            if (deleted_.contains(address)) continue;
            auto const& node = compared_.nodes.at(address);
            auto holder = node.replaced_with_parent ? node.designed->parent : std::nullopt;
            while (holder && !deleted_.contains(*holder)) {
                auto const* above = designed_.find(*holder);
                holder = above ? above->parent : std::nullopt;
            }
            kept[address] = holder ? deleted_.at(*holder) : settled(address);
        }
        order_deletions(steps_, deleted_, names_, kept);
        // What is no longer designed must be gone before the record forgets it, and what is must stand in the next one.
        auto const* const keeper = keeper_of_the_record();
        for (auto const& [address, live] : live_.resources()) {
            if (!live.ours || !live.raw || !keeps_record(*live.raw)) continue;
            auto const forgets = deleted_.contains(address) ? deleted_.at(address) : settled(address);
            if (forgets.empty()) continue;
            for (auto const& [other, step] : deleted_)
                if (other != address && remembers(*live.raw, *live_.find(other)->id))
                    steps_.after_if_possible(forgets, step);
            if (keeper && keeper->address != address) steps_.after_if_possible(forgets, settled(keeper->address));
        }
    }

    /// What stays and hangs on it now: its data may be under a key of it even after it has let go.
    void guard_data(Resource const& going, std::map<Address, Resource const*> const& gone) {
        if (!manner(going.type).guards_data) return;
        for (auto const& [address, user] : live_.resources())
            if (!gone.contains(address) && user.id && hangs_on(user, going))
                compared_.guards.push_back(
                    {"key-loss", guard_name(going),
                     fmt::format("{} stays, and what it wrote under a key of the {} can never be read again",
                                 user.id->text(), plain(going.type)),
                     going.address});
    }

    /// Of some kinds one stands at every moment: the last goes when another has come.
    void keep_one() {
        std::map<std::pair<Address, std::string>, std::vector<Address>> going, staying;
        for (auto const& [address, live] : live_.resources())
            if (live.parent && is_kept_kind(live))
                (deleted_.contains(address) ? going : staying)[{*live.parent, live.type}].push_back(address);
        for (auto const& [kind, all] : going) {
            if (staying.contains(kind) || deleted_.contains(kind.first)) continue;
            auto const comes = [&](auto const& one) {
                auto const& [address, node] = one;
                return writer_.contains(address) && node.designed->parent == kind.first &&
                       node.designed->type == kind.second && is_kept_kind(*node.designed);
            };
            auto const is_new = [&](auto const& one) { return comes(one) && !deleted_.contains(one.first); };
            auto first = std::ranges::find_if(compared_.nodes, is_new);
            if (first == compared_.nodes.end()) first = std::ranges::find_if(compared_.nodes, comes);
            if (first == compared_.nodes.end()) continue;  // none is designed: the checks say so
            for (auto const& address : all)
                if (address != first->first) steps_.after_if_possible(deleted_.at(address), settled(first->first));
        }
    }

    /// A lock that stays designed is lifted while something below it goes, and put back; a new one waits.
    void lift_locks() {
        for (auto const& [address, by] : writer_) {
            auto const& node = compared_.nodes.at(address);
            auto const target = node.wanted.id ? node.wanted.id->parent() : std::nullopt;
            if (!manner(node.wanted.type).forbids || node.exists() || !target) continue;
            for (auto const& step : deletions_below(*target)) steps_.after_if_possible(write_id(address), step);
        }
        for (auto const& [address, lock] : live_.resources()) {
            if (!manner(lock.type).forbids || !lock.id || deleted_.contains(address)) continue;
            auto const target = lock.id->parent();
            auto const node = compared_.nodes.find(address);
            if (!target || node == compared_.nodes.end() || !lock.ours) continue;
            auto const below = deletions_below(*target);
            if (below.empty()) continue;
            auto lift = deletion(lock, names_, "something below it is deleted; it is put back afterwards");
            auto const lifted = lift.id, restored = write_id(address);
            steps_.add(std::move(lift));
            if (!steps_.find(restored)) {
                auto again = written(node->second, restored, node->second.wanted.body, node->second.wanted.pending);
                again.because = "it was lifted for a delete";
                steps_.add(std::move(again));
            } else {  // it was to be updated: after the lift there is nothing to update
                auto* step = steps_.find(restored);
                step->resource.body = node->second.wanted.body;
                step->overlay = nullptr;
                step->if_match.clear();
                step->fresh = false;
            }
            for (auto const& step : below) {
                steps_.after(step, lifted);
                steps_.after(restored, step);
            }
        }
    }

    std::vector<std::string> deletions_below(resource::ResourceId const& target) const {
        std::vector<std::string> below;
        for (auto const& [address, step] : deleted_) {
            auto const* resource = live_.find(address);
            if (resource && resource->id && resource->id->is_within(target)) below.push_back(step);
        }
        return below;
    }

    estate::Estate const& estate_;
    Graph const& designed_;
    resource::Needs const needs_{designed_};
    mutable std::map<Address, std::vector<Address>> known_needs_;
    Graph const& live_;
    Providers const& providers_;
    Sent sent_;
    Names names_;
    Compared compared_;
    Steps steps_;
    std::map<Address, Address> writer_;  ///< who writes it: itself, or the parent whose body it is folded into
    std::map<Address, std::vector<std::pair<std::string, std::string>>> upgrades_;  ///< stop, step id
    std::map<Address, std::string> deleted_;
    std::vector<Change> removed_;
};

}  // namespace

Plan make(estate::Estate const& estate, Graph const& live, Providers const& providers, Sent sent) {
    return Maker(estate, live, providers, sent).run();
}

std::string_view name(Action action) {
    switch (action) {
        case Action::none:
            return "none";
        case Action::create:
            return "create";
        case Action::update:
            return "update";
        case Action::replace:
            return "replace";
        case Action::remove:
            return "delete";
    }
    return "?";
}
char symbol(Action action) {
    switch (action) {
        case Action::none:
            return ' ';
        case Action::create:
            return '+';
        case Action::update:
            return '~';
        case Action::replace:
            return '!';
        case Action::remove:
            return '-';
    }
    return '?';
}
std::string_view name(Act act) {
    switch (act) {
        case Act::write:
            return "write";
        case Act::remove:
            return "delete";
        case Act::call:
            return "call";
        case Act::await:
            return "await";
    }
    return "?";
}
std::size_t Plan::count(Action action) const {
    return static_cast<std::size_t>(std::ranges::count(changes, action, &Change::action));
}

}  // namespace holdfast::plan
