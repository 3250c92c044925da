// Every designed resource beside what stands: create, update, replace or nothing, and what that costs.
#include "plan/compared.hpp"

#include <fmt/format.h>
#include <algorithm>

namespace holdfast::plan {

using catalog::Class;
using resource::Graph;
using resource::Output;
using resource::Ownership;
using resource::Pending;
using resource::Resource;
using resource::ResourceId;

namespace {

// What the name of a role assignment is made of.
json::Path const principal_at = "properties.principalId";
json::Path const role_at = "properties.roleDefinitionId";

// How Azure says what it is doing to a resource.
json::Path const state_at = "properties.provisioningState";
constexpr std::string_view succeeded = "Succeeded", deleting = "Deleting";
constexpr std::string_view failures[] = {"Failed", "Canceled"};

std::string state_of(Resource const& live) {
    auto const* body = live.raw ? &*live.raw : &live.body;
    return std::string(json::text_at(*body, state_at).value_or(""));
}
bool is_failure(std::string_view state) {
    return std::ranges::any_of(failures, [state](auto word) { return base::same_text(word, state); });
}

bool covers(resource::Unread const& unread, Resource const& resource) {
    if (base::same_text(unread.what, resource.address)) return true;
    if (!resource.id || !unread.what.starts_with('/')) return false;
    auto const id = ResourceId::parse(unread.what);
    return id && resource.id->is_within(*id);
}

/// How grave a class is: the gravest property speaks for the resource.
int gravity(Class cost) {
    switch (cost) {
        case Class::in_place:
            return 0;
        case Class::in_place_reimage:
            return 1;
        case Class::one_way:
            return 2;
        case Class::unknown:
            return 3;
        case Class::rotate_pool:
            return 4;
        case Class::rebuild:
            return 5;
        case Class::refused:
            return 6;
    }
    return 6;
}

/// Nobody asked for that word in the class: guards have their own.
std::string_view guard_class(Class cost) {
    switch (cost) {
        case Class::in_place:
        case Class::in_place_reimage:
            return {};
        case Class::one_way:
            return "one_way";
        case Class::unknown:
            return "unknown";
        case Class::rotate_pool:
        case Class::rebuild:
            return "rebuild";
        case Class::refused:
            return "refused";
    }
    return {};
}

/// The origin nearest above a path.
resource::Origin origin_of(Resource const& resource, json::Path at) {
    for (;; at = at.parent()) {
        if (auto const it = resource.origins.find(at); it != resource.origins.end()) return it->second;
        if (at.empty()) return {};
    }
}

class Comparer {
public:
    Comparer(estate::Estate const& estate, Graph const& live) : designed_(estate.graph), live_(live) {}

    Compared run() {
        for (auto const& [address, resource] : designed_.resources())
            if (resource.ownership == Ownership::managed) {
                Node node;
                node.designed = &resource;
                node.live = live_.find(address);
                if (!node.live && resource.id) node.live = live_.find(*resource.id);
                settle(node);
                out_.nodes.emplace(address, std::move(node));
            }
        find_dark();
        find_going();
        // Replacing one resource makes values of others pending, which may cost them a replacement too; what cannot be
        // planned takes along what needs it. Both only grow, so this ends.
        for (bool grew = true; grew;) {
            for (auto& [address, node] : out_.nodes) judge(node);
            bool const darker = spread_darkness(), wider = spread_replacement();
            grew = darker || wider;
        }
        for (auto& [address, node] : out_.nodes) finish(node);
        for (auto const& [address, because] : lost_) out_.unknowns.push_back({address, because});
        for (auto const& unread : live_.unread) out_.unknowns.push_back(unread);
        auto const order = [](resource::Unread const& u) { return std::pair(u.what, u.because); };
        std::ranges::sort(out_.unknowns, {}, order);
        auto const same = std::ranges::unique(out_.unknowns, {}, order);
        out_.unknowns.erase(same.begin(), same.end());
        return std::move(out_);
    }

private:
    /// What is being deleted does not stand, nor does anything in it; what is being made or changed is waited for.
    void settle(Node& node) const {
        for (auto id = node.live ? node.live->id : std::nullopt; id; id = id->parent()) {
            auto const* enclosing = live_.find(*id);
            if (!enclosing || !base::same_text(state_of(*enclosing), deleting)) continue;
            node.live = nullptr;
            node.change.because =
                fmt::format("{} is being deleted: it is made anew once that is over", enclosing->address);
            return;
        }
        if (!node.live) return;
        auto const state = state_of(*node.live);
        if (!state.empty() && !base::same_text(state, succeeded) && !is_failure(state)) node.under_way = state;
    }

    bool stands(Address const& address) const {
        auto const it = out_.nodes.find(address);
        return it != out_.nodes.end() ? it->second.live != nullptr : live_.find(address) != nullptr;
    }

    void find_dark() {
        for (auto const& [address, resource] : designed_.resources()) {
            if (stands(address)) continue;
            auto const hides = [&resource](auto const& unread) { return covers(unread, resource); };
            if (std::ranges::any_of(live_.unread, hides)) dark_.insert(address);
        }
        for (auto& [address, node] : out_.nodes)
            if (dark_.contains(address)) {
                node.unplanned = true;
                node.change.because = "it could not be read, so it is not known whether it stands";
            }
        spread_darkness();
    }
    void find_going() {
        for (auto const& [address, resource] : live_.resources())
            if (resource.ours && resource.ownership == Ownership::managed && resource.id && !designed_.find(address) &&
                !designed_.find(*resource.id) && !manner(resource.type).undeletable)
                going_.insert(resource.id->key());
    }
    /// What could not be read is not created, and neither is what needs it and does not stand.
    bool spread_darkness() {
        bool any = false;
        resource::Needs const needs(designed_);
        for (bool grew = !dark_.empty(); grew;) {
            grew = false;
            for (auto& [address, node] : out_.nodes) {
                if (node.live || dark_.contains(address)) continue;
                if (!node.unplanned) {
                    auto const needed_here = needs.of(*node.designed);
                    auto const needed =
                        std::ranges::find_if(needed_here, [this](auto const& a) { return dark_.contains(a); });
                    if (needed == needed_here.end()) continue;
                    node.unplanned = true;
                    node.change.because = fmt::format("not planned: it needs {}, which is not known", *needed);
                    out_.unknowns.push_back({address, fmt::format("it needs {}, which is not known", *needed)});
                }
                dark_.insert(address);
                any = grew = true;
            }
        }
        return any;
    }

    /// Fills in what the sources that stand already show. What they should show and do not is unknown.
    void resolve(Node& node) {
        node.wanted = *node.designed;
        node.wanted.pending.clear();
        for (auto const& pending : node.designed->pending) {
            auto const* output = std::get_if<Output>(&pending.from);
            if (output && dark_.contains(output->address)) {
                lost(node, fmt::format("{} could not be read", output->address));
                continue;
            }
            auto const* source = output ? source_of(output->address) : nullptr;
            if (!source) {
                node.wanted.pending.push_back(pending);
                continue;
            }
            auto const* value = source->raw ? json::find(*source->raw, output->path) : nullptr;
            if (!value) value = json::find(source->body, output->path);
            if ((!value || value->is_null()) && shows_later(output->address)) {
                node.wanted.pending.push_back(pending);
                continue;
            }
            if (value && !value->is_null())
                json::put(node.wanted.body, pending.at, resource::as_wanted(*output, *value));
            else lost(node, fmt::format("{} does not show {}", output->address, output->path.text()));
        }
        if (!node.wanted.id) node.wanted.id = name_of_assignment(node.wanted);
    }
    /// Azure is still at work on it, or it came out failed and this plan writes it again: what it lacks it shows then.
    bool shows_later(Address const& address) const {
        auto const it = out_.nodes.find(address);
        if (it == out_.nodes.end() || !it->second.live) return false;
        return !it->second.under_way.empty() || is_failure(state_of(*it->second.live));
    }
    /// A value that stands and cannot be seen: what stands is not compared there, what does not stand is not made.
    void lost(Node& node, std::string because) {
        if (!node.live) {
            node.unplanned = true;
            node.change.because = "not planned: " + because;
        }
        lost_.emplace(node.designed->address, std::move(because));
    }
    /// The live resource a pending value is read from; null when it is still to be made.
    Resource const* source_of(Address const& address) const {
        if (replaced_.contains(address)) return nullptr;
        auto const it = out_.nodes.find(address);
        return it != out_.nodes.end() ? it->second.live : live_.find(address);
    }
    std::optional<ResourceId> name_of_assignment(Resource const& wanted) const {
        auto const* target = wanted.parent ? designed_.find(*wanted.parent) : nullptr;
        auto const principal = json::text_at(wanted.body, principal_at);
        auto const role = json::text_at(wanted.body, role_at);
        if (!target || !target->id || !principal || !role) return std::nullopt;
        auto const role_id = ResourceId::parse(*role);
        if (!role_id) return std::nullopt;
        return target->id->with(wanted.type, resource::assignment_name(*target->id, *principal, role_id->name()));
    }

    void judge(Node& node) {
        if (node.unplanned) return;
        resolve(node);
        if (node.unplanned) return;
        auto const& wanted = node.wanted;
        Change change;
        change.address = wanted.address;
        change.type = wanted.type;
        if (!node.live || replaced_.contains(wanted.address)) {
            change.action = node.live ? Action::replace : Action::create;
            change.because =
                node.live || !node.change.because.empty() ? node.change.because : created_because(*node.designed);
            if (node.live) change.properties = node.change.properties;
            node.change = std::move(change);
            return;
        }
        node.version_from.reset();
        node.other_changes = false;
        for (auto const& difference : differences(wanted, node.live->body)) changed(node, change, difference);
        follow(node, change);
        let_go(node, change);
        for (auto const& pending : wanted.pending) still_pending(node, change, pending);
        adopt(node, change);
        reconcile(node, change);
        change.action = change.properties.empty() ? Action::none : Action::update;
        Class worst = Class::in_place;
        for (auto const& property : change.properties)
            if (gravity(property.cost) > gravity(worst)) worst = property.cost;
        if (worst == Class::rotate_pool && is_the_only_one(*node.live)) {
            for (auto& property : change.properties) {
                if (property.cost != Class::rotate_pool) continue;
                property.cost = Class::refused;
                property.because += fmt::format(
                    "; it is the only {} one, and Azure always keeps one: add another, apply, then change this one",
                    manner(wanted.type).keeps_one_value);
            }
        } else if (worst == Class::rebuild || worst == Class::rotate_pool) {
            change.action = Action::replace;
            auto const it = std::ranges::find(change.properties, worst, &PropertyChange::cost);
            change.because = it->because;
            roots_.insert(wanted.address);
        }
        node.change = std::move(change);
    }

    static std::string created_because(Resource const& designed) {
        auto const it = designed.origins.find(json::Path{});
        return it != designed.origins.end() && !it->second.because.empty() ? it->second.because
                                                                           : "designed, and does not stand yet";
    }

    void changed(Node& node, Change& change, Difference const& difference) {
        auto const* row = upgrade(node.wanted.type);
        bool const version = row && difference.at == json::Path(row->at) && difference.before &&
                             difference.before->is_string() && difference.after && difference.after->is_string();
        if (version) {
            std::string_view const from = difference.before->as_string(), to = difference.after->as_string();
            if (version_means(to, from)) return;
            if (version_below(to, from) && azure_moves(*row, node.wanted.body, from, to)) return;
        }
        add(change, node.wanted, difference.at, difference.before, difference.after);
        if (version) {
            node.version_from = std::string(difference.before->as_string());
            node.version_to = std::string(difference.after->as_string());
            node.version_at = difference.at;
        } else {
            node.other_changes = true;
        }
    }
    /// The channel that the estate chose moves the version by itself: being ahead is not a difference.
    static bool azure_moves(UpgradeRow const& row, json::Value const& body, std::string_view stands,
                            std::string_view wanted) {
        if (row.moved_by.empty()) return false;
        auto const channel = json::text_at(body, row.moved_by);
        if (!channel) return false;
        auto const minor = [](std::string_view version) {
            return version.substr(0, version.find('.', version.find('.') + 1));
        };
        if (base::same_text(row.within, *channel) && minor(stands) != minor(wanted)) return false;
        auto const values = base::split(row.moved_by_values, '\n');
        return std::ranges::any_of(values, [&channel](auto const& v) { return base::same_text(v, *channel); });
    }
    /// A child that says no version of its own goes where its parent goes.
    void follow(Node& node, Change& change) {
        auto const* row = upgrade(node.wanted.type);
        if (!row || row->follows.empty() || !node.wanted.parent || json::find(node.wanted.body, row->at)) return;
        auto const parent = out_.nodes.find(*node.wanted.parent);
        if (parent == out_.nodes.end() || !parent->second.live) return;
        auto const leads = json::text_at(parent->second.designed->body, row->follows);
        auto const stands = json::text_at(node.live->body, row->at);
        if (!leads || !stands || version_means(*leads, *stands) || !version_below(*stands, *leads)) return;
        node.version_from = std::string(*stands);
        node.version_to = std::string(*leads);
        node.version_at = row->at;
        json::put(node.wanted.body, node.version_at, json::Value(node.version_to.c_str()));
        add(change, node.wanted, node.version_at, json::Value(node.version_from->c_str()),
            json::Value(node.version_to.c_str()));
        change.properties.back().because = row->because;
    }

    /// A reference to what is no longer designed goes with it: Azure deletes nothing that is still referred to.
    void let_go(Node& node, Change& change) {
        std::vector<json::Path> places;
        json::each_leaf(node.live->body, [&](json::Path const& at, json::Value const& leaf) {
            auto const* text = leaf.if_string();
            if (!text || !text->starts_with('/')) return;
            auto const indexed = [](auto const& segment) { return std::holds_alternative<std::size_t>(segment); };
            if (std::ranges::any_of(at.segments(), indexed)) return;  // lists are compared whole
            auto const id = ResourceId::parse(*text);
            if (id && going_.contains(id->key())) places.push_back(at.text().ends_with(".id") ? at.parent() : at);
        });
        for (auto const& at : places) {
            auto const in_it = [&at](auto const& one) {
                for (auto above = one.at;; above = above.parent()) {
                    if (above == at) return true;
                    if (above.empty()) return false;
                }
            };
            if (json::find(node.wanted.body, at) || std::ranges::any_of(node.wanted.pending, in_it) ||
                std::ranges::any_of(change.properties, in_it))
                continue;
            add(change, node.wanted, at, *json::find(node.live->body, at), std::nullopt);
            json::put(node.wanted.body, at, json::Value{});
            node.other_changes = true;
        }
    }

    /// No other of its kind stands, and none is designed beside it.
    bool is_the_only_one(Resource const& live) const {
        if (!is_kept_kind(live)) return false;
        auto const another = [&live](auto const& one) {
            auto const& other = one.second;
            return other.type == live.type && other.parent == live.parent && other.address != live.address &&
                   is_kept_kind(other);
        };
        return std::ranges::none_of(live_.resources(), another) && std::ranges::none_of(designed_.resources(), another);
    }

    void add(Change& change, Resource const& wanted, json::Path const& at, std::optional<json::Value> before,
             std::optional<json::Value> after) {
        auto const cost = catalog::transition(wanted.type, at, before ? &*before : nullptr, after ? &*after : nullptr);
        PropertyChange property;
        property.at = at;
        property.before = std::move(before);
        property.after = std::move(after);
        property.cost = cost.cost;
        property.because = cost.because;
        property.source = cost.source;
        property.origin = origin_of(wanted, at);
        change.properties.push_back(std::move(property));
    }

    void still_pending(Node& node, Change& change, Pending const& pending) {
        auto const* output = std::get_if<Output>(&pending.from);
        if (!output) return;  // a secret: Azure never shows it, so it is not compared
        if (!shows_later(output->address) && source_of(output->address))
            return;  // told already: the source does not show the value
        auto const* before = json::find(node.live->body, pending.at);
        add(change, node.wanted, pending.at, before ? std::optional(*before) : std::nullopt, std::nullopt);
        change.properties.back().pending = true;
        node.other_changes = true;
    }

    /// Somebody else's thing of the name we would give: taken over only when a person says so.
    void adopt(Node& node, Change& change) {
        auto const& live = *node.live;
        if (live.ours || live.ownership == Ownership::existing) return;
        json::Path const tag = json::Path("tags").child(std::string(resource::owner_tag));
        auto const* mark = json::find(node.wanted.body, tag);
        if (!mark) return;
        auto const* there = json::find(live.body, tag);
        if (there && *there == *mark) return;
        add(change, node.wanted, tag, there ? std::optional(*there) : std::nullopt, *mark);
        node.other_changes = true;
    }

    /// What came out failed is written again: the same body reconciles it.
    void reconcile(Node& node, Change& change) {
        auto const state = state_of(*node.live);
        if (!is_failure(state) || !change.properties.empty()) return;
        PropertyChange property;
        property.at = state_at;
        property.before = json::Value(state.c_str());
        property.after = json::Value(std::string(succeeded).c_str());
        property.because = "Azure did not finish it; the same write, repeated, reconciles it";
        property.origin.by = resource::Origin::By::azure;
        change.because = fmt::format("it came out {}; the same write, repeated, reconciles it", state);
        change.properties.push_back(std::move(property));
        node.other_changes = true;
    }

    bool spread_replacement() {
        auto const before = replaced_.size();
        replaced_.insert(roots_.begin(), roots_.end());
        for (bool grew = true; grew;) {
            grew = false;
            for (auto& [address, node] : out_.nodes) {
                if (!node.live || replaced_.contains(address) || !node.designed->parent) continue;
                auto const& parent = *node.designed->parent;
                if (!replaced_.contains(parent)) continue;
                replaced_.insert(address);
                node.replaced_with_parent = grew = true;
                node.change.properties.clear();
                node.change.because = fmt::format("it goes with {} and is made anew with it", parent);
            }
        }
        return replaced_.size() != before;
    }

    void finish(Node& node) {
        auto& change = node.change;
        change.address = node.designed->address;
        change.type = node.designed->type;
        auto const& id = node.live && node.live->id ? node.live->id
                         : node.wanted.id           ? node.wanted.id
                                                    : node.designed->id;
        if (id) change.resource = id->text();
        std::ranges::sort(change.properties, {}, &PropertyChange::at);
        if (change.action == Action::none && change.because.empty()) {
            auto const hidden =
                std::ranges::any_of(lost_, [&change](auto const& one) { return one.first == change.address; });
            change.because =
                !node.under_way.empty()
                    ? fmt::format("it stands as designed, and Azure is still at work on it ({})", node.under_way)
                : hidden ? "it stands as designed, as far as it could be read"
                         : "it stands as designed";
        }
        if (change.action == Action::update && change.because.empty())
            change.because = change.properties.size() == 1
                                 ? fmt::format("{} differs", change.properties.front().at.text())
                                 : fmt::format("{} values differ", change.properties.size());
        guard(node);
    }

    void guard(Node const& node) {
        if (!node.live || node.change.action == Action::none || node.unplanned) return;
        auto const& live = *node.live;
        auto const name = guard_name(live);
        auto const& address = node.designed->address;
        if (!live.ours && live.ownership == Ownership::managed)
            out_.guards.push_back({"own", name,
                                   fmt::format("the {} stands already and does not bear our mark", plain(live.type)),
                                   address});
        std::set<std::string_view> said;
        for (auto const& property : node.change.properties) {
            auto const klass = guard_class(property.cost);
            if (klass.empty() || !said.insert(klass).second) continue;
            out_.guards.push_back(
                {std::string(klass), name, fmt::format("{}: {}", property.at.text(), property.because), address});
        }
    }

    Graph const& designed_;
    Graph const& live_;
    Compared out_;
    std::set<Address> dark_, roots_, replaced_;
    std::set<std::string> going_;  ///< by key of the id: ours, no longer designed
    std::set<std::pair<Address, std::string>> lost_;
};

}  // namespace

Compared compare(estate::Estate const& estate, Graph const& live) { return Comparer(estate, live).run(); }

}  // namespace holdfast::plan
