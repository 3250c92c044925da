/// store: everything the simulated Azure knows, in memory, and written through.
///
/// Changes are collected and leave in one commit per request, before its answer does. A change that could not be
/// committed stays collected and goes with the next commit. Reading a row back gives the value that was written.
#pragma once

#include <memory_resource>
#include <set>
#include <unordered_map>

#include "simulator/store/references.hpp"
#include "simulator/store/stored.hpp"
#include "world/world.hpp"

namespace holdfast::simulator {

/// Work that goes on after its request was answered. Its end is a scheduled event.
struct Operation {
    std::string id;            ///< a GUID: the last segment of its URLs
    std::string verb;          ///< PUT, PATCH, DELETE, POST
    std::string target, type;  ///< id as written, canonical type
    std::string location;
    std::string api_version;
    Time started{}, ends{};
    std::string status = "InProgress";  ///< Succeeded, Failed, Canceled
    json::Value error{};                ///< {"code", "message", …} when Failed
    int error_status = 0;
    std::string caller{};              ///< object id
    std::vector<std::string> locks{};  ///< keys of what it excludes while it runs
    std::vector<std::string> steps{};  ///< resource keys still to be completed
    std::string function{};            ///< of an action: the scheduled function that ends it
    json::Value payload{};
    int final_status = 200;
    json::Value result{};
    bool running() const { return status == "InProgress"; }
};

/// Something that happens by itself at a moment.
struct Event {
    Time at{};
    std::int64_t number = 0;  ///< order among equals
    std::string function, id;
    json::Value payload;
};

struct Registration {
    std::string state = "NotRegistered";  ///< Registering, Registered, Unregistering
};

/// Found by any kind of text.
template <typename T>
using Named = std::map<std::string, T, std::less<>>;

class Store {
public:
    explicit Store(world::Rows& rows) : rows_(rows) {}
    base::Result<void> load();
    /// Writes what changed. `now` goes with it when something changed or it moved ten seconds past what is on disk.
    base::Result<void> commit();
    bool empty() const { return things_.empty() && principals_.empty(); }

    // Resources, by lower-case id: the key is the id's own.
    using Things = std::map<std::string_view, Stored>;
    Things const& things() const { return things_; }
    Stored const* find(std::string_view key) const;
    Stored* edit(std::string_view key);  ///< counted as changed
    Stored& put(Stored);
    void erase(std::string_view key);  ///< this one row
    /// Everything strictly under an id, in order of id.
    std::vector<Stored const*> under(std::string_view key) const;
    std::vector<Stored const*> of_type(std::string_view type) const;
    /// The same in order of id, those behind the id `after` alone, until `visit` says false: what a page of a list needs.
    template <typename Visit>
    void walk_under(std::string_view key, std::string_view after, Visit visit) const {
        auto const prefix = std::string(key) + "/";
        for (auto it = behind(things_, prefix, after); it != things_.end() && it->first.starts_with(prefix); ++it)
            if (!visit(it->second)) return;
    }
    template <typename Visit>
    void walk_type(std::string_view type, std::string_view key, std::string_view after, Visit visit) const {
        auto const keys = by_type_.find(base::lower(type));
        if (keys == by_type_.end()) return;
        auto const prefix = std::string(key) + "/";
        for (auto it = behind(keys->second, prefix, after); it != keys->second.end() && it->starts_with(prefix); ++it)
            if (!visit(*find(*it))) return;
    }
    /// Those whose bodies name the id or something under it, in order of id.
    std::vector<Stored const*> naming(std::string_view key) const;
    /// Role assignments of a principal: what every permission check walks.
    std::vector<Stored const*> assignments_of(std::string_view principal) const;

    Named<Principal> const& principals() const { return principals_; }
    Principal const* principal(std::string_view object_or_client_id) const;
    Principal& put(Principal);
    void erase_principal(std::string_view object_id);
    /// Object ids (lower case) of the principal and of every group it is in, through other groups too.
    std::vector<std::string> holders_of(std::string_view principal) const;

    Named<SoftDeleted> const& bin() const { return bin_; }
    void put(SoftDeleted);
    void erase_soft_deleted(std::string const& key);
    static std::string bin_key(std::string_view kind, std::string_view name);

    Named<Operation> const& operations() const { return operations_; }
    Operation const* operation(std::string_view id) const;
    Operation* edit_operation(std::string_view id);
    Operation& put(Operation);
    void forget_operation(std::string const& id);
    std::set<std::string> const& running() const { return running_; }

    std::int64_t schedule(Event);
    Event const* next_event() const;
    /// The moment of the first event that a test holds for.
    template <typename Test>
    std::optional<Time> first_event(Test test) const {
        for (auto const& [at, number] : agenda_) {
            if (test(events_.at(number))) return at;
        }
        return std::nullopt;
    }
    void drop_event(std::int64_t number);

    Named<Registration> const& registrations() const { return registrations_; }
    Registration const& registration(std::string_view provider) const;  ///< NotRegistered when never mentioned
    void put_registration(std::string_view provider, std::string state);
    std::string feature(std::string_view provider, std::string_view name) const;  ///< "NotRegistered" …
    void put_feature(std::string_view provider, std::string_view name, std::string state);

    Named<double> const& drawn() const { return drawn_; }
    void put_drawn(std::string const& what, double seconds);
    /// How often this purpose has been asked for before; counts this time.
    std::int64_t count(std::string const& purpose);

    std::string const& signing_key() const { return signing_key_; }
    void put_signing_key(std::string pem);

    Time now() const { return now_; }
    void advance(Time to) { now_ = std::max(now_, to); }
    void keep_now();  ///< what is answered is dated: after a restart no earlier moment may follow it
    std::uint64_t seed() const { return seed_; }
    void put_seed(std::uint64_t);
    std::int64_t repeated_creates() const { return repeated_creates_; }
    void count_repeated_create();

private:
    template <typename Ordered>
    static auto behind(Ordered const& all, std::string const& prefix, std::string_view after) {
        return after < prefix ? all.lower_bound(prefix) : all.upper_bound(std::string(after));
    }
    void forget_members(Principal const& group);
    void touch(std::string_view row) { pending_.emplace(row); }
    std::optional<std::string> row(std::string_view key) const;
    base::Result<void> read_row(std::string const& key, std::string const& value);
    using Thing = Things::value_type;
    void index(Thing const&);
    void unindex(Thing const&);

    world::Rows& rows_;
    /// Names noted for a while, in memory of their own: between what stays they would leave holes after a large load.
    using Notes = std::pmr::set<std::pmr::string>;
    std::pmr::unsynchronized_pool_resource notes_;
    Notes pending_{&notes_};  // row keys whose value is to be written, or erased where nothing stands
    Things things_;
    std::map<std::string, std::set<std::string_view>> by_type_, by_principal_;  // lower case -> keys of things_
    mutable References references_;
    mutable Notes unread_{&notes_};  // put or edited since their references were read
    void read_references() const;
    Named<Principal> principals_;
    Named<std::string> by_client_id_;
    std::map<std::string, std::set<std::string>> by_member_;  // member -> groups
    Named<SoftDeleted> bin_;
    Named<Operation> operations_;
    std::set<std::string> running_;
    std::map<std::int64_t, Event> events_;
    std::set<std::pair<Time, std::int64_t>> agenda_;
    Named<Registration> registrations_;
    Named<std::string> features_;
    Named<double> drawn_;
    std::unordered_map<std::size_t, std::int64_t> counts_;  // by a purpose's hash: there are as many as resources
    std::string signing_key_;
    Time now_{}, committed_now_{};
    std::uint64_t seed_ = 1;
    std::int64_t next_event_ = 1, repeated_creates_ = 0;
};

}  // namespace holdfast::simulator
