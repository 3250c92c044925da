#include "play.hpp"

#include <fmt/format.h>
#include <algorithm>

#include "people.hpp"
#include "watch.hpp"

namespace holdfast::storm {

namespace {

using base::Duration;

/// And two a second of a life, whatever became of it: ten things that hang at once are each looked at every five.
constexpr std::int64_t most_calls_a_resource = 16, most_calls_a_second = 2;
constexpr int most_stormy_lives = 4, most_calm_lives = 4;
/// Roles that never come take a day here, operations that hang end when the sky clears.
constexpr Duration until_all_has_settled = std::chrono::hours(27);

class Play {
public:
    Play(std::uint64_t seed, Subject const& subject, Played const& how)
        : subject_(subject), dice_(seed ^ 0x9e3779b97f4a7c15ull), seed_(seed) {
        scene_.weather = Weather::draw(seed, how.without);
        scene_.aims = aims(seed, how.without);
        for (auto const& aim : scene_.aims) scene_.weather.raise(aim.at.kind);
        scene_.keep_lines = how.keep_lines;
        scene_.writable = subject.writable;
        scene_.scopes = subject.scopes;
        for (auto const* cluster : subject.estate.graph.of_type("Microsoft.ContainerService/managedClusters"))
            if (auto const group = json::text_at(cluster->body, "properties.nodeResourceGroup"))
                node_groups_.push_back(base::lower(*group));
        verdict_.seed = seed;
        verdict_.subject = subject.name;
        verdict_.weather = scene_.weather.text() + text(scene_.aims);
    }

    Verdict run() {
        open();
        bool const removes =
            std::ranges::any_of(scene_.aims, [](Aim const& aim) { return aim.at.doing == Doing::remove; });
        bool const from_the_end = dice_.chance(0.15) && scene_.aims.empty();
        bool const changes = subject_.earlier && base::Prng(seed_ ^ 0xc4a9c4a9c4a9c4a9ull).chance(0.7) &&
                             !scene_.weather.on(Kind::deleted_vault);
        bool const ends_destroyed = dice_.chance(0.35) || removes;
        if (changes) begin_with_an_earlier_design();
        else if (from_the_end && !scene_.weather.on(Kind::deleted_vault)) begin_deployed();
        storm_and_clear(Will::apply);
        if (ends_destroyed && scene_.broken.empty() && verdict_.converged) {
            scene_.clear = false;
            scene_.disk_full = false;
            storm_and_clear(Will::destroy);
        }
        finish();
        return std::move(verdict_);
    }

private:
    void open() {
        if (subject_.keeps_a_vault && scene_.weather.on(Kind::deleted_vault)) {
            rows_ = subject_.destroyed;
            now_ = subject_.destroyed_at;
            scene_.tally.struck(Kind::deleted_vault, Doing::vault);
            scene_.bin_is_hidden = scene_.weather.dice(Kind::deleted_vault).chance(0.5);
        }
        open_azure();
        if (now_ == base::Time{} && !subject_.world.empty())
            if (auto const loaded = azure_->load(subject_.world); !loaded) scene_.violated(loaded.error().what);
        now_ = azure_->now();
        if (!azure_->soft_deleted().empty()) a_vault_may_come_back();
    }
    void begin_deployed() {
        rows_ = subject_.deployed;
        now_ = subject_.deployed_at;
        open_azure();
    }
    void begin_with_an_earlier_design() {
        rows_ = subject_.earlier->rows;
        now_ = subject_.earlier->at;
        after_ = &subject_.earlier->after;
        for (auto const& [id, body] : *after_)
            if (auto const group = body.find(".properties.noderesourcegroup"); group != body.end())
                node_groups_.push_back(group->second);
        for (auto const& key : subject_.earlier->keys) before_.emplace(key, Standing::mapped_type{});
        scene_.allowed = subject_.earlier->allowed;
        scene_.writable.insert(subject_.earlier->writable.begin(), subject_.earlier->writable.end());
        scene_.scopes.insert(subject_.earlier->scopes.begin(), subject_.earlier->scopes.end());
        scene_.note("-- an earlier design stands");
        open_azure();
    }
    /// What comes back from the bin is written once more, which changes nothing: the vault and what it holds.
    void a_vault_may_come_back() {
        for (auto const& key : subject_.writable)
            if (key.find("/providers/microsoft.keyvault/vaults/") != std::string::npos) scene_.doubts.unsure(key);
    }
    void open_azure() {
        azure_.reset();
        auto opened = simulator::Azure::open(rows_, options(seed_, fate_.get()));
        if (!opened) throw std::runtime_error(opened.error().what);
        azure_ = std::move(*opened);
    }

    /// One process: goes on with what its journal tells, or begins anew; then looks again. Dies, or ends.
    Ended live(Will will, bool company) {
        ++verdict_.lives;
        scene_.note(fmt::format("-- life {} ({}) at {}", verdict_.lives, scene_.clear ? "clear" : "storm",
                                base::to_string(now_)));
        scene_.clock_off = Duration{0};
        scene_.troubles.clear();
        scene_.well_answered.clear();
        scene_.clock_was_set = scene_.slept = false;
        auto const calls = scene_.calls;
        Process process(scene_, *azure_, *disk_, now_, dice_.next());
        invite(process, will, company);
        Will resumed = will;
        Ended ended;
        bool const goes_on = dice_.chance(0.7);
        if (goes_on)
            if (auto going_on = process.resume(resumed)) ended = std::move(*going_on);
        if (!ended.died && !ended.told && (!ended.done || resumed != will || scene_.clear))
            ended = process.carry_out(subject_.estate, will);
        Watch::named(scene_, ended.errors);
        Watch::tried(scene_, ended.errors);
        for (auto const& guard : ended.guards)
            if (guard.because.empty() || guard.name.empty()) scene_.violated("a guard gives no reason");
        // Whoever says that all is done, or that nothing is to be done, is right: also in the storm.
        if (ended.done && !touched() && !second_) compare(standing(*azure_), wanted(will));
        auto const seconds = std::chrono::duration_cast<std::chrono::seconds>(process.now() - now_).count();
        auto const nodes = static_cast<std::int64_t>(subject_.estate.graph.resources().size());
        if (auto const most = (nodes * most_calls_a_resource + seconds * most_calls_a_second) * (second_ ? 2 : 1);
            scene_.calls - calls > most)
            scene_.violated(fmt::format("a life made {} calls where {} would do", scene_.calls - calls, most));
        now_ = std::max(process.now(), azure_->now());
        scene_.doubts.life_ended();
        if (ended.died) {
            ++verdict_.deaths;
            forget_what_never_was();
        }
        scene_.note(fmt::format("-- {}", ended.died   ? "died"
                                         : ended.told ? "told to end"
                                         : ended.done ? "done"
                                                      : "stopped"));
        return ended;
    }

    /// The process that died took a person's request with it: what Azure never heard of was not made.
    void forget_what_never_was() {
        auto const key = std::exchange(by_hand_.unanswered, {});
        if (!key.empty() && !azure_->resources().contains(key)) by_hand_.made.erase(key);
    }

    void invite(Process& process, Will will, bool company) {
        auto const& estate = subject_.estate;
        auto const soon = [&](Kind kind) {
            return Duration(static_cast<std::int64_t>(scene_.weather.dice(kind).unit() * 900'000));
        };
        if (company && !scene_.clear && scene_.weather.strikes(Kind::second_deployer)) {
            scene_.tally.struck(Kind::second_deployer, Doing::look);
            second_ = true;
            auto const later = soon(Kind::second_deployer);
            process.beside([&estate, will, later](Process& at) { return at.second_machine(estate, will, later); });
        }
        for (auto const kind : {Kind::human_changes, Kind::human_deletes, Kind::human_creates}) {
            if (scene_.clear || (kind == Kind::human_creates && will != Will::apply)) continue;
            auto const aimed = std::ranges::find_if(
                scene_.aims, [kind](Aim const& aim) { return aim.at.kind == kind && aim.left > 0; });
            auto* const aim = aimed == scene_.aims.end() ? nullptr : &*aimed;
            if (!aim && !(company && scene_.weather.strikes(kind))) continue;
            auto const later = soon(kind);
            process.beside([this, kind, later, aim](Process& at) {
                return meddle(&at, &scene_, kind, aim, subject_.estate.graph, later, &by_hand_);
            });
        }
    }

    void storm_and_clear(Will will) {
        verdict_.converged = false;
        auto const lives = 1 + static_cast<int>(dice_.below(most_stormy_lives));
        for (int life = 0; life < lives; ++life) {
            auto const ended = live(will, life == 0);
            if (scene_.disk_lost) {
                disk_ = world::memory_files();
                scene_.disk_lost = false;
            }
            now_ += std::chrono::seconds(dice_.below(7200));
            if (ended.done && !ended.did) break;  // all stands as designed
        }
        scene_.clear = true;
        now_ += until_all_has_settled;
        Ended last;
        for (int life = 0; life < most_calm_lives; ++life) {
            last = live(will, false);
            if (last.done && !last.did) {
                verdict_.converged = true;
                break;
            }
            if (!last.guards.empty()) break;
        }
        judge(will, last);
    }

    void judge(Will will, Ended const& last) {
        strangers();
        if (!verdict_.converged) {
            if (touched() && (!last.guards.empty() || !last.errors.empty())) return stops_for_what_was_touched(last);
            std::string why;
            for (auto const& error : last.errors)
                why += fmt::format("; {}{}", error.what,
                                   error.azure ? fmt::format(" [{} {}: {}]", error.azure->status, error.azure->code,
                                                             error.azure->message)
                                               : "");
            for (auto const& guard : last.guards)
                why += fmt::format("; guard {}:{}: {}", guard.klass, guard.name, guard.because);
            scene_.violated("under a clear sky it does not converge" + why);
            return;
        }
        compare(standing(*azure_), wanted(will));
    }
    Standing const& wanted(Will will) const { return will == Will::apply ? *after_ : before_; }

    bool touched() const { return !by_hand_.words.empty(); }
    static bool holds(std::string_view id, std::string_view other) {
        return other.starts_with(id) && (other.size() == id.size() || other[id.size()] == '/');
    }
    /// By somebody's hand, itself or what holds it.
    bool by_hand(std::string_view id) const {
        return std::ranges::any_of(by_hand_.touched, [id](std::string const& key) { return holds(key, id); });
    }
    /// Or what it shows of its own: what becomes of it then is not asked.
    bool reached(std::string_view id) const {
        auto const shows = [id](std::string const& key) { return holds(id, key); };
        return by_hand(id) || (touched() && made_by_azure(id)) || std::ranges::any_of(by_hand_.touched, shows);
    }
    /// Nor of a principal whose holder was deleted and made anew.
    bool reached_holder(std::string_view value) const {
        constexpr std::string_view holder = "principal of ";
        return value.starts_with(holder) && reached(value.substr(holder.size()));
    }
    /// Not ours to undo; but it is named, itself, what refers to it, what it alone remembered, or a right of an
    /// identity that went.
    void stops_for_what_was_touched(Ended const& last) {
        std::set<std::string> names;
        bool identity = false;
        auto const& graph = subject_.estate.graph;
        resource::Needs const needs(graph);
        auto const went = [this](resource::Resource const& node) { return node.id && by_hand(node.id->key()); };
        for (auto const& [address, node] : graph.resources()) {
            auto const needed = needs.of(node);
            bool const hangs_on_it = std::ranges::any_of(needed, [&](auto const& one) {
                auto const* found = graph.find(one);
                return found && went(*found);
            });
            if (!node.id || !(went(node) || hangs_on_it)) continue;
            names.insert(base::lower(node.id->name()));
            for (auto const& lost : remembered(node)) names.insert(lost.substr(lost.rfind('/') + 1));
            identity |= thing(node.id->text()) == Doing::identity || thing(node.id->text()) == Doing::cluster;
        }
        bool const named =
            std::ranges::any_of(last.guards,
                                [&](plan::Guard const& guard) {
                                    return names.contains(base::lower(guard.name.substr(guard.name.rfind('/') + 1))) ||
                                           (identity && guard.klass == "delete" && guard.name.starts_with("access/"));
                                }) ||
            std::ranges::any_of(last.errors, [&](base::Error const& error) {
                auto const said = base::lower(error.what + (error.azure ? error.azure->message : ""));
                return std::ranges::any_of(names, [&said](auto const& name) { return said.find(name) != said.npos; });
            });
        if (named) return;
        std::string why;
        for (auto const& guard : last.guards) why += fmt::format("; {}:{}: {}", guard.klass, guard.name, guard.because);
        for (auto const& error : last.errors) why += "; " + error.what;
        scene_.violated("it stops, and not for what somebody touched" + why);
    }
    /// What somebody else made stays theirs: it bears no mark of ours, whatever our runs came to.
    void strangers() {
        auto const there = azure_->resources();
        for (auto const& key : by_hand_.made) {
            auto const found = there.find(key);
            if (found == there.end()) scene_.violated("what somebody else made is gone: " + key);
            else if (json::find(found->second, json::Path("tags").child(std::string(resource::owner_tag))))
                scene_.violated("what somebody else made was taken over: " + key);
        }
    }
    void compare(Standing const& stands, Standing const& designed) {
        for (auto const& [id, body] : designed) {
            auto const found = stands.find(id);
            if (found == stands.end()) {
                if (touched() && made_by_azure(id)) continue;
                if (second_ && a_clusters_route(id)) continue;
                scene_.violated("lost: " + id);
                continue;
            }
            if (reached(id)) continue;
            for (auto const& [at, value] : body) {
                if ((second_ && at.starts_with(".properties.routes")) || reached_holder(value)) continue;
                if (auto const leaf = found->second.find(at); leaf == found->second.end() || leaf->second != value)
                    scene_.violated(fmt::format("{} is '{}' at {}, not '{}'", id,
                                                leaf == found->second.end() ? "" : leaf->second, at, value));
            }
        }
        for (auto const& [id, body] : stands)
            if (!designed.contains(id) && (!touched() || !made_by_azure(id)) && !forgotten(id))
                scene_.violated("left over: " + id);
    }
    /// Somebody deleted what alone remembered it: it bears no mark, so it is named and stays.
    bool forgotten(std::string_view id) const {
        return std::ranges::any_of(subject_.estate.graph.resources(), [&](auto const& node) {
            auto const& [address, keeper] = node;
            if (!keeper.id || !by_hand(keeper.id->key())) return false;
            return std::ranges::any_of(remembered(keeper), [id](auto const& one) { return holds(one, id); });
        });
    }
    /// What a thing's tags alone remember: ids in lower case.
    static std::vector<std::string> remembered(resource::Resource const& keeper) {
        std::vector<std::string> ids;
        for (auto const& tag : json::object_at(keeper.body, "tags"))
            if (std::string_view(tag.key()).starts_with("holdfast-elsewhere") && tag.value().is_string())
                ids.push_back(base::lower(std::string_view(tag.value().get_string())));
        return ids;
    }
    /// A cluster writes its own routes into the table. Two machines may wipe them, each writing the table before there
    /// was a cluster to its knowledge; only the cluster brings them back.
    static bool a_clusters_route(std::string_view id) {
        return id.find("/routetables/") != id.npos && id.find("/routes/aks-") != id.npos;
    }
    /// What Azure gave to something of ours is no longer as it was, once somebody deleted that by hand: a cluster made
    /// anew has other routes, and those of the one before stay in our table.
    bool made_by_azure(std::string_view id) const {
        auto const in = [id](std::string const& group) { return id.find("/resourcegroups/" + group) != id.npos; };
        return std::ranges::any_of(node_groups_, in) || a_clusters_route(id);
    }

    void finish() {
        if (auto const names = disk_->list("state/runs"))
            for (auto const& name : *names)
                if (auto const text = disk_->read("state/runs/" + name)) {
                    Watch::silent(scene_, "the journal", *text);
                    scene_.note(*text);
                }
        verdict_.broken = std::move(scene_.broken);
        verdict_.tally = scene_.tally;
        verdict_.trace = scene_.trace;
        verdict_.calls = scene_.calls;
        verdict_.lines = std::move(scene_.lines);
    }

    Subject const& subject_;
    Standing const* after_ = &subject_.after;
    Standing before_ = subject_.before;
    Scene scene_;
    base::Prng dice_;
    std::uint64_t seed_;
    Verdict verdict_;
    Shelf rows_;
    std::unique_ptr<simulator::Fate> fate_ = fate(scene_);
    std::unique_ptr<simulator::Azure> azure_;
    std::unique_ptr<world::Files> disk_ = world::memory_files();
    base::Time now_{};
    bool second_ = false;
    ByHand by_hand_;
    std::vector<std::string> node_groups_{"mc_"};  ///< how names of groups begin that Azure makes for nodes
};

}  // namespace

Verdict play(std::uint64_t seed, Subject const& subject, Played const& how) { return Play(seed, subject, how).run(); }

std::set<Kind> shrink(std::uint64_t seed, Subject const& subject, std::set<Kind> without) {
    auto const present = Weather::draw(seed, without).present();
    for (auto const kind : present) {
        auto fewer = without;
        fewer.insert(kind);
        if (!play(seed, subject, {.without = fewer}).broken.empty()) without = std::move(fewer);
    }
    return without;
}

}  // namespace holdfast::storm
