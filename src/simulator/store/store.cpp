#include "simulator/store/store.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cassert>
#include <charconv>

#include "simulator/store/rows.hpp"

namespace holdfast::simulator {
namespace {

// Row keys. What stands after the slash is the key of the map.
constexpr std::string_view thing_rows = "thing/", principal_rows = "principal/", bin_rows = "bin/",
                           operation_rows = "operation/", event_rows = "event/", provider_rows = "provider/",
                           feature_rows = "feature/", drawn_rows = "drawn/", count_rows = "count/";
constexpr std::string_view world_row = "world", key_row = "signing-key";
/// Time alone is committed no more often than this: losing it costs no acknowledged change.
constexpr Duration now_granularity{10'000};
constexpr std::size_t most_at_once = 4096;  // that requests change

std::string row_key(std::string_view rows, std::string_view key) { return std::string(rows).append(key); }
std::size_t hash_of(std::string_view purpose) { return std::hash<std::string_view>()(purpose); }
std::string text_of(json::Value const& value) { return boost::json::serialize(value); }

template <typename Map, typename Key>
typename Map::mapped_type const* at(Map const& map, Key const& key) {
    auto const found = map.find(key);
    return found == map.end() ? nullptr : &found->second;
}

}  // namespace

// ------------------------------------------------------------------------------------------------ rows

std::optional<std::string> Store::row(std::string_view key) const {
    auto const named = [&](std::string_view rows) -> std::optional<std::string_view> {
        if (!key.starts_with(rows)) return std::nullopt;
        return key.substr(rows.size());
    };
    auto const write = [](auto const* value) -> std::optional<std::string> {
        if (!value) return std::nullopt;
        return written(*value);
    };
    if (auto const name = named(thing_rows)) return write(at(things_, *name));
    if (auto const name = named(principal_rows)) return write(at(principals_, *name));
    if (auto const name = named(bin_rows)) return write(at(bin_, *name));
    if (auto const name = named(operation_rows)) return write(at(operations_, *name));
    if (auto const name = named(event_rows)) return write(at(events_, std::stoll(std::string(*name))));
    if (auto const name = named(provider_rows)) {
        auto const* registration = at(registrations_, *name);
        return registration ? std::optional(registration->state) : std::nullopt;
    }
    if (auto const name = named(feature_rows)) {
        auto const* state = at(features_, *name);
        return state ? std::optional(*state) : std::nullopt;
    }
    if (auto const name = named(drawn_rows)) return text_of(*at(drawn_, *name));
    if (auto const name = named(count_rows)) return text_of(*at(counts_, hash_of(*name)));
    if (key == key_row) return signing_key_;
    assert(key == world_row);
    return fmt::format(R"({{"now":{},"seed":"{}","nextEvent":{},"repeatedCreates":{}}})", now_.time_since_epoch().count(),
                       seed_, next_event_, repeated_creates_);
}

static tl::unexpected<base::Error> damaged(std::string const& row) {
    return base::fail(base::ErrorCode::unreadable, "the simulated Azure's row '" + base::printable(row) + "' is damaged",
                      "begin with an empty folder");
}

base::Result<void> Store::read_row(std::string const& key, std::string const& value) {
    auto const is = [&](std::string_view rows) { return key.starts_with(rows); };
    if (is(provider_rows)) {
        registrations_[key.substr(provider_rows.size())].state = value;
        return {};
    }
    if (is(feature_rows)) {
        features_[key.substr(feature_rows.size())] = value;
        return {};
    }
    if (key == key_row) {
        signing_key_ = value;
        return {};
    }
    auto parsed = json::parse(value);
    if (!parsed) return base::fail(std::move(parsed.error()));
    if (is(drawn_rows)) {
        if (!parsed->is_number()) return damaged(key);
        drawn_[key.substr(drawn_rows.size())] = parsed->to_number<double>();
    } else if (is(count_rows)) {
        auto const count = json::whole_at(*parsed, json::Path{});
        if (!count) return damaged(key);
        counts_[hash_of(std::string_view(key).substr(count_rows.size()))] = *count;
    } else if (!parsed->is_object()) {
        return damaged(key);
    } else if (is(thing_rows)) {
        auto stored = stored_from(*parsed);
        if (!stored) return base::fail(std::move(stored.error()));
        put(std::move(*stored));
    } else if (is(principal_rows)) {
        put(principal_from(*parsed));
    } else if (is(bin_rows)) {
        auto deleted = soft_deleted_from(*parsed);
        if (!deleted) return base::fail(std::move(deleted.error()));
        put(std::move(*deleted));
    } else if (is(operation_rows)) {
        put(operation_from(*parsed));
    } else if (is(event_rows)) {
        auto event = event_from(*parsed);
        if (key != row_key(event_rows, std::to_string(event.number))) return damaged(key);
        agenda_.emplace(event.at, event.number);
        events_.emplace(event.number, std::move(event));
    } else if (key == world_row) {
        now_ = committed_now_ = moment(*parsed, "now");
        auto const seed = json::text_at(*parsed, "seed").value_or("");
        if (std::from_chars(seed.data(), seed.data() + seed.size(), seed_).ec != std::errc{}) return damaged(key);
        next_event_ = json::whole_at(*parsed, "nextEvent").value_or(1);
        repeated_creates_ = json::whole_at(*parsed, "repeatedCreates").value_or(0);
    }
    // What was put has its row of its own: another one would come back beside it.
    for (auto const rows : {thing_rows, principal_rows, bin_rows, operation_rows})
        if (is(rows) && !pending_.contains(std::pmr::string(key))) return damaged(key);
    return {};  // rows of other rooms and of later versions stay as they are
}

base::Result<void> Store::load() {
    auto rows = rows_.load();
    if (!rows) return base::fail(std::move(rows.error()));
    for (auto const& [key, value] : *rows) {
        if (auto const read = read_row(key, value); !read) return read;
    }
    pending_.clear();
    read_references();
    return {};
}

void Store::keep_now() { touch(world_row); }

base::Result<void> Store::commit() {
    if (pending_.empty() && now_ - committed_now_ < now_granularity) return {};
    touch(world_row);
    std::vector<world::RowChange> changes;
    changes.reserve(pending_.size());
    for (auto const& key : pending_) changes.push_back({std::string(key), row(key)});
    if (auto const committed = rows_.commit(changes); !committed) return committed;
    bool const many = std::max(pending_.size(), unread_.size()) > most_at_once;
    pending_.clear();
    committed_now_ = now_;
    if (many) {
        read_references();
        notes_.release();  // of nobody any more: nothing is pending, so nothing stays unread
    }
    return {};
}

// ------------------------------------------------------------------------------------------------ resources

void Store::index(Thing const& thing) {
    auto const& [key, stored] = thing;
    by_type_[base::lower(stored.type)].insert(key);
    if (auto const principal = json::text_at(stored.body, "properties.principalId"))
        by_principal_[base::lower(*principal)].insert(key);
}

void Store::unindex(Thing const& thing) {
    auto const& [key, stored] = thing;
    by_type_[base::lower(stored.type)].erase(key);
    if (auto const principal = json::text_at(stored.body, "properties.principalId"))
        by_principal_[base::lower(*principal)].erase(key);
}

Stored const* Store::find(std::string_view key) const { return at(things_, key); }

Stored* Store::edit(std::string_view key) {
    auto const found = things_.find(key);
    if (found == things_.end()) return nullptr;
    touch(row_key(thing_rows, key));
    unread_.emplace(key);
    return &found->second;
}

Stored& Store::put(Stored stored) {
    auto const key = stored.id.key();
    touch(row_key(thing_rows, key));
    unread_.emplace(key);
    auto const old = things_.find(key);
    if (old != things_.end() && old->second.id.text() == stored.id.text()) {
        unindex(*old);
        auto id = std::move(old->second.id);  // what the key is a view of goes on to stand
        old->second = std::move(stored);
        old->second.id = std::move(id);
        index(*old);
        return old->second;
    }
    if (old != things_.end()) unindex(*old);
    auto node = things_.extract(key);  // whoever holds the resource goes on to hold it
    if (node) {
        node.mapped() = std::move(stored);
    } else {
        Things fresh;
        fresh.emplace(std::string_view(), std::move(stored));
        node = fresh.extract(fresh.begin());
    }
    node.key() = node.mapped().id.key();
    auto& placed = *things_.insert(std::move(node)).position;
    index(placed);
    return placed.second;
}

void Store::erase(std::string_view key) {
    auto const found = things_.find(key);
    if (found == things_.end()) return;
    unindex(*found);
    references_.forget(std::string(found->first));
    if (auto const noted = unread_.find(std::pmr::string(key)); noted != unread_.end()) unread_.erase(noted);
    touch(row_key(thing_rows, key));  // before what `key` may be a view of goes
    things_.erase(found);
}

std::vector<Stored const*> Store::under(std::string_view key) const {
    std::vector<Stored const*> found;
    auto const prefix = std::string(key) + "/";
    for (auto it = things_.lower_bound(prefix); it != things_.end() && it->first.starts_with(prefix); ++it)
        found.push_back(&it->second);
    return found;
}

std::vector<Stored const*> Store::of_type(std::string_view type) const {
    std::vector<Stored const*> found;
    if (auto const* keys = at(by_type_, base::lower(type))) {
        for (auto const& key : *keys) found.push_back(find(key));
    }
    return found;
}

void Store::read_references() const {
    for (auto next = unread_.begin(); next != unread_.end();) {
        references_.read(std::string(*next), find(*next)->body);
        // Whoever put or edits it may hold it until the commit, and write to it again.
        next = pending_.contains(std::pmr::string(row_key(thing_rows, *next))) ? std::next(next) : unread_.erase(next);
    }
}

std::vector<Stored const*> Store::naming(std::string_view key) const {
    read_references();
    std::vector<Stored const*> found;
    for (auto const& name : references_.naming(key)) found.push_back(find(name));
    return found;
}

std::vector<Stored const*> Store::assignments_of(std::string_view principal) const {
    std::vector<Stored const*> found;
    if (auto const* keys = at(by_principal_, base::lower(principal))) {
        for (auto const& key : *keys) {
            auto const* stored = find(key);
            if (base::same_text(stored->type, "Microsoft.Authorization/roleAssignments")) found.push_back(stored);
        }
    }
    return found;
}

// ------------------------------------------------------------------------------------------------ principals and the
// bin

Principal const* Store::principal(std::string_view id) const {
    auto const key = base::lower(id);
    if (auto const* principal = at(principals_, key)) return principal;
    auto const* object_id = at(by_client_id_, key);
    return object_id ? at(principals_, *object_id) : nullptr;
}

Principal& Store::put(Principal principal) {
    auto const key = base::lower(principal.object_id);
    touch(row_key(principal_rows, key));
    if (!principal.client_id.empty()) by_client_id_[base::lower(principal.client_id)] = key;
    if (auto const* old = at(principals_, key)) forget_members(*old);
    for (auto const& member : principal.members) by_member_[base::lower(member)].insert(key);
    return principals_[key] = std::move(principal);
}

void Store::forget_members(Principal const& group) {
    for (auto const& member : group.members) by_member_[base::lower(member)].erase(base::lower(group.object_id));
}

std::vector<std::string> Store::holders_of(std::string_view principal) const {
    std::vector<std::string> found{base::lower(principal)};
    for (std::size_t i = 0; i < found.size(); ++i) {
        auto const* groups = at(by_member_, found[i]);
        if (!groups) continue;
        for (auto const& group : *groups) {
            if (std::find(found.begin(), found.end(), group) == found.end()) found.push_back(group);
        }
    }
    return found;
}

void Store::erase_principal(std::string_view object_id) {
    auto const found = principals_.find(base::lower(object_id));
    if (found == principals_.end()) return;
    by_client_id_.erase(base::lower(found->second.client_id));
    forget_members(found->second);
    touch(row_key(principal_rows, found->first));
    principals_.erase(found);
}

std::string Store::bin_key(std::string_view kind, std::string_view name) {
    return base::lower(kind).append("/").append(base::lower(name));
}

void Store::put(SoftDeleted deleted) {
    auto const key = bin_key(deleted.kind, deleted.name);
    touch(row_key(bin_rows, key));
    bin_.insert_or_assign(key, std::move(deleted));
}

void Store::erase_soft_deleted(std::string const& key) {
    if (bin_.erase(key)) touch(row_key(bin_rows, key));
}

// ------------------------------------------------------------------------------------------------ operations and
// events

Operation const* Store::operation(std::string_view id) const { return at(operations_, base::lower(id)); }

Operation* Store::edit_operation(std::string_view id) {
    auto const found = operations_.find(base::lower(id));
    if (found == operations_.end()) return nullptr;
    touch(row_key(operation_rows, found->first));
    return &found->second;
}

Operation& Store::put(Operation operation) {
    auto const key = base::lower(operation.id);
    touch(row_key(operation_rows, key));
    if (operation.running()) {
        running_.insert(key);
    } else {
        running_.erase(key);
    }
    return operations_[key] = std::move(operation);
}

void Store::forget_operation(std::string const& id) {
    auto const key = base::lower(id);
    running_.erase(key);
    if (operations_.erase(key)) touch(row_key(operation_rows, key));
}

std::int64_t Store::schedule(Event event) {
    event.number = next_event_++;
    touch(row_key(event_rows, std::to_string(event.number)));
    agenda_.emplace(event.at, event.number);
    auto const number = event.number;
    events_.emplace(number, std::move(event));
    return number;
}

Event const* Store::next_event() const { return agenda_.empty() ? nullptr : at(events_, agenda_.begin()->second); }

void Store::drop_event(std::int64_t number) {
    auto const found = events_.find(number);
    if (found == events_.end()) return;
    agenda_.erase({found->second.at, number});
    events_.erase(found);
    touch(row_key(event_rows, std::to_string(number)));
}

// ------------------------------------------------------------------------------------------------ small facts

Registration const& Store::registration(std::string_view provider) const {
    static Registration const never;
    auto const* registration = at(registrations_, base::lower(provider));
    return registration ? *registration : never;
}

void Store::put_registration(std::string_view provider, std::string state) {
    auto const key = base::lower(provider);
    registrations_[key].state = std::move(state);
    touch(row_key(provider_rows, key));
}

std::string Store::feature(std::string_view provider, std::string_view name) const {
    auto const* state = at(features_, base::lower(provider) + "/" + base::lower(name));
    return state ? *state : "NotRegistered";
}

void Store::put_feature(std::string_view provider, std::string_view name, std::string state) {
    auto const key = base::lower(provider) + "/" + base::lower(name);
    features_[key] = std::move(state);
    touch(row_key(feature_rows, key));
}

void Store::put_drawn(std::string const& what, double seconds) {
    drawn_[what] = seconds;
    touch(row_key(drawn_rows, what));
}

std::int64_t Store::count(std::string const& purpose) {
    touch(row_key(count_rows, purpose));
    return counts_[hash_of(purpose)]++;
}

void Store::put_signing_key(std::string pem) {
    signing_key_ = std::move(pem);
    touch(std::string(key_row));
}

void Store::put_seed(std::uint64_t seed) {
    seed_ = seed;
    touch(std::string(world_row));
}

void Store::count_repeated_create() {
    ++repeated_creates_;
    touch(std::string(world_row));
}

}  // namespace holdfast::simulator
